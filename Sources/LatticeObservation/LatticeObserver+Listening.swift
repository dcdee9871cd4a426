public import LatticeModel

/// Whether providers answer for their health, which they do some time after they are listed.
extension LatticeObserver {
  /// Waits until a provider that has been started answers for its health, as often as inventories
  /// list it.
  ///
  /// - Parameters:
  ///   - provider: The provider.
  ///   - host: Where it was started.
  ///   - limit: How long to wait.
  /// - Returns: What is known at the end; `.pending` is too late.
  public func confirmListening(
    _ provider: ProviderID, on host: HostID, within limit: Duration
  ) async -> CommandStatus {
    let deadline = end(of: limit)
    observation.noteDeaf(provider, on: host)
    // Real hosts list a provider some 30 ms before it listens.
    var pause = Duration.milliseconds(40)
    while true {
      try? await Task.sleep(for: pause)
      if await listens(provider.rawValue) { return .confirmed }
      if let status = giveUp(on: host, isLast: true) { return status }
      if observed.host(host)?.presence == .lost { return .unheard("host \(host) is lost") }
      guard ContinuousClock.now < execution?.end(of: deadline, isLast: true) ?? deadline else {
        return .pending
      }
      pause = min(pause * 2, .seconds(1))
    }
  }

  /// Waits until all providers among some ids that are listed answer for their health.
  ///
  /// - Parameters:
  ///   - ids: The ids.
  ///   - limit: How long to wait.
  /// - Returns: One that does not, or `nil`.
  public func deafProvider(
    among ids: Set<String>, within limit: Duration
  ) async -> ProviderID? {
    let deadline = ContinuousClock.now + limit
    for id in ids.sorted() {
      var pause = Duration.milliseconds(20)
      guard isListed(id) else { continue }
      while await !listens(id) {
        guard execution?.wasDisconnected == false, execution?.isAbandoned == false,
          ContinuousClock.now < deadline
        else { return ProviderID(id) }
        try? await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(500))
      }
    }
    return nil
  }

  private func isListed(_ id: String) -> Bool {
    guard let symbol = observed.names.symbol(of: id) else { return false }
    return observed.hosts.contains { $0.providers.contains { $0.id == symbol } }
  }

  /// Whether a provider answers for its health as often as inventories list it.
  private func listens(_ id: String) async -> Bool {
    execution?.reads += 1
    let provider = ProviderID(id)
    // Counted first: a copy of the state that lived until the answers come would cost a copy of all.
    let expected = observed.answers(expectedOf: provider)
    guard await health.isListening(provider, expected) else { return false }
    observation.noteListening(provider)
    return true
  }
}
