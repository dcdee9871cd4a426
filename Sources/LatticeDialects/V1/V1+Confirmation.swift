public import LatticeModel

extension V1 {
  /// Returns whether inventories and stored records show a part's effect.
  ///
  /// - Parameters:
  ///   - part: One of the parts of an intent.
  ///   - observed: The observed state.
  /// - Returns: Whether the effect is there; that of a whole replacement is what runs in the end.
  public func isConfirmed(_ part: Intent, by observed: ObservedState) -> Bool {
    switch part {
    case .run(.actor(let launch), let instances, let host),
      .replace(_, .actor(let launch), let instances, let host):
      guard let set = observed.actor(launch.id, on: host) else { return false }
      return set.instances == instances && set.image == launch.image
        && set.annotations == launch.annotations
    case .run(.provider(let launch), _, let host), .replace(_, .provider(let launch), _, let host):
      guard let process = observed.provider(launch.id, on: host) else { return false }
      return process.image.withoutScheme == launch.image.withoutScheme
        && process.annotations == launch.annotations
    case .end(.actor(let launch), let host): return observed.actor(launch.id, on: host) == nil
    case .end(.provider(let launch), let host): return observed.provider(launch.id, on: host) == nil
    case .connect(let link): return observed.links[link.key.source]?.contains(link) ?? false
    case .disconnect(let link):
      return observed.links[link.key.source].map { !$0.contains(link) } ?? false
    case .keep(let name, let values): return observed.configs[name] == .values(values)
    case .drop(let name): return observed.configs[name] == .absent
    }
  }

  /// Returns the failure that an event tells of a part, if it does.
  ///
  /// - Parameters:
  ///   - part: One of the parts of an intent.
  ///   - event: An event that came after its request was sent.
  /// - Returns: The host's words, or `nil` where the event is about something else.
  public func failure(of part: Intent, in event: LatticeEvent) -> String? {
    switch (part, event) {
    case (_, .actorScaleFailed(let id, let host, _, let error))
    where part.host == host && part.actor == id:
      error
    case (_, .providerStartFailed(let id, let host, let error))
    where part.host == host && part.startedProvider == id && !error.contains("already running"):
      error
    case (.connect(let link), .linkSetFailed(let refused, let error)) where link == refused: error
    default: nil
    }
  }
}

extension Intent {
  /// The actor that it starts, rescales or ends.
  fileprivate var actor: ActorID? {
    switch self {
    case .run(.actor(let launch), _, _), .replace(_, .actor(let launch), _, _),
      .end(.actor(let launch), _):
      launch.id
    default: nil
    }
  }

  fileprivate var startedProvider: ProviderID? {
    guard case .provider(let launch)? = launch else { return nil }
    return launch.id
  }
}
