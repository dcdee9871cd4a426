/// A moment, in nanoseconds since 1970-01-01T00:00:00Z.
///
/// Moments on the wire and in plans are of this type; deadlines use the clock of the machine.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public var nanoseconds: Int64

  /// Creates a moment.
  ///
  /// - Parameter nanoseconds: Nanoseconds since 1970-01-01T00:00:00Z.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Orders moments by time.
  ///
  /// - Parameters:
  ///   - left: One moment.
  ///   - right: Another moment.
  /// - Returns: Whether `left` is earlier.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// Returns the time from another moment to this one, negative if the other is later.
  ///
  /// - Parameter earlier: The other moment.
  /// - Returns: The difference; a difference that does not fit is cut to the nearest that does.
  public func since(_ earlier: Timestamp) -> Duration {
    let (difference, overflow) = nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
    guard !overflow else { return .nanoseconds(nanoseconds < 0 ? Int64.min : Int64.max) }
    return .nanoseconds(difference)
  }

  /// Returns a moment so much earlier.
  ///
  /// - Parameters:
  ///   - moment: A moment.
  ///   - span: How much earlier, to the nanosecond.
  /// - Returns: The moment; one that does not fit is cut to the nearest that does.
  public static func - (moment: Timestamp, span: Duration) -> Timestamp {
    let before = Int64(clamping: Int128(moment.nanoseconds) - span.attoseconds / 1_000_000_000)
    return Timestamp(nanoseconds: before)
  }
}
