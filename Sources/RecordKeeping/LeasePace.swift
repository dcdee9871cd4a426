/// How long a claim lasts and how often it is renewed, by how soon its renewals are answered; pure.
///
/// A term that is short for its line is lost between two renewals though nobody else wants it. Two
/// slow answers in a row make it twice as long, so that one stall of either side does not; the next
/// holder of the same lattice begins with a short one again.
struct LeasePace {
  /// The shortest term, and the one that everybody begins with.
  static let shortest = Duration.seconds(4)
  /// The longest, for a line whose answers take up to eight seconds.
  static let longest = Duration.seconds(32)

  /// How long a claim lasts without renewal.
  private(set) var term = LeasePace.shortest
  /// Whether the last answer was slow for this term.
  private var wasSlow = false

  /// How long after it was sent a claim counts as held; the rest is for clocks that differ in speed.
  var span: Duration { term * 3 / 4 }

  /// How long after a renewal was sent the next one is; one may be lost and sent again within `span`.
  var pause: Duration { min(term * 3 / 8, .seconds(2)) }

  /// Notes how long an answer took.
  ///
  /// - Parameter roundTrip: The time there and back.
  /// - Returns: The term that the line needs, where that is a longer one.
  mutating func note(_ roundTrip: Duration) -> Duration? {
    let isSlow = roundTrip > term / 4
    defer { wasSlow = isSlow }
    return isSlow && wasSlow && term < Self.longest ? min(term * 2, Self.longest) : nil
  }

  /// Makes claims last as long, where they lasted shorter.
  mutating func lengthen(to term: Duration) { self.term = max(self.term, term) }
}

/// How often a claim of somebody else is looked at by whoever waits for its end; pure.
///
/// It cannot end within a term of being written, unless it is given back; so it is looked at often only
/// towards that end, which costs a quarter of what it costs to do so all the time.
struct ClaimWatch {
  /// The time between two looks at a claim that may end at any moment.
  static let shortest = Duration.milliseconds(250)
  /// The time between two looks at any other: so late a claim that was given back is found.
  static let longest = Duration.seconds(1)

  /// The claim, and a moment after which it was written.
  private var claim: (revision: UInt64, after: ContinuousClock.Instant)?
  private var looked: ContinuousClock.Instant?

  /// Notes a look.
  ///
  /// - Parameters:
  ///   - revision: The write that was found.
  ///   - now: The moment.
  /// - Returns: When to look again.
  mutating func note(_ revision: UInt64, at now: ContinuousClock.Instant) -> Duration {
    if claim?.revision != revision { claim = (revision, looked ?? now - LeasePace.shortest) }
    looked = now
    let left = (claim?.after ?? now) + LeasePace.shortest - now
    return min(max(left, Self.shortest), Self.longest)
  }

  /// Notes that there is no claim.
  mutating func noteNone() { (claim, looked) = (nil, nil) }
}
