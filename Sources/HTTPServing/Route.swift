/// A page: a method, a path and what answers.
public struct Route: Sendable {
  /// The method.
  public var method: HTTPMethod
  /// The path, compared byte by byte with the one that was sent.
  public var path: String
  /// Whether one more segment follows it, which the handler reads; the path then ends in a slash.
  public var takesName: Bool
  /// How long a body may be, in bytes; as the limits say where `nil`.
  public var bodyBytes: Int?
  /// Answers; it is cancelled when it takes too long or the server stops.
  public var handler: @Sendable (HTTPRequest) async -> HTTPResponse

  /// Creates a route.
  ///
  /// - Parameters:
  ///   - method: The method; a route for `GET` answers `HEAD` too.
  ///   - path: The path.
  ///   - takesName: Whether one more segment follows it; the path then ends in a slash.
  ///   - bodyBytes: How long a body may be; as the limits say where `nil`.
  ///   - handler: Answers.
  public init(
    _ method: HTTPMethod, _ path: String, takesName: Bool = false, bodyBytes: Int? = nil,
    handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
  ) {
    self.method = method
    self.path = path
    self.takesName = takesName
    self.bodyBytes = bodyBytes
    self.handler = handler
  }
}

/// What a method and a path lead to.
enum RouteMatch: Sendable {
  case found(Route)
  case refused(HTTPResponse)

  init(_ method: String, _ path: String, in routes: [Route]) {
    let there = routes.filter { $0.leads(to: path) }
    if let route = there.first(where: { $0.answers(method) }) {
      self = .found(route)
    } else if there.isEmpty {
      self = .refused(HTTPResponse("no such page\n", status: 404))
    } else {
      let allowed = there.flatMap(\.methods).joined(separator: ", ")
      self = .refused(HTTPResponse("\(allowed) only\n", status: 405).with("Allow", allowed))
    }
  }
}

extension Route {
  /// Whether it is for a path.
  func leads(to path: String) -> Bool {
    guard takesName else { return path == self.path }
    let name = path.dropFirst(self.path.count)
    return path.hasPrefix(self.path) && !name.isEmpty && !name.contains("/")
  }

  fileprivate var methods: [String] {
    method == .get ? [method.rawValue, "HEAD"] : [method.rawValue]
  }

  fileprivate func answers(_ method: String) -> Bool { methods.contains(method) }
}
