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
    var inbox: MessageBatches?

    var isUp: Bool { !isClosed && !conditions.isCut }
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
    let change = state.withLock { state -> Bool? in
      let wasUp = state.isUp
      state.conditions = conditions
      return wasUp == state.isUp ? nil : state.isUp
    }
    guard let isUp = change else { return }
    VirtualTime.inside(process) {
      connectionEvents.append(isUp ? .reconnected : .disconnected)
      if !isUp { table.failAll(.disconnected, isFinal: false) }
    }
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

  private func arrive(_ deliver: @Sendable (ChaosLink) -> Void) {
    guard state.withLock({ $0.isUp }) else { return }
    VirtualTime.inside(process) { deliver(self) }
  }

  // MARK: Messages

  var maxPayload: Int { base.maxPayload }

  func publish(_ payload: [UInt8], to subject: String, replyTo reply: String?)
    async throws(NATSError)
  {
    guard state.withLock({ $0.isUp }) else { throw .disconnected }
    watch(subject, payload)
    apart { [base] in try? await base.publish(payload, to: subject, replyTo: reply) }
  }

  func request(
    _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration
  ) async throws(NATSError) -> NATSMessage {
    let number = table.reserve()
    return try await table.wait(number, subject: subject, timeout: timeout) {
      send(payload, subject, headers, number)
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
          self?.pass(message, self?.conditions.events ?? Weather()) { _ in passed.append(message) }
        }
      }
    }
    return MessageBatches(passed) { arriving.unsubscribe() }
  }

  private func send(
    _ payload: [UInt8], _ subject: String, _ headers: [String: String], _ number: UInt64
  ) -> NATSError? {
    guard state.withLock({ $0.isUp }) else { return .disconnected }
    let conditions = conditions
    guard !(subject.hasPrefix("$") && conditions.isStoreSilent) else { return nil }
    watch(subject, payload)
    let host = subject.utf8.split(separator: UInt8(ascii: ".")).last.map {
      HostID(String(Substring($0)))
    }
    let isGone = conditions.isStoreGone && subject.hasPrefix("$")
    if isGone || host.map(conditions.unheard.contains) ?? false {
      answer(NATSMessage(subject: "", headers: ["Status": "503"]), number)
      return nil
    }
    let delay = host.flatMap { conditions.slow[$0] } ?? .zero
    guard !chance(conditions.requests.loss) else { return nil }
    apart { [self] in
      if delay > .zero { try? await Task.sleep(for: delay) }
      guard !headers.isEmpty else {
        try? await base.publish(payload, to: subject, replyTo: "\(inbox)\(number)")
        return
      }
      do throws(NATSError) {
        let message = try await base.request(
          payload, to: subject, headers: headers, timeout: .seconds(5))
        answered(subject, headers, !message.payload.starts(with: Array("{\"error\"".utf8)))
        pass(message, conditions.requests) { $0.table.deliver(message, to: number) }
      } catch {
        if case .noResponders = error {
          answer(NATSMessage(subject: "", headers: ["Status": "503"]), number)
        }
      }
    }
    return nil
  }

  private func answer(_ message: NATSMessage, _ number: UInt64) {
    apart { [self] in arrive { $0.table.deliver(message, to: number) } }
  }
}
