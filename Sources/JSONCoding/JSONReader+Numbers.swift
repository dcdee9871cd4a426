extension JSONReader {
  /// Reads a whole number; `1.0` and `1e2` are none.
  ///
  /// - Returns: The number.
  /// - Throws: `JSONError` if the next value is no whole number or does not fit.
  public mutating func int() throws(JSONError) -> Int {
    let number = try scanNumber()
    guard number.isWhole else {
      throw JSONError(
        .typeMismatch(expected: "a whole number", found: "a fraction"),
        at: number.range.lowerBound)
    }
    var value = 0
    var digits = bytes[number.range][...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative { digits = digits.dropFirst() }
    for byte in digits {
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      let digit = Int(byte - 48)
      let (sum, overflowed) =
        isNegative
        ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
      guard !overflow, !overflowed else {
        throw JSONError(.numberOutOfRange, at: number.range.lowerBound)
      }
      value = sum
    }
    return value
  }

  /// Reads a number.
  ///
  /// - Returns: The nearest number of the type.
  /// - Throws: `JSONError` if the next value is no number or is beyond the largest.
  public mutating func double() throws(JSONError) -> Double {
    let number = try scanNumber()
    guard let value = Double(String(decoding: bytes[number.range], as: UTF8.self)), value.isFinite
    else { throw JSONError(.numberOutOfRange, at: number.range.lowerBound) }
    return value
  }

  /// Passes over a number and checks its form.
  mutating func scanNumber() throws(JSONError) -> (range: Range<Int>, isWhole: Bool) {
    skipSpace()
    let start = position
    if peek() == UInt8(ascii: "-") { position += 1 }
    let whole = skipDigits()
    guard whole > 0 else {
      if position == start { throw mismatch("a number") }
      throw JSONError(.invalidNumber, at: start)
    }
    guard whole == 1 || bytes[position - whole] != UInt8(ascii: "0") else {
      throw JSONError(.invalidNumber, at: start)
    }
    var isWhole = true
    if peek() == UInt8(ascii: ".") {
      position += 1
      isWhole = false
      guard skipDigits() > 0 else { throw JSONError(.invalidNumber, at: start) }
    }
    if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
      position += 1
      isWhole = false
      if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
      guard skipDigits() > 0 else { throw JSONError(.invalidNumber, at: start) }
    }
    return (start..<position, isWhole)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek(), (48...57).contains(byte) { position += 1 }
    return position - start
  }
}
