/// Strings that have been seen, so that one seen again costs no allocation.
///
/// Bounded: a new string takes the place of one with the same hash, so that a sender that never
/// repeats itself cannot fill the memory.
public struct StringPool: Sendable {
  private var slots: [String]
  private let mask: Int

  /// Creates a pool.
  ///
  /// - Parameter capacity: How many strings are remembered; rounded up to a power of two.
  public init(capacity: Int = 4096) {
    var size = 16
    while size < capacity, size < 1 << 20 { size *= 2 }
    slots = Array(repeating: "", count: size)
    mask = size - 1
  }

  /// Returns the string of some bytes.
  ///
  /// A string whose place another one holds takes that place; strings of up to fifteen bytes
  /// need no storage of their own and are not remembered.
  ///
  /// - Parameter bytes: Valid UTF-8.
  /// - Returns: The string.
  public mutating func string(_ bytes: UnsafeRawBufferPointer) -> String {
    guard bytes.count > 15 else { return String(decoding: bytes, as: UTF8.self) }
    let slot = quickHash(of: bytes) & mask
    let isKnown =
      slots[slot].utf8.withContiguousStorageIfAvailable { known in
        areSame(UnsafeRawBufferPointer(known), bytes)
      } ?? false
    if !isKnown { slots[slot] = String(decoding: bytes, as: UTF8.self) }
    return slots[slot]
  }
}

/// A quick mixture of all bytes, eight at a time, for tables in which a collision costs little.
@inline(__always)
package func quickHash(of bytes: UnsafeRawBufferPointer) -> Int {
  var hash = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
  var position = 0
  while position + 8 <= bytes.count {
    hash =
      (hash ^ bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      &* 0xFF51_AFD7_ED55_8CCD
    hash ^= hash >> 32
    position += 8
  }
  while position < bytes.count {
    hash = (hash ^ UInt64(bytes[position])) &* 0x0000_0100_0000_01B3
    position += 1
  }
  hash ^= hash >> 29
  return Int(truncatingIfNeeded: hash & 0x7FFF_FFFF)
}

/// Whether two runs of bytes are the same, eight at a time.
@inline(__always)
package func areSame(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
  guard left.count == right.count else { return false }
  var position = 0
  while position + 8 <= left.count {
    guard
      left.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        == right.loadUnaligned(fromByteOffset: position, as: UInt64.self)
    else { return false }
    position += 8
  }
  while position < left.count, left[position] == right[position] { position += 1 }
  return position == left.count
}
