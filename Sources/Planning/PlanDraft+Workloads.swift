import LatticeModel
import Scheduling
import TextForms

extension PlanDraft {
  /// Places all actors and providers, higher priority first, and compares host by host.
  ///
  /// Our running sets that no workload declares are pruned or left.
  mutating func planWorkloads() {
    let workloads = desired.applications.flatMap { application in
      application.providers.map { Workload($0, of: application.name) }
        + application.actors.map { Workload($0, of: application.name) }
    }
    let census = Census(of: workloads, in: observed)
    let reach = Reach(of: workloads, in: desired)
    let byPriority = workloads.indices
      .filter { !facts.forOtherHosts.contains(workloads[$0].application) }
      .sorted { (-workloads[$0].priority, $0) < (-workloads[$1].priority, $1) }
    var scheduler = scheduler(with: workloads, census)
    var outcomes = workloads.map { _ in WorkloadOutcome() }
    for index in byPriority where reach.targets[index] == nil {
      outcomes[index] = compare(workloads[index], census.sets[index], &scheduler)
    }
    // What serves its own host alone comes after those that it serves, and goes where they are.
    for index in byPriority {
      guard let targets = reach.targets[index] else { continue }
      let hosts = Set(targets.flatMap { outcomes[$0].placed.keys }).sorted()
      outcomes[index] = compare(
        workloads[index], census.sets[index], beside: hosts.isEmpty ? nil : hosts, &scheduler)
    }
    noteUnreached(reach, workloads, outcomes.map(\.placed))
    for (workload, outcome) in zip(workloads, outcomes) { record(outcome, of: workload) }
    planUndeclaredSets(of: census, beside: workloads, outcomes)
  }

  /// What places workloads, with the room taken that they take now.
  private func scheduler(with workloads: [Workload], _ census: Census) -> Scheduler {
    let closed =
      facts.closures.isEmpty
      ? [] : observed.hosts.indices.filter { facts.closures[observed.hosts[$0].id] != nil }
    var scheduler = Scheduler(hosts: observed.hosts, closed: Set(closed))
    for (workload, sets) in zip(workloads, census.sets) {
      for set in sets {
        scheduler.reserve(set.instances, of: workload.request.resources, on: set.host)
      }
    }
    return scheduler
  }

  private mutating func record(_ outcome: WorkloadOutcome, of workload: Workload) {
    noteEqual(workload.application, count: outcome.equal)
    if let conflict = outcome.conflict {
      let manager = conflict.found.manager
      noteNotOurs(conflict.unit, manager: manager)
      add(
        conflict, workload.kind == .actor ? .actorsReplaced : .providersReplaced,
        finding: .notOurs(manager: manager))
      return
    }
    noteShortfalls(outcome.shortfalls, of: workload)
    facts.irreplaceable.formUnion(outcome.irreplaceable(perHost: workload.request.perHost))
    if facts.suspicion(of: workload.unit) != nil, !outcome.added.isEmpty {
      // What is to start elsewhere is held: what runs must not end for it.
      facts.irreplaceable.formUnion((outcome.scaledDown + outcome.stopped).map(\.unit))
    }
    noteOthers(outcome, of: workload)
    plan.counts.missing += outcome.added.count { $0.found == .nothing }
    plan.counts.changed += outcome.added.count { $0.found != .nothing }
    plan.counts.changed += outcome.scaledDown.count + outcome.replaced.count
    plan.counts.surplus += outcome.stopped.count
    addAll(outcome.added, of: workload.application)
    let isActor = workload.kind == .actor
    for step in outcome.scaledDown { add(step, .actorsDown) }
    for step in outcome.stopped { add(step, isActor ? .actorsDown : .providersOff) }
    roll(outcome, of: workload)
  }

  /// Says what others run, or are to say, of a workload.
  private mutating func noteOthers(_ outcome: WorkloadOutcome, of workload: Workload) {
    for entry in outcome.satisfied { noteSatisfied(entry.unit, manager: entry.manager) }
    if let running = outcome.ignored, running != workload.request.wanted, !workload.request.perHost
    {
      noteIgnored(
        workload.application,
        "actor \(workload.name) runs \(counted(running, "instance")) where "
          + "\(workload.request.wanted) are declared")
    }
    if workload.hasConfigs, let first = outcome.satisfied.first, isInScope(workload.application) {
      plan.notes.append(
        PlanNote(
          application: workload.application,
          text: "\(workload.kind.rawValue) \(workload.name) was started by "
            + "\(first.manager ?? "somebody else"); "
            + "hosts do not tell with which configs"))
    }
  }

  /// Replaces hosts in groups of `maxUnavailable`, and says what the gap will be.
  private mutating func roll(_ outcome: WorkloadOutcome, of workload: Workload) {
    guard !outcome.replaced.isEmpty else { return }
    let ready = outcome.replaced.filter { objection(to: $0) == nil }
    for step in outcome.replaced where objection(to: step) != nil {
      add(step, .actorsReplaced)
    }
    for (position, step) in ready.enumerated() {
      add(
        step, workload.kind == .actor ? .actorsReplaced : .providersReplaced,
        roll: position / workload.update.maxUnavailable)
    }
    guard !ready.isEmpty, isInScope(workload.application), !context.abilities.swapsInPlace else {
      return
    }
    let atOnce = min(workload.update.maxUnavailable, ready.count)
    let gap =
      outcome.hosts > atOnce
      ? "the others serve meanwhile"
      : "nothing else runs it meanwhile, so calls fail until it is up"
    plan.notes.append(
      PlanNote(
        application: workload.application,
        text: "\(workload.kind.rawValue) \(workload.name) is replaced on "
          + "\(counted(ready.count, "host")), \(atOnce) at a time: \(gap)"))
  }

  private mutating func noteShortfalls(_ shortfalls: [Placement.Shortfall], of workload: Workload) {
    guard !shortfalls.isEmpty else { return }
    guard isInScope(workload.application) else { return }
    plan.unplaceable += shortfalls.map {
      Unplaceable(
        application: workload.application, kind: workload.kind, name: workload.name,
        rule: $0.rule, missing: $0.missing, wanted: $0.wanted, reasons: $0.reasons,
        origin: workload.origin)
    }
  }

  private mutating func noteUnreached(
    _ reach: Reach, _ workloads: [Workload], _ placed: [[Int: Int]]
  ) {
    guard !reach.servings.isEmpty else { return }
    plan.unreached = reach.unreached(workloads, placed, observed.hosts)
      .filter { isInScope($0.application) }
  }

}

extension Found {
  /// Who manages it, where it is somebody else's.
  fileprivate var manager: String? {
    switch self {
    case .actor(_, _, .unowned(let manager)), .provider(_, .unowned(let manager)): manager
    default: nil
    }
  }
}
