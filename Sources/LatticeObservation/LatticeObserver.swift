public import LatticeDialects
public import LatticeModel
public import NATSTransport
public import ServiceRuntime

/// Keeps what is known of a lattice, the only one to do so: asks, follows events, finds hosts that are
/// lost, and tells whoever waits for the effect of a command that it is there.
///
/// Costs one ping to all each `probe` interval, and each `resync` interval one question a provider
/// and one inventory a host where heartbeats do not tell it; an unchanged heartbeat costs no message
/// and wakes nobody.
public actor LatticeObserver: Service {
  let lattice: LatticeName
  let dialect: any LatticeDialect
  let transport: any MessageTransport
  let options: ObserverOptions
  let clock: WallClock
  let changed: @Sendable (LatticeChange) -> Void
  var observation: Observation
  var feed: EventFeed?
  /// Who answered when the roll was called first.
  var called: Set<HostID> = []
  /// Whose inventory is being asked for.
  var reading: Set<HostID> = []
  /// Who reads the stores, once somebody has.
  var reader: StoreReader?
  /// What is waited for while a plan is carried out.
  var execution: Execution?
  let urgency = BatchQueue<Void>(limit: 1)
  /// Says that a pass is on record.
  let passes = BatchQueue<Void>(limit: 1)
  var strays = StrayWatch()

  /// Prepares to watch; nothing is sent.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - dialect: How its hosts are spoken to.
  ///   - transport: What carries the messages.
  ///   - options: How it is watched.
  ///   - clock: The time of day.
  ///   - changed: Called whenever something differs from before.
  public init(
    _ lattice: LatticeName, in dialect: any LatticeDialect = commandedDialect,
    over transport: any MessageTransport, options: ObserverOptions = ObserverOptions(),
    clock: WallClock = .system, changed: @escaping @Sendable (LatticeChange) -> Void = { _ in }
  ) {
    self.lattice = lattice
    self.dialect = dialect
    self.transport = transport
    self.options = options
    self.clock = clock
    self.changed = changed
    observation = Observation(options.detection, expectedHosts: options.expectedHosts)
  }

  var health: ProviderHealth { ProviderHealth(lattice, in: dialect, over: transport) }

  var observed: ObservedState { observation.observed }

  /// The time of day.
  var time: Timestamp { Timestamp(nanoseconds: clock.now) }

  var now: Moment { Moment(instant: .now, time: time) }

  /// The hosts and what is thought of each.
  public var hosts: [HostState] { observed.hosts }

  /// When each host last said what it runs.
  public var lastReports: LastReports { LastReports(of: observed) }

  /// The JetStream domain in which hosts say that they keep what they store, where they name one.
  public var hostsDomain: String? { observation.domain }

  /// Whether our connection is up.
  public var isUp: Bool { observation.isConnected }

  /// The hosts that said that they stop, each told once.
  public func takeStopped() -> Set<HostID> { observation.takeStopped() }

  /// Pings everybody at once, since somebody may just have died.
  public nonisolated func probeNow() { urgency.append(()) }

  /// Notes that a pass is on record that says which hosts there are: once each of them was heard
  /// again, they are all there are.
  ///
  /// Where they were not known before, costs one ping to all, and another each second until then.
  public func passIsOnRecord() {
    if !observation.isProven { passes.append(()) }
  }

  /// Follows the lattice until the task is cancelled; look at it first.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.followEvents() }
      group.addTask { await self.followConnection() }
      group.addTask { await self.probe() }
      group.addTask { await self.resync() }
      group.addTask { await self.prove() }
      group.addTask { await self.watchStrays() }
    }
    feed?.close()
  }

  /// Tells that something differs, once for each difference, and reads where that asks for it.
  func settle() {
    if let news = observation.news() {
      if case .hosts(let lost) = news { noteLosses(lost) }
      changed(news)
    }
    readWhereNeeded()
  }
}
