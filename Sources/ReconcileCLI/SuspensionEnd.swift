import LatticeModel
import OptionParsing
import TextForms

/// When a suspension ends, given as how long it lasts or as a moment.
enum SuspensionEnd: Hashable, Sendable {
  case after(Duration)
  case at(Timestamp)

  /// The moment, where it begins now; the last there is where it lies beyond that.
  func moment(after now: Timestamp) -> Timestamp {
    switch self {
    case .at(let moment): return moment
    case .after(let span):
      let (seconds, attoseconds) = span.components
      let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
      let (part, isTooMuch) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
      let (sum, isTooLate) = now.nanoseconds.addingReportingOverflow(part)
      return Timestamp(nanoseconds: isTooLong || isTooMuch || isTooLate ? .max : sum)
    }
  }
}

extension SuspensionEnd: OptionValue {
  static var valueName: String? { "span or time" }
  static var expectation: String? {
    "how long, such as 30m or 12h, or when, such as 2026-12-24T18:00:00Z"
  }

  static func parse(_ text: String) -> SuspensionEnd? {
    if let moment = parseTimestamp(Array(text.utf8)) { return .at(Timestamp(nanoseconds: moment)) }
    return parseDuration(text).flatMap { $0 > .zero ? .after($0) : nil }
  }

  var optionText: String? {
    switch self {
    case .after(let span): formatDuration(span)
    case .at(let moment): formatTimestamp(moment.nanoseconds)
    }
  }
}
