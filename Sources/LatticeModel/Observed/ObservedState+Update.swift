extension ObservedState {
  /// Notes that a host answered a ping.
  ///
  /// A host heard of for the first time is `late` until its inventory comes. A host that comes
  /// back under its id with a smaller uptime has restarted and needs a new inventory.
  ///
  /// - Parameters:
  ///   - answer: The host's answer.
  ///   - time: When the answer came.
  public mutating func note(_ answer: HostAnswer, at time: Timestamp) {
    let restarted =
      host(answer.host).map {
        hasBegunAnew(uptime: answer.uptime, after: $0.report.uptime)
      } ?? false
    let position = admit(answer.host)
    hosts[position].isSupported = answer.isSupported
    guard answer.isSupported else {
      hosts[position].report.labels = answer.labels
      hosts[position].report.version = answer.version
      hosts[position].report.friendlyName = answer.friendlyName
      hosts[position].presence = .unsupported
      return
    }
    switch hosts[position].presence {
    case .fresh where !restarted: hosts[position].report.uptime = answer.uptime
    case .late where hosts[position].reportedAt.nanoseconds > 0: break
    default:
      hosts[position].report.labels = answer.labels
      hosts[position].report.version = answer.version
      hosts[position].report.friendlyName = answer.friendlyName
      hosts[position].presence = .late(reason: "its inventory is still to come")
      hosts[position].needsInventory = true
      generation &+= 1
    }
  }

  /// Takes a host's own word for what it runs.
  ///
  /// Costs a comparison where nothing changed, and then raises no generation.
  ///
  /// - Parameters:
  ///   - report: The host's inventory.
  ///   - time: When it was received.
  public mutating func note(_ report: HostReport, at time: Timestamp) {
    let position = admit(report.host)
    let old = hosts[position].report
    hosts[position].reportedAt = time
    hosts[position].reports &+= 1
    hosts[position].isAssumed = false
    hosts[position].needsInventory = false
    let owed = hosts[position].owesInventory
    hosts[position].missedInventories = 0
    let isSame =
      hosts[position].presence == .fresh && !owed && old.runsSame(as: report)
      && old.labels == report.labels
    hosts[position].report = report
    guard !isSame else { return }
    hosts[position].presence = .fresh
    index(position)
    generation &+= 1
  }

  /// Takes a host's answer to a question, which may have been long on its way.
  ///
  /// Where it disagrees with a report that came since the question, the host is asked again; so it is
  /// where an event has asked for that since. Either way it says when the host can have started at
  /// the earliest, for it was given after the question.
  ///
  /// - Parameters:
  ///   - report: The host's inventory.
  ///   - question: What `inventoryIsUnderWay` returned when it was asked.
  ///   - asked: When it was asked.
  ///   - time: When the answer was received.
  public mutating func note(
    _ report: HostReport, answering question: UInt64, since asked: Timestamp, at time: Timestamp
  ) {
    defer { hosts[admit(report.host)].startedAfter = asked - .seconds(report.uptime + 1) }
    let known = host(report.host)
    let isOutdated =
      known.map { $0.reports != question && !$0.report.runsSame(as: report) } ?? false
    if !isOutdated { note(report, at: time) }
    if isOutdated || known?.needsInventory == true { requestInventory(of: report.host) }
  }

  /// Sets whether a host can be spoken to.
  ///
  /// A host that has never been heard of is listed; a `lost` host runs nothing.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - presence: What is known now.
  public mutating func mark(_ host: HostID, _ presence: Presence) {
    let position = admit(host)
    guard hosts[position].presence != presence else { return }
    hosts[position].presence = presence
    if presence == .lost {
      hosts[position].report.actors = []
      hosts[position].report.providers = []
      index(position)
    }
    generation &+= 1
  }

  /// Lists a silent host with what the record says of ours on it.
  ///
  /// - Parameter report: What is on record of ours on that host, and its labels.
  public mutating func noteSilent(_ report: HostReport) {
    let position = admit(report.host)
    hosts[position].presence = .silent
    hosts[position].report = report
    index(position)
    generation &+= 1
  }

  /// Notes what the record says of ours on a host that was not heard since it was written.
  ///
  /// The host may run that beside what was last seen there, for somebody else may have commanded it
  /// meanwhile.
  ///
  /// - Parameter report: What is on record of ours on that host, and its labels.
  public mutating func noteRecorded(_ report: HostReport) {
    guard let position = positions[report.host] else { return noteSilent(report) }
    var merged = hosts[position].report
    for var actor in report.actors {
      if let known = merged.actors.firstIndex(where: { $0.id == actor.id }) {
        actor.instances = max(actor.instances, merged.actors[known].instances)
        merged.actors[known] = actor
      } else {
        merged.actors.append(actor)
      }
    }
    let known = Set(merged.providers.map(\.id))
    merged.providers += report.providers.filter { !known.contains($0.id) }
    guard merged != hosts[position].report else { return }
    hosts[position].report = merged
    hosts[position].isAssumed = true
    index(position)
    generation &+= 1
  }

  /// Takes the links of one source as its stored record holds them.
  ///
  /// - Parameters:
  ///   - links: All links of the source; empty where there is no record.
  ///   - source: The id of the source.
  public mutating func noteLinks(_ links: [LinkDefinition], of source: String) {
    guard self.links[source] != links else { return }
    self.links[source] = links
    generation &+= 1
  }

  /// Takes a config as its bucket holds it.
  ///
  /// - Parameters:
  ///   - config: What the bucket holds.
  ///   - name: The config's name.
  public mutating func noteConfig(_ config: StoredConfig, named name: ConfigName) {
    guard configs[name] != config else { return }
    configs[name] = config
    generation &+= 1
  }

  /// Notes that a provider was started on a host and has not answered for its health yet.
  ///
  /// - Parameters:
  ///   - provider: The provider.
  ///   - host: The host.
  public mutating func noteDeaf(_ provider: ProviderID, on host: HostID) {
    deaf[provider, default: []].insert(host)
  }

  /// Notes that a provider answers for its health, wherever it runs.
  ///
  /// - Parameter provider: The provider.
  public mutating func noteListening(_ provider: ProviderID) { deaf[provider] = nil }

  /// Asks for the inventory of a host to be read again; what is known stands meanwhile.
  ///
  /// - Parameter host: The host.
  public mutating func requestInventory(of host: HostID) {
    guard let position = positions[host] else { return }
    hosts[position].needsInventory = true
  }

  /// Notes that the inventory of a host is being read: what happens from now on asks for another.
  ///
  /// - Parameter host: The host.
  /// - Returns: What its answer is to be noted with.
  @discardableResult
  public mutating func inventoryIsUnderWay(at host: HostID) -> UInt64 {
    guard let position = positions[host] else { return 0 }
    hosts[position].needsInventory = false
    return hosts[position].reports
  }

  /// Notes how long a host took to answer for its inventory.
  ///
  /// - Parameters:
  ///   - duration: The time from the question to the answer.
  ///   - host: The host.
  public mutating func noteRoundTrip(_ duration: Duration, of host: HostID) {
    guard let position = positions[host] else { return }
    hosts[position].roundTrip = duration
  }

  /// Notes that a host was asked for its inventory in vain; what is known of it stands.
  ///
  /// The first time it is asked once more: a busy host takes seconds.
  ///
  /// - Parameter host: The host.
  public mutating func missInventory(of host: HostID) {
    guard let position = positions[host] else { return }
    let owed = hosts[position].owesInventory
    hosts[position].missedInventories = min(hosts[position].missedInventories + 1, 2)
    if !hosts[position].owesInventory { hosts[position].needsInventory = true }
    if hosts[position].owesInventory != owed { generation &+= 1 }
  }

  /// Forgets hosts that have been lost for long.
  ///
  /// - Parameter time: Those that said nothing since are forgotten.
  /// - Returns: Which they were.
  public mutating func forgetLost(before time: Timestamp) -> [HostID] {
    let isOld = { (host: HostState) in host.presence == .lost && host.reportedAt < time }
    let forgotten = hosts.filter(isOld).map(\.id)
    guard !forgotten.isEmpty else { return [] }
    hosts.removeAll(where: isOld)
    positions = [:]
    for (position, host) in hosts.enumerated() { positions[host.id] = position }
    generation &+= 1
    return forgotten
  }

  /// Forgets the stored links of a source, which are then read again.
  ///
  /// - Parameter source: The id of the source.
  public mutating func forgetLinks(of source: String) { links[source] = nil }

  /// Forgets a config, which is then read again.
  ///
  /// - Parameter name: The config's name.
  public mutating func forgetConfig(_ name: ConfigName) { configs[name] = nil }

  /// Forgets all stored links and configs, which are then read again.
  public mutating func forgetStores() {
    links = [:]
    configs = [:]
  }

  /// Returns the position of a host, listing it in order if it is new.
  mutating func admit(_ id: HostID) -> Int {
    if let position = positions[id] { return position }
    let new = HostState(
      id: id, isSupported: true, presence: .late(reason: "its inventory is still to come"),
      report: HostReport(host: id), actors: [], providers: [],
      reportedAt: Timestamp(nanoseconds: 0), roundTrip: nil, needsInventory: true)
    var low = 0
    var high = hosts.count
    while low < high {
      let middle = (low + high) / 2
      if hosts[middle].id < id { low = middle + 1 } else { high = middle }
    }
    hosts.insert(new, at: low)
    for position in low..<hosts.count { positions[hosts[position].id] = position }
    generation &+= 1
    return low
  }

  /// Turns a host's report into numbers.
  private mutating func index(_ position: Int) {
    let report = hosts[position].report
    hosts[position].actors = report.actors.map { actor in
      RunningActor(
        id: names.intern(actor.id.rawValue), image: names.intern(actor.image.rawValue),
        ownership: internOwnership(actor.annotations), instances: actor.instances)
    }
    hosts[position].providers = report.providers.map { provider in
      RunningProvider(
        id: names.intern(provider.id.rawValue),
        image: names.intern(provider.image.withoutScheme),
        ownership: internOwnership(provider.annotations))
    }
  }

  private mutating func internOwnership(_ annotations: [String: String]) -> Int32 {
    if let known = ownershipPositions[annotations] { return known }
    let position = Int32(truncatingIfNeeded: ownerships.count)
    ownerships.append(Ownership(annotations))
    ownershipPositions[annotations] = position
    return position
  }
}
