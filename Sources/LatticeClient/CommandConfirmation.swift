public import LatticeModel

/// What the observed state says about a command that was sent.
public enum CommandStatus: Hashable, Sendable {
  /// Its effect is there.
  case confirmed
  /// Its effect is not there yet.
  case pending
  /// Nobody waits for its effect any more.
  case abandoned
  /// A host has said that it failed.
  case failed(String)
  /// Its host cannot be heard any more; it may go on with it all the same.
  case unheard(String)
  /// The connection went away, or its host began anew.
  case lost(String)
}

extension Command {
  /// Returns whether the observed state shows this command's effect.
  ///
  /// The inventory and the stored records prove it; acceptances and events do not.
  ///
  /// - Parameter observed: The observed state.
  /// - Returns: Whether the effect is there.
  public func isConfirmed(by observed: ObservedState) -> Bool {
    switch self {
    case .scaleActor(let launch, let instances, let host):
      guard let set = observed.actor(launch.id, on: host) else { return instances == 0 }
      return set.instances == instances && set.image == launch.image
        && set.annotations == launch.annotations
    case .startProvider(let launch, let host):
      guard let process = observed.provider(launch.id, on: host) else { return false }
      return process.image.withoutScheme == launch.image.withoutScheme
        && process.annotations == launch.annotations
    case .stopProvider(let id, let host):
      return observed.provider(id, on: host) == nil
    case .putLink(let link):
      return observed.links[link.key.source]?.contains(link) ?? false
    case .deleteLink(let link):
      return observed.links[link.key.source].map { !$0.contains(link) } ?? false
    case .putConfig(let name, let values):
      return observed.configs[name] == .values(values)
    case .deleteConfig(let name):
      return observed.configs[name] == .absent
    }
  }

  /// Returns the failure that an event tells of this command, if it does.
  ///
  /// - Parameter event: An event that came after the command was sent.
  /// - Returns: The host's words, or `nil` where the event is about something else.
  public func failure(in event: LatticeEvent) -> String? {
    switch (self, event) {
    case (
      .scaleActor(let launch, _, let host), .actorScaleFailed(let id, let source, _, let error)
    ) where launch.id == id && host == source:
      error
    case (.startProvider(let launch, let host), .providerStartFailed(let id, let source, let error))
    where launch.id == id && host == source && !error.contains("already running"):
      error
    case (.putLink(let link), .linkSetFailed(let refused, let error)) where link == refused:
      error
    default: nil
    }
  }
}

extension PlannedStep {
  /// Returns whether its unit is as the plan found it.
  ///
  /// - Parameter observed: The observed state now.
  /// - Returns: Whether the step may still be carried out.
  func isFresh(in observed: ObservedState) -> Bool {
    guard let command = commands.first else { return false }
    switch (command, found) {
    case (.scaleActor(let launch, _, let host), _):
      guard let set = observed.actor(launch.id, on: host) else { return found == .nothing }
      return found
        == .actor(
          image: set.image, instances: set.instances, ownership: Ownership(set.annotations))
    case (.startProvider(let launch, let host), _):
      return isFreshProvider(observed.provider(launch.id, on: host))
    case (.stopProvider(let id, let host), _):
      return isFreshProvider(observed.provider(id, on: host))
    case (.putLink, _), (.deleteLink, _), (.putConfig, _), (.deleteConfig, _):
      return areStoresFresh(in: observed)
    }
  }

  /// Returns whether the stores hold what the plan found, and deletes take what it expects.
  private func areStoresFresh(in observed: ObservedState) -> Bool {
    var stores: [String: [LinkDefinition]] = [:]
    for command in commands {
      guard case .deleteLink(let link) = command else { continue }
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

  /// Whether what the first command touches is as the plan found it.
  private func isAsFound(in observed: ObservedState) -> Bool {
    switch (commands.first, found) {
    case (.putLink(let link)?, .nothing):
      observed.links[link.key.source]?.allSatisfy { $0.key != link.key } ?? false
    case (.putLink?, .link(let before)), (.deleteLink?, .link(let before)):
      observed.links[before.key.source]?.contains(before) ?? false
    case (.putConfig(let name, _)?, .nothing): observed.configs[name] == .absent
    case (.putConfig(let name, _)?, .config(let before)),
      (.deleteConfig(let name)?, .config(let before)):
      observed.configs[name] == .values(before)
    default: false
    }
  }

  private func isFreshProvider(_ process: ReportedProvider?) -> Bool {
    guard let process else { return found == .nothing }
    return found
      == .provider(
        image: ImageReference(process.image.withoutScheme),
        ownership: Ownership(process.annotations))
  }
}
