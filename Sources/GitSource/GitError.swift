public import Diagnostics

/// What can go wrong between a repository and its files.
public enum GitError: DiagnosticError, Hashable {
  /// There is no repository at this path or above it.
  case notARepository(path: String)
  /// The repository belongs to another user.
  case dubiousOwnership(path: String)
  /// The repository cannot be opened: libgit2's own words.
  case unsupportedRepository(path: String, detail: String)
  /// The text names no branch, tag or commit.
  case unsupportedReference(String)
  /// There is no such branch, tag or commit; the nearest known name, and some known ones.
  case referenceNotFound(String, nearest: String?, known: [String])
  /// The name means several different commits; the full names or the reason.
  case ambiguousReference(String, candidates: [String])
  /// The repository has no commit yet.
  case noCommit(path: String)
  /// An object of the repository cannot be read: which, and libgit2's own words.
  case unreadable(String, detail: String)
  /// The path is not in the tree of the commit, or not on disk.
  case pathNotFound(String, where: String)
  /// The path leads out of the repository.
  case invalidPath(String)
  /// A bound is passed: what there is too much of, with the bound.
  case limitExceeded(String)
  /// The repository has no files on disk.
  case noWorktree(path: String)
  /// The task that asked was cancelled.
  case cancelled

  /// Transient where another try may go better, else stalled.
  public var disposition: Disposition {
    switch self {
    case .cancelled, .unreadable: .transient
    default: .stalled
    }
  }

  /// The finding, with a remedy.
  public var diagnostics: [Diagnostic] {
    let (number, message, remedy) = finding
    return [Diagnostic(DiagnosticCode("GIT", number), .error, message, remedy: remedy)]
  }

  private var finding: (Int, String, String?) {
    switch self {
    case .notARepository(let path):
      (
        1, "\(path) is not a git repository, nor is any folder above it",
        "name a folder in a repository; `git init` and a commit make one"
      )
    case .dubiousOwnership(let path):
      (
        2, "the repository \(path) belongs to another user",
        "run as its owner, or read a clone of your own"
      )
    case .unsupportedRepository(let path, let detail):
      (3, "the repository \(path) cannot be opened: \(detail)", "check it with `git fsck`")
    case .unsupportedReference(let text):
      (
        4, "\"\(text)\" is not the name of a branch, tag or commit",
        "give a branch, a tag, a commit id, HEAD or a name under refs/; `git rev-parse` "
          + "turns an expression into a commit id"
      )
    case .referenceNotFound(let name, let nearest, let known):
      (5, "there is no branch, tag or commit \"\(name)\"", advice(nearest, known))
    case .ambiguousReference(let name, let candidates):
      (
        6, "\"\(name)\" may mean several commits: \(candidates.joined(separator: ", "))",
        "write the full name, or more digits of the commit id"
      )
    case .noCommit(let path):
      (7, "the repository \(path) has no commit yet", "commit the manifests, then try again")
    case .unreadable(let what, let detail):
      (
        8, "\(what) cannot be read: \(detail)",
        "run `git fsck`; fetch the missing objects or restore them from another clone"
      )
    case .pathNotFound(let path, let place):
      (9, "there is no \"\(path)\" in \(place)", "check the path and the branch")
    case .invalidPath(let path):
      (
        10, "the path \"\(path)\" does not lie in the repository",
        "give a path relative to the root of the repository, without .."
      )
    case .limitExceeded(let what):
      (11, what, "select a smaller folder, or split the repository")
    case .noWorktree(let path):
      (
        12, "the repository \(path) is bare and has no files on disk",
        "read a commit, or name a work tree"
      )
    case .cancelled: (13, "reading the repository was cancelled", nil)
    }
  }
}

private func advice(_ nearest: String?, _ known: [String]) -> String {
  if let nearest { return "did you mean \"\(nearest)\"?" }
  return known.isEmpty
    ? "the repository has no branch and no tag; push or commit first"
    : "known are \(known.joined(separator: ", "))"
}
