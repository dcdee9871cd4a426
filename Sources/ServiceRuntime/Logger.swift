import Glibc

/// A log with levels and metadata, in the shape of swift-log without its handlers.
///
/// Messages are constant and facts stand in the metadata, so that lines can be counted and
/// searched by their message. Each line is one `write`, so that lines of several threads never mix.
/// Lines for which their reader has no room for long are lost, and counted in the next that it takes:
/// a full pipe stops nobody.
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
    case descriptor(LogDescriptor)
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
    destination = .descriptor(LogDescriptor(descriptor, format, clock))
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
    case .descriptor(let descriptor): descriptor.write(level, message, standing, metadata)
    }
  }
}

/// Where lines go, and how many were lost since the last that was written.
private final class LogDescriptor: Sendable {
  /// How long a reader that falls behind is waited for, once, in milliseconds.
  private static let patience: Int32 = 100

  private let descriptor: Int32
  private let format: Logger.Format
  private let clock: WallClock
  private let lost = Lock(0)

  init(_ descriptor: Int32, _ format: Logger.Format, _ clock: WallClock) {
    self.descriptor = descriptor
    self.format = format
    self.clock = clock
  }

  func write(
    _ level: Logger.Level, _ message: StaticString, _ standing: [(key: String, value: LogMetadata)],
    _ metadata: KeyValuePairs<String, LogMetadata>
  ) {
    lost.withLock { lost in
      if lost > 0,
        put(.warning, "Log lines were lost", [], ["count": .int(lost)], waiting: 0)
      {
        lost = 0
      }
      if lost > 0 || !put(level, message, standing, metadata, waiting: Self.patience) { lost += 1 }
    }
  }

  private func put(
    _ level: Logger.Level, _ message: StaticString, _ standing: [(key: String, value: LogMetadata)],
    _ metadata: KeyValuePairs<String, LogMetadata>, waiting milliseconds: Int32
  ) -> Bool {
    LogLine.write(to: descriptor, waiting: milliseconds) { line in
      line.begin(format, clock.now, level, message)
      for (key, value) in standing { line.add(format, key, value) }
      for (key, value) in metadata { line.add(format, key, value) }
      line.end(format)
    }
  }
}
