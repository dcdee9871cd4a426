import ServiceRuntime

/// Rung by whoever hears that a repository may have another commit.
///
/// However often it is rung before somebody listens, that is one ring, so that a flood of it costs as
/// much as one.
public final class TriggerBell: Sendable {
  private let rings = BatchQueue<Void>(limit: 1)

  /// Creates a bell that was not rung.
  public init() {}

  /// Rings; never blocks.
  public func ring() { rings.append(()) }

  /// Waits until it is rung.
  ///
  /// - Returns: Whether it was; not once the task is cancelled.
  func wait() async -> Bool { await rings.next() != nil }
}
