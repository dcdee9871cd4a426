/// A method that a route can have.
public enum HTTPMethod: String, Hashable, Sendable {
  /// Asks for a page; the route answers `HEAD` too.
  case get = "GET"
  /// Brings something.
  case post = "POST"
}

/// A whole request.
public struct HTTPRequest: Hashable, Sendable {
  /// The path as it was sent, without the query.
  public var path: String
  /// The query as it was sent, without its question mark; empty where there is none.
  public var query: String
  /// The body.
  public var body: [UInt8]
  /// The header fields, by their names in lower case, each with its values in order.
  var fields: [String: [String]] = [:]

  /// Returns the value of a header field.
  ///
  /// - Parameter name: The field's name, in any case.
  /// - Returns: The value; `nil` where it is not there, or several times.
  public func field(_ name: String) -> String? {
    guard let values = fields[name.lowercased()], values.count == 1 else { return nil }
    return values[0]
  }

  /// Creates a request.
  ///
  /// - Parameters:
  ///   - target: The request target: a path and perhaps a query, or a URL that has them.
  ///   - body: The body.
  public init(target: String, body: [UInt8] = []) {
    let parts = Self.withoutOrigin(target[...]).split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(parts[0])
    query = parts.count > 1 ? String(parts[1]) : ""
    self.body = body
  }

  /// Tells whether the query has a parameter, with or without a value.
  ///
  /// - Parameter name: The parameter's name.
  /// - Returns: Whether it is there.
  public func hasParameter(_ name: String) -> Bool {
    query.split(separator: "&").contains { $0.prefix { $0 != "=" } == name }
  }

  /// A client may send a whole URL, as it would to a proxy.
  private static func withoutOrigin(_ target: Substring) -> Substring {
    guard target.lowercased().hasPrefix("http://") else { return target }
    let rest = target.dropFirst("http://".count)
    return rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/"
  }
}
