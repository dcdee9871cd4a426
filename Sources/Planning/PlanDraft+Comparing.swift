import LatticeModel
import Scheduling

extension PlanDraft {
  /// Finds the places of a workload, and compares what is wanted there with what runs.
  func compare(
    _ workload: Workload, _ sets: [RunningSet], beside hosts: [Int]? = nil,
    _ scheduler: inout Scheduler
  ) -> WorkloadOutcome {
    var outcome = WorkloadOutcome()
    let foreign = sets.filter { !observed.ownership($0.ownership).isOwned }
    func holdAll(for set: RunningSet, _ reason: Reason) -> WorkloadOutcome {
      outcome.conflict = PlannedStep(
        unit: workload.unit(on: observed.hosts[set.host].id), intents: [], reason: reason,
        found: observed.found(set), origin: workload.origin)
      outcome.equal = sets.count - foreign.count
      return outcome
    }
    for set in foreign {
      if let reason = difference(of: set, among: foreign, from: workload, &scheduler) {
        return holdAll(for: set, reason)
      }
    }
    if workload.ignoresInstances, !sets.isEmpty {
      for set in sets {
        settle(workload, set, wanted: set.instances, at: set.host, &outcome)
        outcome.placed[set.host] = set.instances
      }
      outcome.hosts = sets.count
      outcome.ignored = sets.reduce(0) { $0 &+ $1.instances }
      return outcome
    }
    var request = workload.request
    request.beside = hosts
    request.running = sets.map { set in
      let ownership = observed.ownerships[Int(set.ownership)]
      let likeness = workload.likeness(of: set, in: observed)
      return PlacementRequest.Running(
        host: set.host, instances: set.instances,
        isFixed: !ownership.isOwned || !observed.hosts[set.host].isUsable,
        isOutdated: !likeness.image || !likeness.launch)
    }
    let before = foreign.isEmpty ? nil : scheduler
    let placement = place(request, of: workload, &scheduler)
    if let before, let set = foreign.first(where: { placement.unasked.contains($0.host) }) {
      scheduler = before
      return holdAll(for: set, .notWantedHere)
    }
    outcome.shortfalls = placement.shortfalls
    for assignment in placement.assignments where hasServersOfTheirHost {
      outcome.placed[assignment.host] = assignment.instances
    }
    var next = 0
    for assignment in placement.assignments {
      while next < sets.count, sets[next].host < assignment.host {
        settle(workload, sets[next], wanted: 0, at: sets[next].host, &outcome)
        next += 1
      }
      let isHere = next < sets.count && sets[next].host == assignment.host
      settle(
        workload, isHere ? sets[next] : nil, wanted: assignment.instances, at: assignment.host,
        &outcome)
      if isHere { next += 1 }
    }
    for set in sets[next...] {
      settle(workload, set, wanted: 0, at: set.host, &outcome)
    }
    outcome.hosts = placement.assignments.count + outcome.stopped.count
    return outcome
  }

  /// Places a workload; what may have taken a host down goes to no host that is alone in its site
  /// where any other can take it.
  private func place(
    _ request: PlacementRequest, of workload: Workload, _ scheduler: inout Scheduler
  ) -> Placement {
    guard !facts.suspects.isEmpty, facts.suspects[workload.unit] != nil else {
      return scheduler.place(request)
    }
    let before = scheduler
    var careful = request
    careful.avoided = hostsAloneInTheirSite
    let placement = scheduler.place(careful)
    guard !placement.shortfalls.isEmpty, !careful.avoided.isEmpty else { return placement }
    scheduler = before
    return scheduler.place(request)
  }

  private var hostsAloneInTheirSite: Set<Int> {
    guard let site = context.site else { return [] }
    let usable = observed.hosts.indices.filter { observed.hosts[$0].isUsable }
    let bySite = Dictionary(grouping: usable) { observed.hosts[$0].labels[site] }
    return Set(bySite.filter { $0.key != nil && $0.value.count == 1 }.values.joined())
  }

  /// How a set of somebody else under a workload's id differs from what is declared, or `nil`.
  private func difference(
    of set: RunningSet, among foreign: [RunningSet], from workload: Workload,
    _ scheduler: inout Scheduler
  ) -> Reason? {
    let image = ImageReference(observed.names[set.image])
    let wanted = workload.request.wanted
    let total = foreign.reduce(0) { $0 &+ $1.instances }
    if !image.names(sameImageAs: workload.image) {
      return .imageChanged(from: image, to: workload.declaredImage)
    }
    // Hosts do not tell configs. wadm gives those of a manifest, named as ours are.
    let isOfWadm = observed.ownerships[Int(set.ownership)] == .unowned(manager: AnnotationKey.wadm)
    // Whoever is to say how many run starts them, and says with what.
    if workload.hasConfigs, !isOfWadm, !workload.ignoresInstances { return .launchChanged(nil) }
    if workload.ignoresInstances { return nil }
    guard scheduler.admits(set.host, by: workload.request.rules) else { return .notWantedHere }
    guard workload.request.perHost else {
      return total > wanted ? .countChanged(from: total, to: wanted) : nil
    }
    return set.instances != wanted ? .countChanged(from: set.instances, to: wanted) : nil
  }

  /// Compares one unit and notes what it needs.
  private func settle(
    _ workload: Workload, _ set: RunningSet?, wanted: Int, at position: Int,
    _ outcome: inout WorkloadOutcome
  ) {
    let host = observed.hosts[position].id
    let ownership = set.map { observed.ownerships[Int($0.ownership)] }
    let likeness = set.map { workload.likeness(of: $0, in: observed) }
    let facts = UnitFacts(
      running: set?.instances ?? 0, wanted: wanted, isOwned: ownership?.isOwned ?? true,
      hasImage: likeness?.image ?? false, hasLaunch: likeness?.launch ?? false)
    let meaning = UnitRules.classify(facts)
    func step(_ reason: Reason, _ intent: Intent) -> PlannedStep {
      PlannedStep(
        unit: workload.unit(on: host), intents: [intent], reason: reason,
        found: set.map { observed.found($0) } ?? .nothing, origin: workload.origin,
        startTimeout: workload.update.startTimeout)
    }
    func replacement(of set: RunningSet) -> Intent {
      .replace(observed.launch(of: set), by: workload.launch, instances: wanted, on: host)
    }
    switch (meaning, set) {
    case (.missing, _):
      outcome.added.append(
        step(.missing, .run(workload.launch, instances: wanted, on: host)))
    case (.satisfiedByOthers, _):
      guard case .unowned(let manager)? = ownership else { return }
      outcome.satisfied.append((workload.unit(on: host), manager))
    case (.notWantedHere, let set?):
      outcome.stopped.append(step(.notWantedHere, .end(observed.launch(of: set), on: host)))
    case (.otherImage, let set?):
      let reported = ImageReference(observed.names[set.image])
      let from = set.kind == .provider ? reported.asDeclared : reported
      outcome.replaced.append(
        step(
          .imageChanged(from: from, to: workload.declaredImage), replacement(of: set)))
    case (.otherLaunch, let set?):
      outcome.replaced.append(
        step(.launchChanged(workload.changedPart(of: set, in: observed)), replacement(of: set)))
    case (.otherCount, let set?):
      let change = step(
        .countChanged(from: facts.running, to: wanted),
        .run(workload.launch(like: set, in: observed), instances: wanted, on: host))
      if wanted > facts.running {
        outcome.added.append(change)
      } else {
        outcome.scaledDown.append(change)
      }
    case (.equal, _), (_, nil):
      outcome.equal += 1
    }
  }
}

extension Ownership {
  /// The digest of what it was started with, or `nil` where it is not ours.
  var spec: String? {
    guard case .owned(_, _, let spec) = self else { return nil }
    return spec
  }
}
