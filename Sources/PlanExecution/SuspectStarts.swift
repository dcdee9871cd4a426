import LatticeModel
import ServiceRuntime

/// What a plan starts that may be what takes hosts down: one at a time, the next once the last is seen.
final class SuspectStarts: Sendable {
  private let counts: [UnitKey: Int]
  /// What was started and is not seen.
  private let unseen = Lock<Set<UnitKey>>([])

  init(in plan: Plan) {
    var counts: [UnitKey: Int] = [:]
    let steps = plan.suspects.isEmpty ? [] : plan.steps
    for step in steps where step.startedID != nil {
      let unit = step.unit.withoutHost
      if plan.suspects.contains(unit) { counts[unit, default: 0] += 1 }
    }
    self.counts = counts
  }

  func contains(_ step: PlannedStep) -> Bool {
    !counts.isEmpty && step.startedID != nil && counts[step.unit.withoutHost] != nil
  }

  /// Whether nothing of the kind was started before it without being seen.
  func mayStart(_ step: PlannedStep) -> Bool {
    !contains(step) || !unseen.withLock { $0.contains(step.unit.withoutHost) }
  }

  /// Notes what became of a start: what is not confirmed is not seen.
  func note(_ result: StepResult, of step: PlannedStep) {
    guard contains(step), result != .confirmed else { return }
    unseen.withLock { _ = $0.insert(step.unit.withoutHost) }
  }

  /// Whether the same is started on another host too, which is then to wait and see.
  func areSeveral(of step: PlannedStep) -> Bool {
    contains(step) && counts[step.unit.withoutHost, default: 0] > 1
  }
}
