extension ObservedState {
  /// Applies an event, in constant time but for a changed inventory.
  ///
  /// A heartbeat is believed; `host_stopped` empties its host; every other event that disagrees
  /// with what is known marks its host or store entry as in need of a look and raises the
  /// generation. Events about hosts that were never heard of list them.
  ///
  /// - Parameters:
  ///   - event: The event.
  ///   - time: When it was received.
  public mutating func apply(_ event: LatticeEvent, at time: Timestamp) {
    switch event {
    case .hostHeartbeat(let report):
      note(report, at: time)
    case .hostStarted(let host):
      let position = admit(host, dialect: .v1)
      hosts[position].presence = .late(reason: "it has just started")
      lookAgain(at: host)
    case .hostStopped(let host):
      mark(host, .lost)
    case .labelsChanged(let host, let labels):
      guard self.host(host)?.labels != labels else { return }
      lookAgain(at: host)
    case .actorScaled(let actor, let host, let instances):
      guard (self.actor(actor, on: host)?.instances ?? 0) != instances else { return }
      lookAgain(at: host)
    case .providerStarted(let provider, let host):
      guard self.provider(provider, on: host) == nil else { return }
      lookAgain(at: host)
    case .providerStopped(let provider, let host):
      guard self.provider(provider, on: host) != nil else { return }
      lookAgain(at: host)
    case .linkSet(let link):
      guard let known = links[link.key.source], !known.contains(link) else { return }
      links[link.key.source] = nil
      generation &+= 1
    case .linkDeleted(let key):
      guard let known = links[key.source], known.contains(where: { $0.key == key }) else { return }
      links[key.source] = nil
      generation &+= 1
    case .configSet(let name), .configDeleted(let name):
      guard configs.removeValue(forKey: name) != nil else { return }
      generation &+= 1
    case .actorScaleFailed, .providerStartFailed, .providerHealth, .linkSetFailed:
      break
    }
  }

  private mutating func lookAgain(at host: HostID) {
    let position = admit(host, dialect: .v1)
    hosts[position].needsInventory = true
    generation &+= 1
  }
}
