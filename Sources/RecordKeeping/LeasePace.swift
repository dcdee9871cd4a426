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
  var pause: Duration { min(term / 4, .seconds(2)) }

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
