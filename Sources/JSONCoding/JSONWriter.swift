/// Writes JSON as it goes; the caller orders the keys.
///
/// Commas, quotes, escapes and indentation are the writer's; that every object and array is closed
/// is the caller's.
public struct JSONWriter {
  /// The text so far, in UTF-8.
  public private(set) var bytes: [UInt8] = []
  private let isPretty: Bool
  private var isFirst = true
  private var depth = 0

  /// Creates a writer.
  ///
  /// - Parameter isPretty: Whether members and elements stand on lines of their own, indented by
  ///   two spaces.
  public init(isPretty: Bool = false) { self.isPretty = isPretty }

  /// Opens an object.
  public mutating func beginObject() { open("{") }
  /// Closes the open object.
  public mutating func endObject() { close("}") }
  /// Opens an array.
  public mutating func beginArray() { open("[") }
  /// Closes the open array.
  public mutating func endArray() { close("]") }

  /// Begins a member of the open object; its value follows.
  ///
  /// - Parameter name: The member's key.
  public mutating func key(_ name: String) {
    separate()
    quote(name)
    append(isPretty ? ": " : ":")
    isFirst = true
    afterKey = true
  }

  private var afterKey = false

  /// Writes a string.
  ///
  /// - Parameter value: The string.
  public mutating func string(_ value: String) {
    separate()
    quote(value)
  }

  /// Writes a whole number.
  ///
  /// - Parameter value: The number.
  public mutating func int(_ value: Int) {
    separate()
    append(String(value))
  }

  /// Writes a boolean.
  ///
  /// - Parameter value: The boolean.
  public mutating func bool(_ value: Bool) {
    separate()
    append(value ? "true" : "false")
  }

  /// Writes `null`.
  public mutating func null() {
    separate()
    append("null")
  }

  /// Writes a whole value, objects with sorted keys; a number that JSON does not have as `null`.
  ///
  /// - Parameter value: The value.
  public mutating func write(_ value: JSONValue) {
    switch value {
    case .null: null()
    case .bool(let value): bool(value)
    case .int(let value): int(value)
    case .double(let value):
      separate()
      append(value.isFinite ? String(value) : "null")
    case .string(let value): string(value)
    case .array(let elements):
      beginArray()
      for element in elements { write(element) }
      endArray()
    case .object(let members):
      beginObject()
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        key(name)
        write(value)
      }
      endObject()
    }
  }

  private mutating func open(_ bracket: String) {
    separate()
    append(bracket)
    depth += 1
    isFirst = true
  }

  private mutating func close(_ bracket: String) {
    depth -= 1
    if !isFirst { breakLine() }
    append(bracket)
    isFirst = false
  }

  private mutating func separate() {
    defer { isFirst = false }
    guard !afterKey else {
      afterKey = false
      return
    }
    if !isFirst { append(",") }
    if depth > 0 { breakLine() }
  }

  private mutating func breakLine() {
    guard isPretty else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: 2 * depth))
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func quote(_ text: String) {
    bytes.append(0x22)
    var text = text
    text.withUTF8 { text in
      // What needs no escape is copied as a whole.
      var plain = 0
      for index in text.indices {
        let byte = text[index]
        guard byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F else { continue }
        bytes.append(contentsOf: text[plain..<index])
        escape(byte)
        plain = index + 1
      }
      bytes.append(contentsOf: text[plain...])
    }
    bytes.append(0x22)
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case 0x22: append("\\\"")
    case 0x5C: append("\\\\")
    case 0x0A: append("\\n")
    case 0x0D: append("\\r")
    case 0x09: append("\\t")
    default:
      append("\\u00")
      let digits = String(byte, radix: 16)
      append(digits.count == 1 ? "0" + digits : digits)
    }
  }
}
