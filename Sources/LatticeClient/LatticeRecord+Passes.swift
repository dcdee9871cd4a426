public import LatticeModel

extension RecordedHost {
  /// Whether it is to answer still: a host that was not seen for a day is forgotten.
  func isExpected(at now: Timestamp) -> Bool { now.since(lastSeen) < .seconds(86_400) }
}

extension LatticeRecord {
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

  /// The record once a plan was carried out: what was deleted is nobody's.
  ///
  /// - Parameter outcome: What became of the plan.
  /// - Returns: The record to write.
  public func releasing(_ outcome: PlanOutcome) -> LatticeRecord {
    var record = self
    for (step, result) in outcome.results where result == .confirmed {
      for command in step.commands {
        record.release(command)
        record.claim(command, of: step)
      }
    }
    return record
  }

  /// The record with the hosts that were seen, and what of ours they run.
  ///
  /// A host whose entry would only be younger keeps it for an hour, so that a lattice at rest
  /// costs no write. Lost hosts leave, and those that were not seen for a day.
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
    record.hosts = hosts.filter { !forgotten.contains($0.key) && $0.value.isExpected(at: now) }
    for host in observed.hosts {
      switch host.presence {
      case .lost: record.hosts[host.id] = nil
      case .fresh:
        var report = HostReport(host: host.id, labels: host.report.labels)
        report.actors = host.report.actors.filter { Ownership($0.annotations).isOwned }
        report.providers = host.report.providers.filter { Ownership($0.annotations).isOwned }
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
    return record
  }
}

extension LatticeRecord {
  /// Notes that what a step puts is ours, and what it starts may run.
  fileprivate mutating func claim(_ step: PlannedStep) {
    for command in step.commands {
      claim(command, of: step)
      switch command {
      case .scaleActor(let launch, let instances, let host) where instances > 0:
        hosts[host]?.report.expect(launch, instances)
      case .startProvider(let launch, let host): hosts[host]?.report.expect(launch)
      default: break
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
