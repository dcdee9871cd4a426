import Diagnostics

extension YAMLTreeBuilder {
  /// Up to this many keys are compared pair by pair; more of them by hashing.
  private static let pairwise = 16
  /// Nobody reads more findings than this.
  private static let enough = 100

  /// Notes every key of a mapping that stands there twice.
  mutating func reportDuplicateKeys(of mapping: Int) {
    let record = records[mapping]
    if record.count <= Self.pairwise {
      reportPairwise(from: mapping + 1, to: record.endIndex)
    } else {
      reportHashed(from: mapping + 1, to: record.endIndex)
    }
  }

  private mutating func reportPairwise(from start: Int, to end: Int) {
    var key = start
    while key < end {
      var earlier = start
      while earlier < key, !haveSameText(earlier, key) { earlier = nextKey(after: earlier) }
      if earlier < key { reportDuplicate(key, first: earlier) }
      key = nextKey(after: key)
    }
  }

  private mutating func reportHashed(from start: Int, to end: Int) {
    var seen: [ArraySlice<UInt8>: Int] = [:]
    var key = start
    while key < end {
      let name = text[records[key].textRange]
      if let first = seen[name] { reportDuplicate(key, first: first) } else { seen[name] = key }
      key = nextKey(after: key)
    }
  }

  private mutating func reportDuplicate(_ key: Int, first: Int) {
    isDamaged = true
    guard findings.count < Self.enough else { return }
    let name = String(decoding: text[records[key].textRange], as: UTF8.self)
    findings.append(
      .duplicateKey(
        name, first: records[first].mark.position(path),
        second: records[key].mark.position(path)))
  }

  private func haveSameText(_ left: Int, _ right: Int) -> Bool {
    let (left, right) = (records[left], records[right])
    guard left.count == right.count else { return false }
    return text.withUnsafeBufferPointer { all in
      haveSameBytes(
        UnsafeBufferPointer(rebasing: all[left.textRange]),
        UnsafeBufferPointer(rebasing: all[right.textRange]))
    }
  }

  /// The keys of a closed mapping, without `<<` entries that were merged.
  func keys(of mapping: Int) -> [Int] {
    var keys: [Int] = []
    var key = mapping + 1
    while key < records[mapping].endIndex {
      if !records[key].isHidden { keys.append(key) }
      key = nextKey(after: key)
    }
    return keys
  }

  /// The key of the next entry: past this key and its value.
  func nextKey(after key: Int) -> Int { records[records[key].endIndex].endIndex }
}
