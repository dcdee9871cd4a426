extension JSONReader {
  /// Reads a string.
  ///
  /// - Returns: The string.
  /// - Throws: `JSONError` if the next value is none or is malformed.
  public mutating func string() throws(JSONError) -> String {
    let content = try stringContent()
    let raw = UnsafeRawBufferPointer(rebasing: bytes[content.range])
    return content.hasEscapes ? unescape(raw) : String(decoding: raw, as: UTF8.self)
  }

  /// Reads a string that has probably been seen before; one that has costs no allocation.
  ///
  /// - Parameter pool: The strings seen before.
  /// - Returns: The string.
  /// - Throws: `JSONError` if the next value is none or is malformed.
  public mutating func string(pooledIn pool: inout StringPool) throws(JSONError) -> String {
    let content = try stringContent()
    let raw = UnsafeRawBufferPointer(rebasing: bytes[content.range])
    return content.hasEscapes ? unescape(raw) : pool.string(raw)
  }

  private mutating func stringContent() throws(JSONError) -> (range: Range<Int>, hasEscapes: Bool) {
    skipSpace()
    guard peek() == UInt8(ascii: "\"") else { throw mismatch("a string") }
    return try scanString()
  }

  /// Passes over a string that begins here and returns what is between its quotes.
  mutating func scanString() throws(JSONError) -> (range: Range<Int>, hasEscapes: Bool) {
    let start = position + 1
    var hasEscapes = false
    position = start
    while true {
      skipPlain()
      guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return (start..<position - 1, hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try scanEscape()
      case 0..<0x20: throw JSONError(.unexpectedByte(bytes[position]), at: position)
      case 0x80...: try scanMultibyte()
      default: position += 1
      }
    }
  }

  /// Passes over printable ASCII without quote and backslash, eight bytes at a time.
  ///
  /// The lowest byte that is marked in `special` is the first that stops; those above it may be
  /// marked by a borrow.
  @inline(__always)
  private mutating func skipPlain() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    while position + 8 <= bytes.count {
      let word = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let quotes = word ^ (ones &* 0x22)
      let slashes = word ^ (ones &* 0x5C)
      let special =
        ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes
          | (word &- (ones &* 0x20)) & ~word | word) & highs
      guard special == 0 else {
        position += special.trailingZeroBitCount / 8
        return
      }
      position += 8
    }
  }

  private mutating func scanEscape() throws(JSONError) {
    let start = position
    guard position + 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
    switch bytes[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 2
    case UInt8(ascii: "u"):
      let first = try hexadecimal(at: position + 2)
      position += 6
      guard (0xD800...0xDFFF).contains(first) else { return }
      guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      else { throw JSONError(.invalidEscape, at: start) }
      let second = try hexadecimal(at: position + 2)
      guard (0xDC00...0xDFFF).contains(second) else { throw JSONError(.invalidEscape, at: start) }
      position += 6
    default: throw JSONError(.invalidEscape, at: start)
    }
  }

  private func hexadecimal(at start: Int) throws(JSONError) -> UInt32 {
    guard start + 4 <= bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
    var value: UInt32 = 0
    for byte in bytes[start..<start + 4] {
      guard let digit = hexadecimalDigit(byte) else {
        throw JSONError(.invalidEscape, at: start - 2)
      }
      value = value << 4 | digit
    }
    return value
  }

  /// Passes over one character of two to four bytes: no overlong forms, surrogates or numbers
  /// beyond U+10FFFF (RFC 3629, section 4).
  private mutating func scanMultibyte() throws(JSONError) {
    func next(_ index: Int) -> UInt8 {
      position + index < bytes.count ? bytes[position + index] : 0
    }
    let first = bytes[position]
    let second = next(1)
    let length: Int
    let isValid: Bool
    switch first {
    case 0xC2...0xDF: (length, isValid) = (2, (0x80...0xBF).contains(second))
    case 0xE0: (length, isValid) = (3, (0xA0...0xBF).contains(second))
    case 0xED: (length, isValid) = (3, (0x80...0x9F).contains(second))
    case 0xE1...0xEF: (length, isValid) = (3, (0x80...0xBF).contains(second))
    case 0xF0: (length, isValid) = (4, (0x90...0xBF).contains(second))
    case 0xF4: (length, isValid) = (4, (0x80...0x8F).contains(second))
    case 0xF1...0xF3: (length, isValid) = (4, (0x80...0xBF).contains(second))
    default: (length, isValid) = (1, false)
    }
    guard isValid, (2..<max(2, length)).allSatisfy({ (0x80...0xBF).contains(next($0)) }) else {
      throw JSONError(.invalidUTF8, at: position)
    }
    position += length
  }
}

func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - 48)
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - 87)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - 55)
  default: nil
  }
}

/// The text of a string whose escapes have been checked.
func unescape(_ raw: UnsafeRawBufferPointer) -> String {
  var text: [UInt8] = []
  text.reserveCapacity(raw.count)
  var position = 0
  func unit(at start: Int) -> UInt32 {
    raw[start..<start + 4].reduce(0) { $0 << 4 | (hexadecimalDigit($1) ?? 0) }
  }
  while position < raw.count {
    guard raw[position] == UInt8(ascii: "\\") else {
      text.append(raw[position])
      position += 1
      continue
    }
    let escape = raw[position + 1]
    position += 2
    switch escape {
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var value = unit(at: position)
      position += 4
      if (0xD800...0xDBFF).contains(value) {
        value = 0x10000 + (value - 0xD800) << 10 + (unit(at: position + 2) - 0xDC00)
        position += 6
      }
      if let scalar = Unicode.Scalar(value) { text.append(contentsOf: Array(String(scalar).utf8)) }
    default: text.append(escape)
    }
  }
  return String(decoding: text, as: UTF8.self)
}
