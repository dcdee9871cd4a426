/// That a commit is not known to stand on the one that was last applied.
public struct HistoryDoubt: Hashable, Sendable {
  /// The commit.
  public var commit: Revision
  /// The one that was last applied.
  public var applied: Revision
  /// Why it cannot be seen; where `nil`, it is certain that it does not.
  public var obstacle: String?
  /// Whether the commit stands on a later one that was applied without its removals, which alone are
  /// in doubt.
  public var isPast = false

  /// Creates a doubt.
  ///
  /// - Parameters:
  ///   - commit: The commit.
  ///   - applied: The one that was last applied.
  ///   - obstacle: Why it cannot be seen, if it cannot.
  public init(of commit: Revision, after applied: Revision, _ obstacle: String? = nil) {
    self.commit = commit
    self.applied = applied
    self.obstacle = obstacle
  }

  /// Whether the commit certainly does not stand on what was applied last.
  public var isRewrite: Bool { obstacle == nil && !isPast }

  /// The doubt for a person, without a full stop.
  public var sentence: String {
    guard let obstacle else {
      return "commit \(commit.short) does not descend from \(applied.short), which was last applied"
    }
    return "whether commit \(commit.short) descends from \(applied.short), which was last applied, "
      + "cannot be seen: \(obstacle)"
  }
}
