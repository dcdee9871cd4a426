public import LatticeModel

/// Finds units that are started and stopped again and again; pure.
///
/// Somebody else may command the same thing: going on would only do harm. What a new revision
/// declares is no turn, so it begins anew.
public struct FlapDetector: Sendable {
  private struct Turn {
    var isRemoval: Bool
    var time: ContinuousClock.Instant
  }

  /// How many reversals are too many.
  public static let limit = 4
  /// Within which time.
  public static let window = Duration.seconds(600)

  private var turns: [UnitKey: [Turn]] = [:]

  /// Nothing has been seen yet.
  public init() {}

  /// Notes that a step was carried out.
  ///
  /// - Parameters:
  ///   - step: The step.
  ///   - now: The moment.
  /// - Returns: Whether it took back what was done before.
  @discardableResult
  public mutating func note(_ step: PlannedStep, at now: ContinuousClock.Instant) -> Bool {
    var kept = (turns[step.unit] ?? []).filter { now - $0.time < Self.window }
    let isReversal = kept.last.map { $0.isRemoval != step.isRemoval } ?? false
    if kept.isEmpty || isReversal { kept.append(Turn(isRemoval: step.isRemoval, time: now)) }
    turns[step.unit] = kept
    return isReversal
  }

  /// Forgets all turns, since another revision asks for something else.
  public mutating func reset() { turns = [:] }

  /// The units that turned too often; what is old is forgotten.
  ///
  /// - Parameter now: The moment.
  /// - Returns: The units; one leaves the set once its turns are old enough.
  public mutating func flapping(at now: ContinuousClock.Instant) -> Set<UnitKey> {
    turns = turns.filter { $0.value.last.map { now - $0.time < Self.window } ?? false }
    return Set(
      turns.filter { entry in
        entry.value.count { now - $0.time < Self.window } > Self.limit
      }.keys)
  }
}
