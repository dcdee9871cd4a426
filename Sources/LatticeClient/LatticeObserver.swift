public import LatticeModel
public import NATSTransport
import RecordKeeping
public import ServiceRuntime

/// How a lattice is watched.
public struct ObserverOptions: Hashable, Sendable {
  /// How it is looked at once, at the start.
  public var sweep: SweepOptions
  /// How the loss of a host is found.
  public var detection: FailureDetection
  /// How often every inventory is read again, whatever happened, unless a heartbeat has told it.
  public var resync: Duration

  /// Creates options.
  ///
  /// - Parameters:
  ///   - sweep: How it is looked at once, at the start.
  ///   - detection: How the loss of a host is found.
  ///   - resync: How often every inventory is read again.
  public init(
    sweep: SweepOptions = SweepOptions(), detection: FailureDetection = FailureDetection(),
    resync: Duration = .seconds(60)
  ) {
    self.sweep = sweep
    self.detection = detection
    self.resync = resync
  }
}

/// What a watcher of a lattice is told of.
public enum LatticeChange: Hashable, Sendable {
  /// Hosts came or were lost, or our own connection did.
  case hosts(lost: Set<HostID>)
  /// Something else is different.
  case contents
  /// A host says that something failed there.
  case failed(LatticeEvent)
  /// These processes run on without a host; none where that is over.
  case strays([StrayProvider])
  /// The server refuses to pass something on, in its words.
  case refused(String)
  /// The connection has ended for good: nothing more will be heard over it.
  case closed
}

/// Keeps the observed state of a lattice: subscribes, lists, then follows events, and finds hosts
/// that are lost.
///
/// Costs one ping to all each `probe` interval, and each `resync` interval one question a provider
/// and one inventory a host where heartbeats do not tell it; an unchanged heartbeat costs no message and wakes nobody.
public actor LatticeObserver: Service {
  let lattice: LatticeName
  let transport: any MessageTransport
  let options: ObserverOptions
  let clock: WallClock
  let changed: @Sendable (LatticeChange) -> Void
  var observed = ObservedState()
  private var domain: String?
  var detector: FailureDetector
  var feed: EventFeed?
  var reading: Set<HostID> = []
  var told: UInt64 = 0
  var toldPresent: Set<HostID> = []
  var isConnected = true
  /// Whether more may have happened than we were told, so that all is to be asked for anew.
  var mustLook = false
  /// Whether an execution reads inventories just now, so that we need not.
  var isExecuting = false
  /// Whether the hosts that answer may be taken for all there are: it is known whom to expect.
  var isProven = false
  /// Says that a pass is on record.
  let passes = BatchQueue<Void>(limit: 1)
  /// The hosts that said that they stop, since somebody last asked.
  private var stopped: Set<HostID> = []
  let urgency = BatchQueue<Void>(limit: 1)
  var wasUrgent = false
  var strays = StrayWatch()

  /// Prepares to watch; nothing is sent.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - transport: What carries the messages.
  ///   - options: How it is watched.
  ///   - clock: The time of day.
  ///   - changed: Called whenever something differs from before.
  public init(
    _ lattice: LatticeName, over transport: any MessageTransport,
    options: ObserverOptions = ObserverOptions(), clock: WallClock = .system,
    changed: @escaping @Sendable (LatticeChange) -> Void
  ) {
    self.lattice = lattice
    self.transport = transport
    self.options = options
    self.clock = clock
    self.changed = changed
    detector = FailureDetector(options.detection)
  }

  /// Looks at the whole lattice once.
  ///
  /// A lattice without a host is waited for. Where nobody is on record and no number of hosts is
  /// expected, those that answer are not taken for all there are before `passIsOnRecord`.
  ///
  /// - Parameter record: Whom to expect, and what of ours silent hosts ran.
  /// - Throws: `NATSError` where the server is gone.
  public func start(expecting record: LatticeRecord) async throws {
    let feed = try await EventFeed(lattice, over: transport, clock: clock)
    self.feed = feed
    // Nobody knows what happened just now: hosts may be on their way back from an outage.
    var options = options.sweep
    options.concludesLoss = false
    let sweep = InventorySweep(lattice, over: transport, options: options, clock: clock)
    do {
      let sighting = try await sweep.run(expecting: record, feed: feed, sources: [], configs: [])
      observed = sighting.observed
      domain = sighting.jetStreamDomain
    } catch ClientError.noHosts {
      observed = ObservedState()
    }
    isProven = options.expectedHosts != nil || !record.expected(at: now).isEmpty
    (told, toldPresent) = (observed.generation, present)
    detector.noteLink(isUp: true, at: .now)
    for host in observed.hosts where host.isSupported && host.presence != .lost {
      detector.heard(host.id, labels: host.labels, at: .now)
    }
  }

  var present: Set<HostID> {
    Set(observed.hosts.lazy.filter(\.countsAsRunning).map(\.id))
  }

  /// What is known now, with the stored links and configs that are asked for.
  ///
  /// - Parameters:
  ///   - sources: The ids whose stored links are needed.
  ///   - configs: The names of the configs that are needed.
  /// - Returns: The observed state.
  /// - Throws: `NATSError` where the server is gone.
  public func sighting(sources: Set<String>, configs: Set<ConfigName>) async throws -> Sighting {
    take(feed?.takeWaiting() ?? [])
    if mustLook { await lookAgain(expecting: LatticeRecord()) }
    let reader = StoreReader(lattice: lattice, domain: domain, transport: transport)
    let unknownSources = sources.filter { observed.links[$0] == nil }.sorted()
    let unknownConfigs = configs.filter { observed.configs[$0] == nil }.sorted()
    for (source, links) in try await reader.links(of: unknownSources, options.sweep.inFlight) {
      observed.noteLinks(links, of: source)
    }
    for (name, config) in try await reader.configs(unknownConfigs, options.sweep.inFlight) {
      observed.noteConfig(config, named: name)
    }
    var sighting = Sighting(observed: observed, jetStreamDomain: domain)
    sighting.observed.view = view
    return sighting
  }

  /// Asks the providers that were started and have not answered for their health yet.
  public func askTheDeaf() async {
    guard !observed.deaf.isEmpty else { return }
    let health = ProviderHealth(lattice: lattice, transport: transport)
    for provider in await health.ask(theDeafOf: observed) { observed.noteListening(provider) }
  }

  /// Asks who is there and reads every inventory, whatever is known: while somebody else commanded,
  /// this process was stopped or our connection was lost, more may have happened than events have
  /// told yet, and a host that was lost may be back.
  ///
  /// - Parameter record: What of ours runs on hosts that do not answer, as whoever commanded before
  ///   wrote it.
  public func lookAgain(expecting record: LatticeRecord) async {
    let start = now
    mustLook = false
    observed.forgetStores()
    let answered = await ping(isUrgent: false)
    let hosts = observed.hosts.filter { $0.isUsable || answered.contains($0.id) }
    _ = try? await gather(hosts.map(\.id), inFlight: options.sweep.inFlight) {
      await self.readInventory(of: $0)
    }
    for host in observed.hosts where host.isUsable && host.reportedAt < start {
      observed.mark(host.id, .late(reason: "it did not answer when it was asked anew"))
    }
    let expected = record.expected(at: start)
    isProven = isProven || !expected.isEmpty
    for (host, recorded) in expected {
      let state = observed.host(host)
      guard state.map({ $0.presence == .lost || $0.reportedAt < start }) ?? true else { continue }
      // Whoever commanded before has seen it since we found it lost, or no loss would be believed.
      if state.map({ $0.presence == .lost }) ?? true {
        detector.heard(host, labels: recorded.report.labels, at: .now)
        observed.mark(host, .late(reason: "it has not answered yet"))
      }
      observed.noteRecorded(recorded.report)
    }
  }

  /// Notes that a pass is on record that says which hosts there are: once each of them was heard
  /// again, they are all there are.
  ///
  /// Where they were not known before, costs one ping to all, and another each second until then.
  public func passIsOnRecord() {
    if !isProven { passes.append(()) }
  }

  /// The time of day.
  var now: Timestamp { Timestamp(nanoseconds: clock.now) }

  /// Notes that a plan is about to be carried out, which reads what it changes itself.
  public func beginExecution() {
    isExecuting = true
    observed.outdateQuestions()
  }

  /// Takes over what an execution has learnt, so that nothing is read twice.
  ///
  /// - Parameters:
  ///   - learnt: What the execution knows at its end.
  ///   - lost: The hosts that it found lost, as they were last known.
  ///   - intents: What it may have sent for.
  public func endExecution(
    _ learnt: ObservedState, losing lost: [HostState] = [], of intents: [Intent]
  ) {
    isExecuting = false
    take(feed?.takeWaiting() ?? [])
    // Those that are known to be lost must stay so: nobody asks for them any more.
    let wasLost = Set(observed.hosts.lazy.filter { $0.presence == .lost }.map(\.id))
    observed.adopt(learnt)
    for intent in intents {
      switch intent.outcome {
      case .connect(let link), .disconnect(let link): observed.forgetLinks(of: link.key.source)
      case .keep(let name, _), .drop(let name): observed.forgetConfig(name)
      case .run(.provider(let launch), _, let host):
        strays.ranOn[host, default: []].insert(launch.id)
      case .run, .replace, .end: break
      }
    }
    for last in lost where !wasLost.contains(last.id) {
      // It may be only out of reach: what it was seen to run counts until its loss is proven.
      if let own = observed.host(last.id), own.reportedAt < last.reportedAt {
        observed.note(last.report, at: last.reportedAt)
      }
      detector.refused(last.id, at: .now)
      observed.mark(last.id, .late(reason: "nobody listens for it"))
    }
    tell()
    readWhereNeeded()
  }

  /// Pings everybody at once, since somebody may just have died.
  public nonisolated func probeNow() { urgency.append(()) }

  /// Notes that a host said that it stops.
  func noteStopped(_ host: HostID) { stopped.insert(host) }

  /// The hosts that said that they stop, each told once.
  public func takeStopped() -> Set<HostID> {
    defer { stopped = [] }
    return stopped
  }

  /// The hosts and what is thought of each.
  public var hosts: [HostState] { observed.hosts }

  /// Whether our connection is up.
  public var isUp: Bool { isConnected }

  private var view: ViewCompleteness {
    guard isConnected else {
      return .incomplete(
        silent: observed.hosts.map(\.id), expected: observed.hosts.count, answered: 0)
    }
    let silent = observed.silentHosts
    let answered = observed.hosts.count(where: \.isUsable)
    let wanted = max(options.sweep.expectedHosts ?? 0, answered + silent.count)
    guard silent.isEmpty, answered >= wanted else {
      return .incomplete(silent: silent, expected: wanted, answered: answered)
    }
    return answered > 0 && isProven ? .complete : .unproven
  }

  /// Follows the lattice until the task is cancelled; call `start` first.
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
}
