extension Logger {
  /// How much a line matters, from `trace` to `critical`.
  public enum Level: String, CaseIterable, Comparable, Sendable {
    /// Bytes and subjects.
    case trace
    /// Steps, of use to somebody who looks for a fault.
    case debug
    /// What happens in a normal day.
    case info
    /// A normal thing that somebody will want to know of.
    case notice
    /// Something failed and will be tried again.
    case warning
    /// Something failed and stays so until somebody acts.
    case error
    /// The program cannot go on.
    case critical

    /// Whether a level matters less than another.
    ///
    /// - Parameters:
    ///   - left: A level.
    ///   - right: Another.
    /// - Returns: Whether the left one matters less.
    public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

    private var rank: UInt8 {
      switch self {
      case .trace: 0
      case .debug: 1
      case .info: 2
      case .notice: 3
      case .warning: 4
      case .error: 5
      case .critical: 6
      }
    }
  }
}
