public import LatticeModel

/// Returns what would be observed and on record once a plan were carried out in full.
///
/// Every command takes effect as it does on a 1.x host: an instance set is brought up with the
/// image, annotations and count of its command; a rescale keeps the code, which for a plan of ours
/// is the same.
///
/// - Parameters:
///   - plan: What is carried out.
///   - observed: What is there before.
///   - record: What is on record before.
/// - Returns: What is there and on record afterwards.
public func simulate(
  _ plan: Plan, on observed: ObservedState, record: LatticeRecord
) -> (observed: ObservedState, record: LatticeRecord) {
  var observed = observed
  var record = record
  let now = observed.hosts.map(\.reportedAt).max() ?? Timestamp(nanoseconds: 1)
  for step in plan.steps {
    for command in step.commands {
      observed.carryOut(command, at: now)
      record.claim(command, of: step)
      record.release(command)
    }
  }
  return (observed, record)
}

extension ObservedState {
  fileprivate mutating func carryOut(_ command: Command, at time: Timestamp) {
    switch command {
    case .scaleActor(let launch, let instances, let host):
      update(host, at: time) { report in
        report.actors.removeAll { $0.id == launch.id }
        guard instances > 0 else { return }
        report.actors.append(
          ReportedActor(
            id: launch.id, image: launch.image, annotations: launch.annotations,
            instances: instances))
      }
    case .startProvider(let launch, let host):
      update(host, at: time) { report in
        report.providers.append(
          ReportedProvider(
            id: launch.id, image: launch.image, annotations: launch.annotations))
      }
    case .stopProvider(let id, let host):
      update(host, at: time) { report in report.providers.removeAll { $0.id == id } }
    case .putLink(let link):
      let others = (links[link.key.source] ?? []).filter {
        $0.key != link.key || $0.target != link.target
      }
      noteLinks(others + [link], of: link.key.source)
    case .deleteLink(let link):
      noteLinks((links[link.key.source] ?? []).filter { $0 != link }, of: link.key.source)
    case .putConfig(let name, let values):
      noteConfig(.values(values), named: name)
    case .deleteConfig(let name):
      noteConfig(.absent, named: name)
    }
  }

  private mutating func update(
    _ host: HostID, at time: Timestamp, _ change: (inout HostReport) -> Void
  ) {
    guard var report = self.host(host)?.report else { return }
    change(&report)
    note(report, at: time)
  }
}
