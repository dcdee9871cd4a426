import TextForms

/// A fact beside the message of a log line.
///
/// A secret is a case that holds no text, so that none can slip into a line.
public enum LogMetadata: Hashable, Sendable {
  /// A text; it may come from outside.
  case string(String)
  /// A whole number.
  case int(Int)
  /// A yes or no.
  case bool(Bool)
  /// A time span, written as a number of milliseconds.
  case duration(Duration)
  /// Several texts in order.
  case list([String])
  /// Something that is there and is not told.
  case secret
}

extension LogMetadata: ExpressibleByStringInterpolation {
  /// Creates a text.
  ///
  /// - Parameter value: The text.
  public init(stringLiteral value: String) { self = .string(value) }
}

extension LogMetadata: ExpressibleByIntegerLiteral {
  /// Creates a number.
  ///
  /// - Parameter value: The number.
  public init(integerLiteral value: Int) { self = .int(value) }
}

extension LogMetadata: ExpressibleByBooleanLiteral {
  /// Creates a yes or no.
  ///
  /// - Parameter value: The yes or no.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension LogMetadata: CustomStringConvertible {
  /// The value as the text form shows it, before control characters are escaped.
  public var description: String {
    switch self {
    case .string(let text): text
    case .int(let number): String(number)
    case .bool(let value): String(value)
    case .duration(let span): String(milliseconds(of: span))
    case .list(let texts): texts.joined(separator: ",")
    case .secret: "<secret>"
    }
  }
}

/// A span in whole milliseconds; those beyond some million years are cut.
func milliseconds(of span: Duration) -> Int64 {
  let (seconds, attoseconds) = span.components
  let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
  guard !overflow else { return seconds < 0 ? .min : .max }
  return whole &+ attoseconds / 1_000_000_000_000_000
}
