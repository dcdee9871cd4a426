import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ServiceRuntime

/// How messages fare on their way.
struct Weather: Hashable, Sendable {
  /// How likely a message is lost.
  var loss = 0.0
  /// How likely it comes twice.
  var doubling = 0.0
  /// How likely it is late, and by how much at most.
  var lateness = 0.0
  var delay = Duration.zero
}

/// How all connections fare.
struct Conditions: Sendable {
  var isBusCut = false
  /// Whether it is the server that is gone.
  var isServerDown = false
  var isCut: Bool { isBusCut || isServerDown }
  var events = Weather()
  var requests = Weather()
  /// Whether JetStream does not answer.
  var isStoreSilent = false
  /// Whether there is no JetStream.
  var isStoreGone = false
  /// Buckets that refuse to be written to.
  var readOnly: Set<String> = []
  /// By how many hours the clocks of hosts are off.
  var clocks: [HostID: Int] = [:]
  /// Hosts whose inventories come late, and by how much.
  var slow: [HostID: Duration] = [:]
  /// Hosts on whose subjects nobody seems to listen.
  var unheard: Set<HostID> = []
  /// Whether commands can be sent at all.
  var allowsCommands: Bool { !isCut && !isStoreSilent && !isStoreGone }
}

/// A controller's connection, on which messages can be lost, late, doubled or reordered, and which
/// can be cut; behind it stands the bus that the hosts use.
final class ChaosLink: MessageTransport {
  let connectionEvents = BatchQueue<ConnectionEvent>(limit: 1_000)

  private struct State {
    var conditions = Conditions()
    var isClosed = false
    var line = Line.sound
    var inbox: MessageBatches?

    var isUp: Bool {
      if case .dead = line { return false }
      return !isClosed && !conditions.isCut
    }
  }

  private let base: any MessageTransport
  private let process: Int
  private let inbox: String
  private let table = RequestTable()
  private let state = Lock(State())
  private let watch: @Sendable (_ subject: String, _ payload: [UInt8]) -> Void
  private let answered: @Sendable (_ subject: String, _ headers: [String: String], Bool) -> Void

  /// Connects.
  ///
  /// - Parameters:
  ///   - base: The bus.
  ///   - process: The process that uses the link.
  ///   - watch: Told of everything that is sent, as it is sent.
  ///   - answered: Told of every write to a bucket, and whether it succeeded.
  /// - Throws: `NATSError` where it cannot listen.
  init(
    over base: any MessageTransport, of process: Int,
    watch: @escaping @Sendable (String, [UInt8]) -> Void,
    answered: @escaping @Sendable (String, [String: String], Bool) -> Void
  ) async throws {
    self.base = base
    self.process = process
    inbox = "_INBOX.chaos.\(UInt64.random(in: .min ... .max))."
    self.watch = watch
    self.answered = answered
    let replies = try await base.subscribe(to: "\(inbox)*", queue: nil, limit: 1_000_000)
    state.withLock { $0.inbox = replies }
    apart { [inbox, weak self] in
      for await batch in replies {
        for message in batch.elements {
          guard let number = UInt64(message.subject.dropFirst(inbox.count)) else { continue }
          self?.pass(message, self?.conditions.requests ?? Weather()) { link in
            link.table.deliver(message, to: number)
          }
        }
      }
    }
  }

  private var conditions: Conditions { state.withLock { $0.conditions } }

  // MARK: Faults

  func apply(_ conditions: Conditions) {
    change { state in
      state.conditions = conditions
      // Whoever loses a connection cannot have another where nothing passes.
      if case .swallowing = state.line, conditions.isCut { state.line = .dead }
    }
  }

  private func change(_ change: (inout State) -> Void) {
    let isUp = state.withLock { state -> Bool? in
      let wasUp = state.isUp
      change(&state)
      return wasUp == state.isUp ? nil : state.isUp
    }
    guard let isUp else { return }
    VirtualTime.inside(process) {
      connectionEvents.append(isUp ? .reconnected : .disconnected)
      if !isUp { table.failAll(.disconnected, isFinal: false) }
    }
  }

  /// Lets nothing pass any more, while the connection counts as up.
  func swallow() { change { $0.line = $0.conditions.isCut ? .dead : .swallowing([]) } }

  /// Has it found that nothing passes: the connection is lost, with all that was to go over it.
  func findDead() { change { $0.line = .dead } }

  /// Lets everything pass again, and first what was to pass meanwhile, unless it is lost.
  func flow() {
    var held: [Passage] = []
    change { state in
      if case .swallowing(let passages) = state.line { held = passages }
      state.line = .sound
    }
    for passage in held { apart(passage) }
  }

  /// Lets something pass, at once or once the line carries anything again.
  private func travel(_ passage: @escaping Passage) {
    let isHeld = state.withLock { state in
      guard case .swallowing(let passages) = state.line else { return false }
      state.line = .swallowing(passages + [passage])
      return true
    }
    if !isHeld { apart(passage) }
  }

  /// Ends the connection for good.
  func close() {
    let inbox = state.withLock { state in
      state.isClosed = true
      return state.inbox
    }
    inbox?.unsubscribe()
    VirtualTime.inside(process) { table.failAll(.disconnected, isFinal: true) }
  }

  /// Lets a message through, or not, or twice, at once or later.
  private func pass(
    _ message: NATSMessage, _ weather: Weather, _ deliver: @escaping @Sendable (ChaosLink) -> Void
  ) {
    let copies = chance(weather.loss) ? 0 : chance(weather.doubling) ? 2 : 1
    for _ in 0..<copies {
      guard chance(weather.lateness) else {
        arrive(deliver)
        continue
      }
      let delay = weather.delay * Double.random(in: 0...1)
      apart { [self] in
        try? await Task.sleep(for: delay)
        arrive(deliver)
      }
    }
  }

  /// Does something as the world between the controller and the hosts, which never stops.
  private func apart(_ body: @escaping @Sendable () async -> Void) {
    _ = VirtualTime.inside(0) { Task { await body() } }
  }

  private func chance(_ likelihood: Double) -> Bool {
    likelihood > 0 && Double.random(in: 0..<1) < likelihood
  }

  private func arrive(_ deliver: @escaping @Sendable (ChaosLink) -> Void) {
    let (isUp, isSound) = state.withLock { ($0.isUp, $0.line.isSound) }
    guard isUp else { return }
    guard isSound else { return travel { [self] in arrive(deliver) } }
    VirtualTime.inside(process) { deliver(self) }
  }

  // MARK: Messages

  var maxPayload: Int { base.maxPayload }

  func publish(
    _ payload: [UInt8], to subject: String, headers: [String: String], replyTo reply: String?
  ) async throws(NATSError) {
    guard state.withLock({ $0.isUp }) else { throw .disconnected }
    watch(subject, payload)
    // Nobody listens to what was changed; carrying it would shift the chances of all that follows.
    guard !subject.hasSuffix(".change") else { return }
    travel { [base] in
      try? await base.publish(payload, to: subject, headers: headers, replyTo: reply)
    }
  }

  func request(
    _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration,
    again pause: Duration?
  ) async throws(NATSError) -> NATSMessage {
    let number = table.reserve()
    return try await table.wait(number, subject: subject, timeout: timeout, again: pause) {
      self.send(payload, subject, headers, number)
    }.get()
  }

  func requestMany(_ payload: [UInt8], to subject: String, within window: GatherWindow)
    async throws(NATSError) -> [NATSMessage]
  {
    let number = table.reserve()
    return try await table.gather(number, subject: subject, window: window) {
      send(payload, subject, [:], number)
    }.get()
  }

  func subscribe(to subject: String, queue: String?, limit: Int) async throws(NATSError)
    -> MessageBatches
  {
    guard state.withLock({ $0.isUp }) else { throw .disconnected }
    let arriving = try await base.subscribe(to: subject, queue: queue, limit: limit)
    let passed = BatchQueue<NATSMessage>(limit: limit)
    apart { [weak self] in
      for await batch in arriving {
        for message in batch.elements {
          guard let conditions = self?.conditions else { return }
          let message = message.byClock(of: conditions.clocks)
          self?.pass(message, conditions.events) { _ in passed.append(message) }
        }
      }
    }
    return MessageBatches(passed) { arriving.unsubscribe() }
  }

  private func send(
    _ payload: [UInt8], _ subject: String, _ headers: [String: String], _ number: UInt64
  ) -> NATSError? {
    guard state.withLock({ $0.isUp }) else { return .disconnected }
    watch(subject, payload)
    travel { [self] in await carry(payload, subject, headers, number) }
    return nil
  }

  /// Brings to the bus what was sent, and back what is answered.
  private func carry(
    _ payload: [UInt8], _ subject: String, _ headers: [String: String], _ number: UInt64
  ) async {
    let conditions = conditions
    guard !(subject.hasPrefix("$") && conditions.isStoreSilent) else { return }
    let host = subject.utf8.split(separator: UInt8(ascii: ".")).last.map {
      HostID(String(Substring($0)))
    }
    let isGone = conditions.isStoreGone && subject.hasPrefix("$")
    if isGone || host.map(conditions.unheard.contains) ?? false {
      return answer(.noResponders, number)
    }
    let delay = host.flatMap { conditions.slow[$0] } ?? .zero
    guard !chance(conditions.requests.loss) else { return }
    if delay > .zero { try? await Task.sleep(for: delay) }
    guard !headers.isEmpty else {
      try? await base.publish(payload, to: subject, replyTo: "\(inbox)\(number)")
      return
    }
    if conditions.readOnly.contains(where: { subject.hasPrefix("$KV.\($0).") }) {
      return answer(.noStorage, number)
    }
    do throws(NATSError) {
      let message = try await base.request(
        payload, to: subject, headers: headers, timeout: .seconds(5))
      answered(subject, headers, !message.payload.starts(with: Array("{\"error\"".utf8)))
      pass(message, conditions.requests) { $0.table.deliver(message, to: number) }
    } catch {
      if case .noResponders = error { answer(.noResponders, number) }
    }
  }

  private func answer(_ message: NATSMessage, _ number: UInt64) {
    pass(message, conditions.requests) { $0.table.deliver(message, to: number) }
  }
}

extension NATSMessage {
  /// What the server says where nobody listens.
  fileprivate static var noResponders: NATSMessage {
    NATSMessage(subject: "", headers: ["Status": "503"])
  }

  /// What a bucket says that can take nothing more.
  fileprivate static var noStorage: NATSMessage {
    let error: JSONValue = [
      "code": 500, "err_code": 10_047, "description": "insufficient storage resources available",
    ]
    return NATSMessage(subject: "", payload: JSONValue.object(["error": error]).bytes())
  }

  /// The message as a host with such a clock sends it, where it is an event.
  fileprivate func byClock(of clocks: [HostID: Int]) -> NATSMessage {
    guard !clocks.isEmpty, subject.hasPrefix("wasmbus.evt."),
      case .object(var members)? = try? JSONValue(parsing: payload),
      let source = members["source"]?.string, let hours = clocks[HostID(source)],
      let time = members["time"]?.string, let clock = time.firstIndex(of: "T"),
      let hour = Int(time[clock...].dropFirst().prefix(2))
    else { return self }
    let shifted = "\(100 + (hour + hours + 24) % 24)".dropFirst()
    members["time"] = .string("\(time[...clock])\(shifted)\(time[clock...].dropFirst(3))")
    return NATSMessage(subject: subject, payload: JSONValue.object(members).bytes())
  }
}
