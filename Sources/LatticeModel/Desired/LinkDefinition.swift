/// What tells one link of a source from another.
public struct LinkKey: Hashable, Comparable, Sendable {
  /// The id of the actor or provider that calls.
  public var source: String
  /// The link's name, `default` unless given.
  public var name: String
  /// What it speaks.
  public var contract: Contract

  /// Creates a key.
  ///
  /// - Parameters:
  ///   - source: The id of the actor or provider that calls.
  ///   - name: The link's name.
  ///   - contract: What it speaks.
  public init(source: String, name: String = "default", contract: Contract) {
    self.source = source
    self.name = name
    self.contract = contract
  }

  /// Orders keys by source, contract, then name.
  ///
  /// - Parameters:
  ///   - left: One key.
  ///   - right: Another key.
  /// - Returns: Whether `left` comes first.
  public static func < (left: LinkKey, right: LinkKey) -> Bool {
    (left.source, left.contract, left.name) < (right.source, right.contract, right.name)
  }
}

/// The permission and configuration for a source to call a target over a contract.
///
/// The same value whether it is declared, stored or reported: two equal definitions are the same
/// link. Interfaces are kept sorted, since hosts treat them as a set.
public struct LinkDefinition: Hashable, Sendable {
  /// What tells it from the source's other links.
  public var key: LinkKey
  /// The id of the actor or provider that is called.
  public var target: String
  /// The interfaces of the contract, sorted.
  public var interfaces: [String]
  /// The named configs given to the source, in order.
  public var sourceConfig: [ConfigName]
  /// The named configs given to the target, in order.
  public var targetConfig: [ConfigName]

  /// Creates a link.
  ///
  /// - Parameters:
  ///   - key: What tells it from the source's other links.
  ///   - target: The id of the actor or provider that is called.
  ///   - interfaces: The interfaces of the contract, in any order.
  ///   - sourceConfig: The named configs given to the source.
  ///   - targetConfig: The named configs given to the target.
  public init(
    key: LinkKey, target: String, interfaces: [String], sourceConfig: [ConfigName] = [],
    targetConfig: [ConfigName] = []
  ) {
    self.key = key
    self.target = target
    self.interfaces = interfaces.sorted()
    self.sourceConfig = sourceConfig
    self.targetConfig = targetConfig
  }
}

extension [LinkDefinition] {
  /// Takes away what a delete by key takes away: the first match, whose place the last link takes.
  ///
  /// - Parameter key: The key.
  /// - Returns: The link that is gone, or `nil` where none has the key.
  public mutating func deleteFirst(of key: LinkKey) -> LinkDefinition? {
    guard let first = firstIndex(where: { $0.key == key }) else { return nil }
    swapAt(first, count - 1)
    return removeLast()
  }
}
