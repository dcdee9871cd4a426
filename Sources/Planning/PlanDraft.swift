import Diagnostics
import LatticeModel
import Scheduling

/// A plan while it is being made.
struct PlanDraft {
  let observed: ObservedState
  let desired: DesiredState
  let context: PlanningContext
  let depths: [ApplicationName: Int]
  let declared: [ApplicationName: ApplicationSpec]
  /// The applications of which nothing is touched: their documents cannot be decoded, could not have
  /// been seen, or are for other hosts.
  let untouched: Set<ApplicationName>
  /// The ids of providers that hosts may just be starting: on record as started on a host that
  /// answers, and not in its inventory.
  let starting: Set<String>
  var plan: Plan
  var unchanged: [ApplicationName: Int] = [:]
  /// Whether anything is declared that serves its own host alone.
  let hasServersOfTheirHost: Bool
  /// What guards look at.
  var facts: GuardFacts
  private var stages: [StageKey: [PlannedStep]] = [:]

  init(_ observed: ObservedState, _ desired: DesiredState, _ context: PlanningContext) {
    self.observed = observed
    self.desired = desired
    self.context = context
    depths = Planning.depths(of: desired.applications)
    declared = Dictionary(
      desired.applications.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    starting = context.record.providersStarting(in: observed)
    hasServersOfTheirHost = desired.applications.contains {
      $0.providers.contains(where: \.image.servesItsHostAlone)
    }
    facts = GuardFacts(observed, desired, context)
    untouched = Set(desired.frozen.map(\.name)).union(context.unseen.subtracting(declared.keys))
      .union(facts.forOtherHosts)
    plan = Plan(
      lattice: context.lattice, revision: desired.revision, tree: desired.tree,
      generation: observed.generation, view: observed.view)
    plan.usableHosts = observed.hosts.count(where: \.isUsable)
    for application in desired.applications where !application.dependsOn.isEmpty {
      let depth = depths[application.name] ?? 0
      plan.dependencies[application.name] = application.dependsOn.filter {
        depths[$0].map { $0 < depth } ?? false
      }
    }
  }

  /// The declared applications that are compared with what is there.
  var applications: [ApplicationSpec] {
    desired.applications.filter { !facts.forOtherHosts.contains($0.name) }
  }

  /// Holds each application that is made for other hosts, as a whole.
  mutating func holdForOtherHosts() {
    for application in desired.applications where facts.forOtherHosts.contains(application.name) {
      let name = application.name
      plan.counts.missing += 1
      add(
        PlannedStep(
          unit: UnitKey(application: name, kind: .application, name: name.rawValue), intents: [],
          reason: .forOtherHosts, found: .nothing, origin: application.origin), .configsPut)
    }
  }

  /// Whether commands of an application belong into this plan.
  func isInScope(_ application: ApplicationName) -> Bool {
    context.only?.contains(application) ?? true
  }

  /// Puts a step into its stage, or among the held ones if a guard objects; `roll` is the group
  /// of replaced hosts, from 0.
  mutating func add(
    _ step: PlannedStep, _ work: StageKey.Work, roll: Int = 0, finding: Finding? = nil
  ) {
    guard isInScope(step.unit.application) else { return }
    if let held = Guards.held(step, facts, finding: finding) {
      plan.held.append(held)
      return
    }
    let isStored = work.phase == .stores || work.phase == .late
    let depth = isStored ? 0 : depths[step.unit.application] ?? 0
    stages[StageKey(work: work, depth: depth, roll: roll), default: []].append(step)
  }

  /// Puts steps that start or add something of an application into their stage, or among the held
  /// ones; what no guard can object to costs nothing a step.
  mutating func addAll(_ steps: [PlannedStep], of application: ApplicationName) {
    guard let kind = steps.first?.unit.kind, isInScope(application) else { return }
    let work = kind == .actor ? StageKey.Work.actorsUp : .providersUp
    var free = steps
    let guards = Guards.awake(for: application, facts)
    if !guards.isEmpty {
      let held = steps.map { Guards.held($0, facts, by: guards) }
      plan.held += held.compactMap { $0 }
      free = zip(steps, held).filter { $1 == nil }.map(\.0)
    }
    guard !free.isEmpty else { return }
    stages[StageKey(work: work, depth: depths[application] ?? 0), default: []] += free
  }

  /// Whether a guard objects to a step.
  func objection(to step: PlannedStep) -> HeldStep? { Guards.held(step, facts) }

  /// Notes a unit that differs and belongs to somebody else.
  mutating func noteNotOurs(_ unit: UnitKey, manager: String?) {
    plan.counts.unowned += 1
    plan.unowned.append(UnownedUnit(unit: unit, manager: manager, isEqual: false))
  }

  /// Notes a unit that is as declared and belongs to somebody else.
  mutating func noteSatisfied(_ unit: UnitKey, manager: String?) {
    plan.counts.unowned += 1
    plan.unowned.append(UnownedUnit(unit: unit, manager: manager, isEqual: true))
  }

  /// Notes what differs and is left as its manifest says.
  mutating func noteIgnored(_ application: ApplicationName, _ what: String) {
    guard isInScope(application) else { return }
    plan.notes.append(
      PlanNote(application: application, text: "\(what), which its 'sync.ignore' leaves"))
  }

  /// Notes a unit that is as declared.
  mutating func noteEqual(_ application: ApplicationName, count: Int = 1) {
    plan.counts.equal += count
    unchanged[application, default: 0] += count
  }

  /// Counts something that nothing asks for and returns whether it is to go; where prune is off,
  /// it is listed as left instead.
  mutating func isToGo(_ step: PlannedStep) -> Bool {
    plan.counts.surplus += 1
    if shouldPrune(step.unit.application) || step.reason == .noLongerUsed { return true }
    if isInScope(step.unit.application) {
      plan.left.append(LeftUnit(unit: step.unit, reason: step.reason))
    }
    return false
  }

  /// Whether an application's undeclared things are removed; a deleted application says so by
  /// what was last recorded of it.
  private func shouldPrune(_ application: ApplicationName) -> Bool {
    context.prune
      || declared[application]?.sync.prune
        ?? context.record.applied[application]?.sync.prune ?? false
  }

  /// Why something of an application is undeclared.
  func undeclaredReason(_ application: ApplicationName) -> Reason {
    declared[application] == nil ? .applicationRemoved : .notDeclared
  }

  /// The finished plan.
  consuming func finish() -> Plan {
    plan.stages = stages.sorted { $0.key < $1.key }.map {
      Stage(title: $0.key.work.title, steps: $0.value, phase: $0.key.work.phase)
    }
    plan.suspects = Set(facts.suspects.keys)
    plan.held.sort { $0.step.unit < $1.step.unit }
    plan.left.sort { $0.unit < $1.unit }
    plan.unowned.sort { $0.unit < $1.unit }
    plan.applications =
      desired.applications.map {
        var planned = PlannedApplication(
          name: $0.name, path: $0.origin.path, unchanged: unchanged[$0.name] ?? 0,
          heldAt: $0.heldAt)
        planned.isPinned = $0.isPinned
        return planned
      }
      + desired.frozen.map {
        PlannedApplication(name: $0.name, path: $0.origin.path, isFrozen: true)
      }
    plan.applications.sort { $0.name < $1.name }
    return plan
  }
}
