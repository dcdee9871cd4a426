/// When what failed is tried again: after a pause that doubles each time, up to a limit; pure.
struct RetryPause: Sendable {
  /// The pause after the first failure.
  var first = Duration.seconds(1)
  /// The longest pause.
  var limit = Duration.seconds(60)
  private var failures = 0
  /// When it is tried again, where it fails.
  private(set) var due: ContinuousClock.Instant?

  init(first: Duration = .seconds(1), limit: Duration = .seconds(60)) {
    (self.first, self.limit) = (first, limit)
  }

  /// Notes that it failed.
  ///
  /// - Parameters:
  ///   - now: The moment.
  ///   - fraction: A random number from 0 to 1; the pause is between a half of it and all.
  /// - Returns: When to try it again.
  @discardableResult
  mutating func fail(at now: ContinuousClock.Instant, fraction: Double) -> ContinuousClock.Instant {
    let most = min(limit, first * (1 << min(failures, 20)))
    failures = min(failures + 1, 20)
    let next = now + most * (0.5 + min(max(fraction, 0), 1) / 2)
    due = next
    return next
  }

  /// Notes that it works, or that it is not wanted any more.
  mutating func end() { (failures, due) = (0, nil) }

  /// Whether it may be tried, since it works or its pause is over.
  func isDue(at now: ContinuousClock.Instant) -> Bool { due.map { $0 <= now } ?? true }
}
