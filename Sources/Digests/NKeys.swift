internal import CCrypto

/// What an nkey belongs to, told by the first letter of its text.
public enum NKeyKind: UInt8, Sendable {
  /// A server or a host, `N`.
  case server = 104
  /// A user, `U`.
  case user = 160
}

/// Returns the text of a public nkey: 56 letters and digits.
///
/// Thirty-five bytes in base32 (RFC 4648, no padding): the kind, thirty-two bytes of a key, and
/// CRC-16 (XMODEM) of these, the low byte first.
///
/// - Parameters:
///   - kind: What the key belongs to.
///   - key: The thirty-two bytes.
/// - Returns: The text.
public func publicNKey(_ kind: NKeyKind, key: [UInt8]) -> String {
  let body = [kind.rawValue] + key
  let digits = regroup(body + checksum(body), of: 5, from: 8)
  return String(decoding: digits.map { alphabet[Int($0)] }, as: UTF8.self)
}

/// Returns the public nkey of a user, by libcrypto.
///
/// - Parameter seed: The user's seed: `SU` and 56 more letters and digits.
/// - Returns: The text of the public nkey, or `nil` if this is no seed of a user.
public func publicNKey(ofUserSeed seed: String) -> String? {
  let digits = seed.utf8.compactMap { alphabet.firstIndex(of: $0).map { UInt8($0) } }
  guard digits.count == 58, seed.utf8.count == 58 else { return nil }
  let bytes = regroup(digits, of: 8, from: 5)
  let body = Array(bytes.dropLast(2))
  // The mark of a seed has five bits; the kind begins right behind them.
  let kind = NKeyKind.user.rawValue
  guard body.starts(with: [18 << 3 | kind >> 5, kind << 3]),
    bytes.suffix(2) == checksum(body)[...]
  else { return nil }
  return publicNKey(.user, key: ed25519PublicKey(of: Array(body.dropFirst(2))))
}

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

private func ed25519PublicKey(of secret: [UInt8]) -> [UInt8] {
  let pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, secret, secret.count)
  defer { EVP_PKEY_free(pair) }
  var key = [UInt8](repeating: 0, count: 32)
  var length = key.count
  let status = EVP_PKEY_get_raw_public_key(pair, &key, &length)
  precondition(status == 1 && length == 32, "libcrypto has no Ed25519")
  return key
}

private func checksum(_ bytes: [UInt8]) -> [UInt8] {
  let sum: UInt16 = bytes.reduce(0) { sum, byte in
    (0..<8).reduce(sum ^ UInt16(byte) << 8) { sum, _ in
      sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1
    }
  }
  return [UInt8(sum & 0xFF), UInt8(sum >> 8)]
}

/// Cuts bits into groups of another width; what does not fill a last group is dropped.
private func regroup(_ groups: [UInt8], of width: Int, from oldWidth: Int) -> [UInt8] {
  var result: [UInt8] = []
  var buffer: UInt32 = 0
  var bits = 0
  for group in groups {
    buffer = buffer << oldWidth | UInt32(group)
    bits += oldWidth
    while bits >= width {
      bits -= width
      result.append(UInt8(buffer >> bits & (1 << width - 1)))
    }
  }
  return result
}
