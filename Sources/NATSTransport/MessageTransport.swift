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
  ///   - reply: The subject that answers go to.
  /// - Throws: `NATSError` if it could not be handed over.
  func publish(_ payload: [UInt8], to subject: String, replyTo reply: String?)
    async throws(NATSError)

  /// Sends a message and waits for one answer.
  ///
  /// - Parameters:
  ///   - payload: The bytes.
  ///   - subject: Where to, without wildcards.
  ///   - headers: Headers of the message.
  ///   - timeout: How long to wait.
  /// - Returns: The first answer.
  /// - Throws: `NATSError`: `.noResponders` where nobody listens, `.timeout` where nobody answers.
  func request(
    _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration
  ) async throws(NATSError) -> NATSMessage

  /// Sends a message and gathers answers until the window closes.
  ///
  /// - Parameters:
  ///   - payload: The bytes.
  ///   - subject: Where to, without wildcards.
  ///   - window: How long to gather.
  /// - Returns: The answers in the order of their arrival; none at once where nobody listens.
  /// - Throws: `NATSError` if it could not be sent.
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
  /// - Throws: `NATSError` if the subscription is refused.
  func subscribe(to subject: String, queue: String?, limit: Int) async throws(NATSError)
    -> MessageBatches

  /// What happens to the connection, for one consumer.
  var connectionEvents: BatchQueue<ConnectionEvent> { get }
}

extension MessageTransport {
  /// Sends a message without headers and waits for one answer.
  ///
  /// - Parameters:
  ///   - payload: The bytes.
  ///   - subject: Where to, without wildcards.
  ///   - timeout: How long to wait.
  /// - Returns: The first answer.
  /// - Throws: `NATSError` as the form with headers.
  public func request(_ payload: [UInt8], to subject: String, timeout: Duration)
    async throws(NATSError) -> NATSMessage
  {
    try await request(payload, to: subject, headers: [:], timeout: timeout)
  }
}

/// How long answers are gathered: until it is quiet, within bounds.
public struct GatherWindow: Hashable, Sendable {
  /// The window never closes earlier.
  public var atLeast: Duration
  /// It closes when no answer has come for this long.
  public var quiet: Duration
  /// It never closes later.
  public var atMost: Duration

  /// Creates a window.
  ///
  /// - Parameters:
  ///   - atLeast: The window never closes earlier.
  ///   - quiet: It closes when no answer has come for this long.
  ///   - atMost: It never closes later.
  public init(
    atLeast: Duration = .milliseconds(500), quiet: Duration = .milliseconds(300),
    atMost: Duration
  ) {
    self.atLeast = min(atLeast, atMost)
    self.quiet = quiet
    self.atMost = atMost
  }

  /// Whether the window is closed.
  func isClosed(opened: ContinuousClock.Instant, last: ContinuousClock.Instant) -> Bool {
    let now = ContinuousClock.now
    return now - opened >= atMost || (now - opened >= atLeast && now - last >= quiet)
  }
}

/// Something that happened to a connection.
public enum ConnectionEvent: Hashable, Sendable {
  /// The connection was lost; it is tried again for ever.
  case disconnected
  /// The connection is back; what was sent meanwhile is lost.
  case reconnected
  /// The connection has ended for good.
  case closed
  /// The server refused to pass something on; its text names the subject.
  case refused(String)
}

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

/// Messages of one subscription, in batches; ends with the subscription.
public final class MessageBatches: AsyncSequence, Sendable {
  private let queue: BatchQueue<NATSMessage>
  private let cancel: @Sendable () -> Void

  /// Creates a sequence over a queue.
  ///
  /// - Parameters:
  ///   - queue: Where messages arrive.
  ///   - cancel: Ends the subscription; called once, at the latest when nobody holds the sequence.
  public init(_ queue: BatchQueue<NATSMessage>, cancel: @escaping @Sendable () -> Void) {
    self.queue = queue
    self.cancel = cancel
  }

  deinit { unsubscribe() }

  /// Ends the subscription; what has arrived is still delivered.
  public func unsubscribe() {
    cancel()
    queue.finish()
  }

  /// Takes one batch after another.
  public struct Iterator: AsyncIteratorProtocol {
    let batches: MessageBatches

    /// Waits for messages and takes all there are.
    ///
    /// - Returns: The batch, or `nil` once the subscription has ended.
    public func next() async -> BatchQueue<NATSMessage>.Batch? { await batches.queue.next() }
  }

  /// Returns an iterator; one at a time.
  ///
  /// - Returns: The iterator.
  public func makeAsyncIterator() -> Iterator { Iterator(batches: self) }
}
