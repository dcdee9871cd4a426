/// Collects a selection within limits.
struct SelectionBuilder {
  let limits: GitLimits
  /// Contents from an earlier reading, by blob id: they need not be read again.
  let known: [String: [UInt8]]
  private let suffixes: [[UInt8]]
  private var selection = GitSelection()
  private var totalBytes = 0
  private var entries = 0

  init(suffixes: [String], limits: GitLimits, known: [String: [UInt8]] = [:]) {
    self.suffixes = suffixes.map { Array($0.utf8) }
    self.limits = limits
    self.known = known
  }

  /// Counts an entry of a folder, and looks whether anybody still waits for it.
  mutating func visit() throws(GitError) {
    guard !Task.isCancelled else { throw .cancelled }
    entries += 1
    guard entries <= limits.entries else {
      throw .limitExceeded("there are more than \(limits.entries) files and folders")
    }
  }

  /// Whether a file of this name is asked for.
  func isSelected(_ name: [UInt8]) -> Bool {
    suffixes.contains { name.count >= $0.count && name.suffix($0.count) == $0[...] }
  }

  /// Whether a link of this name may stand for a file that is asked for, or for a folder.
  func mayLeadToFiles(_ name: [UInt8]) -> Bool {
    isSelected(name) || !name.dropFirst().contains(UInt8(ascii: "."))
  }

  mutating func refuse(_ path: String, _ reason: GitRefusal.Reason) {
    selection.refused.append(GitRefusal(path: path, reason: reason))
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
    sorted.files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    sorted.refused.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    return sorted
  }
}
