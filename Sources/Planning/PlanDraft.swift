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
  let frozen: Set<ApplicationName>
  /// The ids of providers that hosts may just be starting: on record as started on a host that
  /// answers, and not in its inventory.
  let starting: Set<String>
  var plan: Plan
  var unchanged: [ApplicationName: Int] = [:]
  var irreplaceable: Set<UnitKey> = []
  /// Whether anything is declared that serves its own host alone.
  let hasServersOfTheirHost: Bool
  /// What speaks against actors and providers as they are declared, by unit without host.
  let suspects: [UnitKey: Suspect]
  private var stages: [StageKey: [PlannedStep]] = [:]

  init(_ observed: ObservedState, _ desired: DesiredState, _ context: PlanningContext) {
    self.observed = observed
    self.desired = desired
    self.context = context
    depths = Planning.depths(of: desired.applications)
    declared = Dictionary(
      desired.applications.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    frozen = Set(desired.frozen.map(\.name))
    starting = context.record.providersStarting(in: observed)
    hasServersOfTheirHost = desired.applications.contains {
      $0.providers.contains(where: \.image.servesItsHostAlone)
    }
    suspects = context.record.suspects(of: desired)
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

  /// Why nothing is to be started on a host that can be spoken to, or `nil` where it may be.
  func closure(of host: HostState) -> String? {
    host.closure(context.record.trouble(of: host.id, at: context.now))
  }

  /// Whether commands of an application belong into this plan.
  func isInScope(_ application: ApplicationName) -> Bool {
    context.only?.contains(application) ?? true
  }

  /// Puts a step into its stage, or among the held ones if a guard objects; `roll` is the group
  /// of replaced hosts, from 0.
  mutating func add(_ step: PlannedStep, _ work: StageKey.Work, roll: Int = 0) {
    guard isInScope(step.unit.application) else { return }
    if let held = Guards.held(step, guardFacts) {
      plan.held.append(held)
      return
    }
    let isStored = work.phase == .stores || work.phase == .late
    let depth = isStored ? 0 : depths[step.unit.application] ?? 0
    stages[StageKey(work: work, depth: depth, roll: roll), default: []].append(step)
  }

  /// Puts steps that only add, on hosts that are known to answer, into their stage.
  mutating func addAll(_ steps: [PlannedStep], of application: ApplicationName) {
    guard let kind = steps.first?.unit.kind else { return }
    let work = kind == .actor ? StageKey.Work.actorsUp : .providersUp
    guard context.commands(application), suspects.isEmpty else {
      for step in steps { add(step, work) }
      return
    }
    guard isInScope(application) else { return }
    stages[StageKey(work: work, depth: depths[application] ?? 0), default: []] += steps
  }

  /// Whether a guard objects to a step.
  func objection(to step: PlannedStep) -> HeldStep? { Guards.held(step, guardFacts) }

  /// Notes a unit that differs and belongs to somebody else.
  mutating func holdAsNotOurs(_ step: PlannedStep, manager: String?) {
    plan.counts.unowned += 1
    plan.unowned.append(UnownedUnit(unit: step.unit, manager: manager, isEqual: false))
    hold(
      step, .notOurs, manager.map { "it is managed by \($0)" } ?? "it was not made by reconcile",
      remedy: "remove it by the tool that made it, or give the declared one another name or id")
  }

  /// Holds a step back for a reason that shows while units are compared.
  mutating func hold(
    _ step: PlannedStep, _ rule: GuardRule, _ detail: String, remedy: String
  ) {
    guard isInScope(step.unit.application) else { return }
    plan.held.append(HeldStep(step: step, rule: rule, detail: detail, remedy: remedy))
  }

  /// Notes a unit that is as declared and belongs to somebody else.
  mutating func noteSatisfied(_ unit: UnitKey, manager: String?) {
    plan.counts.unowned += 1
    plan.unowned.append(UnownedUnit(unit: unit, manager: manager, isEqual: true))
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

  private var guardFacts: GuardFacts {
    GuardFacts(
      view: observed.view, hasUnreadable: !desired.unreadable.isEmpty,
      isFastForward: context.isFastForward, isRefused: context.isRefused,
      halt: context.record.halt,
      suspension: { context.suspension(of: $0) }, flapping: context.flapping,
      suspicion: { unit in
        suspects.isEmpty ? nil : suspects[unit.withoutHost].flatMap { $0.isHeld ? $0 : nil }
      },
      obstacle: { observed.host($0)?.presence.obstacle },
      closure: { observed.host($0).flatMap { closure(of: $0) } },
      isIrreplaceable: { irreplaceable.contains($0) })
  }

  /// The finished plan.
  consuming func finish() -> Plan {
    plan.stages = stages.sorted { $0.key < $1.key }.map {
      Stage(title: $0.key.work.title, steps: $0.value, phase: $0.key.work.phase)
    }
    plan.suspects = Set(suspects.keys)
    plan.held.sort { $0.step.unit < $1.step.unit }
    plan.left.sort { $0.unit < $1.unit }
    plan.unowned.sort { $0.unit < $1.unit }
    plan.applications =
      desired.applications.map {
        PlannedApplication(
          name: $0.name, path: $0.origin.path, unchanged: unchanged[$0.name] ?? 0,
          heldAt: $0.heldAt)
      }
      + desired.frozen.map {
        PlannedApplication(name: $0.name, path: $0.origin.path, isFrozen: true)
      }
    plan.applications.sort { $0.name < $1.name }
    return plan
  }
}
