/// What a scalar means by the core schema of YAML 1.2.
public enum YAMLScalarType: Hashable, Sendable {
  /// Nothing, `~` or `null`, without quotes.
  case null
  /// `true` or `false`, without quotes; `yes`, `no`, `on` and `off` are text.
  case boolean
  /// A whole number without quotes: decimal, `0o17` or `0xF`.
  case integer
  /// Any other number without quotes, `.inf` and `.nan` included.
  case float
  /// Everything else, and everything in quotes.
  case string
}

extension YAMLNode {
  /// What a scalar means by the core schema of YAML 1.2, its tag included; `nil` for a collection.
  public var scalarType: YAMLScalarType? {
    guard kind == .scalar else { return nil }
    switch tag {
    case nil: return style == .plain ? withBytes(coreType) : .string
    case "tag:yaml.org,2002:null": return .null
    case "tag:yaml.org,2002:bool": return .boolean
    case "tag:yaml.org,2002:int": return .integer
    case "tag:yaml.org,2002:float": return .float
    default: return .string
    }
  }

  /// Whether the node is a scalar that means null.
  public var isNull: Bool { scalarType == .null }

  /// The text of a scalar that means text; `nil` for numbers, booleans, null and collections.
  public var string: String? { scalarType == .string ? text : nil }

  /// The value of a scalar that means a boolean.
  public var bool: Bool? {
    guard scalarType == .boolean else { return nil }
    return withBytes { bytes in
      switch bytes.first {
      case UInt8(ascii: "t"), UInt8(ascii: "T"): true
      case UInt8(ascii: "f"), UInt8(ascii: "F"): false
      default: nil
      }
    }
  }

  /// The value of a scalar that means a whole number and fits into 64 bits.
  public var int: Int? {
    guard scalarType == .integer else { return nil }
    let text = text
    guard text.utf8.first == UInt8(ascii: "0") else { return Int(text) }
    if text.hasPrefix("0x") { return Int(text.dropFirst(2), radix: 16) }
    if text.hasPrefix("0o") { return Int(text.dropFirst(2), radix: 8) }
    return Int(text)
  }

  /// The value of a scalar that means a number, whole or not.
  public var double: Double? {
    guard let type = scalarType, type == .float || type == .integer else { return nil }
    switch text {
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .infinity
    case "-.inf", "-.Inf", "-.INF": return -.infinity
    case ".nan", ".NaN", ".NAN": return .nan
    case let text: return int.map(Double.init) ?? Double(text)
    }
  }
}

/// The meaning of an untagged plain scalar.
private func coreType(_ bytes: UnsafeBufferPointer<UInt8>) -> YAMLScalarType {
  guard let first = bytes.first else { return .null }
  switch first {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
    UInt8(ascii: "."):
    return numberType(bytes)
  case UInt8(ascii: "~"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"),
    UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"):
    guard bytes.count <= 5 else { return .string }
  default:
    return .string
  }
  switch String(decoding: bytes, as: UTF8.self) {
  case "~", "null", "Null", "NULL": return .null
  case "true", "True", "TRUE", "false", "False", "FALSE": return .boolean
  default: return .string
  }
}

/// The type of a text that begins like a number, by the regular expressions of the core schema.
private func numberType(_ bytes: UnsafeBufferPointer<UInt8>) -> YAMLScalarType {
  if bytes.count > 2, bytes[0] == UInt8(ascii: "0") {
    let digits = bytes.dropFirst(2)
    if bytes[1] == UInt8(ascii: "x"), digits.allSatisfy(isHexDigit) { return .integer }
    if bytes[1] == UInt8(ascii: "o"), digits.allSatisfy({ isDigit($0) && $0 < 0x38 }) {
      return .integer
    }
  }
  var rest = bytes[...]
  if isWord(rest, in: [".nan", ".NaN", ".NAN"]) { return .float }
  if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
  if isWord(rest, in: [".inf", ".Inf", ".INF"]) { return .float }
  let whole = rest.removeDigits()
  guard !rest.isEmpty else { return whole > 0 ? .integer : .string }
  var fraction = 0
  if rest.first == UInt8(ascii: ".") {
    rest.removeFirst()
    fraction = rest.removeDigits()
  }
  guard whole > 0 || fraction > 0 else { return .string }
  if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
    rest.removeFirst()
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    guard rest.removeDigits() > 0 else { return .string }
  }
  return rest.isEmpty ? .float : .string
}

private func isDigit(_ byte: UInt8) -> Bool {
  byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
}

private func isHexDigit(_ byte: UInt8) -> Bool {
  isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"))
}

/// Whether a text is one of some words of four characters that begin with a point.
private func isWord(
  _ bytes: Slice<UnsafeBufferPointer<UInt8>>, in words: @autoclosure () -> [String]
) -> Bool {
  bytes.count == 4 && bytes.first == UInt8(ascii: ".")
    && words().contains(String(decoding: bytes, as: UTF8.self))
}

extension Slice<UnsafeBufferPointer<UInt8>> {
  /// Removes the digits at the front and returns how many there were.
  fileprivate mutating func removeDigits() -> Int {
    let before = count
    self = drop(while: isDigit)
    return before - count
  }
}
