import GitSource
import ReconcileLoop
import ServiceRuntime

/// A repository in memory: a line of commits on one branch, which can be made unreadable.
final class MemoryRepository: ManifestRepository {
  struct Unreadable: Error {}

  private struct State {
    var commits: [(commit: GitCommit, files: [GitFile])] = []
    var isReadable = true
  }

  private let state = Lock(State())

  /// Adds a commit that holds these files, by path.
  func commit(_ files: [String: String]) {
    state.withLock { state in
      let number = String(state.commits.count + 1, radix: 16)
      let id = String(repeating: "0", count: 40 - number.count) + number
      let commit = GitCommit(
        id: id, tree: id, authorTime: 0, committerTime: 0, summary: "Change \(number)",
        parents: state.commits.last.map { [$0.commit.id] } ?? [])
      let files = files.sorted { $0.key < $1.key }.map { path, text in
        GitFile(path: path, blob: "\(path) \(text.hashValue)", bytes: Array(text.utf8))
      }
      state.commits.append((commit, files))
    }
  }

  func setReadable(_ isReadable: Bool) { state.withLock { $0.isReadable = isReadable } }

  func resolve(_ reference: GitReference) async throws -> GitCommit {
    try state.withLock { state in
      let commits = state.commits.map(\.commit)
      let found =
        reference == .head ? commits.last : commits.first { $0.id == reference.description }
      guard state.isReadable, let found else { throw Unreadable() }
      return found
    }
  }

  func files(at commit: GitCommit, under folder: String) async throws -> GitSelection {
    try state.withLock { state in
      guard state.isReadable,
        let found = state.commits.first(where: { $0.commit.id == commit.id })
      else { throw Unreadable() }
      return GitSelection(files: found.files.filter { $0.path.hasPrefix(folder) })
    }
  }

  func worktreeFiles(under folder: String) async throws -> GitSelection { throw Unreadable() }

  func uncommittedChanges(under folder: String) async throws -> [String] { [] }

  func isDescendant(_ commit: String, of ancestor: String) async throws -> Bool {
    // Ids of one length grow with each commit.
    ancestor <= commit
  }
}
