/// An answer.
public struct HTTPResponse: Hashable, Sendable {
  /// The status code.
  public var status: Int
  /// The media type of the body.
  public var contentType: String
  /// The body; it is left out in the answer to `HEAD`.
  public var body: [UInt8]
  /// Header fields beside those that every answer has.
  var fields: [String: String] = [:]

  /// Creates an answer.
  ///
  /// - Parameters:
  ///   - body: The body.
  ///   - status: The status code.
  ///   - contentType: The media type of the body.
  public init(
    _ body: String, status: Int = 200, contentType: String = "text/plain; charset=utf-8"
  ) {
    self.status = status
    self.contentType = contentType
    self.body = Array(body.utf8)
  }

  /// Returns the answer with one more header field.
  func with(_ field: String, _ value: String) -> HTTPResponse {
    var answer = self
    answer.fields[field] = value
    return answer
  }

  /// The answer after which the connection is closed: what follows on it cannot be trusted.
  var closing: HTTPResponse { with("Connection", "close") }

  static let tooManyRequests = HTTPResponse("too many requests at once\n", status: 503)
    .with("Retry-After", "1")
  static let tooMuch = HTTPResponse("too much arrives at once\n", status: 429)
    .with("Retry-After", "1").closing
  static let tooLong = HTTPResponse("the body is too long\n", status: 413).closing
  static let overdue = HTTPResponse("the page took too long\n", status: 503)
    .with("Retry-After", "1")
  static let stopping = HTTPResponse("the server stops\n", status: 503).closing
}
