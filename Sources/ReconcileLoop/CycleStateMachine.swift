/// Why a cycle runs.
public enum CycleTrigger: String, Hashable, Sendable, CaseIterable {
  /// The commit is another one.
  case revision
  /// A host came, or was lost.
  case hosts
  /// What hosts run or store is different.
  case drift
  /// Somebody asked for it.
  case request
  /// Something was suspended, resumed, halted or released.
  case brakes
  /// We may command from now on.
  case lease
  /// Somebody else is to command from now on.
  case handover
  /// A moment that an earlier cycle named has come.
  case retry
  /// It was long ago that one ran.
  case interval

  /// Why a plan under way is dropped for it; it goes on where `nil`.
  var interruption: String? {
    switch self {
    case .revision: "there is a new commit"
    case .hosts: "hosts came or were lost"
    case .brakes: "somebody stopped or released the commanding"
    case .drift, .request, .lease, .handover, .retry, .interval: nil
    }
  }
}

/// Decides when cycles run; pure.
///
/// Level-triggered: whatever happens while a cycle runs is remembered as a trigger of the next one,
/// once, however often it happens. Drift waits a moment for more of its kind; everything else is
/// acted on at once. At most one cycle runs.
public struct CycleStateMachine: Sendable {
  /// What is to be done now.
  public enum Action: Hashable, Sendable {
    /// Run a cycle for these reasons.
    case begin(Set<CycleTrigger>)
    /// Drop the rest of the plan that is being carried out.
    case interrupt(String)
    /// Nothing before this moment.
    case wait(until: ContinuousClock.Instant)
  }

  /// How long drift waits for more of its kind.
  public static let gathering = Duration.milliseconds(20)

  private let interval: Duration
  private var pending: Set<CycleTrigger> = []
  private var isRunning = false
  /// When what is pending is acted on.
  private var due: ContinuousClock.Instant?
  /// When the next cycle runs whatever happens, and why.
  private var next: (moment: ContinuousClock.Instant, trigger: CycleTrigger)

  /// Creates a machine whose first cycle is due at once.
  ///
  /// - Parameters:
  ///   - interval: The longest time without a cycle.
  ///   - now: The moment.
  public init(interval: Duration, at now: ContinuousClock.Instant) {
    self.interval = interval
    next = (now, .interval)
  }

  /// Takes what happened at once.
  ///
  /// - Parameters:
  ///   - triggers: What happened.
  ///   - now: The moment.
  /// - Returns: What to do.
  public mutating func handle(
    _ triggers: Set<CycleTrigger>, at now: ContinuousClock.Instant
  ) -> Action {
    pending.formUnion(triggers)
    let moment = triggers.isSubset(of: [.drift]) ? now + Self.gathering : now
    due = due.map { min($0, moment) } ?? moment
    let reasons = CycleTrigger.allCases.filter(triggers.contains).compactMap(\.interruption)
    if isRunning, let reason = reasons.first { return .interrupt(reason) }
    return decide(at: now)
  }

  /// Takes a trigger.
  ///
  /// - Parameters:
  ///   - trigger: What happened.
  ///   - now: The moment.
  /// - Returns: What to do.
  public mutating func handle(
    _ trigger: CycleTrigger, at now: ContinuousClock.Instant
  ) -> Action { handle([trigger], at: now) }

  /// Notes that the moment waited for has come, or may have.
  ///
  /// - Parameter now: The moment.
  /// - Returns: What to do.
  public mutating func look(at now: ContinuousClock.Instant) -> Action { decide(at: now) }

  /// Notes that the cycle is over.
  ///
  /// - Parameters:
  ///   - again: When to look again for what could not be done now, if at all.
  ///   - now: The moment.
  /// - Returns: What to do.
  public mutating func end(
    again: ContinuousClock.Instant?, at now: ContinuousClock.Instant
  ) -> Action {
    isRunning = false
    next = (now + interval, .interval)
    if let again, again < next.moment { next = (again, .retry) }
    return decide(at: now)
  }

  private mutating func decide(at now: ContinuousClock.Instant) -> Action {
    guard !isRunning else { return .wait(until: now + interval) }
    if next.moment <= now {
      pending.insert(next.trigger)
      due = now
    }
    guard let due, due <= now else { return .wait(until: min(due ?? next.moment, next.moment)) }
    defer { (pending, self.due) = ([], nil) }
    isRunning = true
    return .begin(pending)
  }
}
