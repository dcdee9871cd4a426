/// Reads JSON a value at a time, strictly (RFC 8259) and in bounds.
///
/// The caller pulls what it expects and skips the rest; nothing is built that is not asked for.
/// Invalid UTF-8, control bytes, lone surrogates, bad numbers, trailing commas, trailing bytes and
/// depth over the limit are refused, in skipped values too. Of two equal keys a caller that
/// overwrites keeps the last.
///
/// ## Usage
/// ```swift
/// let id = try JSONReader.read(bytes) { reader throws(JSONError) in
///   var id = ""
///   try reader.beginObject()
///   while let key = try reader.nextKey() {
///     switch key {
///     case "id": id = try reader.string()
///     default: try reader.skip()
///     }
///   }
///   return id
/// }
/// ```
public struct JSONReader: ~Copyable {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  /// Whether a value has been read at each open depth, so that a comma must come next.
  private var hasElement: [Bool] = []
  private let maxDepth: Int

  /// The type of a value, as its first byte tells.
  public enum Kind: String, Hashable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool = "a boolean"
    /// A number.
    case number = "a number"
    /// A string.
    case string = "a string"
    /// An array.
    case array = "an array"
    /// An object.
    case object = "an object"
  }

  private init(_ bytes: UnsafeRawBufferPointer, maxDepth: Int) {
    self.bytes = bytes
    self.maxDepth = maxDepth
    hasElement.reserveCapacity(8)
  }

  /// Reads one value that fills the whole text.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - maxDepth: How many arrays and objects may stand inside one another.
  ///   - body: Pulls the value.
  /// - Returns: What the body returns.
  /// - Throws: `JSONError` where the text is malformed or not what the body asks for.
  public static func read<Value>(
    _ bytes: [UInt8], maxDepth: Int = 64,
    _ body: (inout JSONReader) throws(JSONError) -> Value
  ) throws(JSONError) -> Value {
    let result = bytes.withUnsafeBytes { buffer -> Result<Value, JSONError> in
      do throws(JSONError) {
        return .success(try read(buffer, maxDepth: maxDepth, body))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Reads one value that fills a whole buffer.
  ///
  /// - Parameters:
  ///   - buffer: The text, valid during the call.
  ///   - maxDepth: How many arrays and objects may stand inside one another.
  ///   - body: Pulls the value.
  /// - Returns: What the body returns.
  /// - Throws: `JSONError` where the text is malformed or not what the body asks for.
  public static func read<Value>(
    _ buffer: UnsafeRawBufferPointer, maxDepth: Int = 64,
    _ body: (inout JSONReader) throws(JSONError) -> Value
  ) throws(JSONError) -> Value {
    var reader = JSONReader(buffer, maxDepth: maxDepth)
    let value = try body(&reader)
    reader.skipSpace()
    guard reader.position == buffer.count else {
      throw JSONError(.trailingBytes, at: reader.position)
    }
    return value
  }

  /// Reads a value again that was passed over with `range`.
  ///
  /// - Parameters:
  ///   - range: Where the value stands.
  ///   - body: Pulls the value.
  /// - Returns: What the body returns.
  /// - Throws: `JSONError` where the value is not what the body asks for; offsets count from the
  ///   beginning of the whole text.
  public func read<Value>(
    _ range: Range<Int>, _ body: (inout JSONReader) throws(JSONError) -> Value
  ) throws(JSONError) -> Value {
    var reader = JSONReader(
      UnsafeRawBufferPointer(rebasing: bytes[..<range.upperBound]), maxDepth: maxDepth)
    reader.position = range.lowerBound
    return try body(&reader)
  }

  /// The bytes at a range that this reader gave out, valid while the reader is.
  ///
  /// - Parameter range: A range from `range()`.
  /// - Returns: The bytes.
  public borrowing func raw(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  // MARK: Objects and arrays

  /// Opens an object.
  ///
  /// - Throws: `JSONError` if the next value is no object or is too deep.
  public mutating func beginObject() throws(JSONError) { try open("{", "an object") }

  /// Opens an array.
  ///
  /// - Throws: `JSONError` if the next value is no array or is too deep.
  public mutating func beginArray() throws(JSONError) { try open("[", "an array") }

  /// Moves to the next key of the open object, or closes the object.
  ///
  /// - Returns: The key, or `nil` at the end of the object.
  /// - Throws: `JSONError` where the text is malformed.
  public mutating func nextKey() throws(JSONError) -> JSONKey? {
    guard try advance(to: "}") else { return nil }
    let start = position
    guard peek() == UInt8(ascii: "\"") else { throw unexpected() }
    let content = try scanString()
    skipSpace()
    guard peek() == UInt8(ascii: ":") else { throw unexpected() }
    position += 1
    skipSpace()
    return JSONKey(
      bytes: UnsafeRawBufferPointer(rebasing: bytes[content.range]), hasEscapes: content.hasEscapes,
      offset: start)
  }

  /// Moves to the next element of the open array, or closes the array.
  ///
  /// - Returns: Whether there is another element, which must then be read or skipped.
  /// - Throws: `JSONError` where the text is malformed.
  public mutating func nextElement() throws(JSONError) -> Bool { try advance(to: "]") }

  private mutating func open(_ bracket: Unicode.Scalar, _ expected: String) throws(JSONError) {
    skipSpace()
    guard peek() == UInt8(ascii: bracket) else { throw mismatch(expected) }
    guard hasElement.count < maxDepth else { throw JSONError(.tooDeep, at: position) }
    position += 1
    hasElement.append(false)
  }

  private mutating func advance(to end: Unicode.Scalar) throws(JSONError) -> Bool {
    skipSpace()
    guard let last = hasElement.indices.last, let byte = peek() else { throw unexpected() }
    if byte == UInt8(ascii: end) {
      position += 1
      hasElement.removeLast()
      return false
    }
    if hasElement[last] {
      guard byte == UInt8(ascii: ",") else { throw unexpected() }
      position += 1
      skipSpace()
    }
    hasElement[last] = true
    return true
  }

  // MARK: Any value

  /// Returns the type of the next value without reading it.
  ///
  /// - Returns: Its type.
  /// - Throws: `JSONError` if no value can begin here.
  public mutating func kind() throws(JSONError) -> Kind {
    skipSpace()
    guard let byte = peek() else { throw unexpected() }
    switch byte {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw unexpected()
    }
  }

  /// Reads a `null` if it is one.
  ///
  /// - Returns: Whether the next value was `null` and has been read.
  /// - Throws: `JSONError` where the text is malformed.
  public mutating func null() throws(JSONError) -> Bool {
    guard try kind() == .null else { return false }
    try literal("null")
    return true
  }

  /// Passes over the next value, checking it.
  ///
  /// - Throws: `JSONError` where the value is malformed.
  public mutating func skip() throws(JSONError) {
    switch try kind() {
    case .null: try literal("null")
    case .bool: _ = try bool()
    case .number: _ = try scanNumber()
    case .string: _ = try scanString()
    case .array:
      try beginArray()
      while try nextElement() { try skip() }
    case .object:
      try beginObject()
      while try nextKey() != nil { try skip() }
    }
  }

  /// Passes over the next value, checking it, and returns where it stands.
  ///
  /// - Returns: Its range in bytes, for `read` and `raw`.
  /// - Throws: `JSONError` where the value is malformed.
  public mutating func range() throws(JSONError) -> Range<Int> {
    skipSpace()
    let start = position
    try skip()
    return start..<position
  }

  // MARK: Scalars

  /// Reads a boolean.
  ///
  /// - Returns: The boolean.
  /// - Throws: `JSONError` if the next value is none.
  public mutating func bool() throws(JSONError) -> Bool {
    guard try kind() == .bool else { throw mismatch("a boolean") }
    let value = peek() == UInt8(ascii: "t")
    try literal(value ? "true" : "false")
    return value
  }

  private mutating func literal(_ word: StaticString) throws(JSONError) {
    let end = position + word.utf8CodeUnitCount
    for index in 0..<word.utf8CodeUnitCount {
      guard position + index < bytes.count else {
        throw JSONError(.unexpectedEnd, at: bytes.count)
      }
      guard bytes[position + index] == word.utf8Start[index] else {
        throw JSONError(.unexpectedByte(bytes[position + index]), at: position + index)
      }
    }
    position = end
  }

  @inline(__always)
  func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  @inline(__always)
  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  func unexpected() -> JSONError {
    guard let byte = peek() else { return JSONError(.unexpectedEnd, at: bytes.count) }
    return JSONError(.unexpectedByte(byte), at: position)
  }

  mutating func mismatch(_ expected: String) -> JSONError {
    do throws(JSONError) {
      let found = try kind()
      return JSONError(.typeMismatch(expected: expected, found: found.rawValue), at: position)
    } catch {
      return error
    }
  }
}

/// A key of an object, compared without building a string.
///
/// Valid until its reader is gone.
public struct JSONKey {
  let bytes: UnsafeRawBufferPointer
  let hasEscapes: Bool
  let offset: Int

  /// The key as a string.
  public var text: String {
    hasEscapes ? unescape(bytes) : String(decoding: bytes, as: UTF8.self)
  }

  /// Returns whether a key is a word, for `switch`.
  ///
  /// - Parameters:
  ///   - word: The word.
  ///   - key: The key.
  /// - Returns: Whether they are the same text.
  @inline(__always)
  public static func ~= (word: StaticString, key: JSONKey) -> Bool {
    guard !key.hasEscapes else { return key.text == word.description }
    guard key.bytes.count == word.utf8CodeUnitCount else { return false }
    let start = UnsafeRawPointer(word.utf8Start)
    for index in 0..<key.bytes.count {
      guard key.bytes[index] == start.load(fromByteOffset: index, as: UInt8.self) else {
        return false
      }
    }
    return true
  }
}
