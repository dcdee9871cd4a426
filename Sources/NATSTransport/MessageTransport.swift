public import ServiceRuntime

/// What carries messages: a real connection, or a double inside the process.
///
/// Every implementation passes one contract, so code above cannot tell them apart.
public protocol MessageTransport: Sendable {
  /// Sends a message, without waiting for anybody to receive it.
  ///
  /// - Parameters:
  ///   - payload: The bytes.
  ///   - subject: Where to, without wildcards.
  ///   - headers: Headers of the message.
  ///   - reply: The subject that answers go to.
  /// - Throws: `NATSError` if it could not be handed over.
  func publish(
    _ payload: [UInt8], to subject: String, headers: [String: String], replyTo reply: String?
  ) async throws(NATSError)

  /// Sends a message and waits for one answer.
  ///
  /// - Parameters:
  ///   - payload: The bytes.
  ///   - subject: Where to, without wildcards.
  ///   - headers: Headers of the message.
  ///   - timeout: How long to wait.
  ///   - pause: After what pause without an answer it is sent again, later after twice as long each
  ///     time; never where `nil`.
  /// - Returns: The first answer to any of them.
  /// - Throws: `NATSError`: `.noResponders` where nobody listens, `.timeout` where nobody answers.
  func request(
    _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration,
    again pause: Duration?
  ) async throws(NATSError) -> NATSMessage

  /// Sends a message and gathers answers until the window closes.
  ///
  /// - Parameters:
  ///   - payload: The bytes.
  ///   - subject: Where to, without wildcards.
  ///   - window: How long to gather.
  /// - Returns: The answers in the order of their arrival; none at once where nobody listens.
  /// - Throws: `NATSError` if it could not be sent, or if the connection was lost before the window
  ///   closed: what was gathered until then is not all.
  func requestMany(_ payload: [UInt8], to subject: String, within window: GatherWindow)
    async throws(NATSError) -> [NATSMessage]

  /// Listens on a subject.
  ///
  /// Returns once the server has the subscription, so that nothing sent afterwards is missed.
  ///
  /// - Parameters:
  ///   - subject: The subject, with wildcards or not.
  ///   - queue: The group of which one member gets each message, or `nil` for all of them.
  ///   - limit: How many messages may wait; the newest beyond it are dropped and counted.
  /// - Returns: The messages, in batches.
  /// - Throws: `NATSError`: `.permissionDenied` where the server refuses the subscription.
  func subscribe(to subject: String, queue: String?, limit: Int) async throws(NATSError)
    -> MessageBatches

  /// The most bytes of a message, headers included, as the server said last.
  var maxPayload: Int { get }

  /// How long a message takes to the server and back, as measured last; zero where it never was.
  var roundTrip: Duration { get }

  /// What happens to the connection, for one consumer.
  var connectionEvents: BatchQueue<ConnectionEvent> { get }
}

extension MessageTransport {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var roundTrip: Duration { .zero }

  /// Sends a message without headers, and does not wait for anybody to receive it.
  ///
  /// - Parameters:
  ///   - payload: The bytes.
  ///   - subject: Where to, without wildcards.
  ///   - reply: The subject that answers go to.
  /// - Throws: `NATSError` if it could not be handed over.
  public func publish(_ payload: [UInt8], to subject: String, replyTo reply: String?)
    async throws(NATSError)
  {
    try await publish(payload, to: subject, headers: [:], replyTo: reply)
  }

  /// Sends a message once and waits for one answer.
  ///
  /// - Parameters:
  ///   - payload: The bytes.
  ///   - subject: Where to, without wildcards.
  ///   - headers: Headers of the message.
  ///   - timeout: How long to wait.
  /// - Returns: The first answer.
  /// - Throws: `NATSError` as the form that asks again.
  public func request(
    _ payload: [UInt8], to subject: String, headers: [String: String] = [:], timeout: Duration
  ) async throws(NATSError) -> NATSMessage {
    try await request(payload, to: subject, headers: headers, timeout: timeout, again: nil)
  }
}
