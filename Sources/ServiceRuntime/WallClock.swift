import Glibc

/// The time of day, as a value that a test replaces.
public struct WallClock: Sendable {
  private let read: @Sendable () -> Int64

  /// Creates a clock.
  ///
  /// - Parameter read: Returns nanoseconds since 1970-01-01T00:00:00Z.
  public init(_ read: @escaping @Sendable () -> Int64) { self.read = read }

  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public var now: Int64 { read() }

  /// The clock of the machine.
  public static let system = WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// Returns a clock that stands still.
  ///
  /// - Parameter nanoseconds: Nanoseconds since 1970-01-01T00:00:00Z.
  /// - Returns: The clock.
  public static func fixed(_ nanoseconds: Int64) -> WallClock { WallClock { nanoseconds } }

  /// Returns a clock that shows what a test writes.
  ///
  /// - Parameter moment: Nanoseconds since 1970-01-01T00:00:00Z, which the test moves.
  /// - Returns: The clock.
  public static func manual(_ moment: Lock<Int64>) -> WallClock {
    WallClock { moment.withLock { $0 } }
  }
}
