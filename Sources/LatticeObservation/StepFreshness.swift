import LatticeModel

extension PlannedStep {
  /// Returns whether its unit is as the plan found it.
  ///
  /// - Parameter observed: The observed state now.
  /// - Returns: Whether the step may still be carried out.
  func isFresh(in observed: ObservedState) -> Bool {
    switch intents.first {
    case .run(let launch, _, let host)?, .replace(let launch, _, _, let host)?,
      .end(let launch, let host)?:
      isAsFound(launch, on: host, in: observed)
    case .connect?, .disconnect?, .keep?, .drop?: areStoresFresh(in: observed)
    case nil: false
    }
  }

  /// Returns whether the stores hold what the plan found, and deletes take what it expects.
  private func areStoresFresh(in observed: ObservedState) -> Bool {
    var stores: [String: [LinkDefinition]] = [:]
    for case .disconnect(let link) in intents {
      guard var stored = stores[link.key.source] ?? observed.links[link.key.source],
        stored.deleteFirst(of: link.key) == link
      else { return false }
      stores[link.key.source] = stored
    }
    return isAsFound(in: observed)
      && alongside.allSatisfy { change in
        switch (change.unit.kind, change.found) {
        case (.config, .nothing): observed.configs[ConfigName(change.unit.name)] == .absent
        case (.config, .config(let before)):
          observed.configs[ConfigName(change.unit.name)] == .values(before)
        case (_, .link(let before)):
          observed.links[before.key.source]?.contains(before) ?? false
        default: false
        }
      }
  }

  /// Whether what the first intent touches is as the plan found it.
  private func isAsFound(in observed: ObservedState) -> Bool {
    switch (intents.first, found) {
    case (.connect(let link)?, .nothing):
      observed.links[link.key.source]?.allSatisfy { $0.key != link.key } ?? false
    case (.connect?, .link(let before)), (.disconnect?, .link(let before)):
      observed.links[before.key.source]?.contains(before) ?? false
    case (.keep(let name, _)?, .nothing): observed.configs[name] == .absent
    case (.keep(let name, _)?, .config(let before)),
      (.drop(let name)?, .config(let before)):
      observed.configs[name] == .values(before)
    default: false
    }
  }

  /// Whether a host runs under an id what the plan found there.
  private func isAsFound(_ launch: Launch, on host: HostID, in observed: ObservedState) -> Bool {
    switch launch {
    case .actor(let launch):
      guard let set = observed.actor(launch.id, on: host) else { return found == .nothing }
      return found
        == .actor(
          image: set.image, instances: set.instances, ownership: Ownership(set.annotations))
    case .provider(let launch):
      guard let process = observed.provider(launch.id, on: host) else { return found == .nothing }
      return found
        == .provider(
          image: ImageReference(process.image.withoutScheme),
          ownership: Ownership(process.annotations))
    }
  }
}
