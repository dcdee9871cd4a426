import Diagnostics

/// Turns events into records; knows no C.
///
/// It is not copyable so that no copy can sneak into the loop over events.
struct YAMLTreeBuilder: ~Copyable {
  /// A collection whose end has not come yet.
  struct Frame {
    var index: Int
    var isMapping: Bool
    var hasAnchor: Bool
    var children = 0
    /// The highest subtree among the children.
    var height = 0
    /// Where the last key begins, to drop it if its value never comes.
    var lastKey = 0
    var holdsMerge = false
  }

  /// What `&name` names.
  enum Anchor {
    case open
    case closed(Range<Int>, height: Int)
  }

  /// A document as read: no root where it holds nothing.
  struct Root {
    var index: Int?
    var mark: YAMLMark
    var isDamaged: Bool
  }

  let path: String
  let limits: YAMLLimits
  var records: [YAMLRecord] = []
  var text: [UInt8] = []
  var tags: [String] = []
  var frames: [Frame] = []
  var anchors: [String: Anchor] = [:]
  /// The names of the anchors of open frames, innermost last.
  private var openAnchors: [String] = []
  var copies = 0
  var roots: [Root] = []
  /// Findings that do not end the reading of a document.
  var findings: [YAMLError] = []
  /// Whether the current document has a finding.
  var isDamaged = false
  private var documentStart = (index: 0, mark: YAMLMark(line: 1, column: 1))
  private var isInDocument = false

  init(path: String, limits: YAMLLimits, size: Int) {
    self.path = path
    self.limits = limits
    records.reserveCapacity(size / 12)
    text.reserveCapacity(size)
  }

  mutating func startDocument(at mark: YAMLMark) {
    documentStart = (records.count, mark)
    isDamaged = false
    isInDocument = true
  }

  mutating func endDocument() {
    let first = documentStart.index
    let isEmpty = records.count == first || (records.count == first + 1 && isVoid(records[first]))
    roots.append(
      Root(
        index: isEmpty ? nil : first, mark: documentStart.mark,
        isDamaged: isDamaged))
    anchors.removeAll(keepingCapacity: true)
    openAnchors.removeAll()
    isInDocument = false
  }

  /// Closes what a syntax error left open; the document counts as damaged.
  mutating func abandonDocument() {
    guard isInDocument else { return }
    while let frame = frames.popLast() {
      if frame.isMapping, !frame.children.isMultiple(of: 2) {
        records.removeSubrange(frame.lastKey...)
      }
      close(frame)
    }
    isDamaged = true
    endDocument()
  }

  /// Adds a scalar.
  mutating func addScalar(
    _ bytes: UnsafeBufferPointer<UInt8>, _ style: YAMLStyle, tag: String?, anchor: String?,
    at mark: YAMLMark
  ) throws(YAMLError) {
    var record = YAMLRecord(.scalar, style, at: mark)
    record.start = UInt32(truncatingIfNeeded: text.count)
    record.count = UInt32(truncatingIfNeeded: bytes.count)
    text.append(contentsOf: bytes)
    let index = try append(&record, tag: tag, at: mark)
    try attach(index, height: 0, at: mark)
    if let anchor { anchors[anchor] = .closed(index..<records.count, height: 0) }
  }

  /// Opens a mapping or sequence.
  mutating func startCollection(
    _ kind: YAMLKind, _ style: YAMLStyle, tag: String?, anchor: String?, at mark: YAMLMark
  ) throws(YAMLError) {
    guard frames.count < limits.depth else {
      throw .limitExceeded(
        "mappings and sequences lie more than \(limits.depth) deep", mark.position(path))
    }
    var record = YAMLRecord(kind, style, at: mark)
    let index = try append(&record, tag: tag, at: mark)
    try attach(index, height: 1, at: mark)
    if let anchor {
      anchors[anchor] = .open
      openAnchors.append(anchor)
    }
    frames.append(Frame(index: index, isMapping: kind == .mapping, hasAnchor: anchor != nil))
  }

  /// Closes the innermost mapping or sequence.
  mutating func endCollection() throws(YAMLError) {
    guard let frame = frames.popLast() else { return }
    close(frame)
    if frame.isMapping {
      reportDuplicateKeys(of: frame.index)
      if frame.holdsMerge { try merge(into: frame.index) }
    }
    let height = frame.height + 1
    if let parent = frames.indices.last, frames[parent].height < height {
      frames[parent].height = height
    }
    if frame.hasAnchor, let anchor = openAnchors.popLast() {
      anchors[anchor] = .closed(frame.index..<records.count, height: height)
    }
  }

  private mutating func close(_ frame: Frame) {
    let count = frame.isMapping ? frame.children / 2 : frame.children
    records[frame.index].count = UInt32(truncatingIfNeeded: count)
    records[frame.index].end = UInt32(truncatingIfNeeded: records.count)
  }

  /// Appends a record within the limits.
  private mutating func append(
    _ record: inout YAMLRecord, tag: String?, at mark: YAMLMark
  ) throws(YAMLError) -> Int {
    try reserve(1, at: mark)
    if let tag { record.tag = try intern(tag, at: mark) }
    let index = records.count
    record.end = UInt32(truncatingIfNeeded: index &+ 1)
    records.append(record)
    return index
  }

  /// Tells the parent about a child at `index`.
  mutating func attach(_ index: Int, height: Int, at mark: YAMLMark) throws(YAMLError) {
    guard let parent = frames.indices.last else { return }
    if frames[parent].isMapping, frames[parent].children.isMultiple(of: 2) {
      guard records[index].kind == .scalar else { throw .collectionAsKey(mark.position(path)) }
      frames[parent].lastKey = index
      if isMergeKey(index) { frames[parent].holdsMerge = true }
    }
    frames[parent].children &+= 1
    if frames[parent].height < height { frames[parent].height = height }
  }

  /// Makes sure that `count` more records may be added.
  func reserve(_ count: Int, at mark: YAMLMark) throws(YAMLError) {
    guard count <= limits.nodes - records.count else {
      throw .limitExceeded("the text has more than \(limits.nodes) nodes", mark.position(path))
    }
  }

  private mutating func intern(_ tag: String, at mark: YAMLMark) throws(YAMLError) -> UInt16 {
    if tags.last != tag { tags.append(tag) }
    guard tags.count < UInt16.max else {
      throw .limitExceeded("the text has more than \(UInt16.max - 1) tags", mark.position(path))
    }
    return UInt16(truncatingIfNeeded: tags.count)
  }

  private func isVoid(_ record: YAMLRecord) -> Bool {
    record.kind == .scalar && record.style == .plain && record.count == 0 && record.tag == 0
  }
}
