/// The units of durations with their nanoseconds, the longest first.
private let units: [(name: String, nanoseconds: Int64)] = [
  ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
  ("us", 1_000), ("ns", 1),
]

/// Reads a duration such as `30s`, `1m30s`, `500ms` or `1.5h`.
///
/// A unit is required: a bare `250` means something else to everybody who reads it.
///
/// - Parameter text: The text, without spaces.
/// - Returns: The duration, or `nil` if the text is none or does not fit.
public func parseDuration(_ text: some StringProtocol) -> Duration? {
  var rest = Substring(text)
  var total: Int64 = 0
  guard !rest.isEmpty else { return nil }
  while !rest.isEmpty {
    let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    rest = rest.dropFirst(number.count)
    let name = rest.prefix { $0.isASCII && $0.isLetter }
    rest = rest.dropFirst(name.count)
    guard let unit = units.first(where: { $0.name == name }),
      let part = scaled(number, by: unit.nanoseconds)
    else { return nil }
    let (sum, overflow) = total.addingReportingOverflow(part)
    guard !overflow else { return nil }
    total = sum
  }
  return .nanoseconds(total)
}

/// Writes a duration in the largest units that are exact, such as `1m30s` or `250ms`.
///
/// - Parameter duration: The duration; below 0 it is written with a leading `-`.
/// - Returns: A text that `parseDuration` reads back, but for a sign.
public func formatDuration(_ duration: Duration) -> String {
  let (seconds, attoseconds) = duration.components
  let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
  guard !overflow else { return "\(seconds)s" }
  var left = (whole &+ attoseconds / 1_000_000_000).magnitude
  guard left > 0 else { return "0s" }
  var text = duration < .zero ? "-" : ""
  for unit in units where left >= unit.nanoseconds.magnitude {
    text += "\(left / unit.nanoseconds.magnitude)\(unit.name)"
    left %= unit.nanoseconds.magnitude
  }
  return text
}

/// Writes a duration as people say it, such as `250 ms`, `1.3 s` or `2m5s`.
///
/// - Parameter duration: The duration.
/// - Returns: A text with tenths below a minute and whole seconds above.
public func roughly(_ duration: Duration) -> String {
  let milliseconds = duration / .milliseconds(1)
  switch milliseconds {
  case ..<999.5: return "\(Int(milliseconds.rounded())) ms"
  case ..<59_950:
    let tenths = Int((milliseconds / 100).rounded())
    return "\(tenths / 10).\(tenths % 10) s"
  default: return formatDuration(.seconds(duration.components.seconds))
  }
}

/// A decimal number times a whole factor, exact, or `nil` if it is no number or does not fit.
func scaled(_ number: Substring, by factor: Int64) -> Int64? {
  let point = number.utf8.firstIndex(of: UInt8(ascii: "."))
  let whole = number.utf8[..<(point ?? number.endIndex)]
  guard !whole.isEmpty, whole.allSatisfy({ (48...57).contains($0) }),
    let units = Int64(Substring(whole))
  else { return nil }
  let (scaled, overflow) = units.multipliedReportingOverflow(by: factor)
  guard !overflow else { return nil }
  guard let point else { return scaled }
  let digits = number.utf8[point...].dropFirst()
  guard (1...18).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }),
    let fraction = Int64(Substring(digits))
  else { return nil }
  let divisor = (0..<digits.count).reduce(Int64(1)) { power, _ in power * 10 }
  let (quotient, remainder) = divisor.dividingFullWidth(fraction.multipliedFullWidth(by: factor))
  let (total, overflowed) = scaled.addingReportingOverflow(quotient)
  return remainder == 0 && !overflowed ? total : nil
}
