public import LatticeModel

extension LatticeRecord {
  /// For how long a host that is not seen is expected.
  private static let patience = Duration.seconds(86_400)

  /// When the last pass on record was; what is said to be still to come is none.
  private func lastPass(before now: Timestamp) -> Timestamp? {
    hosts.values.lazy.map(\.lastSeen).filter { $0 <= now }.max()
  }

  /// The hosts that are to answer: those that were seen within the day before the last pass on
  /// record.
  ///
  /// The time since that pass does not count, for nobody looked then.
  ///
  /// - Parameters:
  ///   - forgotten: Hosts that are gone for good.
  ///   - now: The time.
  /// - Returns: The hosts, with what of ours they ran.
  public func expected(
    forgetting forgotten: Set<HostID> = [], at now: Timestamp
  ) -> [HostID: RecordedHost] {
    let last = lastPass(before: now)
    return hosts.filter { id, host in
      guard !forgotten.contains(id) else { return false }
      return last.map { $0.since(host.lastSeen) < Self.patience } ?? true
    }
  }

  /// The record as it must be before a plan's commands are sent: what they put is ours from then
  /// on, and what they start counts as running should its host fall silent, whatever happens.
  ///
  /// - Parameter steps: The steps of the plan, and those that are under way already.
  /// - Returns: The record to write.
  public func claiming(_ steps: [PlannedStep]) -> LatticeRecord {
    var record = self
    for step in steps { record.claim(step) }
    return record
  }

  /// The record with the hosts that were seen, and what of ours they run.
  ///
  /// A host whose entry would only be younger keeps it for an hour, so that a lattice at rest
  /// costs no write. Lost hosts leave, and those that were not seen for a day in which others were;
  /// after a day without a pass, who is silent is missed from now on.
  ///
  /// - Parameters:
  ///   - observed: The observed state.
  ///   - forgotten: Hosts that are gone for good.
  ///   - now: The time.
  /// - Returns: The record to write.
  public func seeing(
    _ observed: ObservedState, forgetting forgotten: Set<HostID>, at now: Timestamp
  ) -> LatticeRecord {
    var record = self
    record.hosts = expected(forgetting: forgotten, at: now)
    if let last = lastPass(before: now), now.since(last) >= Self.patience {
      for host in record.hosts.keys { record.hosts[host]?.lastSeen = now }
    }
    let adopted = Dictionary(grouping: record.adopted) { $0.unit.host }
    for host in observed.hosts {
      switch host.presence {
      case .lost: record.hosts[host.id] = nil
      case .fresh:
        var report = HostReport(host: host.id, labels: host.report.labels)
        let taken = adopted[host.id] ?? []
        func isOurs(_ id: String, _ annotations: [String: String]) -> Bool {
          Ownership(annotations).isOwned
            || taken.contains { $0.id == id && $0.annotations == annotations }
        }
        report.actors = host.report.actors.filter { isOurs($0.id.rawValue, $0.annotations) }
        report.providers = host.report.providers.filter { isOurs($0.id.rawValue, $0.annotations) }
        // Whose a thing is that has changed hands since its start is on record alone.
        if let known = record.hosts[host.id]?.report, known != report {
          report.noteOwners(record.owners(on: host.id))
        }
        if let known = record.hosts[host.id], known.report == report,
          now.since(known.lastSeen) < .seconds(3_600)
        {
          continue
        }
        var entry = RecordedHost(report: report, lastSeen: now)
        entry.starts = record.hosts[host.id]?.starts ?? [:]
        record.hosts[host.id] = entry
      case .late, .silent, .unsupported: break
      }
    }
    if !record.adopted.isEmpty { record.forgetAdopted(notIn: observed) }
    return record
  }
}

extension LatticeRecord {
  /// Notes that what a step puts is ours, and what it starts may run.
  fileprivate mutating func claim(_ step: PlannedStep) {
    for intent in step.intents {
      claim(intent, of: step)
      guard case .run(let launch, let instances, let host) = intent.outcome else { continue }
      switch launch {
      case .actor(let launch): hosts[host]?.report.expect(launch, instances)
      case .provider(let launch): hosts[host]?.report.expect(launch)
      }
    }
  }
}

extension HostReport {
  /// Notes that a set may be there soon, with as many instances as there may be at most.
  fileprivate mutating func expect(_ launch: ActorLaunch, _ instances: Int) {
    let before = actors.first { $0.id == launch.id }?.instances ?? 0
    actors.removeAll { $0.id == launch.id }
    actors.append(
      ReportedActor(
        id: launch.id, image: launch.image, annotations: launch.annotations,
        instances: max(before, instances)))
  }

  /// Notes that a provider may be there soon.
  fileprivate mutating func expect(_ launch: ProviderLaunch) {
    providers.removeAll { $0.id == launch.id }
    providers.append(
      ReportedProvider(id: launch.id, image: launch.image, annotations: launch.annotations))
  }
}
