import LatticeDialects
public import LatticeModel
public import NATSTransport
public import ServiceRuntime

/// Looks once for processes of providers that run on without a host.
///
/// Costs one question a provider; where more answer than are listed, also an inventory a host and a
/// second question after a second.
public struct StraySearch: Sendable {
  let lattice: LatticeName
  let transport: any MessageTransport
  let clock: WallClock

  /// Prepares a search.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - transport: What carries the questions.
  ///   - clock: The time of day.
  public init(
    _ lattice: LatticeName, over transport: any MessageTransport, clock: WallClock = .system
  ) {
    self.lattice = lattice
    self.transport = transport
    self.clock = clock
  }

  /// Searches.
  ///
  /// - Parameters:
  ///   - observed: What was just observed.
  ///   - record: What lost hosts ran, and which providers are ours beside those that are listed.
  ///   - declared: Which providers are ours beside those.
  /// - Returns: What runs on without a host, by provider; nothing where that cannot be told.
  public func run(
    in observed: ObservedState, _ record: LatticeRecord, declared: Set<ProviderID>
  ) async -> [StrayProvider] {
    var (observed, tally) = (observed, StrayTally())
    var asked = declared.union(observed.hosts.flatMap { $0.report.ownProviders })
    asked.formUnion(record.hosts.values.flatMap { $0.report.ownProviders })
    let suspects = await look(at: asked, observed, &tally)
    guard !suspects.isEmpty else { return [] }
    try? await Task.sleep(for: Self.pause)
    guard await readInventories(into: &observed) else { return [] }
    _ = await look(at: suspects, observed, &tally)
    return tally.counts.map { provider, count in
      let hosts = observed.hosts.filter { host in
        host.presence == .lost
          && record.hosts[host.id]?.report.ownProviders.contains(provider) ?? false
      }
      return StrayProvider(provider, count: count, hosts: hosts.map(\.id))
    }.sorted { $0.provider < $1.provider }
  }

  /// The time from one look to the next: what is being stopped answers no longer then.
  static let pause = Duration.seconds(1)

  /// How many processes of a provider answer, or `nil` where that was not heard.
  func answers(of provider: ProviderID) async -> Int? {
    await ProviderHealth(lattice: lattice, transport: transport)
      .answers(of: provider, within: Self.window)
  }

  /// Processes answer within milliseconds; whoever is slower is no stray for that.
  private static let window = GatherWindow(
    atLeast: .milliseconds(50), quiet: .milliseconds(100), atMost: .milliseconds(500))

  /// Asks providers; returns those that are to be asked again.
  private func look(
    at providers: Set<ProviderID>, _ observed: ObservedState, _ tally: inout StrayTally
  ) async -> Set<ProviderID> {
    let sorted = providers.sorted()
    let counts = try? await gather(sorted, inFlight: 256) { await self.answers(of: $0) }
    var again: Set<ProviderID> = []
    for (provider, answers) in zip(sorted, counts ?? []) {
      guard let answers else { continue }
      if tally.note(answers, of: observed.processes(of: provider), provider) {
        again.insert(provider)
      }
    }
    return again
  }

  /// Reads the inventories of all hosts that can be spoken to; returns whether all gave them.
  private func readInventories(into observed: inout ObservedState) async -> Bool {
    let hosts = observed.hosts.filter(\.isUsable).map(\.id)
    let reports = try? await gather(hosts, inFlight: 64) { host -> HostReport? in
      let subject = ControlSubject.inventory(of: host, in: lattice)
      let answer = try? await transport.request([], to: subject, timeout: .seconds(5))
      return answer.flatMap { try? decodeInventory($0.payload) }
    }
    let now = Timestamp(nanoseconds: clock.now)
    let known = (reports ?? []).compactMap { $0 }
    for report in known { observed.note(report, at: now) }
    return known.count == hosts.count && !observed.hasUnknownHost
  }
}

extension HostReport {
  /// The providers that are ours.
  var ownProviders: [ProviderID] {
    providers.filter { Ownership($0.annotations).isOwned }.map(\.id)
  }
}

extension ObservedState {
  /// Whether a host is there of which nobody knows what it runs, such as one that is just back.
  var hasUnknownHost: Bool {
    hosts.contains { host in
      guard case .late = host.presence else { return false }
      return host.report.actors.isEmpty && host.report.providers.isEmpty
    }
  }

  /// How many processes of a provider hosts list that are not known to be gone.
  func processes(of provider: ProviderID) -> Int {
    hosts.count { host in
      host.countsAsRunning && host.report.providers.contains { $0.id == provider }
    }
  }
}
