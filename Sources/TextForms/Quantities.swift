/// The suffixes of byte sizes with their bytes; those with `i` are powers of 1,024.
private let suffixes: [(name: String, bytes: Int64)] = [
  ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("k", 1_000),
  ("K", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
]

/// Reads a size in bytes such as `64Mi`, `64M`, `1.5Gi` or `1048576`.
///
/// - Parameter text: The text, without spaces.
/// - Returns: The bytes, or `nil` if the text is no size, is no whole number of bytes, or does not
///   fit.
public func parseByteSize(_ text: some StringProtocol) -> Int? {
  let text = Substring(text)
  guard let end = text.utf8.firstIndex(where: { $0 > UInt8(ascii: "9") }) else {
    return scaled(text, by: 1).map(Int.init)
  }
  guard let suffix = suffixes.first(where: { text[end...] == $0.name }) else { return nil }
  return scaled(text[..<end], by: suffix.bytes).map(Int.init)
}

/// Writes a size in the largest unit of 1,024 that is exact, such as `64Mi`.
///
/// - Parameter bytes: The size in bytes.
/// - Returns: A text that `parseByteSize` reads back.
public func formatByteSize(_ bytes: Int) -> String {
  for suffix in suffixes.prefix(4).reversed()
  where bytes != 0 && bytes % Int(suffix.bytes) == 0 {
    return "\(bytes / Int(suffix.bytes))\(suffix.name)"
  }
  return "\(bytes)"
}

/// Reads a share of processors such as `500m`, `0.5` or `2`.
///
/// - Parameter text: The text, without spaces.
/// - Returns: Thousandths of a processor, or `nil` if the text is no share, is finer than a
///   thousandth, or does not fit.
public func parseCPUQuantity(_ text: some StringProtocol) -> Int? {
  let text = Substring(text)
  guard text.utf8.last == UInt8(ascii: "m") else { return scaled(text, by: 1_000).map(Int.init) }
  return scaled(Substring(text.utf8.dropLast()), by: 1).map(Int.init)
}
