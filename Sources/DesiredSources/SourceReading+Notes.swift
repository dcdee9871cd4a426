import GitSource
import TextForms

extension SourceReading {
  /// What a person should know of the files, each a sentence: which are not read, or not as they lie
  /// on disk.
  public var notes: [String] {
    var notes: [String] = []
    func note(_ sentence: String, _ paths: [String], _ end: String = "") {
      if !paths.isEmpty { notes.append("\(sentence): \(named(paths))\(end)") }
    }
    if let version = commit.version {
      let next = version.runnerUp.map { "the next is \($0)" } ?? "there is no other"
      notes.append("\(version.tag) is the highest version in the range; \(next)")
    }
    note(
      "not committed, so not read", uncommitted,
      "; 'git add' and commit, or try it with --worktree")
    note("deleted, but not in a commit, so still read", deleted)
    note("written since the commit, and read as committed", touched)
    if let blindSpot { notes.append("what is not committed could not be seen: \(blindSpot)") }
    note("overlaid", overlaid)
    note("not checked out, so not read", absent)
    note("not read for its ending", passedOver, "; manifests end in .yaml, .yml or .json")
    return notes
  }
}
