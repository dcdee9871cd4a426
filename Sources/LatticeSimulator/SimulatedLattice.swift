public import LatticeModel
import LatticeWire
public import NATSTransport
public import ServiceRuntime

/// Simulated hosts over a real message transport.
///
/// Requests that any host may answer go to one host, pings and auctions to all, those that name a
/// host to that host alone; a killed host's subjects have no listener. Stores are the transport's
/// JetStream, so hosts race for records as real ones do.
public actor SimulatedLattice {
  /// The lattice's name.
  public let name: LatticeName
  /// What commands were received and what they did, in order.
  public private(set) var ledger: [LedgerEntry] = []

  private let transport: any MessageTransport
  private let clock: WallClock
  private let address: String
  private let onEntry: (@Sendable (LedgerEntry) -> Void)?
  private var random: SeededGenerator
  private var hosts: [HostID: SimulatedHost] = [:]
  private var listeners: [HostID: (batches: MessageBatches, task: Task<Void, Never>)] = [:]
  private var shared: [(batches: MessageBatches, task: Task<Void, Never>)] = []
  private var records: [String: [UInt8]] = [:]
  private var epochs: [HostID: Int] = [:]

  /// Prepares a lattice; `start` makes its buckets and listens.
  ///
  /// - Parameters:
  ///   - name: The lattice's name.
  ///   - transport: What carries its messages.
  ///   - address: The NATS address that pings tell.
  ///   - seed: What ids, names and delays come from.
  ///   - clock: The time of day.
  ///   - onEntry: Told of every command's effect as it happens.
  public init(
    _ name: LatticeName, over transport: any MessageTransport,
    address: String = "nats://127.0.0.1:4222", seed: UInt64 = 1, clock: WallClock = .system,
    onEntry: (@Sendable (LedgerEntry) -> Void)? = nil
  ) {
    self.name = name
    self.transport = transport
    self.address = address
    self.clock = clock
    self.onEntry = onEntry
    random = SeededGenerator(seed: seed)
  }

  /// Makes the buckets that hosts make, and listens to what any host may answer.
  ///
  /// - Throws: `NATSError` where there is no JetStream.
  public func start() async throws {
    for bucket in [LatticeStore.components(name), LatticeStore.configs(name)] {
      // Hosts run without JetStream too; they keep no links or configs then.
      do throws(NATSError) {
        try await NATSKeyValue(bucket: bucket, over: transport).create()
      } catch {
        guard case .storeUnavailable = error else { throw error }
      }
    }
    let prefix = "wasmbus.ctl.v1.\(name)"
    for subject in ["host.ping", "component.auction", "provider.auction", "registry.put"] {
      try await listen("\(prefix).\(subject)") { [weak self] message in
        await self?.toAll(message, after: prefix)
      }
    }
    for subject in ["link.*", "claims.get", "config.>"] {
      try await listen("\(prefix).\(subject)") { [weak self] message in
        await self?.toAny(message, after: prefix)
      }
    }
    let bucket = "$KV.\(LatticeStore.components(name))."
    try await listen("\(bucket)*") { [weak self] message in
      await self?.recordWritten(message, after: bucket)
    }
    try await listen("reconcile.sim.\(name).>") { [weak self] message in
      await self?.obey(message)
    }
  }

  private func listen(
    _ subject: String, _ handle: @escaping @Sendable (NATSMessage) async -> Void
  ) async throws(NATSError) {
    let batches = try await transport.subscribe(to: subject, queue: nil, limit: 1_000_000)
    let task = Task {
      for await batch in batches { for message in batch.elements { await handle(message) } }
    }
    shared.append((batches, task))
  }

  /// Adds a host, which says that it has started.
  ///
  /// - Parameters:
  ///   - labels: Its labels beside those that every host has.
  ///   - id: Its id; one from the seed where `nil`.
  /// - Returns: Its id.
  /// - Throws: `NATSError` if it cannot listen.
  @discardableResult
  public func addHost(labels: [String: String], id: HostID? = nil) async throws -> HostID {
    let id = id ?? simulatedHostID(seed: random.next())
    var host = SimulatedHost(
      id: id, lattice: name, labels: labels, address: address, seed: random.next(),
      now: clock.now)
    for value in records {
      _ = host.handle(.recordWritten(source: value.key, value: value.value), clock.now)
    }
    epochs[id, default: 0] += 1
    let prefix = "wasmbus.ctl.v1.\(name)"
    let batches = try await transport.subscribe(
      to: "\(prefix).*.*.\(id)", queue: nil, limit: 1_000_000)
    let outputs = host.start(clock.now)
    hosts[id] = host
    let task = Task { [weak self] in
      for await batch in batches {
        for message in batch.elements {
          let verb = message.subject.split(separator: ".").dropFirst(4).prefix(2)
          await self?.deliver(
            .request(
              verb: verb.joined(separator: "."), payload: message.payload, reply: message.reply),
            to: id)
        }
      }
    }
    listeners[id] = (batches, task)
    await carryOut(outputs, of: id)
    return id
  }

  /// All hosts that are there, by id, with what they claim and what they run.
  public var truth: [HostID: SimulatedHost] { hosts }

  /// Ends a host at once: no event, and its subjects have no listener.
  ///
  /// - Parameter id: The host.
  public func kill(_ id: HostID) {
    listeners.removeValue(forKey: id)?.batches.unsubscribe()
    hosts[id] = nil
    epochs[id, default: 0] += 1
  }

  /// Starts a host again under its id, with its labels and nothing running.
  ///
  /// - Parameters:
  ///   - id: The host.
  ///   - labels: Its labels; those it had where `nil`.
  /// - Throws: `NATSError` if it cannot listen.
  public func restart(_ id: HostID, labels: [String: String]? = nil) async throws {
    let known = hosts[id]?.labels.filter { !$0.key.hasPrefix("hostcore.") }
    kill(id)
    try await addHost(labels: labels ?? known ?? [:], id: id)
  }

  /// Changes what a host does wrong on purpose.
  ///
  /// - Parameters:
  ///   - id: The host.
  ///   - change: Changes its faults.
  public func setFaults(
    of id: HostID, _ change: @Sendable (inout SimulatedHost.Faults) -> Void
  ) {
    guard var host = hosts[id] else { return }
    change(&host.faults)
    hosts[id] = host
  }

  /// Runs something on a host as somebody else would have started it.
  ///
  /// - Parameters:
  ///   - set: What runs.
  ///   - actor: The id it runs under.
  ///   - host: The host.
  public func plant(_ set: SimulatedHost.InstanceSet, under actor: ActorID, on host: HostID) {
    hosts[host]?.actors[actor.rawValue] = set
  }

  /// Ends all hosts and stops listening.
  public func stop() {
    for id in hosts.keys { kill(id) }
    for listener in shared { listener.batches.unsubscribe() }
    shared = []
  }

  // MARK: Messages in

  private func deliver(_ input: HostInput, to id: HostID) async {
    guard var host = hosts[id] else { return }
    let outputs = host.handle(input, clock.now)
    hosts[id] = host
    await carryOut(outputs, of: id)
  }

  private func toAll(_ message: NATSMessage, after prefix: String) async {
    let input = input(message, after: prefix)
    for id in hosts.keys.sorted() { await deliver(input, to: id) }
  }

  private func toAny(_ message: NATSMessage, after prefix: String) async {
    let able = hosts.values.filter { !$0.faults.isHung }.map(\.id).sorted()
    guard let id = able.randomElement(using: &random) else { return }
    await deliver(input(message, after: prefix), to: id)
  }

  private func input(_ message: NATSMessage, after prefix: String) -> HostInput {
    .request(
      verb: String(message.subject.dropFirst(prefix.count + 1)), payload: message.payload,
      reply: message.reply)
  }

  private func recordWritten(_ message: NATSMessage, after bucket: String) async {
    let key = message.subject.dropFirst(bucket.count)
    guard key.hasPrefix("COMPONENT_") else { return }
    let source = String(key.dropFirst("COMPONENT_".count))
    records[source] = message.payload
    for id in hosts.keys {
      await deliver(.recordWritten(source: source, value: message.payload), to: id)
    }
  }

  // MARK: Outputs

  private func carryOut(_ outputs: [HostOutput], of id: HostID) async {
    for output in outputs { await carryOut(output, of: id) }
  }

  private func carryOut(_ output: HostOutput, of id: HostID) async {
    let epoch = epochs[id]
    switch output {
    case .reply(let subject, let payload, let delay), .publish(let subject, let payload, let delay):
      guard delay > .zero else {
        try? await transport.publish(payload, to: subject, replyTo: nil)
        return
      }
      Task {
        try? await Task.sleep(for: delay)
        try? await transport.publish(payload, to: subject, replyTo: nil)
      }
    case .read(let bucket, let key, let then):
      Task {
        let store = NATSKeyValue(bucket: bucket, over: transport)
        let value = (try? await store.get(key)).flatMap { $0?.value }
        await resume(then, value, of: id, epoch)
      }
    case .write(let bucket, let key, let value, let then):
      Task {
        let store = NATSKeyValue(bucket: bucket, over: transport)
        if let value {
          _ = try? await store.put(key, value)
        } else {
          _ = try? await store.purge(key)
        }
        await resume(then, value, of: id, epoch)
      }
    case .later(let delay, let then):
      Task {
        if delay > .zero { try? await Task.sleep(for: delay) }
        await resume(then, nil, of: id, epoch)
      }
    case .note(let entry):
      ledger.append(entry)
      onEntry?(entry)
    case .leave:
      kill(id)
    }
  }

  /// Goes on with a host, unless it has died or restarted meanwhile.
  private func resume(
    _ then: @escaping StoreContinuation, _ value: [UInt8]?, of id: HostID, _ epoch: Int?
  ) async {
    guard epochs[id] == epoch, var host = hosts[id] else { return }
    let outputs = then(&host, value, clock.now)
    hosts[id] = host
    await carryOut(outputs, of: id)
  }

  // MARK: Control from outside

  /// Obeys a message on `reconcile.sim.{lattice}.{verb}`, whose payload names a host or image.
  private func obey(_ message: NATSMessage) async {
    let verb = message.subject.split(separator: ".").last.map(String.init) ?? ""
    let words = String(decoding: message.payload, as: UTF8.self).split(separator: " ")
    let host = HostID(words.first.map(String.init) ?? "")
    switch verb {
    case "kill": kill(host)
    case "restart": try? await restart(host)
    case "hang": setFaults(of: host) { $0.isHung = true }
    case "resume": setFaults(of: host) { $0.isHung = false }
    case "refuse": setFaults(of: host) { $0.refusals += 1 }
    case "idle": setFaults(of: host) { $0.neverActs = true }
    case "fail-image":
      let image = String(decoding: message.payload, as: UTF8.self)
      for id in hosts.keys { setFaults(of: id) { $0.failingImages.insert(image) } }
    case "add":
      let labels = words.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
      _ = try? await addHost(
        labels: Dictionary(
          labels.filter { $0.count == 2 }.map { ($0[0], $0[1]) },
          uniquingKeysWith: { _, last in last }))
    case "plant":
      guard words.count == 4, let instances = Int(words[3]) else { break }
      let image = String(words[2])
      plant(
        SimulatedHost.InstanceSet(
          claimedImage: image, code: image, annotations: [:], instances: instances, configs: [],
          limits: nil), under: ActorID(String(words[1])), on: host)
    default: break
    }
    if let reply = message.reply {
      try? await transport.publish(Array("ok".utf8), to: reply, replyTo: nil)
    }
  }
}
