public import LatticeModel
import LatticeWire
public import NATSTransport
public import ServiceRuntime

/// How a lattice is watched.
public struct ObserverOptions: Hashable, Sendable {
  /// How it is looked at once, at the start.
  public var sweep: SweepOptions
  /// How the loss of a host is found.
  public var detection: FailureDetection
  /// How often every inventory is read again, whatever happened.
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
}

/// Keeps the observed state of a lattice: subscribes, lists, then follows events, and finds hosts
/// that are lost.
///
/// Costs one ping to all each `probe` interval and one inventory a host each `resync` interval;
/// an unchanged heartbeat costs no message and wakes nobody.
public actor LatticeObserver: Service {
  private let lattice: LatticeName
  private let transport: any MessageTransport
  private let options: ObserverOptions
  private let clock: WallClock
  private let changed: @Sendable (LatticeChange) -> Void
  private var observed = ObservedState()
  private var domain: String?
  private var detector: FailureDetector
  private var feed: EventFeed?
  private var reading: Set<HostID> = []
  private var told: UInt64 = 0
  private var toldPresent: Set<HostID> = []
  private var isConnected = true
  /// Whether an execution reads inventories just now, so that we need not.
  private var isExecuting = false
  /// When the hosts that answer may be taken for all there are.
  private var provenAt: ContinuousClock.Instant?
  private let urgency = BatchQueue<Void>(limit: 1)
  private var wasUrgent = false

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
  /// A lattice without a host is waited for. Where nothing is on record and no number of hosts is
  /// expected, those that answer are taken for all there are once every host must have been heard.
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
    let isProven = !record.hosts.isEmpty || options.expectedHosts != nil
    provenAt = isProven ? .now : .now + self.options.detection.heartbeatTimeout
    (told, toldPresent) = (observed.generation, present)
    detector.noteLink(isUp: true, at: .now)
    for host in observed.hosts where host.dialect == .v1 && host.presence != .lost {
      detector.heard(host.id, labels: host.labels, at: .now)
    }
  }

  private var present: Set<HostID> {
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

  /// Notes that a plan is about to be carried out, which reads what it changes itself.
  public func beginExecution() { isExecuting = true }

  /// Takes over what an execution has learnt, so that nothing is read twice.
  ///
  /// - Parameters:
  ///   - learnt: What the execution knows at its end.
  ///   - commands: What it may have sent.
  public func endExecution(_ learnt: ObservedState, of commands: [Command]) {
    isExecuting = false
    take(feed?.takeWaiting() ?? [])
    // Those that are known to be lost must stay so: nobody asks for them any more.
    let wasLost = Set(observed.hosts.lazy.filter { $0.presence == .lost }.map(\.id))
    observed.adopt(learnt)
    for command in commands {
      switch command {
      case .putLink(let link), .deleteLink(let link): observed.forgetLinks(of: link.key.source)
      case .putConfig(let name, _), .deleteConfig(let name): observed.forgetConfig(name)
      case .scaleActor, .startProvider, .stopProvider: break
      }
    }
    for host in learnt.hosts where host.presence == .lost && !wasLost.contains(host.id) {
      detector.refused(host.id, at: .now)
      observed.mark(host.id, .late(reason: "nobody listens for it"))
    }
    tell()
    readWhereNeeded()
  }

  /// Pings everybody at once, since somebody may just have died.
  public nonisolated func probeNow() { urgency.append(()) }

  /// The hosts and what is thought of each.
  public var hosts: [HostState] { observed.hosts }

  /// Whether our connection is up.
  public var isUp: Bool { isConnected }

  private var view: ViewCompleteness {
    guard isConnected else {
      return .incomplete(
        silent: observed.hosts.map(\.id), expected: observed.hosts.count, answered: 0)
    }
    let silent = observed.hosts.filter { host in
      switch host.presence {
      case .silent, .late: true
      case .fresh, .lost, .unsupported: false
      }
    }.map(\.id)
    let answered = observed.hosts.count(where: \.isUsable)
    let wanted = max(options.sweep.expectedHosts ?? 0, answered + silent.count)
    guard silent.isEmpty, answered >= wanted else {
      return .incomplete(silent: silent, expected: wanted, answered: answered)
    }
    let isProven = provenAt.map { $0 <= .now } ?? false
    return answered > 0 && isProven ? .complete : .unproven
  }

  // MARK: Watching

  /// Follows the lattice until the task is cancelled; call `start` first.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.followEvents() }
      group.addTask { await self.followConnection() }
      group.addTask { await self.probe() }
      group.addTask { await self.resync() }
      group.addTask { await self.prove() }
    }
    feed?.close()
  }

  private func followEvents() async {
    guard let feed else { return }
    while let arrivals = await feed.next(), !Task.isCancelled {
      take(arrivals)
      tell()
      readWhereNeeded()
    }
  }

  private func take(_ arrivals: [EventFeed.Arrival]) {
    for arrival in arrivals {
      switch arrival {
      case .gap: for host in observed.hosts { observed.requestInventory(of: host.id) }
      case .event(let event, let time): take(event, at: time)
      }
    }
  }

  /// Tells once the view is proven, for removals wait for that.
  private func prove() async {
    guard let provenAt, provenAt > .now else { return }
    try? await Task.sleep(until: provenAt, clock: .continuous)
    if !Task.isCancelled { changed(.contents) }
  }

  private func take(_ event: LatticeEvent, at time: Timestamp) {
    switch event {
    case .hostHeartbeat(let report): detector.heard(report.host, labels: report.labels, at: .now)
    case .hostStopped(let host): detector.forget(host)
    case .hostStarted(let host): detector.heard(host, at: .now)
    default: break
    }
    observed.apply(event, at: time)
  }

  private func followConnection() async {
    while let batch = await transport.connectionEvents.next(), !Task.isCancelled {
      for event in batch.elements {
        switch event {
        case .disconnected:
          isConnected = false
          detector.noteLink(isUp: false, at: .now)
        case .reconnected:
          isConnected = true
          detector.noteLink(isUp: true, at: .now)
          observed.forgetStores()
          for host in observed.hosts {
            observed.requestInventory(of: host.id)
            guard host.isUsable else { continue }
            observed.mark(
              host.id, .late(reason: "it was not heard since our connection came back"))
          }
          readWhereNeeded()
        default: break
        }
      }
      changed(.hosts(lost: []))
    }
  }

  /// Tells that something differs, once for each difference.
  private func tell() {
    guard observed.generation != told else { return }
    told = observed.generation
    let present = present
    changed(present == toldPresent ? .contents : .hosts(lost: toldPresent.subtracting(present)))
    toldPresent = present
  }

  // MARK: Inventories

  private func readWhereNeeded() {
    guard !isExecuting else { return }
    let needed = observed.hosts.filter {
      $0.needsInventory && $0.dialect == .v1 && $0.presence != .lost && !reading.contains($0.id)
    }
    guard !needed.isEmpty else { return }
    let hosts = Set(needed.map(\.id))
    Task { await self.readInventories(of: hosts) }
  }

  private func readInventories(of hosts: Set<HostID>) async {
    let mine = hosts.subtracting(reading)
    reading.formUnion(mine)
    _ = try? await gather(mine.sorted(), inFlight: options.sweep.inFlight) { host in
      await self.readInventory(of: host)
    }
    reading.subtract(mine)
    tell()
    readWhereNeeded()
  }

  private func readInventory(of host: HostID) async {
    let subject = ControlSubject.inventory(of: host, in: lattice)
    observed.inventoryIsUnderWay(at: host)
    do {
      let answer = try await transport.request(
        [], to: subject, timeout: options.sweep.inventoryTimeout)
      let report = try decodeInventory(answer.payload)
      detector.heard(host, labels: report.labels, at: .now)
      observed.note(report, at: Timestamp(nanoseconds: clock.now))
    } catch NATSError.timeout {
      // Slow is not dead: whoever answers pings keeps what is known of it.
      guard observed.host(host)?.isUsable != true else { return }
      observed.mark(host, .late(reason: "it answers pings but not for its inventory"))
    } catch {
      // Nobody listens, or it cannot be read: the next round of pings decides.
    }
  }

  private func resync() async {
    while !Task.isCancelled {
      let hosts = observed.hosts.filter { $0.dialect == .v1 && $0.presence != .lost }.map(\.id)
      let pause = options.resync / max(1, hosts.count)
      if hosts.isEmpty { try? await Task.sleep(for: options.resync) }
      for host in hosts where !Task.isCancelled {
        try? await Task.sleep(for: pause * Double.random(in: 0.8...1.2))
        guard !Task.isCancelled else { return }
        if !reading.contains(host) { await readInventories(of: [host]) }
      }
      observed.forgetStores()
    }
  }

  // MARK: Failure detection

  /// Rounds of questions: each `probe` interval, or at once where somebody may just have died.
  private func probe() async {
    while !Task.isCancelled {
      let next = ContinuousClock.now + interval
      if isConnected { await round(isUrgent: wasUrgent) }
      wasUrgent = await pause(until: next)
      noteSleep(since: next)
    }
  }

  /// Notes that our own process was stopped, if it was: what was not heard meanwhile proves nothing.
  ///
  /// - Parameter expected: When we were to be awake at the latest.
  /// - Returns: Whether it was.
  @discardableResult
  private func noteSleep(since expected: ContinuousClock.Instant) -> Bool {
    guard .now - expected > .seconds(2) else { return false }
    detector.noteLink(isUp: isConnected, at: .now)
    return true
  }

  /// Waits for the next round.
  ///
  /// - Returns: Whether it is to be urgent.
  private func pause(until next: ContinuousClock.Instant) async -> Bool {
    let urgency = Task { [urgency] in await urgency.next() != nil }
    let timer = Task {
      try? await Task.sleep(until: next, clock: .continuous)
      urgency.cancel()
    }
    defer { timer.cancel() }
    return await withTaskCancellationHandler {
      await urgency.value
    } onCancel: {
      urgency.cancel()
    }
  }

  /// At most a thousand answers a second, however many hosts there are.
  private var interval: Duration {
    let probe = options.detection.probe
    guard probe > .zero else { return .seconds(5) }
    return max(probe, .milliseconds(observed.hosts.count))
  }

  private func round(isUrgent: Bool) async {
    let start = ContinuousClock.now
    if options.detection.probe > .zero || isUrgent {
      detector.beginRound(at: .now)
      await ping(isUrgent: isUrgent)
    } else {
      // Heartbeats alone tell: whoever missed two is asked.
      detector.beginRound(at: .now - options.detection.heartbeatTimeout)
    }
    let asked = detector.endRound()
    await withTaskGroup(of: Void.self) { group in
      let pause = Duration.milliseconds(isUrgent ? 20 : 100)
      for host in asked.prefix(256) {
        group.addTask { await self.askDirectly(host, pause: pause) }
      }
    }
    guard !noteSleep(since: start + .seconds(2)) else { return }
    for (host, health) in detector.verdicts(at: .now) {
      switch health {
      case .healthy: break
      case .late(let reason): observed.mark(host, .late(reason: reason))
      case .lost: observed.mark(host, .lost)
      }
    }
    tell()
    readWhereNeeded()
  }

  /// Pings everybody; a host answers within some ten milliseconds even while it starts much.
  private func ping(isUrgent: Bool) async {
    let window =
      isUrgent
      ? GatherWindow(
        atLeast: .milliseconds(25), quiet: .milliseconds(10), atMost: .milliseconds(50))
      : GatherWindow(
        atLeast: .milliseconds(150), quiet: .milliseconds(50), atMost: .milliseconds(200))
    guard
      let answers = try? await transport.requestMany(
        [], to: ControlSubject.hostPing(lattice), within: window)
    else { return }
    for message in answers {
      guard let answer = try? decodeAnswer(message.payload) else { continue }
      let wasAway = detector.heard(answer.host, labels: answer.labels, at: .now)
      observed.note(answer, at: Timestamp(nanoseconds: clock.now))
      if wasAway { observed.requestInventory(of: answer.host) }
    }
  }

  /// A reply clears a host, "no responders" twice speaks against it, silence says nothing.
  private func askDirectly(_ host: HostID, pause: Duration) async {
    let subject = ControlSubject.inventory(of: host, in: lattice)
    for _ in 1...2 {
      do {
        let answer = try await transport.request([], to: subject, timeout: .milliseconds(300))
        let report = try decodeInventory(answer.payload)
        detector.heard(host, labels: report.labels, at: .now)
        observed.note(report, at: Timestamp(nanoseconds: clock.now))
        return
      } catch NATSError.noResponders {
        guard detector.refused(host, at: .now) else { return }
        try? await Task.sleep(for: pause)
      } catch {
        return
      }
    }
  }
}
