public import LatticeModel
public import PlanExecution
import TextForms

/// A step that failed and was not seen to work since.
public struct StepFailure: Hashable, Sendable {
  /// The step.
  public var step: PlannedStep
  /// How it failed, as a word for programs: `failed`, `lost` or `timed-out`.
  public var word: String
  /// Why, to be read after the step's name, on one line.
  public var sentence: String
  /// How often it failed for this cause.
  public var count: Int
  /// When it first did.
  public var since: Timestamp
}

/// What fails, how often and since when; pure.
///
/// A failure is the same while unit, command and cause are. Of the cause, words with a digit do not
/// count: the id of a request or a port is another one each time.
public struct FailureTally: Sendable {
  private struct Entry {
    var failure: StepFailure
    var cause: String
    /// From which number on it is to be told again.
    var nextTold = 1
  }

  private var entries: [UnitKey: Entry] = [:]
  /// The tries that failed of steps that are still under way.
  private var tries: [UnitKey: Int] = [:]

  /// Nothing has failed yet.
  public init() {}

  /// What has failed, by unit.
  public var failures: [StepFailure] {
    entries.values.map(\.failure).sorted { $0.step.unit < $1.step.unit }
  }

  /// Notes what happens while a plan is carried out.
  ///
  /// - Parameters:
  ///   - event: What happens.
  ///   - now: The moment.
  public mutating func note(_ event: ExecutionEvent, at now: Timestamp) {
    switch event {
    case .retry(let step, _, _): tries[step.unit, default: 0] += 1
    case .step(let step, let result): note(result, of: step, at: now)
    case .begun, .underWay, .done, .anew: break
    }
  }

  /// Notes what became of a step.
  ///
  /// - Parameters:
  ///   - result: What became of it.
  ///   - step: The step.
  ///   - now: The moment.
  public mutating func note(_ result: StepResult, of step: PlannedStep, at now: Timestamp) {
    let count = 1 + (tries.removeValue(forKey: step.unit) ?? 0)
    guard let word = result.failureWord else { return }
    let sentence = "\(result)"
    let cause = Self.cause(sentence)
    if let known = entries[step.unit], known.cause == cause,
      known.failure.step.intents == step.intents
    {
      entries[step.unit]?.failure.count += count
      entries[step.unit]?.failure.sentence = sentence
    } else {
      entries[step.unit] = Entry(
        failure: StepFailure(
          step: step, word: word, sentence: sentence, count: count, since: now), cause: cause)
    }
  }

  /// Takes out what is to be told now: each failure when it is new, and again once it has happened
  /// ten times as often as when it was last told of.
  ///
  /// - Returns: The failures, by unit.
  public mutating func takeDue() -> [StepFailure] {
    let due = entries.filter { $0.value.failure.count >= $0.value.nextTold }
    for (unit, entry) in due {
      var next = 10
      while next <= entry.failure.count, next < 1_000_000_000 { next *= 10 }
      entries[unit]?.nextTold = next
    }
    return due.values.map(\.failure).sorted { $0.step.unit < $1.step.unit }
  }

  /// Forgets what no longer fails: its unit is as it should be, or nobody wants it any more.
  ///
  /// - Parameter units: The units of which something is still to be done.
  /// - Returns: What is over, of what was told.
  public mutating func takeOver(except units: Set<UnitKey>) -> [StepFailure] {
    let over = entries.filter { !units.contains($0.key) }
    for unit in over.keys { entries[unit] = nil }
    return over.values.filter { $0.nextTold > 1 }.map(\.failure)
      .sorted { $0.step.unit < $1.step.unit }
  }

  private static func cause(_ sentence: String) -> String {
    sentence.split(separator: " ").map { word in
      word.utf8.contains { (48...57).contains($0) } ? "#" : word
    }.joined(separator: " ")
  }
}

extension StepResult {
  /// The result as a word for programs, or `nil` where nothing failed.
  fileprivate var failureWord: String? {
    switch self {
    case .failed: "failed"
    case .lost: "lost"
    case .timedOut: "timed-out"
    default: nil
    }
  }
}
