/// A whole JSON value, where pulling is not worth it: records, plans, tests.
public enum JSONValue: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A whole number.
  case int(Int)
  /// Any other number.
  case double(Double)
  /// A string.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object; it is written with sorted keys.
  case object([String: JSONValue])

  /// Reads a text that is one value; of two equal keys the last wins.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - maxDepth: How many arrays and objects may stand inside one another.
  /// - Throws: `JSONError` where the text is malformed.
  public init(parsing bytes: [UInt8], maxDepth: Int = 64) throws(JSONError) {
    self = try JSONReader.read(bytes, maxDepth: maxDepth) { reader throws(JSONError) in
      try JSONValue(&reader)
    }
  }

  /// Reads the next value of a reader.
  ///
  /// - Parameter reader: The reader.
  /// - Throws: `JSONError` where the value is malformed.
  public init(_ reader: inout JSONReader) throws(JSONError) {
    switch try reader.kind() {
    case .null:
      _ = try reader.null()
      self = .null
    case .bool: self = .bool(try reader.bool())
    case .string: self = .string(try reader.string())
    case .number:
      let range = try reader.range()
      let whole = try? reader.read(range) { reader throws(JSONError) in try reader.int() }
      if let whole {
        self = .int(whole)
      } else {
        self = .double(
          try reader.read(range) { reader throws(JSONError) in try reader.double() })
      }
    case .array:
      var elements: [JSONValue] = []
      try reader.beginArray()
      while try reader.nextElement() { elements.append(try JSONValue(&reader)) }
      self = .array(elements)
    case .object:
      var members: [String: JSONValue] = [:]
      try reader.beginObject()
      while let key = try reader.nextKey() {
        let name = key.text
        members[name] = try JSONValue(&reader)
      }
      self = .object(members)
    }
  }

  /// The member of an object, or `nil` where there is none or this is no object.
  ///
  /// - Parameter key: The member's key.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  /// The string, or `nil` if this is none.
  public var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The whole number, or `nil` if this is none.
  public var int: Int? {
    guard case .int(let value) = self else { return nil }
    return value
  }

  /// The boolean, or `nil` if this is none.
  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The elements, or `nil` if this is no array.
  public var array: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  /// The members, or `nil` if this is no object.
  public var object: [String: JSONValue]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  /// Returns the value as a text with sorted keys.
  ///
  /// - Parameter isPretty: Whether members and elements stand on lines of their own, indented by
  ///   two spaces.
  /// - Returns: The text in UTF-8, without a line feed at its end.
  public func bytes(isPretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(isPretty: isPretty)
    writer.write(self)
    return writer.bytes
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// Creates a string.
  ///
  /// - Parameter value: The string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// Creates a whole number.
  ///
  /// - Parameter value: The number.
  public init(integerLiteral value: Int) { self = .int(value) }
  /// Creates a boolean.
  ///
  /// - Parameter value: The boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Creates an array.
  ///
  /// - Parameter elements: The elements.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// Creates an object; of two equal keys the last wins.
  ///
  /// - Parameter elements: The members.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
}
