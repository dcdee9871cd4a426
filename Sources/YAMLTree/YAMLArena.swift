import Glibc

/// One node of the tree in 24 bytes.
///
/// Records stand in the order of the text, a collection before its children, so the first child
/// of a collection is the next record, and `end` leads to the next sibling.
struct YAMLRecord: Sendable {
  var kind: YAMLKind
  var style: YAMLStyle
  /// 1-based index into the arena's tags; 0 where the text gives none.
  var tag: UInt16 = 0
  /// The line in the lower 24 bits, the layer in the upper 8.
  private var place: UInt32
  var column: UInt32
  /// Where a scalar's bytes begin in the arena's text.
  var start: UInt32 = 0
  /// The bytes of a scalar, the elements of a sequence, the entries of a mapping.
  var count: UInt32 = 0
  /// The index after the last record of this subtree.
  var end: UInt32 = 0

  init(_ kind: YAMLKind, _ style: YAMLStyle, at mark: YAMLMark) {
    self.kind = kind
    self.style = style
    place = UInt32(clamping: min(mark.line, Self.lastLine))
    self.column = UInt32(truncatingIfNeeded: mark.column)
  }

  /// Whether this is a `<<` key whose entries were merged: passed over when entries are listed.
  var isHidden: Bool {
    get { tag == .max }
    set { tag = newValue ? .max : 0 }
  }

  /// Which of the texts of a merged tree it comes from: 0 for the lowest.
  var layer: Int {
    get { Int(place >> 24) }
    set { place = place & UInt32(Self.lastLine) | UInt32(truncatingIfNeeded: newValue) << 24 }
  }

  /// A text of that many lines is far beyond its limit of bytes.
  private static let lastLine = 1 << 24 - 1

  var mark: YAMLMark { YAMLMark(line: Int(place) & Self.lastLine, column: Int(column)) }
  var endIndex: Int { Int(end) }
  var textRange: Range<Int> { Int(start)..<(Int(start) + Int(count)) }
}

/// The nodes of all documents of one text, and one buffer with the text of all scalars.
final class YAMLArena: Sendable {
  let records: [YAMLRecord]
  let text: [UInt8]
  let tags: [String]
  /// The files of the texts that a merged tree has above its lowest one.
  let layers: [String]

  init(records: [YAMLRecord], text: [UInt8], tags: [String], layers: [String] = []) {
    self.records = records
    self.text = text
    self.tags = tags
    self.layers = layers
  }

  /// Whether the scalar at `index` has exactly these bytes.
  func text(of index: Int, equals other: UnsafeBufferPointer<UInt8>) -> Bool {
    let record = records[index]
    guard record.kind == .scalar, Int(record.count) == other.count else { return false }
    return text.withUnsafeBufferPointer { all in
      haveSameBytes(UnsafeBufferPointer(rebasing: all[record.textRange]), other)
    }
  }

  /// The index of the value of a key of the mapping at `mapping`.
  ///
  /// It runs over both buffers, since a node for each key passed would cost more than the search.
  func value(of mapping: Int, for key: UnsafeBufferPointer<UInt8>) -> Int? {
    records.withUnsafeBufferPointer { records in
      text.withUnsafeBufferPointer { text in
        let end = records[mapping].endIndex
        var next = mapping + 1
        while next < end {
          let record = records[next]
          let value = record.endIndex
          guard value < end else { return nil }  // a damaged mapping may end with a key
          if Int(record.count) == key.count, record.kind == .scalar, !record.isHidden,
            haveSameBytes(UnsafeBufferPointer(rebasing: text[record.textRange]), key)
          {
            return value
          }
          next = records[value].endIndex
        }
        return nil
      }
    }
  }

  /// The indices of the keys of the mapping at `mapping` that are none of those known.
  func keys(of mapping: Int, besides known: [StaticString]) -> [Int] {
    records.withUnsafeBufferPointer { records in
      text.withUnsafeBufferPointer { text in
        var others: [Int] = []
        let end = records[mapping].endIndex
        var next = mapping + 1
        while next < end, records[next].endIndex < end {
          let record = records[next]
          let key = UnsafeBufferPointer(rebasing: text[record.textRange])
          if !record.isHidden,
            !known.contains(where: { $0.withUTF8Buffer { haveSameBytes($0, key) } })
          {
            others.append(next)
          }
          next = records[record.endIndex].endIndex
        }
        return others
      }
    }
  }
}

/// Whether two texts are the same, byte for byte.
func haveSameBytes(
  _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
) -> Bool {
  guard left.count == right.count else { return false }
  guard let left = left.baseAddress, let other = right.baseAddress else { return true }
  return memcmp(left, other, right.count) == 0
}
