/// Returns an address as the library is to be given it.
///
/// The library takes user, password and token as they stand in an address, and puts them into a line
/// of JSON as they are: what is percent-encoded is decoded here, and what JSON would take for its own is
/// written as JSON wants it. A percent sign that encodes nothing is itself.
///
/// - Parameter address: An address as people write it.
/// - Returns: The address with what lets us in in plain text.
/// - Throws: `NATSError.unreachable` for a user with a colon in it, which an address cannot say to the
///   library, and for text that is none.
func dialledAddress(_ address: String) throws(NATSError) -> String {
  guard let at = address.lastIndex(of: "@") else { return address }
  let start = address.firstRange(of: "://")?.upperBound ?? address.startIndex
  guard start < at else { return address }
  let parts = address[start..<at].split(
    separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
  var decoded: [String] = []
  for part in parts {
    guard let text = percentDecoded(part), !text.utf8.contains(0) else {
      throw unusable(address, "what is percent-encoded in its user or password is no text")
    }
    decoded.append(text)
  }
  guard parts.count == 1 || !(decoded.first?.contains(":") ?? false) else {
    throw unusable(address, "a user with ':' cannot stand in it, give it with --nats-user")
  }
  return address[..<start] + decoded.map(quoted).joined(separator: ":") + address[at...]
}

private func unusable(_ address: String, _ detail: String) -> NATSError {
  .unreachable(servers: NATSOptions(servers: [address]).publicServers, detail: detail)
}

/// What a text with `%41` in it means; `nil` where that is not UTF-8.
private func percentDecoded(_ text: Substring) -> String? {
  var bytes: [UInt8] = []
  var rest = Substring(text).utf8
  while let byte = rest.popFirst() {
    let digits = rest.prefix(2)
    if byte == UInt8(ascii: "%"), digits.count == 2, digits.allSatisfy(isHexDigit),
      let value = UInt8(String(Substring(digits)), radix: 16)
    {
      bytes.append(value)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  return String(validating: bytes, as: UTF8.self)
}

private func isHexDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
    UInt8(ascii: "A")...UInt8(ascii: "F"):
    true
  default: false
  }
}

/// A text as it stands between the quotes of JSON, where the library puts it as it is.
func quoted(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\":
      result.unicodeScalars.append("\\")
      result.unicodeScalars.append(scalar)
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
