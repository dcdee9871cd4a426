internal import CCrypto

/// Returns bytes as base64 with the alphabet of RFC 4648, section 4, padded.
///
/// - Parameter bytes: The bytes, less than 1 GiB.
/// - Returns: The text.
public func base64(_ bytes: [UInt8]) -> String {
  precondition(bytes.count < 1 << 30, "too much for libcrypto at once")
  var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
  let length = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
  return String(decoding: text.prefix(Int(length)), as: UTF8.self)
}

/// Returns the bytes of a base64 text with the alphabet of RFC 4648, section 4, padded or not.
///
/// - Parameter text: The text.
/// - Returns: The bytes, or `nil` where it is no such text.
public func decodeBase64(_ text: String) -> [UInt8]? {
  let padding = UInt8(ascii: "=")
  var groups = Array(text.utf8)
  while groups.last == padding { groups.removeLast() }
  let missing = (4 - groups.count % 4) % 4
  guard missing < 3, groups.count < 1 << 30, groups.allSatisfy(isDigit) else { return nil }
  groups += Array(repeating: padding, count: missing)
  var bytes = [UInt8](repeating: 0, count: groups.count / 4 * 3)
  guard EVP_DecodeBlock(&bytes, groups, Int32(groups.count)) == bytes.count else { return nil }
  return Array(bytes.dropLast(missing))
}

/// Whether libcrypto takes a byte for a digit, and not for space around the text.
private func isDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
    true
  default: false
  }
}
