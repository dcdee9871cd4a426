public import LatticeModel
import NATSTransport
import ServiceRuntime

/// Finding what killed hosts leave: processes of providers that run on without a host.
extension LatticeObserver {
  /// Looks once for processes of providers that run on without a host.
  ///
  /// Costs one question a provider; where more answer than are listed, also an inventory a host and a
  /// second question after a second.
  ///
  /// - Parameters:
  ///   - record: What hosts ran that may be lost, and which providers are ours beside those that are
  ///     listed.
  ///   - declared: Which providers are ours beside those.
  /// - Returns: What runs on without a host, by provider; nothing where that cannot be told.
  public func findStrays(
    _ record: [HostID: RecordedHost], declared: Set<ProviderID>
  ) async -> [StrayProvider] {
    for (host, recorded) in record { strays.ranOn[host] = Set(recorded.report.ownProviders) }
    noteForStrays()
    await lookForStrays(of: declared.union(strays.ranOn.values.joined()), inFlight: 256)
    return strays.strays
  }

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
      guard isUp, execution == nil else { continue }
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
  func lookForStrays(of providers: Set<ProviderID>, inFlight: Int = 16) async {
    let suspects = await countAnswers(of: providers, inFlight)
    if !suspects.isEmpty {
      let start = time
      // What is being stopped answers no longer then.
      try? await Task.sleep(for: .seconds(1))
      await read(observed.hosts.lazy.filter(\.isUsable).map(\.id))
      settle()
      let areFresh = observed.hosts.allSatisfy { !$0.isUsable || $0.reportedAt >= start }
      if areFresh, !observed.hasUnknownHost, execution == nil {
        _ = await countAnswers(of: suspects, inFlight)
      }
    }
    noteForStrays()
    guard strays.strays != strays.told else { return }
    strays.told = strays.strays
    changed(.strays(strays.told))
  }

  /// Asks providers; returns those that are to be asked again.
  private func countAnswers(
    of providers: Set<ProviderID>, _ inFlight: Int
  ) async -> Set<ProviderID> {
    let (sorted, health) = (providers.sorted(), health)
    // Processes answer within milliseconds; whoever is slower is no stray for that.
    let window = GatherWindow(
      atLeast: .milliseconds(50), quiet: .milliseconds(100), atMost: .milliseconds(500))
    let counts = try? await gather(sorted, inFlight: inFlight) {
      await health.answers(of: $0, within: window)
    }
    var again: Set<ProviderID> = []
    for (provider, answers) in zip(sorted, counts ?? []) {
      guard let answers, isUp else { continue }
      if strays.tally.note(answers, of: observed.processes(of: provider), provider) {
        again.insert(provider)
      }
    }
    return again
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
