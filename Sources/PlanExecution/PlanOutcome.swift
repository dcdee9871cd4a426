public import LatticeModel
public import LatticeObservation
import TextForms

/// What became of one step.
public enum StepResult: Hashable, Sendable {
  /// All its commands are confirmed.
  case confirmed
  /// A host refused, or said that it failed, with its words.
  case failed(String)
  /// Its host or the connection went away, or the host began anew, before its effect was seen.
  case lost(String)
  /// It was sent and its effect was not seen in time.
  case timedOut
  /// Its host accepted it, and the execution was ended before its effect was seen.
  case underWay
  /// It was sent, its host has not said that it has it, and its effect was not seen yet.
  case unanswered
  /// What it touches is no longer as the plan saw it.
  case stale
  /// It was not sent: the plan was dropped, or something it builds on failed.
  case dropped(String)
}

extension StepResult: CustomStringConvertible {
  /// What became of the step, to be read after its name.
  public var description: String {
    switch self {
    case .confirmed: "is confirmed"
    case .failed(let words): "failed: \(oneLine(words))"
    case .lost(let words): "is lost: \(oneLine(words))"
    case .timedOut: "was not seen to take effect in time"
    case .underWay: "is under way"
    case .unanswered: "is under way, unanswered"
    case .stale: "is no longer as the plan saw it"
    case .dropped(let reason): "is left: \(reason)"
    }
  }
}

/// What became of a plan.
public struct PlanOutcome: Sendable {
  /// What became of each step, by unit.
  public var results: [(step: PlannedStep, result: StepResult)] = []
  /// What was told to start.
  public var starts: [StartedUnit] = []
  /// How many commands were sent, repetitions included.
  public var sent = 0
  /// When the first command was sent.
  public var firstCommand: ContinuousClock.Instant?
  /// What was learnt of the lattice meanwhile.
  public var trace = ExecutionTrace()

  /// Why the rest of the plan was dropped, where it was.
  public var preemption: String? { trace.preemption }

  /// Whether the lattice was no longer as the plan saw it.
  public var wasStale: Bool { preemption != nil || results.contains { $0.result == .stale } }

  /// Whether every step is confirmed.
  public var isDone: Bool { results.allSatisfy { $0.result == .confirmed } }
}

/// An actor or provider that was told to start on a host.
public struct StartedUnit: Hashable, Sendable {
  /// What, and where.
  public var unit: UnitKey
  /// When that was sent first.
  public var at: ContinuousClock.Instant
  /// Whether the same ran there already, in another number.
  public var isRescale: Bool

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - unit: What, and where.
  ///   - at: When that was sent first.
  ///   - isRescale: Whether the same ran there already.
  public init(unit: UnitKey, at: ContinuousClock.Instant, isRescale: Bool = false) {
    self.unit = unit
    self.at = at
    self.isRescale = isRescale
  }
}

/// Something that happens while a plan is carried out, for whoever watches.
public enum ExecutionEvent: Sendable {
  /// A plan of so many steps begins.
  case begun(steps: Int)
  /// A step has passed its lanes, and its first command is about to be sent.
  case underWay(PlannedStep)
  /// An application's steps are over, all of them confirmed.
  case done(ApplicationName, steps: Int)
  /// A step has ended.
  case step(PlannedStep, StepResult)
  /// A command is tried again, for this reason.
  case retry(PlannedStep, attempt: Int, reason: String)
  /// The rest of the plan is dropped and made anew, for this reason.
  case anew(String)
}

/// How a plan is carried out.
public struct ExecutionOptions: Hashable, Sendable {
  /// How many steps are under way at once.
  public var inFlight: Int
  /// How many steps are under way on one host at once.
  public var perHost: Int
  /// How long to wait for a reply.
  public var replyTimeout: Duration
  /// How long to wait for an effect; an accepted start has as long as its step allows.
  public var confirmTimeout: Duration
  /// How long an accepted start keeps others from its host's lane.
  public var startGrace = Duration.seconds(5)
  /// How often a command is tried.
  public var attempts: Int
  /// Whether only the first stage is sent, without waiting for effects.
  public var isFirstStageOnly: Bool
  /// Whether a command whose effect is not seen within `confirmTimeout` counts as under way, not as
  /// too late; for whoever looks again.
  public var leavesUnderWay = false

  /// Creates options.
  ///
  /// - Parameters:
  ///   - inFlight: How many steps are under way at once.
  ///   - perHost: How many steps are under way on one host at once.
  ///   - replyTimeout: How long to wait for a reply.
  ///   - confirmTimeout: How long to wait for an effect.
  ///   - attempts: How often a command is tried.
  ///   - isFirstStageOnly: Whether only the first stage is sent, without waiting for effects.
  public init(
    inFlight: Int = 512, perHost: Int = 8, replyTimeout: Duration = .seconds(2),
    confirmTimeout: Duration = .seconds(60), attempts: Int = 3, isFirstStageOnly: Bool = false
  ) {
    self.inFlight = max(1, inFlight)
    self.perHost = max(1, perHost)
    self.replyTimeout = replyTimeout
    self.confirmTimeout = confirmTimeout
    self.attempts = max(1, attempts)
    self.isFirstStageOnly = isFirstStageOnly
  }
}
