/// How much a finding matters.
public enum Severity: String, Hashable, Sendable, CaseIterable {
  /// Something will not be done as written.
  case error
  /// Everything is done, but the writer probably meant something else.
  case warning
  /// Worth knowing, nothing to mend.
  case note
}

/// One finding: what, where, and what the reader can do about it.
public struct Diagnostic: Hashable, Sendable {
  /// The stable name of the kind of finding.
  public var code: DiagnosticCode
  /// How much it matters.
  public var severity: Severity
  /// What is wrong, with the offending text quoted; no full stop needed at the end.
  public var message: String
  /// What the reader can do, or `nil` where nothing can be done.
  public var remedy: String?
  /// Where it is, or `nil` where it has no place in a text.
  public var location: SourcePosition?

  /// Creates a finding.
  ///
  /// - Parameters:
  ///   - code: The stable name of the kind of finding.
  ///   - severity: How much it matters.
  ///   - message: What is wrong, with the offending text quoted.
  ///   - remedy: What the reader can do.
  ///   - location: Where it is.
  public init(
    _ code: DiagnosticCode, _ severity: Severity, _ message: String,
    remedy: String? = nil, at location: SourcePosition? = nil
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.remedy = remedy
    self.location = location
  }
}

extension Diagnostic: Comparable, CustomStringConvertible {
  /// Orders findings by place (those without one first), then code, then message.
  ///
  /// - Parameters:
  ///   - left: One finding.
  ///   - right: Another finding.
  /// - Returns: Whether `left` comes first.
  public static func < (left: Diagnostic, right: Diagnostic) -> Bool {
    switch (left.location, right.location) {
    case (nil, .some): true
    case (.some, nil): false
    case (let here?, let there?) where here != there: here < there
    default: (left.code, left.message) < (right.code, right.message)
    }
  }

  /// One line: place, severity, code, message and remedy.
  public var description: String {
    let place = location.map { "\($0): " } ?? ""
    let advice = remedy.map { "; \($0)" } ?? ""
    return "\(place)\(severity.rawValue) \(code): \(message)\(advice)"
  }
}
