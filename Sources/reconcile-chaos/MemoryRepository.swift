import DesiredSources
import GitSource
import ServiceRuntime

/// A repository in memory: a line of commits on one branch, which can be made
/// unreadable or point away from its line.
final class MemoryRepository: ManifestRepository {
  struct Unreadable: Error {}

  private struct State {
    var commits: [(commit: GitCommit, files: [GitFile])] = []
    var isReadable = true
    /// How often another clone was put in its place.
    var swaps = 0
    /// A commit that does not descend from the others, to which the branch was moved.
    var rewritten: (commit: GitCommit, files: [GitFile])?
  }

  private static let rewrittenID = String(repeating: "f", count: 40)

  private let state = Lock(State())

  /// Adds a commit that holds these files, by path.
  func commit(_ files: [String: String]) {
    state.withLock { state in
      let number = String(state.commits.count + 1, radix: 16)
      let id = String(repeating: "0", count: 40 - number.count) + number
      state.commits.append(
        Self.entry(id, over: state.commits.last.map { [$0.commit.id] } ?? [], files))
    }
  }

  /// Moves the branch to a commit that descends from none, or back to its line.
  func rewrite(_ files: [String: String]?) {
    let entry = files.map { Self.entry(Self.rewrittenID, over: [], $0) }
    state.withLock { $0.rewritten = entry }
  }

  /// Whether the line can be read.
  var isVisible: Bool { state.withLock { $0.isReadable && $0.rewritten == nil } }

  private static func entry(
    _ id: String, over parents: [String], _ files: [String: String]
  ) -> (commit: GitCommit, files: [GitFile]) {
    let commit = GitCommit(
      id: id, tree: id, authorTime: 0, committerTime: 0, summary: "Change", parents: parents)
    let files = files.sorted { $0.key < $1.key }.map { path, text in
      GitFile(path: path, blob: "\(path) \(text.hashValue)", bytes: Array(text.utf8))
    }
    return (commit, files)
  }

  /// Puts another clone in its place, with the same commits.
  func swap() { state.withLock { $0.swaps += 1 } }

  var identity: String { state.withLock { "clone \($0.swaps)" } }

  func setReadable(_ isReadable: Bool) { state.withLock { $0.isReadable = isReadable } }

  func resolve(_ reference: GitReference) async throws -> GitCommit {
    try state.withLock { state in
      let commits = state.commits.map(\.commit)
      let found =
        reference == .head
        ? state.rewritten?.commit ?? commits.last
        : commits.first { $0.id == reference.description }
      guard state.isReadable, let found else { throw Unreadable() }
      return found
    }
  }

  func files(at commit: GitCommit, under folder: String) async throws -> GitSelection {
    try state.withLock { state in
      guard state.isReadable,
        let found = ([state.rewritten].compactMap { $0 } + state.commits)
          .first(where: { $0.commit.id == commit.id })
      else { throw Unreadable() }
      return GitSelection(files: found.files.filter { $0.path.hasPrefix(folder) })
    }
  }

  func worktreeFiles(under folder: String) async throws -> GitSelection { throw Unreadable() }

  func ancestry(of commit: String, from ancestor: String) async throws -> GitAncestry {
    // Ids of one length grow with each commit of the line.
    commit != Self.rewrittenID && ancestor <= commit ? .descends : .unrelated
  }
}
