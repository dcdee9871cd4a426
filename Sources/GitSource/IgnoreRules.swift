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
  /// The names of a path, `**` for any number of them.
  private let names: [[UInt8]]

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
    var names = line.split(separator: slash, omittingEmptySubsequences: false).map { name in
      name.count > 1 && name.allSatisfy { $0 == UInt8(ascii: "*") } ? Self.anyNames : Array(name)
    }
    guard !line.isEmpty, !names.contains([]) else { return nil }
    if !isAnchored { names.insert(Self.anyNames, at: 0) }
    self.names = names
  }

  private static let anyNames = Array("**".utf8)

  /// Whether it is a pattern of a path, given by its names.
  func fits(_ path: [[UInt8]], isFolder: Bool) -> Bool {
    guard isFolder || !isForFolders else { return false }
    return matches(path)
  }

  /// Whether the names are those of a path; costs at most a look at each name by each pattern.
  private func matches(_ path: [[UInt8]]) -> Bool {
    // For each beginning of the path, whether the names so far are a pattern of it.
    var fits = [Bool](repeating: false, count: path.count + 1)
    fits[0] = true
    for (position, name) in names.enumerated() {
      var next = [Bool](repeating: false, count: path.count + 1)
      if name == Self.anyNames {
        // At the end it stands for what lies in a folder, not for the folder.
        let least = position == names.count - 1 && position > 0 ? 1 : 0
        var first: Int?
        for end in 0...path.count {
          if let first, end - first >= least { next[end] = true }
          if first == nil, fits[end] {
            first = end
            next[end] = least == 0
          }
        }
      } else {
        for end in path.indices where fits[end] {
          next[end + 1] = matchesName(path[end][...], name[...])
        }
      }
      fits = next
    }
    return fits[path.count]
  }
}

private let slash = UInt8(ascii: "/")

extension ArraySlice<UInt8> {
  /// Whether the last byte stands behind a backslash that is none of a pair.
  fileprivate var endsEscaped: Bool {
    dropLast().reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
  }
}

/// Whether a name fits a pattern of `*`, `?`, `[a-z]` and `\`; tries each `*` at each place once.
private func matchesName(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
  var (rest, left) = (name, pattern)
  /// Where to go on if what follows the last `*` does not fit: one byte further.
  var retry: (name: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
  while true {
    if left.first == UInt8(ascii: "*") {
      left = left.drop { $0 == UInt8(ascii: "*") }
      retry = (rest, left)
      continue
    }
    if let byte = rest.first, let next = matchOne(byte, left) {
      rest.removeFirst()
      left = next
      continue
    }
    if rest.isEmpty, left.isEmpty { return true }
    guard var again = retry, !again.name.isEmpty else { return false }
    again.name.removeFirst()
    retry = again
    (rest, left) = again
  }
}

/// What of a pattern is left once its first element took a byte; `nil` where it does not.
private func matchOne(_ byte: UInt8, _ pattern: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
  switch pattern.first {
  case nil: return nil
  case UInt8(ascii: "?"): return pattern.dropFirst()
  case UInt8(ascii: "["): return matchSet(byte, pattern.dropFirst())
  case UInt8(ascii: "\\"):
    let escaped = pattern.dropFirst()
    return escaped.first == byte ? escaped.dropFirst() : nil
  case let first: return first == byte ? pattern.dropFirst() : nil
  }
}

/// The same of a set such as `[a-z]` or `[!a]`, from behind its bracket; one without an end fits nothing.
private func matchSet(_ byte: UInt8, _ pattern: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
  var rest = pattern
  let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
  if isNegated { rest.removeFirst() }
  func take() -> UInt8? {
    if rest.first == UInt8(ascii: "\\") { rest.removeFirst() }
    return rest.popFirst()
  }
  var contains = false
  var isFirst = true
  while isFirst || rest.first != UInt8(ascii: "]") {
    isFirst = false
    guard let low = take() else { return nil }
    var high = low
    if rest.first == UInt8(ascii: "-"), let end = rest.dropFirst().first,
      end != UInt8(ascii: "]")
    {
      rest.removeFirst()
      guard let last = take() else { return nil }
      high = last
    }
    if low <= high, (low...high).contains(byte) { contains = true }
  }
  return contains != isNegated ? rest.dropFirst() : nil
}
