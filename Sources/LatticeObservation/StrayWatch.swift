import LatticeModel

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
