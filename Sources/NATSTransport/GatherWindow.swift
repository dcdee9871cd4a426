/// How long answers are gathered: until it is quiet, within bounds.
public struct GatherWindow: Hashable, Sendable {
  /// The window never closes earlier.
  public var atLeast: Duration
  /// It closes when no answer has come for this long.
  public var quiet: Duration
  /// It never closes later.
  public var atMost: Duration
  /// It closes once so many answers have come.
  public var enough: Int?

  /// Creates a window.
  ///
  /// - Parameters:
  ///   - atLeast: The window never closes earlier.
  ///   - quiet: It closes when no answer has come for this long.
  ///   - atMost: It never closes later.
  ///   - enough: It closes once so many answers have come.
  public init(
    atLeast: Duration = .milliseconds(500), quiet: Duration = .milliseconds(300),
    atMost: Duration, enough: Int? = nil
  ) {
    self.enough = enough
    self.atLeast = min(atLeast, atMost)
    self.quiet = quiet
    self.atMost = atMost
  }

  /// The window where every answer comes so much later.
  func delayed(by delay: Duration) -> GatherWindow {
    GatherWindow(
      atLeast: atLeast + delay, quiet: quiet, atMost: atMost + delay, enough: enough)
  }

  /// When the window closes if no other answer comes.
  func end(opened: ContinuousClock.Instant, last: ContinuousClock.Instant)
    -> ContinuousClock.Instant
  {
    min(opened + atMost, max(opened + atLeast, last + quiet))
  }
}
