import Glibc

/// Collects a selection within limits.
struct SelectionBuilder {
  let limits: GitLimits
  /// Contents from an earlier reading, by blob id: they need not be read again.
  let known: [String: [UInt8]]
  private let suffixes: [[UInt8]]
  private var selection = GitSelection()
  private var totalBytes = 0
  private var entries = 0
  /// How many files that are passed over may still be looked into.
  private var looks = 64
  /// The size of a file in bytes up to which it is looked into.
  static let lookBytes = 1 << 16

  init(suffixes: [String], limits: GitLimits, known: [String: [UInt8]] = [:]) {
    self.suffixes = suffixes.map { Array($0.utf8) }
    self.limits = limits
    self.known = known
  }

  /// A builder of the same kind that holds nothing yet.
  var emptied: SelectionBuilder { SelectionBuilder(like: self) }

  private init(like other: SelectionBuilder) {
    (limits, known, suffixes) = (other.limits, other.known, other.suffixes)
  }

  /// Counts an entry of a folder, and looks whether anybody still waits for it.
  mutating func visit() throws(GitError) {
    guard !Task.isCancelled else { throw .cancelled }
    entries += 1
    guard entries <= limits.entries else {
      throw .limitExceeded("there are more than \(limits.entries) files and folders")
    }
  }

  /// Whether a file of this name is asked for; capitals count as small letters.
  func isSelected(_ name: [UInt8]) -> Bool {
    suffixes.contains { suffix in
      name.count >= suffix.count
        && name.suffix(suffix.count).elementsEqual(suffix) { lowercased($0) == $1 }
    }
  }

  /// Whether a link of this name may stand for a file that is asked for, or for a folder.
  func mayLeadToFiles(_ name: [UInt8]) -> Bool {
    isSelected(name) || !name.dropFirst().contains(UInt8(ascii: "."))
  }

  /// Takes in what the `.reconcileignore` of a folder says, before what lies in the folder.
  mutating func ignore(by bytes: [UInt8], in folder: String) {
    selection.rules.add(bytes, in: folder)
  }

  /// Takes in only what fits a pattern, or lies in a folder that does.
  mutating func take(only pattern: PathPattern) { selection.pattern = pattern }

  /// Whether a file or folder is asked for, as far as its path tells, or a link that may stand for a
  /// folder; notes what a `.reconcileignore` leaves out, but nothing below.
  mutating func isAskedFor(_ path: String, isFolder: Bool, mayLead: Bool) -> Bool {
    selection.isAskedFor(path, mayLead: mayLead) && !isIgnored(path, isFolder: isFolder)
  }

  private mutating func isIgnored(_ path: String, isFolder: Bool) -> Bool {
    guard selection.rules.leavesOut(path, isFolder: isFolder) else { return false }
    selection.ignored.append(path)
    return true
  }

  mutating func refuse(_ path: String, _ reason: GitRefusal.Reason) {
    selection.refused.append(GitRefusal(path: path, reason: reason))
  }

  /// Whether a file that is passed over for its ending is to be looked into; counts it.
  mutating func mayLook() -> Bool {
    looks -= 1
    return looks >= 0
  }

  /// Notes a file that is passed over for its ending alone.
  mutating func pass(_ path: String, _ bytes: [UInt8]) {
    if looksLikeManifest(bytes) { selection.passedOver.append(path) }
  }

  mutating func add(_ file: GitFile) throws(GitError) {
    totalBytes += file.bytes.count
    guard selection.files.count < limits.files else {
      throw .limitExceeded("more than \(limits.files) files are selected")
    }
    guard totalBytes <= limits.totalBytes else {
      throw .limitExceeded("the selected files have more than \(limits.totalBytes) bytes")
    }
    selection.files.append(file)
  }

  /// The selection in the order of the bytes of the paths.
  func sorted() -> GitSelection {
    var sorted = selection
    sorted.files.sort { isBefore($0.path, $1.path) }
    sorted.ignored.sort(by: isBefore)
    sorted.refused.sort { isBefore($0.path, $1.path) }
    guard !selection.passedOver.isEmpty else { return sorted }
    let folders = Set(sorted.files.map { folder(of: $0.path) })
    sorted.passedOver = selection.passedOver.filter { folders.contains(folder(of: $0)) }
      .sorted(by: isBefore)
    return sorted
  }
}

/// Whether the bytes of a path come before those of another one.
private func isBefore(_ path: String, _ other: String) -> Bool {
  let common = min(path.utf8.count, other.utf8.count)
  let order = path.utf8.withContiguousStorageIfAvailable { path in
    other.utf8.withContiguousStorageIfAvailable { other -> Int32 in
      guard let path = path.baseAddress, let other = other.baseAddress else { return 0 }
      return memcmp(path, other, common)
    }
  }
  guard case let order?? = order else { return path.utf8.lexicographicallyPrecedes(other.utf8) }
  return order == 0 ? path.utf8.count < other.utf8.count : order < 0
}

private func lowercased(_ byte: UInt8) -> UInt8 {
  (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
}

private func folder(of path: String) -> Substring {
  path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
}

/// Whether a file begins as manifests do, after comments and empty lines.
private func looksLikeManifest(_ bytes: [UInt8]) -> Bool {
  for line in bytes.split(separator: UInt8(ascii: "\n")) {
    let line = String(decoding: line, as: UTF8.self)
    let text = line.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
    if text.isEmpty || text.hasPrefix("#") || text.hasPrefix("---") { continue }
    guard text.hasPrefix("{") else {
      return text.hasPrefix("apiVersion:") || text.hasPrefix("kind:")
    }
    return String(decoding: bytes, as: UTF8.self).contains("\"apiVersion\"")
  }
  return false
}
