internal import CCrypto

/// Returns the HMAC-SHA-256 of a message (RFC 2104), computed by libcrypto.
///
/// - Parameters:
///   - message: The message.
///   - key: The key, of any length.
/// - Returns: The code; compare it with `areEqual`, never with `==`.
public func authenticationCode(of message: [UInt8], key: [UInt8]) -> SHA256Digest {
  var code = [UInt8](repeating: 0, count: 32)
  var length = 0
  let done = EVP_Q_mac(
    nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &code, code.count,
    &length)
  precondition(done != nil && length == 32, "libcrypto has no HMAC")
  return SHA256Digest(bytes: code)
}

/// Returns the HMAC-SHA-1 of a message (RFC 2104), for formats of others that have no other digest.
///
/// - Parameters:
///   - message: The message.
///   - key: The key, of any length.
/// - Returns: The twenty bytes of the code.
public func sha1Code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
  var code = [UInt8](repeating: 0, count: 20)
  var length = 0
  let done = EVP_Q_mac(
    nil, "HMAC", nil, "SHA1", nil, key, key.count, message, message.count, &code, code.count,
    &length)
  precondition(done != nil && length == 20, "libcrypto has no HMAC")
  return code
}

/// Returns whether two byte strings are equal, in a time that does not tell where they differ.
///
/// - Parameters:
///   - left: One byte string.
///   - right: Another byte string.
/// - Returns: Whether they are equal.
public func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
