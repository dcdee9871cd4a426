public import Diagnostics

/// What can go wrong between a repository and its files.
public enum GitError: DiagnosticError, Hashable {
  /// There is no repository at this path or above it; why the path itself leads nowhere, if it does.
  case notARepository(path: String, missing: String? = nil)
  /// The repository belongs to another user: the folder, whose it is, and who asks.
  case dubiousOwnership(path: String, owner: String, user: String)
  /// The repository cannot be opened: libgit2's own words, and what helps where that is known.
  case unsupportedRepository(path: String, detail: String, remedy: String? = nil)
  /// The text names no branch, tag or commit.
  case unsupportedReference(String)
  /// There is no such branch, tag or commit; the nearest known name, and some known ones.
  case referenceNotFound(String, nearest: String?, known: [String])
  /// The name means several different commits; the full names or the reason.
  case ambiguousReference(String, candidates: [String])
  /// The repository has no commit yet.
  case noCommit(path: String)
  /// Something of the repository cannot be read: what, why, and what helps where that is known.
  case unreadable(String, detail: String, remedy: String? = nil)
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
  /// The name is that of something else than a commit: of what.
  case notACommit(String, kind: String)
  /// The name leads to another one, which is not there; some known ones.
  case danglingReference(String, target: String, known: [String])
  /// The way back that the name describes goes past the beginning of history, or along a parent
  /// that a commit does not have: which commit.
  case noSuchParent(String, of: String)
  /// The address is none that is read: what may be shown of it, why, and what helps.
  case unreadableAddress(String, why: String, remedy: String?)
  /// No tag has a version in the range; some that have one, the highest first.
  case noVersion(String, known: [String])
  /// Nothing can be learnt from a repository on another machine: what may be shown of its address,
  /// and why.
  case remote(String, RemoteFailure)
  /// A reading was given up: of what, and why.
  case overdue(String, detail: String)

  /// Transient where another try may go better, else stalled.
  public var disposition: Disposition {
    switch self {
    case .cancelled, .unreadable, .overdue: .transient
    case .remote(_, let failure): failure.isTransient ? .transient : .stalled
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
    case .notARepository(let path, let missing?):
      (1, "\(path) is not there: \(missing)", "name a folder in a repository")
    case .notARepository(let path, nil):
      (
        1, "\(path) is not a git repository, nor is any folder above it",
        "name a folder in a repository; `git init` and a commit make one"
      )
    case .dubiousOwnership(let path, let owner, let user):
      (
        2, "the repository \(path) belongs to \(owner), and this runs as \(user)",
        "run as its owner, trust it with `git config --global --add safe.directory \(path)`, or "
          + "read a clone of your own"
      )
    case .unsupportedRepository(let path, let detail, let remedy):
      (
        3, "the repository \(path) cannot be opened: \(detail)",
        remedy ?? "check it with `git fsck`"
      )
    case .unsupportedReference(let text):
      (
        4, "\"\(text)\" is not the name of a branch, tag or commit",
        "give a branch, a tag, a commit id, HEAD or a name under refs/, each also with ~1 or ^2 "
          + "after it, or a range of versions as \"semver:>=1.2 <2\"; `git rev-parse` turns any other expression into a commit id"
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
    case .unreadable(let what, let detail, let remedy):
      (
        8, "\(what) cannot be read: \(detail)",
        remedy ?? "run `git fsck`; fetch the missing objects or restore them from another clone"
      )
    case .pathNotFound(let path, let place):
      (9, "there is no \"\(path)\" in \(place)", "check the path and the branch")
    case .invalidPath(let path):
      (
        10, "the path \"\(path)\" does not lie in the repository",
        "give a path in it, relative to where you stand there, else to its root"
      )
    case .limitExceeded(let what):
      (11, what, "select a smaller folder, or split the repository")
    case .noWorktree(let path):
      (
        12, "the repository \(path) is bare and has no files on disk",
        "read a commit, or name a work tree"
      )
    case .cancelled: (13, "reading the repository was cancelled", nil)
    case .notACommit(let name, let kind):
      (
        15, "\"\(name)\" is the name of a \(kind), not of a commit",
        "give a branch, a tag or an id of a commit"
      )
    case .danglingReference(let name, let target, let known):
      (
        16, "\"\(name)\" leads to \"\(target)\", which is not there",
        "let `git symbolic-ref` lead it to a branch; " + advice(nil, known)
      )
    case .noSuchParent(let name, let commit):
      (
        17, "\"\(name)\" leads nowhere: commit \(commit.prefix(7)) has no such parent",
        "see `git log` for how far history goes back"
      )
    case .unreadableAddress(let address, let why, let remedy):
      (18, "\(address) is no address that is read: \(why)", remedy)
    case .remote(let address, let failure): failure.finding(address)
    case .overdue(let path, let detail):
      (
        34, "the repository \(path) was not read in time: \(detail)",
        "see what holds its disk, such as a file system that went away or a pipe in place of a file, "
          + "or allow more time with --fetch-timeout (fetchTimeout)"
      )
    case .noVersion(let range, let known):
      (
        33, "no tag has a version in \"\(range)\"",
        known.isEmpty
          ? "tags with versions are such as v1.2.3; push one first"
          : "known are \(known.joined(separator: ", "))"
      )
    }
  }
}

private func advice(_ nearest: String?, _ known: [String]) -> String {
  if let nearest { return "did you mean \"\(nearest)\"?" }
  return known.isEmpty
    ? "the repository has no branch and no tag; push or commit first"
    : "known are \(known.joined(separator: ", "))"
}
