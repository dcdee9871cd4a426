import LatticeModel
import PlanExecution

/// How far the carrying out of a plan is; pure.
///
/// It holds what is under way, and no more.
struct ProgressState: Sendable {
  /// A step that is under way.
  struct Waiting: Sendable {
    var step: PlannedStep
    var since: ContinuousClock.Instant
  }

  /// When the first plan began, or `nil`.
  private(set) var start: ContinuousClock.Instant?
  /// How many steps there are: those confirmed, and those of the plan that is being carried out.
  private(set) var steps = 0
  private(set) var confirmed = 0
  /// How many failed, were lost or took too long since the plan was made anew.
  private(set) var failed = 0
  /// How often any of it changed.
  private(set) var changes = 0
  private var underWay: [UnitKey: Waiting] = [:]

  /// Notes what happens.
  mutating func note(_ event: ExecutionEvent, at now: ContinuousClock.Instant) {
    switch event {
    case .begun(let steps):
      start = start ?? now
      (self.steps, failed, underWay) = (confirmed + steps, 0, [:])
    case .underWay(let step): underWay[step.unit] = Waiting(step: step, since: now)
    case .step(let step, let result):
      underWay[step.unit] = nil
      switch result {
      case .confirmed: confirmed += 1
      case .failed, .lost, .timedOut: failed += 1
      case .dropped, .stale, .underWay, .unanswered: break
      }
    case .anew: underWay = [:]
    case .done, .retry: return
    }
    changes += 1
  }

  /// How many steps are under way.
  var underWayCount: Int { underWay.count }

  /// The step that has been under way longest; looks at all that are.
  var longest: Waiting? {
    underWay.values.min { ($0.since, $0.step.unit) < ($1.since, $1.step.unit) }
  }
}
