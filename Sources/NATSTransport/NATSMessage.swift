/// One message.
public struct NATSMessage: Hashable, Sendable {
  /// The subject it was sent to.
  public var subject: String
  /// The subject that answers go to.
  public var reply: String?
  /// The bytes.
  public var payload: [UInt8]
  /// Its headers; of several values the first.
  public var headers: [String: String]

  /// Creates a message.
  ///
  /// - Parameters:
  ///   - subject: The subject it was sent to.
  ///   - reply: The subject that answers go to.
  ///   - payload: The bytes.
  ///   - headers: Its headers.
  public init(
    subject: String, reply: String? = nil, payload: [UInt8] = [], headers: [String: String] = [:]
  ) {
    self.subject = subject
    self.reply = reply
    self.payload = payload
    self.headers = headers
  }

  /// The status that the server answers with in place of a receiver, such as 503 or 404.
  public var status: String? { headers["Status"] }
}
