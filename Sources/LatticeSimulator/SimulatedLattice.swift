import LatticeDialects
public import LatticeModel
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

  /// Which links came into force or went, in order.
  public private(set) var forces: [ForceEntry] = []
  let transport: any MessageTransport
  let clock: WallClock
  var random: SeededGenerator
  /// The hosts that are there.
  var hosts: [HostID: SimulatedHost] = [:]
  /// The records of sources as last written, for hosts that come or have missed some.
  var records: [String: (payload: [UInt8], links: [LinkDefinition])] = [:]
  /// How often each host has begun or ended; what an earlier life left over is dropped by it.
  var epochs: [HostID: Int] = [:]
  /// What hosts that are to come do wrong.
  var commonFaults = SimulatedHost.Faults()
  /// The providers' processes that have outlived their hosts.
  var strays: [ProcessID: SimulatedHost.ProviderProcess] = [:]
  /// Whether there is JetStream for links and configs.
  var hasStores = true
  /// What hosts have stored where there is none, by bucket and key.
  var kept: [String: [UInt8]] = [:]
  /// What providers' processes listen on.
  var ears: [ProcessID: MessageBatches] = [:]
  private let address: String
  private let root: String
  let domain: String?
  private let onEntry: (@Sendable (LedgerEntry) -> Void)?
  private let onForce: (@Sendable (ForceEntry) -> Void)?
  private var listeners: [HostID: MessageBatches] = [:]
  private var shared: [MessageBatches] = []
  private var startLabels: [HostID: [String: String]] = [:]
  /// Hosts of others, whose ids are not given again.
  private var strangers: Set<HostID> = []

  /// Prepares a lattice; `start` makes its buckets and listens.
  ///
  /// - Parameters:
  ///   - name: The lattice's name.
  ///   - transport: What carries its messages.
  ///   - address: The NATS address that pings tell.
  ///   - root: What its hosts listen below for what they are told and asked.
  ///   - domain: The JetStream domain of its stores, which its hosts name.
  ///   - seed: What ids, names and delays come from.
  ///   - clock: The time of day.
  ///   - onEntry: Told of every command's effect as it happens.
  ///   - onForce: Told of each link that comes into force or goes.
  public init(
    _ name: LatticeName, over transport: any MessageTransport,
    address: String = "nats://127.0.0.1:4222",
    below root: String = "wasmbus.ctl", domain: String? = nil, seed: UInt64 = 1,
    clock: WallClock = .system,
    onEntry: (@Sendable (LedgerEntry) -> Void)? = nil,
    onForce: (@Sendable (ForceEntry) -> Void)? = nil
  ) {
    self.name = name
    self.transport = transport
    self.address = address
    (self.root, self.domain) = (root, domain)
    self.clock = clock
    self.onEntry = onEntry
    self.onForce = onForce
    random = SeededGenerator(seed: seed)
  }

  /// Makes the buckets that hosts make, and listens to what any host may answer.
  ///
  /// Without JetStream links and configs are kept here.
  ///
  /// - Throws: `NATSError` where the server does not answer.
  public func start() async throws {
    for bucket in [LatticeStore.components(name), LatticeStore.configs(name)] {
      do throws(NATSError) {
        try await NATSKeyValue(bucket: bucket, domain: domain, over: transport).create()
      } catch {
        switch error {
        case .storeUnavailable, .noJetStreamForAccount: hasStores = false
        default: throw error
        }
      }
    }
    for subject in ["host.ping", "component.auction", "provider.auction", "registry.put"] {
      try await listen("\(prefix).\(subject)") { [weak self] message in
        await self?.toAll(message)
      }
    }
    for subject in ["link.*", "claims.get", "config.>"] {
      try await listen("\(prefix).\(subject)") { [weak self] message in
        await self?.toAny(message)
      }
    }
    let bucket = "$KV.\(LatticeStore.components(name))."
    try await listen("\(bucket)*") { [weak self] message in
      await self?.recordWritten(message, after: bucket)
    }
    try await listen("wasmbus.rpc.\(name).*.linkdefs.del") { [weak self] message in
      await self?.linkDropped(message)
    }
    try await listen("reconcile.sim.\(name).>") { [weak self] message in
      await self?.obey(message)
    }
  }

  private func listen(
    _ subject: String, _ handle: @escaping @Sendable (NATSMessage) async -> Void
  ) async throws(NATSError) {
    let batches = try await transport.subscribe(to: subject, queue: nil, limit: 1_000_000)
    shared.append(batches)
    Task {
      for await batch in batches { for message in batch.elements { await handle(message) } }
    }
  }

  /// What all subjects of the control interface begin with.
  var prefix: String { "\(root).v1.\(name)" }

  /// Adds a host, which says that it has started.
  ///
  /// - Parameters:
  ///   - labels: Its labels beside those that every host has.
  ///   - id: Its id; one from the seed where `nil`.
  ///   - age: How long it says that it has been up already.
  /// - Returns: Its id.
  /// - Throws: `NATSError` if it cannot listen.
  @discardableResult
  public func addHost(
    labels: [String: String], id: HostID? = nil, upFor age: Duration = .zero
  ) async throws -> HostID {
    let id = id ?? freshID()
    if let old = hosts[id] { endProcesses(of: old) }
    end(id)
    startLabels[id] = labels
    let batches = try await transport.subscribe(
      to: "\(prefix).*.*.\(id)", queue: nil, limit: 1_000_000)
    listeners[id] = batches
    var host = SimulatedHost(
      id: id, lattice: name, labels: labels, address: address, seed: random.next(),
      age: age, now: clock.now)
    host.faults = commonFaults
    host.domain = domain
    let outputs = host.start(clock.now)
    hosts[id] = host
    await tellRecords(to: id)
    Task { [weak self] in
      for await batch in batches {
        for message in batch.elements { await self?.toHost(message, id) }
      }
    }
    await carryOut(outputs, of: id)
    return id
  }

  /// Asks which hosts answer here already: none that is added without an id gets one of theirs.
  ///
  /// - Parameter limit: How long it is waited for answers at most.
  /// - Returns: How many answered.
  /// - Throws: `NATSError` where the question cannot be asked.
  public func lookAround(within limit: Duration = .milliseconds(500)) async throws(NATSError)
    -> Int
  {
    let dialect = commandedDialect(below: root)
    let question = dialect.ping(in: name)
    let answers = try await transport.requestMany(
      question.payload, to: question.subject, within: GatherWindow(atMost: limit))
    for answer in answers {
      guard let host = try? dialect.readAnswer(answer.payload).host else { continue }
      strangers.insert(host)
    }
    return strangers.count
  }

  private func freshID() -> HostID {
    var id = simulatedHostID(seed: random.next())
    while strangers.contains(id) { id = simulatedHostID(seed: random.next()) }
    return id
  }

  /// All hosts that are there, by id, with what they claim and what they run.
  public var truth: [HostID: SimulatedHost] { hosts }

  /// Ends a host at once: no event, and requests to it are told that nobody listens; its providers
  /// from archives run on.
  ///
  /// - Parameter id: The host.
  public func kill(_ id: HostID) async {
    if let host = hosts[id] { leaveStrays(of: host) }
    guard end(id) else { return }
    // The server answers in order: when it says that nobody listens, no request is swallowed.
    _ = try? await transport.request([], to: "\(prefix).host.get.\(id)", timeout: .seconds(1))
  }

  /// Drops a host and its subscription; returns whether it was there.
  @discardableResult
  func end(_ id: HostID) -> Bool {
    epochs[id, default: 0] += 1
    listeners.removeValue(forKey: id)?.unsubscribe()
    return hosts.removeValue(forKey: id) != nil
  }

  /// Starts a host again under its id, with its labels and nothing running.
  ///
  /// - Parameters:
  ///   - id: The host; it may run or be dead.
  ///   - labels: Its labels; those it was added with where `nil`.
  /// - Throws: `NATSError` if it cannot listen.
  public func restart(_ id: HostID, labels: [String: String]? = nil) async throws {
    try await addHost(labels: labels ?? startLabels[id] ?? [:], id: id)
  }

  /// Returns the hosts that have a label of a value, such as all of a site.
  ///
  /// - Parameters:
  ///   - label: The label's key.
  ///   - value: Its value.
  /// - Returns: Their ids, sorted.
  public func hosts(with label: String, _ value: String) -> [HostID] {
    hosts.values.filter { $0.labels[label] == value }.map(\.id).sorted()
  }

  /// Changes what a host does wrong on purpose.
  ///
  /// A host whose partition ends learns what was written meanwhile, as by its watch.
  ///
  /// - Parameters:
  ///   - id: The host.
  ///   - change: Changes its faults.
  public func setFaults(
    of id: HostID, _ change: @Sendable (inout SimulatedHost.Faults) -> Void
  ) async {
    guard var faults = hosts[id]?.faults else { return }
    let wasPartitioned = faults.isPartitioned
    change(&faults)
    hosts[id]?.faults = faults
    if wasPartitioned, !faults.isPartitioned { await tellRecords(to: id) }
  }

  /// Tells all hosts where secrets are fetched: they find each that a reference names.
  public func giveSecretStore() {
    for id in hosts.keys { hosts[id]?.hasSecretStore = true }
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
    for id in hosts.keys { end(id) }
    for batches in ears.values { batches.unsubscribe() }
    (ears, strays) = ([:], [:])
    for batches in shared { batches.unsubscribe() }
    shared = []
  }

  /// Notes that a link came into force, or went.
  func note(_ entry: ForceEntry) {
    forces.append(entry)
    onForce?(entry)
  }

  /// Notes what a command did.
  func note(_ entry: LedgerEntry) {
    ledger.append(entry)
    onEntry?(entry)
  }
}
