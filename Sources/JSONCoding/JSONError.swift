/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Hashable, Sendable {
  /// The kinds of fault.
  public enum Kind: Hashable, Sendable {
    /// The text ends inside a value.
    case unexpectedEnd
    /// A byte that cannot stand here.
    case unexpectedByte(UInt8)
    /// Bytes that are not UTF-8.
    case invalidUTF8
    /// An escape that JSON does not have, or half of a surrogate pair.
    case invalidEscape
    /// A number that JSON does not have, such as `01` or `1.`.
    case invalidNumber
    /// A number that does not fit the type asked for.
    case numberOutOfRange
    /// Arrays or objects inside one another beyond the limit.
    case tooDeep
    /// Something after the value.
    case trailingBytes
    /// A value of another type than asked for.
    case typeMismatch(expected: String, found: String)
  }

  /// The kind of fault.
  public var kind: Kind
  /// Where it is, in bytes from the beginning of the text.
  public var offset: Int

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - kind: The kind of fault.
  ///   - offset: Where it is, in bytes from the beginning of the text.
  public init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }
}

extension JSONError: CustomStringConvertible {
  /// The fault and its place, for a person.
  public var description: String {
    let fault =
      switch kind {
      case .unexpectedEnd: "the text ends too early"
      case .unexpectedByte(let byte): "unexpected byte 0x\(String(byte, radix: 16))"
      case .invalidUTF8: "bytes that are not UTF-8"
      case .invalidEscape: "an escape that JSON does not have"
      case .invalidNumber: "a number that JSON does not have"
      case .numberOutOfRange: "a number out of range"
      case .tooDeep: "too many values inside one another"
      case .trailingBytes: "something after the value"
      case .typeMismatch(let expected, let found): "\(found) where \(expected) is expected"
      }
    return "\(fault) at byte \(offset)"
  }
}
