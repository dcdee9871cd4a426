import Diagnostics
import JSONCoding
import OptionParsing
import TextForms

/// What 'doctor' looks at, in this order.
enum CheckArea: String, Sendable {
  case configuration, git, nats
  case jetStream = "jetstream"
  case permissions, record, hosts, plan
}

/// One thing that was looked at: how it is, and what can be done about it.
struct CheckLine: Hashable, Sendable {
  /// How it is.
  enum Level: String, Sendable { case ok, warning, failed }

  var area: CheckArea
  var level: Level
  var message: String
  /// Set where it is not well.
  var code: DiagnosticCode?
  var remedy: String?

  /// Something that is well.
  static func ok(_ area: CheckArea, _ message: String) -> CheckLine {
    CheckLine(area: area, level: .ok, message: message)
  }

  /// Something that is not as it should be, by the number of the finding of 'doctor'.
  static func warning(
    _ area: CheckArea, _ number: Int, _ message: String, _ remedy: String
  ) -> CheckLine {
    CheckLine(
      area: area, level: .warning, message: message, code: DiagnosticCode("DOC", number),
      remedy: remedy)
  }

  /// What others found; an error is a failure.
  init(_ area: CheckArea, _ diagnostic: Diagnostic) {
    let place = diagnostic.location.map { "\($0): " } ?? ""
    self.init(
      area: area, level: diagnostic.severity == .error ? .failed : .warning,
      message: place + diagnostic.message, code: diagnostic.code, remedy: diagnostic.remedy)
  }

  init(
    area: CheckArea, level: Level, message: String, code: DiagnosticCode? = nil,
    remedy: String? = nil
  ) {
    (self.area, self.level, self.message) = (area, level, message)
    (self.code, self.remedy) = (code, remedy)
  }

  /// The line as data.
  var json: [String: JSONValue] {
    var members: [String: JSONValue] = [
      "area": .string(area.rawValue), "level": .string(level.rawValue), "message": .string(message),
    ]
    members["code"] = code.map { .string("\($0)") }
    members["remedy"] = remedy.map(JSONValue.string)
    return members
  }
}

/// Returns what was checked as text: a line each, the remedy behind the message, and how many are
/// not well.
func renderText(_ lines: [CheckLine]) -> String {
  let rows = lines.map { line in
    let words = [line.code.map { "\($0): \(line.message)" } ?? line.message, line.remedy]
    return [
      line.level.rawValue, line.area.rawValue, words.compactMap(\.self).joined(separator: "; "),
    ]
  }
  return (columns(rows) + ["", summary(of: lines)]).map { $0 + "\n" }.joined()
}

/// Returns what was checked as one JSON object; a published format.
func renderJSON(_ lines: [CheckLine], exit: ExitStatus) -> String {
  line(
    envelope(doctorSchema, ["checks": .array(lines.map { .object($0.json) })], exit),
    isPretty: true)
}

/// Returns what was checked as one JSON object for each line, and one for the end.
func renderNDJSON(_ lines: [CheckLine], exit: ExitStatus) -> String {
  lines.map { typed("check", $0.json) }.joined()
    + typed("summary", ["schema": .string(doctorSchema), "exit": .int(Int(exit.rawValue))])
}

private let doctorSchema = "reconcile.doctor/1"

private func summary(of lines: [CheckLine]) -> String {
  let (failed, warnings) = (
    lines.count { $0.level == .failed }, lines.count { $0.level == .warning }
  )
  guard failed + warnings > 0 else { return "all well" }
  return "\(failed) failed, \(counted(warnings, "warning"))"
}
