/// How long answers are gathered: until it is quiet, within bounds.
public struct GatherWindow: Hashable, Sendable {
  /// The window never closes earlier.
  public var atLeast: Duration
  /// It closes when no answer has come for this long.
  public var quiet: Duration
  /// It never closes later.
  public var atMost: Duration

  /// Creates a window.
  ///
  /// - Parameters:
  ///   - atLeast: The window never closes earlier.
  ///   - quiet: It closes when no answer has come for this long.
  ///   - atMost: It never closes later.
  public init(
    atLeast: Duration = .milliseconds(500), quiet: Duration = .milliseconds(300),
    atMost: Duration
  ) {
    self.atLeast = min(atLeast, atMost)
    self.quiet = quiet
    self.atMost = atMost
  }

  /// Whether the window is closed.
  func isClosed(opened: ContinuousClock.Instant, last: ContinuousClock.Instant) -> Bool {
    let now = ContinuousClock.now
    return now - opened >= atMost || (now - opened >= atLeast && now - last >= quiet)
  }
}
