import LatticeModel
import Planning
import ReconcileTestKit
import Testing

/// A world and its plan.
struct Study: Sendable {
  let world: World
  let observed: ObservedState
  let desired: DesiredState
  let plan: Plan
  /// How much of a property's own chance is left to it.
  var random: Seeded { Seeded(world.seed ^ 0xABCD) }

  init(seed: UInt64) {
    world = World.of(seed: seed)
    observed = world.observed
    desired = world.desired
    plan = Planning.plan(from: observed, to: desired, in: world.context)
  }

  /// The plan once this or another plan was carried out.
  func planned(after plan: Plan) -> Plan {
    let after = simulate(plan, on: observed, record: world.record)
    var context = world.context
    context.record = after.record
    return Planning.plan(from: after.observed, to: desired, in: context)
  }

  /// The worlds that all properties are tried on.
  static let all = (1...2_000).map { Study(seed: UInt64($0)) }
}

@Suite("Properties of plans")
struct PlanPropertyTests {
  /// Tries a property on every world; it returns what is wrong, or nothing.
  private func check(_ property: (Study) -> String?) async {
    var failures: [String] = []
    for study in Study.all {
      // Tests that wait for something share the two threads with this one.
      await Task.yield()
      if let failure = property(study) { failures.append("seed \(study.world.seed): \(failure)") }
    }
    let first = failures.prefix(5).joined(separator: "\n")
    #expect(failures.isEmpty, "\(failures.count) of \(Study.all.count) worlds\n\(first)")
  }

  @Test("the worlds hold every kind of trouble")
  func coverage() {
    var counts: [Trouble: Int] = [:]
    for study in Study.all {
      for trouble in Trouble.allCases where trouble.isMet(by: study) {
        counts[trouble, default: 0] += 1
      }
    }
    for trouble in Trouble.allCases {
      let share = 100 * (counts[trouble] ?? 0) / Study.all.count
      print("worlds with \(trouble.rawValue): \(share) %")
      #expect(share >= 5, "\(trouble.rawValue)")
    }
  }

  @Test("a plan that is carried out, again and again, ends with nothing to do")
  func converges() async {
    await check { study in
      var observed = study.observed
      var context = study.world.context
      var plan = study.plan
      for _ in 0...(study.world.workloads.count + 2) where !plan.isEmpty {
        (observed, context.record) = simulate(plan, on: observed, record: context.record)
        plan = Planning.plan(from: observed, to: study.desired, in: context)
      }
      guard plan.isEmpty else { return "still to do: \(plan.steps.map(\.unit))" }
      return study.shortOfWanted(observed, plan)
    }
  }

  @Test("leaving one step out leaves a difference")
  func everyStepCounts() async {
    await check { study in
      let whole = study.planned(after: study.plan)
      guard !study.plan.isEmpty, whole.isEmpty else { return nil }
      var random = study.random
      for left in study.plan.steps.shuffled(using: &random).prefix(2) {
        var partial = study.plan
        for stage in partial.stages.indices {
          partial.stages[stage].steps.removeAll { $0 == left }
        }
        // What is put meanwhile may make of it a change that a guard holds.
        let next = study.planned(after: partial)
        if next.isEmpty, next.held.count <= whole.held.count { return "\(left) is not needed" }
      }
      return nil
    }
  }

  @Test("no command touches what is not ours or a host that does not answer")
  func onlyOurs() async {
    await check { study in
      for step in study.plan.steps {
        for intent in step.intents {
          if let owner = study.strangerTouched(by: intent) { return "\(intent) touches \(owner)" }
        }
      }
      return nil
    }
  }

  @Test("what is for other hosts is left alone, and what a link that they alone know may replace")
  func forOtherHosts() async {
    await check { study in
      let others = Set(study.desired.applications.filter(\.isForHostsBefore1).map(\.name))
      let links = study.desired.applications.filter { !others.contains($0.name) }.flatMap(\.links)
      for step in study.plan.steps {
        if others.contains(step.unit.application) { return "\(step.unit)" }
        guard case .disconnect(let gone)? = step.intents.first, step.isRemoval else { continue }
        let isMeant = links.contains {
          $0.interface == nil && $0.source.id == gone.key.source && $0.target.id == gone.target
        }
        if isMeant { return "\(step.unit)" }
      }
      return nil
    }
  }

  @Test("an id that somebody else holds in another form is started nowhere")
  func heldIDs() async {
    await check { study in
      let held = study.plan.held.filter { $0.rule == .notOurs && $0.step.unit.host != nil }
      for unit in held.map(\.step.unit) {
        let isTouched = study.plan.steps.contains {
          $0.unit.application == unit.application && $0.unit.kind == unit.kind
            && $0.unit.name == unit.name
        }
        if isTouched { return "\(unit)" }
      }
      return nil
    }
  }

  @Test("nothing is taken away on the strength of an incomplete view, or while all is halted")
  func incompleteView() async {
    await check { study in
      if study.world.record.halt != nil, !study.plan.isEmpty { return "halted" }
      guard study.world.view != .complete else { return nil }
      for step in study.plan.steps {
        for intent in step.intents where study.takesAway(intent) { return "\(intent)" }
      }
      return nil
    }
  }

  @Test("without prune, or from an unproven or narrower read of git, nothing undeclared is removed")
  func prune() async {
    await check { study in
      for step in study.plan.steps {
        for intent in step.intents where study.isUndeclared(intent) {
          let name = step.unit.application
          let isFrozen = study.desired.frozen.contains { $0.name == name }
          let declared = study.desired.applications.first { $0.name == name }
          let prune =
            study.world.context.prune
            || declared?.sync.prune
              ?? study.world.record.applied[name]?.sync.prune ?? false
          if isFrozen || !prune || !study.desired.unreadable.isEmpty
            || study.world.context.doubts[name] != nil
            || declared == nil && study.world.context.unseen.contains(name)
          {
            return "\(step.unit): \(intent)"
          }
        }
      }
      return nil
    }
  }

  @Test("a plan for some applications says nothing of the others")
  func scope() async {
    await check { study in
      guard let only = study.world.context.only else { return nil }
      let plan = study.plan
      let units =
        plan.steps.map(\.unit) + plan.held.map(\.step.unit) + plan.left.map(\.unit)
      let named =
        units.map(\.application) + plan.unplaceable.map(\.application)
        + plan.notes.map(\.application)
      return named.first { !only.contains($0) }.map { "\($0)" }
    }
  }

  @Test("no more hosts of a unit are replaced at once than it allows")
  func maxUnavailable() async {
    await check { study in
      for workload in study.world.workloads {
        for stage in study.plan.stages {
          let replaced = stage.steps.count {
            $0.unit.application == workload.application && $0.unit.kind == workload.kind
              && $0.unit.name == workload.name && $0.replaces
          }
          if replaced > workload.maxUnavailable { return "\(workload.id): \(replaced)" }
        }
      }
      return nil
    }
  }

  @Test("a plan commands each thing once")
  func onceEach() async {
    await check { study in
      let units = study.plan.steps.map { [$0.unit.kind.rawValue, study.target(of: $0)] }
      return Set(units).count == units.count ? nil : "\(units)"
    }
  }

  @Test("every difference is a step, is held or is left, and all are counted")
  func accounts() async {
    await check { study in
      guard study.world.context.only == nil else { return nil }
      let plan = study.plan
      let differences = plan.counts.missing + plan.counts.changed + plan.counts.surplus
      let listed =
        plan.steps.reduce(0) { $0 + $1.changes.count }
        + plan.held.reduce(0) { $0 + $1.step.changes.count - ($1.rule == .notOurs ? 1 : 0) }
        + plan.left.count
      guard differences == listed else { return "\(plan.counts), listed \(listed)" }
      return plan.unowned.count == plan.counts.unowned ? nil : "\(plan.counts.unowned) unowned"
    }
  }

  @Test("the same world told in another order has the same plan")
  func order() async {
    await check { study in
      var random = study.random
      let world = study.world.shuffled(&random)
      var again = world.planned()
      again.generation = study.plan.generation
      guard again != study.plan else { return nil }
      let steps = zip(again.steps, study.plan.steps).first { $0 != $1 }
      return "\(steps.map { "\($0)" } ?? "other than in steps")"
    }
  }
}
