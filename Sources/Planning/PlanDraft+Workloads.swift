import Diagnostics
import LatticeModel
import Scheduling
import TextForms

extension PlanDraft {
  /// What is to be done about one workload.
  private struct Outcome {
    var added: [PlannedStep] = []
    var scaledDown: [PlannedStep] = []
    var stopped: [PlannedStep] = []
    var replaced: [PlannedStep] = []
    var equal = 0
    var satisfied: [(unit: UnitKey, manager: String?)] = []
    /// A set of somebody else that differs, and how.
    var conflict: PlannedStep?
    /// How many instances run of an actor whose number is somebody else's to say.
    var ignored: Int?
    var shortfalls: [Placement.Shortfall] = []
    /// How many instances run where, by position of host, once all is carried out.
    var placed: [Int: Int] = [:]
    /// How many hosts run it while sets are replaced: what goes down goes after that.
    var hosts = 0

    /// The units to keep as they are, so that what cannot be placed elsewhere runs on there.
    ///
    /// On every host alike, no host replaces another: there what is not wanted stays while any host
    /// lacks room.
    func irreplaceable(perHost: Bool) -> Set<UnitKey> {
      guard !shortfalls.isEmpty else { return [] }
      guard !perHost else { return Set(stopped.map(\.unit)) }
      let ending = (scaledDown + stopped).map { (unit: $0.unit, count: $0.instancesEnded) }
      var spare = ending.reduce(0) { $0 &+ $1.count } &- shortfalls.reduce(0) { $0 &+ $1.missing }
      var kept: Set<UnitKey> = []
      for (unit, count) in ending {
        if count <= spare { spare -= count } else { kept.insert(unit) }
      }
      return kept
    }
  }

  /// Places all actors and providers, higher priority first, and compares host by host.
  ///
  /// Our running sets that no workload declares are pruned or left.
  mutating func planWorkloads() {
    let workloads = desired.applications.flatMap { application in
      application.providers.map { Workload($0, of: application.name) }
        + application.actors.map { Workload($0, of: application.name) }
    }
    let census = Census(of: workloads, in: observed)
    var scheduler = Scheduler(
      hosts: observed.hosts,
      closed: Set(
        facts.closures.isEmpty
          ? [] : observed.hosts.indices.filter { facts.closures[observed.hosts[$0].id] != nil }))
    for (workload, sets) in zip(workloads, census.sets) {
      for set in sets {
        scheduler.reserve(set.instances, of: workload.request.resources, on: set.host)
      }
    }
    var outcomes = workloads.map { _ in Outcome() }
    let compared = workloads.indices.filter {
      !facts.forOtherHosts.contains(workloads[$0].application)
    }
    let byPriority = compared.sorted {
      workloads[$0].priority != workloads[$1].priority
        ? workloads[$0].priority > workloads[$1].priority : $0 < $1
    }
    let reach = Reach(of: workloads, in: desired)
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
    var succession = Succession(workloads, census, in: observed)
    var owners: [Int: [String: ApplicationName]] = [:]
    for set in census.undeclared {
      let known = owners[set.host] ?? context.record.owners(on: observed.hosts[set.host].id)
      owners[set.host] = known
      pruneSet(set, ownedBy: known[observed.names[set.id]], &succession) {
        !outcomes[$0].added.isEmpty || !outcomes[$0].shortfalls.isEmpty
      }
    }
    plan.successors = succession.successors.mapValues { $0.sorted() }
  }

  private func compare(
    _ workload: Workload, _ sets: [RunningSet], beside hosts: [Int]? = nil,
    _ scheduler: inout Scheduler
  ) -> Outcome {
    var outcome = Outcome()
    let foreign = sets.filter { !observed.ownership($0.ownership).isOwned }
    func holdAll(for set: RunningSet, _ reason: Reason) -> Outcome {
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
    _ outcome: inout Outcome
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

  private mutating func record(_ outcome: Outcome, of workload: Workload) {
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
    if facts.suspects[workload.unit]?.isHeld == true, !outcome.added.isEmpty {
      // What is to start elsewhere is held: what runs must not end for it.
      facts.irreplaceable.formUnion((outcome.scaledDown + outcome.stopped).map(\.unit))
    }
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

  /// Replaces hosts in groups of `maxUnavailable`, and says what the gap will be.
  private mutating func roll(_ outcome: Outcome, of workload: Workload) {
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

  /// Ends a set that nothing declares any more, by the rules of whoever declared it last: it may have
  /// been started for another.
  private mutating func pruneSet(
    _ set: RunningSet, ownedBy last: ApplicationName?, _ succession: inout Succession,
    to isComing: (Int) -> Bool
  ) {
    guard case .owned(let first, let given, _) = observed.ownership(set.ownership) else { return }
    let (owner, name) = (last ?? first, given.isEmpty ? observed.names[set.id] : given)
    guard !untouched.contains(owner) else { return }
    let unit = UnitKey(
      application: owner, kind: set.kind, name: name, host: observed.hosts[set.host].id)
    let step = PlannedStep(
      unit: unit, intents: [.end(observed.launch(of: set), on: observed.hosts[set.host].id)],
      reason: undeclaredReason(owner),
      found: observed.found(set))
    let takers = succession.lose(
      set, named: name, image: observed.names[set.image], of: owner, to: isComing)
    if takers.contains(where: { isRenamed(owner, to: $0.application) && isLacking($0) }) {
      facts.irreplaceable.insert(unit)
    }
    if isToGo(step) { add(step, set.kind == .actor ? .actorsDown : .providersOff) }
  }

  /// Whether an application is gone, and its file declares another one now.
  private func isRenamed(_ old: ApplicationName, to new: ApplicationName) -> Bool {
    guard declared[old] == nil, let path = context.record.applied[old]?.path else { return false }
    return declared[new]?.origin.path == path
  }

  /// Whether not all of a workload can be started now.
  private func isLacking(_ workload: Workload) -> Bool {
    plan.unplaceable.contains {
      $0.application == workload.application && $0.kind == workload.kind && $0.name == workload.name
    }
      || plan.held.contains {
        $0.step.startedID != nil && $0.step.unit.withoutHost == workload.unit
      }
  }
}

extension PlannedStep {
  /// How many instances fewer run after it.
  fileprivate var instancesEnded: Int {
    if case .countChanged(let from, let to) = reason { return from - to }
    guard case .actor(_, let instances, _) = found else { return 1 }
    return instances
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

extension Ownership {
  /// The digest of what it was started with, or `nil` where it is not ours.
  var spec: String? {
    guard case .owned(_, _, let spec) = self else { return nil }
    return spec
  }
}
