public import LatticeModel

extension LatticeRecord {
  /// The record as it must be before a plan's commands are sent: what they put is ours from then
  /// on, whatever happens.
  ///
  /// - Parameter plan: The plan.
  /// - Returns: The record to write.
  public func claiming(_ plan: Plan) -> LatticeRecord {
    var record = self
    for step in plan.steps {
      for command in step.commands {
        switch command {
        case .putLink(let link):
          let before = record.links[link.key]?.targets ?? []
          record.links[link.key] = OwnedLink(
            application: step.unit.application,
            targets: Array(Set(before + [link.target])))
        case .putConfig(let name, _):
          record.configs[name] = OwnedConfig(
            application: step.unit.application, user: step.user ?? .application)
        case .scaleActor, .startProvider, .stopProvider, .deleteLink, .deleteConfig: break
        }
      }
    }
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
        switch command {
        case .deleteLink(let link):
          let left = record.links[link.key]?.targets.filter { $0 != link.target } ?? []
          record.links[link.key] =
            left.isEmpty
            ? nil : OwnedLink(application: step.unit.application, targets: left)
        case .deleteConfig(let name): record.configs[name] = nil
        case .scaleActor, .startProvider, .stopProvider, .putLink, .putConfig: break
        }
      }
    }
    return record
  }

  /// The record with the hosts that were seen, and what of ours they run.
  ///
  /// A host whose entry would only be younger keeps it for an hour, so that a lattice at rest
  /// costs no write. Lost hosts leave.
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
    for host in forgotten { record.hosts[host] = nil }
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
        record.hosts[host.id] = RecordedHost(report: report, lastSeen: now)
      case .late, .silent, .unsupported: break
      }
    }
    return record
  }
}
