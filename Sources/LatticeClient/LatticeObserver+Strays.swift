import LatticeModel
import ServiceRuntime

/// What the observer knows of processes that run on without a host.
struct StrayWatch {
  var tally = StrayTally()
  /// Which providers of ours each host ran when it was last seen.
  var ranOn: [HostID: Set<ProviderID>] = [:]
  /// Providers of hosts that were lost since the last look.
  var urgent: Set<ProviderID> = []
  /// The state of the lattice that this was taken from.
  var generation: UInt64?
  var lost: Set<HostID> = []
  var told: [StrayProvider] = []
  var turn = 0

  /// Notes what runs where, and whose host is gone.
  mutating func note(_ observed: ObservedState) {
    guard generation != observed.generation else { return }
    generation = observed.generation
    for host in observed.hosts where host.countsAsRunning {
      ranOn[host.id] = Set(host.report.ownProviders)
    }
    let gone = ranOn.keys.filter { observed.host($0)?.countsAsRunning != true }
    for host in gone where !lost.contains(host) { urgent.formUnion(ranOn[host] ?? []) }
    lost = Set(gone)
    // A host that is remembered no more names nobody, unless something of it still runs.
    for host in gone where observed.host(host) == nil && !isStraying(host) { ranOn[host] = nil }
  }

  /// The providers to be asked, sorted: those that run on some host, and those that stray.
  var providers: [ProviderID] {
    let listed = ranOn.filter { !lost.contains($0.key) }.values.joined()
    return Set(listed).union(tally.counts.keys).sorted()
  }

  /// What runs on without a host.
  var strays: [StrayProvider] {
    tally.counts.map { provider, count in
      let hosts = lost.filter { ranOn[$0]?.contains(provider) ?? false }
      return StrayProvider(provider, count: count, hosts: Array(hosts))
    }.sorted { $0.provider < $1.provider }
  }

  private func isStraying(_ host: HostID) -> Bool {
    ranOn[host]?.contains { tally.counts[$0] != nil } ?? false
  }
}

/// How the observer finds what killed hosts leave.
extension LatticeObserver {
  /// Asks each provider of ours how many of its processes run: spread over the interval of
  /// inventories, and those of a lost host at the next turn.
  func watchStrays() async {
    noteForStrays()
    while !Task.isCancelled {
      // So many at once that we need not wake up more often than every five seconds.
      let turns = max(1, Int(options.resync / .seconds(5)))
      try? await Task.sleep(for: options.resync / turns * Double.random(in: 0.8...1.2))
      guard !Task.isCancelled else { return }
      // What a plan in flight starts and stops is soon as it says.
      guard isConnected, !isExecuting else { continue }
      noteForStrays()
      strays.turn = (strays.turn &+ 1) % turns
      let providers = strays.providers
      let turn = providers.indices.filter { $0 % turns == strays.turn }.map { providers[$0] }
      let asked = strays.urgent.union(turn)
      strays.urgent = []
      strays.tally.keep(Set(providers).union(asked))
      await lookForStrays(of: asked)
    }
  }

  /// Notes what runs where, for whoever is lost later.
  func noteForStrays() { strays.note(observed) }

  /// Looks, and where more answer than are listed once more, with inventories read between.
  func lookForStrays(of providers: Set<ProviderID>) async {
    let suspects = await countAnswers(of: providers)
    if !suspects.isEmpty {
      let start = now
      try? await Task.sleep(for: StraySearch.pause)
      let hosts = observed.hosts.filter { $0.isUsable && $0.reportedAt < now }.map(\.id)
      await readInventories(of: Set(hosts))
      let areFresh = observed.hosts.allSatisfy { !$0.isUsable || $0.reportedAt >= start }
      if areFresh, !observed.hasUnknownHost, !isExecuting { _ = await countAnswers(of: suspects) }
    }
    noteForStrays()
    guard strays.strays != strays.told else { return }
    strays.told = strays.strays
    changed(.strays(strays.told))
  }

  /// Asks providers; returns those that are to be asked again.
  private func countAnswers(of providers: Set<ProviderID>) async -> Set<ProviderID> {
    let search = StraySearch(lattice, over: transport)
    let sorted = providers.sorted()
    let counts = try? await gather(sorted, inFlight: 16) { await search.answers(of: $0) }
    var again: Set<ProviderID> = []
    for (provider, answers) in zip(sorted, counts ?? []) {
      guard let answers, isConnected else { continue }
      if strays.tally.note(answers, of: observed.processes(of: provider), provider) {
        again.insert(provider)
      }
    }
    return again
  }
}
