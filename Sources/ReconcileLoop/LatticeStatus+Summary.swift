import DesiredSources
import LatticeModel
import LatticeObservation

extension LatticeStatus {
  /// Summarizes a pass; pure.
  ///
  /// Costs one look at each thing that runs.
  ///
  /// - Parameters:
  ///   - report: What was planned.
  ///   - observed: What was seen.
  ///   - record: What is on record: what was applied, and when who is silent was last seen.
  ///   - failures: What failed; what is no longer to be done is left out.
  ///   - strays: Which processes run on without a host.
  ///   - repository: The repository's name, where it has one.
  ///   - resync: How often every host is to be heard at least.
  ///   - now: The moment.
  init(
    of report: PassReport, seen observed: ObservedState, record: LatticeRecord,
    failures: [StepFailure] = [], strays: [StrayProvider] = [], repository: String? = nil,
    resync: Duration, at now: Timestamp
  ) {
    self.repository = repository
    (plan, planID) = (report.plan, report.planID)
    (wasInSync, manifestErrors) = (report.isInSync, report.source.errorCount)
    let open = Set((plan.steps + plan.waiting + plan.held.map(\.step)).map(\.unit))
    self.failures = failures.filter { open.contains($0.step.unit) }
    self.strays = strays
    // What was started on a host counts as running there from then on, whether it has said so or not.
    let startingOn = Set(record.starting.keys.compactMap(\.host))
    hosts = observed.hosts.map { host in
      let isHeard = host.reportedAt.nanoseconds > 0
      return HostStatus(
        id: host.id, presence: host.presence,
        health: report.hosts[host.id] ?? host.health(nil),
        seenAt: isHeard ? host.reportedAt : record.hosts[host.id]?.lastSeen,
        isOnRecordOnly: !isHeard,
        isAssumed: host.isAssumed || !isHeard && startingOn.contains(host.id))
    }
    lookedAt = now
    heardAt = max(now, observed.hosts.map(\.reportedAt).max() ?? now)
    limit = resync * 2
    applications = []
    applications = summary(of: report.source.desired, observed, record)
  }

  private func summary(
    of desired: DesiredState, _ observed: ObservedState, _ record: LatticeRecord
  ) -> [ApplicationStatus] {
    let toDo = Self.counts(plan.steps.map(\.unit.application))
    let waiting = Self.counts(plan.waiting.map(\.unit.application))
    let held = Self.counts(plan.held.map(\.step.unit.application))
    let unplaced = Self.sums(plan.unplaceable.map { ($0.application, $0.missing) })
    let unreached = Self.sums(plan.unreached.map { ($0.application, $0.missed) })
    let owners = Owners(of: desired)
    let places = owners.places(in: observed)
    let deaf = Self.counts(
      observed.deafProviders.flatMap { owners.applications[$0.provider.rawValue] ?? [] })
    return plan.applications.map { planned in
      let name = planned.name
      return ApplicationStatus(
        name: name, path: planned.path, applied: record.applied[name]?.revision,
        isFrozen: planned.isFrozen, heldAt: planned.isPinned ? nil : planned.heldAt,
        pinnedAt: planned.isPinned ? planned.heldAt : nil, toDo: toDo[name] ?? 0,
        waiting: waiting[name] ?? 0, held: held[name] ?? 0,
        unplaced: unplaced[name] ?? 0, unreached: unreached[name] ?? 0,
        deaf: deaf[name] ?? 0, hosts: places[name]?.sorted() ?? [])
    }
  }

  private static func counts(_ names: [ApplicationName]) -> [ApplicationName: Int] {
    sums(names.map { ($0, 1) })
  }

  private static func sums(_ parts: [(ApplicationName, Int)]) -> [ApplicationName: Int] {
    Dictionary(parts, uniquingKeysWith: &+)
  }
}

/// Who declares which actors and providers.
private struct Owners {
  /// The applications, by the id of an actor or provider.
  var applications: [String: [ApplicationName]] = [:]

  init(of desired: DesiredState) {
    for application in desired.applications {
      let ids = application.actors.map(\.id.rawValue) + application.providers.map(\.id.rawValue)
      for id in ids { applications[id, default: []].append(application.name) }
    }
  }

  /// The hosts that run something of each application, or may.
  func places(in observed: ObservedState) -> [ApplicationName: Set<HostID>] {
    var symbols: [Symbol: [ApplicationName]] = [:]
    for (id, names) in applications {
      if let symbol = observed.names.symbol(of: id) { symbols[symbol] = names }
    }
    var places: [ApplicationName: Set<HostID>] = [:]
    for host in observed.hosts where host.countsAsRunning {
      for id in host.actors.lazy.map(\.id) + host.providers.lazy.map(\.id) {
        for name in symbols[id] ?? [] { places[name, default: []].insert(host.id) }
      }
    }
    return places
  }
}
