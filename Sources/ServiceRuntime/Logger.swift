import Glibc

/// A log with levels and metadata, in the shape of swift-log without its handlers.
///
/// Messages are constant and facts stand in the metadata, so that lines can be counted and
/// searched by their message. Each line is one `write`, so that lines of several threads never mix.
public struct Logger: Sendable {
  /// How a line is written.
  public enum Format: String, CaseIterable, Sendable {
    /// For people: `2026-11-22T12:39:35.993Z notice Plan carried out plan.commands=3`.
    case text
    /// For programs: one JSON object a line.
    case json
  }

  private enum Destination: Sendable {
    case nowhere
    case descriptor(Int32, Format, WallClock)
    case capture(LogCapture)
  }

  /// The least level that is written.
  public var level: Level
  private var destination: Destination
  private var standing: [(key: String, value: LogMetadata)] = []

  /// Creates a logger.
  ///
  /// - Parameters:
  ///   - level: The least level that is written.
  ///   - descriptor: Where lines go, the error output by default.
  ///   - format: The form of lines; where `nil`, text on a terminal and JSON elsewhere.
  ///   - clock: The time of lines.
  public init(
    level: Level = .info, descriptor: Int32 = 2, format: Format? = nil,
    clock: WallClock = .system
  ) {
    self.level = level
    let format = format ?? (isatty(descriptor) == 1 ? .text : .json)
    destination = .descriptor(descriptor, format, clock)
  }

  /// Creates a logger that keeps every line for a test to look at.
  ///
  /// - Parameter capture: What keeps them.
  public init(capture: LogCapture) {
    level = .trace
    destination = .capture(capture)
  }

  private init(disabled: Void) {
    level = .critical
    destination = .nowhere
  }

  /// A logger that writes nothing.
  public static let disabled = Logger(disabled: ())

  /// Returns a logger whose every line has these facts too.
  ///
  /// - Parameter metadata: The facts; one of a key that is there already takes its place.
  /// - Returns: The logger.
  public func with(_ metadata: KeyValuePairs<String, LogMetadata>) -> Logger {
    var logger = self
    for (key, value) in metadata {
      logger.standing.removeAll { $0.key == key }
      logger.standing.append((key, value))
    }
    return logger
  }

  /// Writes a line, if its level is high enough.
  ///
  /// - Parameters:
  ///   - level: How much it matters.
  ///   - message: The same text each time, without facts.
  ///   - metadata: The facts of this line; they are not made if the line is not written.
  @inlinable
  public func log(
    _ level: Level, _ message: StaticString,
    metadata: @autoclosure () -> KeyValuePairs<String, LogMetadata> = [:]
  ) {
    guard level >= self.level else { return }
    write(level, message, metadata())
  }

  @usableFromInline
  func write(
    _ level: Level, _ message: StaticString, _ metadata: KeyValuePairs<String, LogMetadata>
  ) {
    switch destination {
    case .nowhere: return
    case .capture(let capture):
      capture.append(level, "\(message)", standing + metadata.map { ($0.key, $0.value) })
    case .descriptor(let descriptor, let format, let clock):
      LogLine.write(to: descriptor) { line in
        line.begin(format, clock.now, level, message)
        for (key, value) in standing { line.add(format, key, value) }
        for (key, value) in metadata { line.add(format, key, value) }
        line.end(format)
      }
    }
  }
}
