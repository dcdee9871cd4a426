/// When a host that something is waited for on is read next; pure.
///
/// A host that starts several things tells of each: it is read at once where as much was heard of it as
/// is waited for there, else a moment later, for several at once. Of which nothing is heard is read
/// less and less often.
struct ReadingPace: Sendable {
  /// How long after news of the last thing that is waited for: what follows it may be a little late.
  static let soon = Duration.milliseconds(2)
  /// How long after news of one thing among several, and at first without any.
  static let later = Duration.milliseconds(40)
  /// The longest pause without news.
  static let longest = Duration.seconds(1)

  private var pause = later
  /// How much was heard since it was last read.
  private var news = 0
  private var isReading = false
  private var due: ContinuousClock.Instant?

  /// Notes that somebody begins to wait; returns when to read, where that is not set for earlier.
  mutating func wait(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    set(now + pause)
  }

  /// Notes that something happened there, where so many wait; returns when to read, likewise.
  mutating func hear(for waiting: Int, at now: ContinuousClock.Instant) -> ContinuousClock.Instant?
  {
    pause = Self.later
    news += 1
    return set(now + pauseAfterNews(for: waiting))
  }

  /// Notes that its moment has come; `isWanted` where somebody still waits, and it is read.
  mutating func begin(isWanted: Bool) {
    due = nil
    isReading = isWanted
    if isWanted { news = 0 }
  }

  /// Notes that it was read, and so many wait still; returns when to read again.
  mutating func end(for waiting: Int, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    isReading = false
    guard waiting > 0 else { return nil }
    let next = news > 0 ? pauseAfterNews(for: waiting) : pause
    pause = min(pause * 2, Self.longest)
    return set(now + next)
  }

  private func pauseAfterNews(for waiting: Int) -> Duration {
    news < waiting ? Self.later : Self.soon
  }

  private mutating func set(_ moment: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    guard !isReading, due.map({ moment < $0 }) ?? true else { return nil }
    due = moment
    return moment
  }
}
