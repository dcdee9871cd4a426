/// How long a message takes to the server and back; pure.
///
/// Measured whenever the server is waited for anyway, which is at least whenever something is
/// subscribed. The shorter of the last two counts, so that one stall of either side is none of the
/// line.
struct LineSpeed {
  /// The longest that is believed.
  static let limit = Duration.seconds(3)

  private var last: Duration?
  private var before: Duration?

  /// The time there and back; nothing where it was never measured.
  var roundTrip: Duration {
    guard let last else { return .zero }
    return min(last, before ?? last, Self.limit)
  }

  /// Notes a measurement.
  mutating func note(_ span: Duration) { (before, last) = (last, span) }
}
