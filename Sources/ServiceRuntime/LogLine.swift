import Glibc
import TextForms

/// A line in a small buffer on the stack, bounded so that one `write` takes it whole.
///
/// A pipe keeps a write of up to 4,096 bytes together; a fact that does not fit is left out and the
/// line says so.
struct LogLine {
  private static let size = 4_096
  /// Room for the mark that facts were left out and for the end of the line.
  private static let reserve = 24
  private static let longestValue = 1_000

  private let bytes: UnsafeMutableRawBufferPointer
  private var count = 0
  private var limit = size - reserve
  private var isCut = false

  /// Makes a line and writes it, unless its reader is gone, or full for longer than it is waited for.
  ///
  /// - Returns: Whether it was written.
  static func write(
    to descriptor: Int32, waiting milliseconds: Int32, _ make: (inout LogLine) -> Void
  ) -> Bool {
    // What can be written to takes 4,096 bytes at once, and no line is longer.
    guard mayWrite(to: descriptor, waiting: milliseconds) else { return false }
    return withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { buffer in
      var line = LogLine(bytes: buffer)
      make(&line)
      guard let base = buffer.baseAddress else { return false }
      var start = 0
      while start < line.count {
        let written = Glibc.write(descriptor, base + start, line.count - start)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return false }
        start += written
      }
      return true
    }
  }

  private static func mayWrite(to descriptor: Int32, waiting milliseconds: Int32) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&request, 1, milliseconds) == 1 && request.revents & Int16(POLLOUT) != 0
  }

  private init(bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

  mutating func begin(
    _ format: Logger.Format, _ now: Int64, _ level: Logger.Level, _ message: StaticString
  ) {
    let time = formatTimestamp(now)
    switch format {
    case .text:
      put(time.prefix(23))
      put("Z ")
      put(level.rawValue)
      put(" ")
      put(escapingControlCharacters("\(message)"))
    case .json:
      put("{\"time\":\"")
      put(time)
      put("\",\"level\":\"")
      put(level.rawValue)
      put("\",\"message\":")
      quote("\(message)")
    }
  }

  mutating func add(_ format: Logger.Format, _ key: String, _ value: LogMetadata) {
    guard !isCut else { return }
    let start = count
    switch format {
    case .text:
      put(" ")
      put(escapingControlCharacters(shortened(key)))
      put("=")
      putText(value)
    case .json:
      put(",")
      quote(key)
      put(":")
      putJSON(value)
    }
    if isCut { count = start }
  }

  mutating func end(_ format: Logger.Format) {
    let wasCut = isCut
    isCut = false
    limit = Self.size
    switch format {
    case .text: put(wasCut ? " cut=true\n" : "\n")
    case .json: put(wasCut ? ",\"cut\":true}\n" : "}\n")
    }
  }

  private mutating func putText(_ value: LogMetadata) {
    let text = escapingControlCharacters(shortened(value.description))
    guard text.isEmpty || text.utf8.contains(where: { $0 == 0x20 || $0 == 0x22 || $0 == 0x3D })
    else { return put(text) }
    quote(text)
  }

  private mutating func putJSON(_ value: LogMetadata) {
    switch value {
    case .int, .bool, .duration: put(value.description)
    case .string, .secret: quote(value.description)
    case .list(let texts):
      put("[")
      for (index, text) in texts.enumerated() {
        if index > 0 { put(",") }
        quote(text)
      }
      put("]")
    }
  }

  private mutating func put(_ text: some StringProtocol) {
    for byte in text.utf8 { put(byte) }
  }

  private mutating func put(_ byte: UInt8) {
    guard count < limit, !isCut else {
      isCut = true
      return
    }
    bytes[count] = byte
    count += 1
  }

  /// Writes a JSON string in which nothing can steer a terminal either.
  private mutating func quote(_ text: String) {
    put(0x22)
    for scalar in shortened(text).unicodeScalars {
      switch scalar {
      case "\"": put("\\\"")
      case "\\": put("\\\\")
      case "\n": put("\\n")
      case _ where isControl(scalar): putEscape(scalar.value)
      default:
        for byte in Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter {
          put(byte)
        }
      }
    }
    put(0x22)
  }

  private mutating func putEscape(_ value: UInt32) {
    put("\\u")
    for shift in [12, 8, 4, 0] as [UInt32] {
      let digit = UInt8(truncatingIfNeeded: (value >> shift) & 0xF)
      put(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }

  private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }

  /// Cuts a long value at the end of a character.
  private func shortened(_ text: String) -> String {
    guard text.utf8.count > Self.longestValue else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: Self.longestValue)
    for _ in 0..<64 where String.Index(end, within: text) == nil {
      end = text.utf8.index(before: end)
    }
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return text[..<end] + "…"
  }
}
