import Diagnostics
import TextForms

extension YAMLTreeBuilder {
  /// Puts a copy of what `&name` names here.
  mutating func addAlias(_ name: String, at mark: YAMLMark) throws(YAMLError) {
    switch anchors[name] {
    case nil: throw .unknownAnchor(name, mark.position(path))
    case .open: throw .circularAlias(name, mark.position(path))
    case .closed(let range, let height):
      guard frames.count + height <= limits.depth else {
        throw .limitExceeded(
          "the alias *\(excerpt(name)) leads more than \(limits.depth) deep", mark.position(path))
      }
      let index = records.count
      try count(range.count, at: mark)
      try reserve(range.count, at: mark)
      copy(range)
      try attach(index, height: height, at: mark)
    }
  }

  /// Adds to a mapping the entries that its `<<` entries stand for, and hides those.
  ///
  /// Explicit entries win over merged ones, earlier merged ones over later ones. Nothing moves,
  /// so that what anchors name stays where it is.
  mutating func merge(into mapping: Int) throws(YAMLError) {
    var names: Set<ArraySlice<UInt8>> = []
    var sources: [Int] = []
    for key in keys(of: mapping) {
      if isMergeKey(key) {
        sources += try mergeSources(at: records[key].endIndex)
        records[key].isHidden = true
      } else {
        names.insert(text[records[key].textRange])
      }
    }
    var merged: [Int] = []
    for source in sources {
      for key in keys(of: source) where names.insert(text[records[key].textRange]).inserted {
        merged.append(key)
      }
    }
    try appendEntries(merged, to: mapping)
    records[mapping].count = UInt32(truncatingIfNeeded: keys(of: mapping).count)
  }

  /// The mappings that the value of a `<<` names.
  private func mergeSources(at value: Int) throws(YAMLError) -> [Int] {
    let record = records[value]
    guard record.kind == .sequence else {
      guard record.kind == .mapping else { throw .mergeValue(record.mark.position(path)) }
      return [value]
    }
    var sources: [Int] = []
    var next = value + 1
    while next < record.endIndex {
      guard records[next].kind == .mapping else {
        throw .mergeValue(records[next].mark.position(path))
      }
      sources.append(next)
      next = records[next].endIndex
    }
    return sources
  }

  private mutating func appendEntries(_ keys: [Int], to mapping: Int) throws(YAMLError) {
    for key in keys {
      let range = key..<nextKey(after: key)
      try count(range.count, at: records[mapping].mark)
      try reserve(range.count, at: records[mapping].mark)
      copy(range)
    }
    records[mapping].end = UInt32(truncatingIfNeeded: records.count)
  }

  /// Whether this key is a `<<` that merges, not the text in quotes.
  func isMergeKey(_ index: Int) -> Bool {
    guard records[index].count == 2, records[index].style == .plain else { return false }
    let start = Int(records[index].start)
    return text[start] == UInt8(ascii: "<") && text[start + 1] == UInt8(ascii: "<")
  }

  /// Appends a copy of whole subtrees.
  private mutating func copy(_ range: Range<Int>) {
    let shift = records.count - range.lowerBound
    for index in range {
      var record = records[index]
      record.end = UInt32(truncatingIfNeeded: record.endIndex &+ shift)
      records.append(record)
    }
  }

  private mutating func count(_ added: Int, at mark: YAMLMark) throws(YAMLError) {
    copies &+= added
    guard copies <= limits.aliases else {
      throw .limitExceeded(
        "aliases and merge keys add more than \(limits.aliases) nodes", mark.position(path))
    }
  }
}
