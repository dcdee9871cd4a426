/// Why a pass that was to bring the lattice in sync ended, and when.
public struct PassEnd: Hashable, Sendable {
  /// Why it ended.
  public enum Reason: String, Hashable, Sendable {
    /// Nothing is left to be sent.
    case done
    /// All that is left has failed, or waits for what has.
    case nothingMore = "nothing-more"
    /// The time for it was over.
    case timeout
    /// The plan is carried out that alone was to be, and there is more to do by now.
    case planOver = "plan-over"
    /// We were told to stop.
    case stopped
  }

  /// Why it ended.
  public var reason: Reason
  /// How long it took.
  public var took: Duration
  /// How long it could have taken.
  public var timeout: Duration

  /// Creates an end.
  ///
  /// - Parameters:
  ///   - reason: Why it ended.
  ///   - took: How long it took.
  ///   - timeout: How long it could have taken.
  public init(_ reason: Reason, after took: Duration, of timeout: Duration) {
    self.reason = reason
    self.took = took
    self.timeout = timeout
  }
}
