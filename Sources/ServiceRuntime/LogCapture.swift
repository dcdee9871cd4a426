/// Keeps the lines of a logger for a test to look at.
public final class LogCapture: Sendable {
  /// One line.
  public struct Line: Hashable, Sendable {
    /// How much it matters.
    public var level: Logger.Level
    /// Its message.
    public var message: String
    /// Its facts by key.
    public var metadata: [String: LogMetadata]
  }

  private let kept = Lock<[Line]>([])

  /// Creates an empty capture.
  public init() {}

  /// The lines so far, in order.
  public var lines: [Line] { kept.withLock { $0 } }

  func append(
    _ level: Logger.Level, _ message: String, _ metadata: [(key: String, value: LogMetadata)]
  ) {
    let facts = Dictionary(metadata.map { ($0.key, $0.value) }) { _, last in last }
    kept.withLock { $0.append(Line(level: level, message: message, metadata: facts)) }
  }
}
