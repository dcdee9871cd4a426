/// Reads a moment in the form of RFC 3339, such as `2026-11-22T12:39:35.993132287Z`.
///
/// The offset may be `Z`, `z` or `±hh:mm`; a fraction has one to nine digits; a leap second counts
/// as the second after it.
///
/// - Parameter text: The text in UTF-8.
/// - Returns: Nanoseconds since 1970-01-01T00:00:00Z, or `nil` if the text is no such moment or
///   does not fit (years 1678 to 2262 do).
public func parseTimestamp(_ text: some Collection<UInt8>) -> Int64? {
  let bytes = Array(text)
  func number(_ start: Int, _ count: Int) -> Int64? {
    guard start + count <= bytes.count else { return nil }
    var value: Int64 = 0
    for byte in bytes[start..<start + count] {
      guard (48...57).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 48)
    }
    return value
  }
  func has(_ character: Unicode.Scalar, at position: Int) -> Bool {
    position < bytes.count && bytes[position] == UInt8(ascii: character)
  }
  guard let year = number(0, 4), has("-", at: 4), let month = number(5, 2), has("-", at: 7),
    let day = number(8, 2), has("T", at: 10) || has("t", at: 10) || has(" ", at: 10),
    let hour = number(11, 2), has(":", at: 13), let minute = number(14, 2), has(":", at: 16),
    let second = number(17, 2), (1...12).contains(month),
    (1...daysInMonth(month, of: year)).contains(day), hour < 24, minute < 60, second <= 60
  else { return nil }
  var position = 19
  var fraction: Int64 = 0
  if has(".", at: position) {
    let digits = bytes[(position + 1)...].prefix { (48...57).contains($0) }.count
    guard (1...9).contains(digits), let value = number(position + 1, digits) else { return nil }
    fraction = (digits..<9).reduce(value) { scaled, _ in scaled * 10 }
    position += digits + 1
  }
  var offset: Int64 = 0
  if has("Z", at: position) || has("z", at: position) {
    position += 1
  } else {
    guard has("+", at: position) || has("-", at: position), let hours = number(position + 1, 2),
      has(":", at: position + 3), let minutes = number(position + 4, 2), hours < 24, minutes < 60
    else { return nil }
    offset = (hours * 3_600 + minutes * 60) * (has("-", at: position) ? -1 : 1)
    position += 6
  }
  guard position == bytes.count else { return nil }
  let seconds =
    daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
  let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
  guard !overflow else { return nil }
  let (total, overflowed) = scaled.addingReportingOverflow(fraction)
  return overflowed ? nil : total
}

/// Writes a moment in the form of RFC 3339, in UTC with nine digits after the point.
///
/// - Parameter nanoseconds: Nanoseconds since 1970-01-01T00:00:00Z.
/// - Returns: A text such as `2026-11-22T12:39:35.993132287Z`.
public func formatTimestamp(_ nanoseconds: Int64) -> String {
  let (seconds, fraction) = floorDivided(nanoseconds, by: 1_000_000_000)
  let (days, secondOfDay) = floorDivided(seconds, by: 86_400)
  let (year, month, day) = date(daysSince1970: days)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(30)
  func write(_ value: Int64, _ digits: Int, then separator: Unicode.Scalar) {
    var scale = (1..<digits).reduce(Int64(1)) { scale, _ in scale * 10 }
    while scale > 0 {
      bytes.append(UInt8(48 + value / scale % 10))
      scale /= 10
    }
    bytes.append(UInt8(ascii: separator))
  }
  write(year, 4, then: "-")
  write(month, 2, then: "-")
  write(day, 2, then: "T")
  write(secondOfDay / 3_600, 2, then: ":")
  write(secondOfDay / 60 % 60, 2, then: ":")
  write(secondOfDay % 60, 2, then: ".")
  write(fraction, 9, then: "Z")
  return String(decoding: bytes, as: UTF8.self)
}

private func floorDivided(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
  let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
  return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

private func isLeap(_ year: Int64) -> Bool {
  year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

private func daysInMonth(_ month: Int64, of year: Int64) -> Int64 {
  switch month {
  case 2: isLeap(year) ? 29 : 28
  case 4, 6, 9, 11: 30
  default: 31
  }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, counting years from March.
private func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
  let year = month <= 2 ? year - 1 : year
  let era = (year >= 0 ? year : year - 399) / 400
  let yearOfEra = year - era * 400
  let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

private func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
  let shifted = days + 719_468
  let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
  let dayOfEra = shifted - era * 146_097
  let yearOfEra =
    (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shiftedMonth = (5 * dayOfYear + 2) / 153
  let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
  return (
    yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
    dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
  )
}
