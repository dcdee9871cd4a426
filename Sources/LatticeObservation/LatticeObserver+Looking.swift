import LatticeDialects
public import LatticeModel
import NATSTransport
import ServiceRuntime

/// Looking at the whole lattice, and at what its stores hold.
extension LatticeObserver {
  /// Begins to hear: subscribes to events, then asks who is there.
  ///
  /// - Throws: `NATSError` where the server is gone.
  public func open() async throws {
    feed = try await EventFeed(lattice, in: dialect, over: transport, clock: clock)
    let up = ContinuousClock.now
    observation.connect(at: options.believesAtOnce ? up - options.detection.steadyLink : up)
    observation.beginRound(at: .now)
    called = try await callRoll()
  }

  /// Looks at the whole lattice once it is open: reads every inventory, and asks those that are on
  /// record and have not answered.
  ///
  /// Costs one question a host; for each that is silent one or two more.
  ///
  /// - Parameter record: Whom to expect, and what of ours silent hosts ran.
  /// - Throws: `ObservationError.noHosts` where nobody answered and nobody is on record; `NATSError`
  ///   where the server is gone.
  public func look(expecting record: [HostID: RecordedHost]) async throws {
    guard !observed.hosts.isEmpty || !record.isEmpty else {
      throw ObservationError.noHosts(lattice)
    }
    await readAll(of: called, expecting: record)
    // Whoever looks has seen what is different.
    _ = observation.news()
  }

  /// Reads every inventory, whatever is known: while somebody else commanded, this process was stopped
  /// or our connection was lost, more may have happened than events have told yet, and a host that was
  /// lost may be back.
  ///
  /// - Parameters:
  ///   - record: What of ours runs on hosts that do not answer, as whoever commanded before wrote it.
  ///   - callsRoll: Whether to ask who is there first; not where nothing has disturbed what is known.
  public func lookAgain(
    expecting record: [HostID: RecordedHost], callsRoll: Bool = true
  ) async {
    observation.expect(record, at: now)
    var answered: Set<HostID> = []
    if callsRoll {
      observation.beginRound(at: .now)
      answered = await ping(within: Self.calm)
    }
    await readAll(of: answered, expecting: record)
  }

  /// Reads the inventories of all that answered or were there, and finds out about the others.
  ///
  /// Only answers count: what hosts said unasked may have waited for us while our process was stopped.
  private func readAll(
    of answered: Set<HostID>, expecting record: [HostID: RecordedHost]
  ) async {
    observation.beginLook()
    observation.expect(record, at: now)
    let hosts = observed.hosts.filter { $0.isUsable || answered.contains($0.id) }.map(\.id)
    let answers = try? await gather(hosts, inFlight: options.inFlight) { await self.ask($0) }
    let read = Set(zip(hosts, answers ?? []).filter { $1.isReport }.map(\.0))
    observation.doubt(allBut: read)
    await endRound(pause: .milliseconds(100))
    observation.judge(at: .now)
    if !observation.refused.isEmpty {
      // A neighbour's answer is to be younger than a refusal.
      await round(isUrgent: true)
    }
    observation.recall(record)
  }

  /// What is known now, with the stored links and configs that are asked for.
  ///
  /// - Parameters:
  ///   - sources: The ids whose stored links are needed.
  ///   - configs: The names of the configs that are needed.
  /// - Returns: The best knowledge of the lattice, with whether it is complete.
  /// - Throws: `NATSError` where the server is gone.
  public func sighting(
    sources: Set<String>, configs: Set<ConfigName>
  ) async throws -> ObservedState {
    take(feed?.takeWaiting() ?? [])
    if observation.mustLook { await lookAgain(expecting: [:]) }
    try await readStores(sources, configs)
    await askTheDeaf()
    var sighting = observed
    sighting.view = observation.view
    return sighting
  }

  /// Reads what of the stores is not known.
  private func readStores(_ sources: Set<String>, _ configs: Set<ConfigName>) async throws {
    guard let reader = storeReader else { return }
    let unknownSources = sources.filter { observed.links[$0] == nil }.sorted()
    let unknownConfigs = configs.filter { observed.configs[$0] == nil }.sorted()
    for (source, links) in try await reader.links(of: unknownSources, options.inFlight) {
      observation.note(links, of: source)
    }
    for (name, config) in try await reader.configs(unknownConfigs, options.inFlight) {
      observation.note(config, named: name)
    }
  }

  /// Who reads the stores, once the hosts have said in which domain they are.
  var storeReader: StoreReader? {
    guard let stores = dialect.stores else { return nil }
    let domain = options.jetStreamDomain ?? observation.domain
    if let reader, reader.domain == domain { return reader }
    let made = StoreReader(lattice: lattice, stores: stores, domain: domain, transport: transport)
    reader = made
    return made
  }

  /// All links of the lattice: those that a host tells of, and those stored for what runs.
  ///
  /// One host's memory may lag behind the store, so the store decides for every source that is known.
  ///
  /// - Returns: The links, sorted.
  /// - Throws: `ObservationError.noHosts` where nobody answers.
  public func allLinks() async throws -> [LinkDefinition] {
    guard let reader = storeReader else { return [] }
    guard let told = try await reader.askForLinks() else {
      throw ObservationError.noHosts(lattice)
    }
    let running = observed.hosts.flatMap { host in
      host.report.actors.map(\.id.rawValue) + host.report.providers.map(\.id.rawValue)
    }
    let sources = Set(running).union(told.map(\.key.source)).sorted()
    return try await reader.links(of: sources, options.inFlight).flatMap(\.1).sorted {
      ($0.key, $0.target) < ($1.key, $1.target)
    }
  }

  /// Asks the providers that were started and have not answered for their health yet.
  private func askTheDeaf() async {
    guard !observed.deaf.isEmpty else { return }
    for provider in await health.ask(theDeafOf: observed) { observation.noteListening(provider) }
  }

  // MARK: Rounds

  /// The pings of a round that nobody waits for, and those of one that follows a death.
  static let calm = GatherWindow(
    atLeast: .milliseconds(150), quiet: .milliseconds(50), atMost: .milliseconds(200))
  static let urgent = GatherWindow(
    atLeast: .milliseconds(25), quiet: .milliseconds(10), atMost: .milliseconds(50))

  /// Pings everybody and asks the silent.
  ///
  /// - Returns: Whether nobody listens for somebody who could not be found lost.
  @discardableResult
  func round(isUrgent: Bool) async -> Bool {
    let start = ContinuousClock.now
    if options.detection.probe > .zero || isUrgent {
      observation.beginRound(at: start)
      await ping(within: isUrgent ? Self.urgent : Self.calm)
    } else {
      // Heartbeats alone tell: whoever missed two is asked.
      observation.beginRound(at: start - options.detection.heartbeatTimeout)
    }
    await endRound(pause: .milliseconds(isUrgent ? 20 : 100))
    guard !noteSleep(since: start + .seconds(2)) else { return true }
    let refused = observation.refused
    observation.judge(at: .now)
    readSoon(observation.slow(at: .now))
    settle()
    return refused.contains { observed.host($0)?.presence != .lost }
  }

  /// Asks those that did not answer the ping, then neighbours of those that nobody listens for.
  ///
  /// A reply clears a host, "no responders" twice speaks against it, silence says nothing.
  private func endRound(pause: Duration) async {
    await ask(observation.endRound(), pause)
    await ask(observation.witnesses, pause)
  }

  private func ask(_ hosts: [HostID], _ pause: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      for host in hosts.prefix(256) {
        group.addTask { await self.ask(host, within: .milliseconds(300), pause: pause) }
      }
    }
  }
}
