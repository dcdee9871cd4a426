import LatticeModel
import Planning

extension Backoff {
  /// What of a plan may be carried out now.
  ///
  /// What is being started counts as there, so that nobody else is told to run it as well; but it is
  /// built on only once it is seen, and nothing is taken away on the strength of it, or before what
  /// would come first if it never came. What is being ended counts as there too.
  ///
  /// - Parameters:
  ///   - plan: The plan for what is observed.
  ///   - desired: What it brings about.
  ///   - observed: What is observed.
  ///   - context: What else it was made from.
  ///   - now: The moment.
  /// - Returns: What may be carried out, and when to look again for the rest.
  mutating func admitted(
    _ plan: Plan, to desired: DesiredState, from observed: ObservedState,
    in context: PlanningContext, at now: ContinuousClock.Instant
  ) -> (plan: Plan, again: ContinuousClock.Instant?) {
    let underWay = underWay(in: observed, at: now)
    guard !underWay.isEmpty else { return admitted(plan, at: now) }
    var hoped = plan
    hoped.stages = [Stage(title: "", steps: underWay.filter { !$0.onlyTakesAway })]
    var after = simulate(hoped, on: observed, record: context.record).observed
    for host in observed.hosts where !host.isUsable { after.mark(host.id, host.presence) }
    let next = Planning.plan(from: after, to: desired, in: context)
    let certain = Dictionary(plan.steps.map { ($0.unit, $0.commands) }) { first, _ in first }
    let hopeful = Dictionary(next.steps.map { ($0.unit, $0.commands) }) { first, _ in first }
    let unsure = plan.steps.filter { hopeful[$0.unit] != $0.commands }
    let order = PlanOrder(plan)
    return admitted(next, at: now) { step in
      underWay.contains { $0.unit == step.unit || order.builds(step, on: $0) }
        || step.takesAway
          && (certain[step.unit] != step.commands
            || unsure.contains { order.builds(step, on: $0) })
    }
  }
}

/// What comes after what in a plan.
private struct PlanOrder {
  private let plan: Plan
  private let places: [UnitKey: Int]

  init(_ plan: Plan) {
    self.plan = plan
    places = Dictionary(
      plan.stages.enumerated().flatMap { place, stage in stage.steps.map { ($0.unit, place) } }
    ) { first, _ in first }
  }

  /// Whether a step must wait until another one is confirmed.
  func builds(_ step: PlannedStep, on other: PlannedStep) -> Bool {
    let (application, needed) = (step.unit.application, other.unit.application)
    guard application == needed || plan.withDependants(of: [needed]).contains(application) else {
      return false
    }
    if let place = places[step.unit], let before = places[other.unit] { return before < place }
    return application != needed || other.unit.kind.rank < step.unit.kind.rank
  }
}
