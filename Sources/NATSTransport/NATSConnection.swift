internal import CNats
import Dispatch
public import ServiceRuntime

/// A connection to a NATS server.
///
/// Requests share one inbox. What a message takes to the server and back is added to every wait for
/// an answer: on a slow line nobody is taken for silent who is not. While the connection is lost
/// nothing is buffered: a command that is sent late is a stale command, so sending fails at once and
/// the caller decides.
public final class NATSConnection: MessageTransport, @unchecked Sendable {
  /// What happens to the connection, for one consumer; the newest beyond a thousand are dropped.
  public let connectionEvents = BatchQueue<ConnectionEvent>(limit: 1_000)

  private let handle: OpaquePointer
  private let inbox: String
  private let requests: RequestTable
  private let observer: ConnectionObserver
  private let inboxSubscription = Lock<SubscriptionHandle?>(nil)
  private let isClosed = Lock(false)
  private let flushQueue = DispatchQueue(label: "nats.flush")
  private let line = Lock(LineSpeed())

  /// Connects.
  ///
  /// - Parameter options: Where the server is and how to be let in.
  /// - Returns: The connection.
  /// - Throws: `NATSError` where no server answers or lets us in.
  public static func connect(_ options: NATSOptions) async throws(NATSError) -> NATSConnection {
    // Handed over in a lock, which tools that watch threads understand; they cannot see a
    // continuation.
    let result = Lock<Result<NATSConnection, NATSError>?>(nil)
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        let made = Result { () throws(NATSError) in try NATSConnection(options) }
        result.withLock { $0 = made }
        continuation.resume()
      }
    }
    guard let connection = try result.withLock({ $0 })?.get() else { throw .cancelled }
    try await connection.confirmSubscription(to: connection.inbox + ".*")
    return connection
  }

  private init(_ options: NATSOptions) throws(NATSError) {
    guard NATSSubject.isPublishable(options.inboxPrefix) else {
      throw .invalidSubject(options.inboxPrefix)
    }
    requests = RequestTable()
    observer = ConnectionObserver(requests: requests, events: connectionEvents)
    handle = try openConnection(options, observer)
    var random = SystemRandomNumberGenerator()
    inbox =
      "\(options.inboxPrefix).\(String(random.next(), radix: 36))\(String(random.next(), radix: 36))"
    let requests = requests
    let prefix = inbox.utf8.count + 1
    let box = MessageSink { message in
      guard let number = UInt64(message.subject.dropFirst(prefix), radix: 16)
      else { return }
      requests.deliver(message, to: number)
    }
    let subscription = try subscribeHandle(handle, inbox + ".*", queue: nil, box)
    inboxSubscription.withLock { $0 = subscription }
  }

  deinit {
    close()
    // In its turn, behind what closes it.
    let connection = ConnectionHandle(pointer: handle)
    flushQueue.async { natsConnection_Destroy(connection.pointer) }
  }

  /// Ends the connection and tells whoever waits; calling it again does nothing.
  public func close() {
    let isFirst = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    let subscription = inboxSubscription.withLock { subscription in
      defer { subscription = nil }
      return subscription
    }
    // A connection that is being made anew is waited for elsewhere.
    let connection = ConnectionHandle(pointer: handle)
    flushQueue.async {
      natsConnection_Close(connection.pointer)
      if let subscription { natsSubscription_Destroy(subscription.pointer) }
    }
    observer.fall(isFinal: true)
    connectionEvents.finish()
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var maxPayload: Int { observer.maxPayload }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func publish(
    _ payload: [UInt8], to subject: String, headers: [String: String], replyTo reply: String?
  ) async throws(NATSError) {
    if let error = send(payload, to: subject, reply: reply, headers: headers) { throw error }
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var roundTrip: Duration { line.withLock(\.roundTrip) }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func request(
    _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration,
    again pause: Duration?
  ) async throws(NATSError) -> NATSMessage {
    let number = requests.reserve()
    let reply = "\(inbox).\(String(number, radix: 16))"
    return try await requests.wait(
      number, subject: subject, timeout: timeout, delay: roundTrip, again: pause
    ) {
      self.send(payload, to: subject, reply: reply, headers: headers)
    }.get()
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func requestMany(_ payload: [UInt8], to subject: String, within window: GatherWindow)
    async throws(NATSError) -> [NATSMessage]
  {
    let number = requests.reserve()
    let reply = "\(inbox).\(String(number, radix: 16))"
    let window = window.delayed(by: roundTrip)
    return try await requests.gather(number, subject: subject, window: window) {
      self.send(payload, to: subject, reply: reply, headers: [:])
    }.get()
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func subscribe(to subject: String, queue: String?, limit: Int) async throws(NATSError)
    -> MessageBatches
  {
    guard NATSSubject.isPattern(subject), queue.map(NATSSubject.isPublishable) ?? true else {
      throw .invalidSubject(subject)
    }
    guard isUp else { throw .disconnected }
    let messages = BatchQueue<NATSMessage>(limit: limit)
    let sink = MessageSink({ messages.append($0) }, finish: { messages.finish() })
    let owner = SubscriptionOwner(
      try subscribeHandle(handle, subject, queue: queue, sink), of: self)
    do throws(NATSError) {
      try await confirmSubscription(to: subject)
    } catch {
      owner.end()
      throw error
    }
    return MessageBatches(messages) { owner.end() }
  }

  /// Waits until the server has all that was sent.
  ///
  /// - Parameter timeout: How long to wait.
  /// - Throws: `NATSError`: `.disconnected` where the connection is lost, at once if it is already,
  ///   `.timeout` where the server does not answer.
  public func flush(timeout: Duration = .seconds(5)) async throws(NATSError) {
    // The library would wait for a new connection as long as it may.
    guard isUp else { throw .disconnected }
    let status = await onFlushQueue { [line] handle in
      let start = ContinuousClock.now
      let status = natsConnection_FlushTimeout(handle, timeout.wholeMilliseconds)
      if status == NATS_OK { line.withLock { $0.note(.now - start) } }
      return status
    }
    if status == NATS_TIMEOUT {
      throw isUp ? .timeout(subject: "the server", after: timeout) : .disconnected
    }
    guard status == NATS_OK else { throw transportError(status, "") }
  }

  private var isUp: Bool { observer.isUp }

  /// Waits until the server has a subscription.
  ///
  /// A refusal comes before the answer to the flush, so that the connection's last error tells of
  /// it then.
  private func confirmSubscription(to subject: String) async throws(NATSError) {
    try await flush()
    let text = await onFlushQueue { handle in
      var text: UnsafePointer<CChar>?
      natsConnection_GetLastError(handle, &text)
      return text.map { String(cString: $0) } ?? ""
    }
    guard let refusal = Refusal(text), refusal.verb == .subscribe, refusal.names(subject)
    else { return }
    throw .permissionDenied(subject: subject)
  }

  /// Calls what blocks on a thread that may block, one call after the other.
  private func onFlushQueue<Result: Sendable>(
    _ body: @escaping @Sendable (OpaquePointer) -> Result
  ) async -> Result {
    await withCheckedContinuation { continuation in
      flushQueue.async { continuation.resume(returning: body(self.handle)) }
    }
  }

  /// Ends a subscription; where the connection is being made anew, that is waited for elsewhere.
  fileprivate func drop(_ subscription: SubscriptionHandle) {
    @Sendable func drop() {
      natsSubscription_Unsubscribe(subscription.pointer)
      natsSubscription_Destroy(subscription.pointer)
    }
    if isUp { drop() } else { flushQueue.async(execute: drop) }
  }

  private func send(
    _ payload: [UInt8], to subject: String, reply: String?, headers: [String: String]
  ) -> NATSError? {
    guard NATSSubject.isPublishable(subject) else { return .invalidSubject(subject) }
    if let reply, !NATSSubject.isPublishable(reply) { return .invalidSubject(reply) }
    guard isUp else { return .disconnected }
    let status =
      headers.isEmpty
      ? sendPlain(payload, to: subject, reply: reply)
      : sendWithHeaders(payload, to: subject, reply: reply, headers: headers)
    if status == NATS_MAX_PAYLOAD { return .tooLarge(subject: subject, bytes: payload.count) }
    return status == NATS_OK ? nil : transportError(status, subject)
  }

  private func sendPlain(_ payload: [UInt8], to subject: String, reply: String?) -> natsStatus {
    let length = Int32(clamping: payload.count)
    return payload.withUnsafeBytes { bytes in
      guard let reply else {
        return natsConnection_Publish(handle, subject, bytes.baseAddress, length)
      }
      return natsConnection_PublishRequest(handle, subject, reply, bytes.baseAddress, length)
    }
  }

  private func sendWithHeaders(
    _ payload: [UInt8], to subject: String, reply: String?, headers: [String: String]
  ) -> natsStatus {
    var message: OpaquePointer?
    var status = payload.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        natsMsg_Create(
          &message, subject, reply, characters.baseAddress, Int32(clamping: payload.count))
      }
    }
    guard status == NATS_OK, let message else { return status }
    defer { natsMsg_Destroy(message) }
    for (key, value) in headers where status == NATS_OK {
      status = natsMsgHeader_Set(message, key, value)
    }
    return status == NATS_OK ? natsConnection_PublishMsg(handle, message) : status
  }
}

/// What a failed call means; a connection that was just cut tells so in several ways, before it is
/// noticed as well.
func transportError(_ status: natsStatus, _ subject: String) -> NATSError {
  switch status {
  case NATS_CONNECTION_CLOSED, NATS_CONNECTION_DISCONNECTED, NATS_INSUFFICIENT_BUFFER,
    NATS_IO_ERROR, NATS_STALE_CONNECTION, NATS_NO_SERVER, NATS_TIMEOUT:
    .disconnected
  case NATS_INVALID_SUBJECT: .invalidSubject(subject)
  default: .other(String(cString: natsStatus_GetText(status)))
  }
}

/// A connection of libnats, which locks it itself.
private struct ConnectionHandle: @unchecked Sendable {
  let pointer: OpaquePointer
}

/// Ends a subscription once, and keeps its connection alive until then.
private final class SubscriptionOwner: Sendable {
  private let handle: Lock<SubscriptionHandle?>
  private let connection: NATSConnection

  init(_ handle: SubscriptionHandle, of connection: NATSConnection) {
    self.handle = Lock(handle)
    self.connection = connection
  }

  func end() {
    let subscription = handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
    guard let subscription else { return }
    connection.drop(subscription)
  }
}
