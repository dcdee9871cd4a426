extension ObservedState {
  /// Applies an event, in constant time but for a changed inventory.
  ///
  /// A heartbeat is believed unless it is older than what is known, or of a time before the host
  /// started; `host_stopped` empties its host; every other event that disagrees with what is known
  /// marks its host or store entry as in need of a look and raises the generation. Events about hosts
  /// that were never heard of list them.
  ///
  /// - Parameters:
  ///   - event: The event.
  ///   - time: When it was received.
  public mutating func apply(_ event: LatticeEvent, at time: Timestamp) {
    switch event {
    case .hostHeartbeat(let report):
      take(report, at: time)
    case .hostStarted(let host):
      let position = admit(host)
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

  /// Takes what a host says unasked, which may have been long on its way: what is older than what
  /// is known changes nothing, and asks for a look where it differs; so does what is heard of a host
  /// that is lost.
  private mutating func take(_ report: HostReport, at time: Timestamp) {
    guard let known = host(report.host) else { return note(report, at: time) }
    let isSame = known.report.runsSame(as: report)
    switch known.presence {
    case .lost:
      mark(report.host, .late(reason: "it is heard of again, its inventory is still to come"))
      lookAgain(at: report.host)
    case .fresh, .late, .silent, .unsupported:
      let isOlder = report.uptime < known.report.uptime
      let isAsOld = report.uptime == known.report.uptime && report.uptime > 0
      let isOfEarlierLife =
        known.startedAfter.map { time - .seconds(report.uptime) < $0 } ?? false
      guard isOlder || isAsOld && !isSame || isOfEarlierLife else { return note(report, at: time) }
      if !isSame { lookAgain(at: report.host) }
    }
  }

  private mutating func lookAgain(at host: HostID) {
    let position = admit(host)
    hosts[position].needsInventory = true
    generation &+= 1
  }
}
