/// What the files `.reconcileignore` of a selection leave out, by git's rules for `.gitignore`.
///
/// The last pattern that fits decides, those of deeper folders after those above them; what lies in a
/// folder that is left out cannot be taken in again.
struct IgnoreRules: Hashable, Sendable {
  static let fileName = ".reconcileignore"
  static let nameBytes = Array(fileName.utf8)

  private struct File: Hashable {
    /// From the root of the repository, empty for the root.
    var folder: String
    var patterns: [IgnorePattern]
  }

  private var files: [File] = []

  /// Adds the patterns of the file in a folder; folders come before what lies in them.
  mutating func add(_ bytes: [UInt8], in folder: String) {
    var bytes = bytes[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    let patterns = bytes.split(separator: UInt8(ascii: "\n")).compactMap { IgnorePattern($0) }
    if !patterns.isEmpty { files.append(File(folder: folder, patterns: patterns)) }
  }

  /// Whether a file or folder is left out, looked at alone.
  func leavesOut(_ path: String, isFolder: Bool) -> Bool {
    for file in files.reversed() {
      guard let inner = path.inner(to: file.folder) else { continue }
      let names = inner.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
      if let last = file.patterns.last(where: { $0.fits(names, isFolder: isFolder) }) {
        return !last.isNegated
      }
    }
    return false
  }

  /// Whether a file, or a folder that it lies in, is left out.
  func leavesOut(file path: String) -> Bool {
    guard !files.isEmpty else { return false }
    return path.indices.contains {
      path[$0] == "/" && leavesOut(String(path[..<$0]), isFolder: true)
    } || leavesOut(path, isFolder: false)
  }
}

extension String {
  /// The rest of a path below a folder, or `nil` where it does not lie in it.
  fileprivate func inner(to folder: String) -> Substring? {
    if folder.isEmpty { return self[...] }
    guard hasPrefix(folder), utf8.dropFirst(folder.utf8.count).first == UInt8(ascii: "/")
    else { return nil }
    return self[utf8.index(startIndex, offsetBy: folder.utf8.count + 1)...]
  }
}

/// One line of such a file.
struct IgnorePattern: Hashable {
  let isNegated: Bool
  private let isForFolders: Bool
  private let pattern: PathPattern

  /// Reads a line; `nil` where it says nothing.
  init?(_ line: ArraySlice<UInt8>) {
    var line = line
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    while line.last == UInt8(ascii: " "), !line.endsEscaped { line.removeLast() }
    guard line.first != UInt8(ascii: "#") else { return nil }
    isNegated = line.first == UInt8(ascii: "!")
    if isNegated { line.removeFirst() }
    isForFolders = line.last == slash
    if isForFolders { line.removeLast() }
    let isAnchored = line.contains(slash)
    if line.first == slash { line.removeFirst() }
    guard let pattern = PathPattern(line, isAnchored: isAnchored) else { return nil }
    self.pattern = pattern
  }

  /// Whether it is a pattern of a path, given by its names.
  func fits(_ path: [[UInt8]], isFolder: Bool) -> Bool {
    (isFolder || !isForFolders) && pattern.fit(of: path) == .whole
  }
}

private let slash = UInt8(ascii: "/")

extension ArraySlice<UInt8> {
  /// Whether the last byte stands behind a backslash that is none of a pair.
  fileprivate var endsEscaped: Bool {
    dropLast().reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
  }
}
