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
      all[record.textRange].elementsEqual(other)
    }
  }
}
