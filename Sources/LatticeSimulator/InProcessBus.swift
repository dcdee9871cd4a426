public import NATSTransport
public import ServiceRuntime

/// A message bus inside the process, with buckets: what a nats-server does, without one.
///
/// It passes the same contract as a real connection. All who use one bus talk with each other;
/// which member of a queue group gets a message comes from the seed, and values of a bucket grow
/// old by the clock that is given.
public final class InProcessBus: MessageTransport {
  /// What happens to the connection, for one consumer.
  public let connectionEvents = BatchQueue<ConnectionEvent>(limit: 1_000)

  private struct Listener: Sendable {
    var queue: String?
    var messages: BatchQueue<NATSMessage>
  }

  private struct State: Sendable {
    var index = SubjectIndex()
    var listeners: [UInt64: Listener] = [:]
    var next: UInt64 = 0
    var random: SeededGenerator
    var store: InProcessStore?
    var isConnected = true
  }

  private static let inbox = "_INBOX.process."
  private let state: Lock<State>
  private let requests = RequestTable()
  /// The most bytes of a message.
  public let maxPayload: Int
  private let clock: WallClock

  /// Creates a bus that nobody listens on.
  ///
  /// - Parameters:
  ///   - seed: What the choice among the members of a queue group comes from.
  ///   - jetStream: Whether it has buckets.
  ///   - domain: The JetStream domain that its buckets answer for, beside the default one.
  ///   - maxPayload: The most bytes of a message.
  ///   - clock: The time of day, by which values of a bucket grow old.
  public init(
    seed: UInt64 = 1, jetStream: Bool = true, domain: String? = nil, maxPayload: Int = 1 << 20,
    clock: WallClock = .system
  ) {
    self.maxPayload = maxPayload
    self.clock = clock
    state = Lock(
      State(
        random: SeededGenerator(seed: seed), store: jetStream ? InProcessStore(domain: domain) : nil
      ))
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func publish(
    _ payload: [UInt8], to subject: String, headers: [String: String], replyTo reply: String?
  ) async throws(NATSError) {
    let message = NATSMessage(
      subject: subject, reply: reply, payload: payload, headers: headers)
    if let error = send(message) { throw error }
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func request(
    _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration,
    again pause: Duration?
  ) async throws(NATSError) -> NATSMessage {
    let number = requests.reserve()
    let message = NATSMessage(
      subject: subject, reply: reply(to: number), payload: payload, headers: headers)
    return try await requests.wait(number, subject: subject, timeout: timeout, again: pause) {
      self.send(message)
    }.get()
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func requestMany(_ payload: [UInt8], to subject: String, within window: GatherWindow)
    async throws(NATSError) -> [NATSMessage]
  {
    let number = requests.reserve()
    let message = NATSMessage(subject: subject, reply: reply(to: number), payload: payload)
    return try await requests.gather(number, subject: subject, window: window) {
      self.send(message)
    }.get()
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func subscribe(to subject: String, queue: String?, limit: Int) async throws(NATSError)
    -> MessageBatches
  {
    guard NATSSubject.isPattern(subject), queue.map(NATSSubject.isPublishable) ?? true else {
      throw .invalidSubject(subject)
    }
    let messages = BatchQueue<NATSMessage>(limit: limit)
    let number = state.withLock { state -> UInt64? in
      guard state.isConnected else { return nil }
      state.next &+= 1
      state.listeners[state.next] = Listener(queue: queue, messages: messages)
      state.index.insert(state.next, on: subject)
      return state.next
    }
    guard let number else { throw .disconnected }
    return MessageBatches(messages) { [weak self] in
      self?.state.withLock { state in
        guard state.listeners.removeValue(forKey: number) != nil else { return }
        state.index.remove(number, from: subject)
      }
    }
  }

  // MARK: Faults

  /// Loses the connection: what waits fails, what is sent fails, nothing is kept for later.
  public func disconnect() {
    guard setConnected(false) else { return }
    connectionEvents.append(.disconnected)
    requests.failAll(.disconnected, isFinal: false)
  }

  /// Has the connection back, with the subscriptions that it had.
  public func reconnect() {
    if setConnected(true) { connectionEvents.append(.reconnected) }
  }

  private func setConnected(_ isConnected: Bool) -> Bool {
    state.withLock { state in
      defer { state.isConnected = isConnected }
      return state.isConnected != isConnected
    }
  }

  // MARK: Passing on

  private func reply(to number: UInt64) -> String { Self.inbox + String(number, radix: 16) }

  /// Passes a message on under the lock, so that all listeners see one order.
  private func send(_ message: NATSMessage) -> NATSError? {
    let subject = message.subject
    guard NATSSubject.isPublishable(subject) else { return .invalidSubject(subject) }
    if let reply = message.reply, !NATSSubject.isPublishable(reply) {
      return .invalidSubject(reply)
    }
    guard message.payload.count <= maxPayload else {
      return .tooLarge(subject: subject, bytes: message.payload.count)
    }
    return state.withLock { state in
      guard state.isConnected else { return .disconnected }
      let hasListeners = pass(message, &state)
      let answer = state.store?.handle(message, clock.now) ?? .notMine
      guard let reply = message.reply else { return nil }
      switch answer {
      case .message(let payload, let headers):
        pass(NATSMessage(subject: reply, payload: payload, headers: headers), &state)
      case .notMine where !hasListeners:
        pass(NATSMessage(subject: reply, headers: ["Status": "503"]), &state)
      case .notMine, .silence: break
      }
      return nil
    }
  }

  @discardableResult
  private func pass(_ message: NATSMessage, _ state: inout State) -> Bool {
    if message.subject.hasPrefix(Self.inbox),
      let number = UInt64(message.subject.dropFirst(Self.inbox.count), radix: 16)
    {
      requests.deliver(message, to: number)
      return true
    }
    var groups: [String: [Listener]] = [:]
    let listeners = state.index.listeners(for: message.subject).compactMap { state.listeners[$0] }
    for listener in listeners {
      if let queue = listener.queue {
        groups[queue, default: []].append(listener)
      } else {
        listener.messages.append(message)
      }
    }
    for (_, members) in groups.sorted(by: { $0.key < $1.key }) {
      members.randomElement(using: &state.random)?.messages.append(message)
    }
    return !listeners.isEmpty
  }
}
