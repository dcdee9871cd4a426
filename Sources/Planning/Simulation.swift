public import LatticeModel

/// Returns what would be observed and on record once a plan were carried out in full.
///
/// What runs afterwards has the image, annotations and number that its intent names.
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
    for intent in step.intents {
      observed.carryOut(intent, at: now)
      record.claim(intent, of: step)
      record.release(intent)
    }
  }
  return (observed, record)
}

extension ObservedState {
  fileprivate mutating func carryOut(_ intent: Intent, at time: Timestamp) {
    switch intent {
    case .run(let launch, let instances, let host),
      .replace(_, let launch, let instances, let host):
      update(host, at: time) { report in
        report.remove(launch)
        switch launch {
        case .actor(let launch):
          report.actors.append(
            ReportedActor(
              id: launch.id, image: launch.image, annotations: launch.annotations,
              instances: instances))
        case .provider(let launch):
          report.providers.append(
            ReportedProvider(
              id: launch.id, image: launch.image, annotations: launch.annotations))
        }
      }
    case .end(let launch, let host): update(host, at: time) { $0.remove(launch) }
    case .connect(let link):
      let others = (links[link.key.source] ?? []).filter {
        $0.key != link.key || $0.target != link.target
      }
      noteLinks(others + [link], of: link.key.source)
    case .disconnect(let link):
      noteLinks((links[link.key.source] ?? []).filter { $0 != link }, of: link.key.source)
    case .keep(let name, let values):
      noteConfig(.values(values), named: name)
    case .drop(let name):
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

extension HostReport {
  /// Takes out what runs under the id of a launch.
  fileprivate mutating func remove(_ launch: Launch) {
    switch launch {
    case .actor(let launch): actors.removeAll { $0.id == launch.id }
    case .provider(let launch): providers.removeAll { $0.id == launch.id }
    }
  }
}
