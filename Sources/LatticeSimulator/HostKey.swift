public import LatticeModel

/// Returns a host id as hosts make them: `N`, 56 characters, with the checksum that nkeys carry.
///
/// Thirty-five bytes in base32 (RFC 4648, no padding): a prefix, thirty-two bytes of a key, and
/// CRC-16 (XMODEM) of these, the low byte first.
///
/// - Parameter seed: What the key comes from.
/// - Returns: The id.
public func simulatedHostID(seed: UInt64) -> HostID {
  var generator = SeededGenerator(seed: seed ^ 0x0057_A51C_0DE0_0001)
  var bytes: [UInt8] = [13 << 3]
  while bytes.count < 33 { bytes.append(UInt8(truncatingIfNeeded: generator.next())) }
  let checksum = checksum(bytes)
  bytes += [UInt8(checksum & 0xFF), UInt8(checksum >> 8)]
  return HostID(base32(bytes))
}

private func checksum(_ bytes: [UInt8]) -> UInt16 {
  bytes.reduce(0) { sum, byte in
    (0..<8).reduce(sum ^ UInt16(byte) << 8) { sum, _ in
      sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1
    }
  }
}

private func base32(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
  var text = ""
  var buffer: UInt32 = 0
  var bits = 0
  for byte in bytes {
    buffer = buffer << 8 | UInt32(byte)
    bits += 8
    while bits >= 5 {
      bits -= 5
      text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
    }
  }
  if bits > 0 { text.append(alphabet[Int(buffer << UInt32(5 - bits) & 31)]) }
  return text
}
