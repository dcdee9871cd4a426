/// The capability that a link speaks, such as `wasi:keyvalue`.
public struct Contract: Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  /// Who defines it, such as `wasi`.
  public var namespace: String
  /// What it is called there, such as `keyvalue`.
  public var package: String

  /// Creates a contract without checking it.
  ///
  /// - Parameters:
  ///   - namespace: Who defines it.
  ///   - package: What it is called there.
  public init(namespace: String, package: String) {
    self.namespace = namespace
    self.package = package
  }

  /// Creates a contract from its text; all behind the first colon is the package.
  ///
  /// - Parameter text: Both parts, with a colon between them.
  public init(_ text: String) {
    let end = text.firstIndex(of: ":") ?? text.endIndex
    self.init(namespace: String(text[..<end]), package: String(text[end...].dropFirst()))
  }

  /// Creates a contract from a literal.
  ///
  /// - Parameter value: Both parts, with a colon between them.
  public init(stringLiteral value: String) { self.init(value) }

  /// Both parts, with a colon between them.
  public var description: String { "\(namespace):\(package)" }

  /// Orders contracts by namespace, then package.
  ///
  /// - Parameters:
  ///   - left: One contract.
  ///   - right: Another contract.
  /// - Returns: Whether `left` comes first.
  public static func < (left: Contract, right: Contract) -> Bool {
    (left.namespace, left.package) < (right.namespace, right.package)
  }
}
