import CGit2

/// An open repository; belongs to one thread at a time.
struct GitHandle: ~Copyable {
  /// The path that was asked for, for messages.
  let path: String
  let repository: GitObject
  let objects: GitObject

  /// Opens the repository that `path` lies in: a bare one, or the nearest folder above with one.
  init(opening path: String) throws(GitError) {
    GitRuntime.start
    self.path = path
    do throws(GitFailure) {
      let repository = try GitObject(git_repository_free) {
        git_repository_open_ext($0, path, 0, nil)
      }
      let objects = try GitObject(git_odb_free) { git_repository_odb($0, repository.pointer) }
      if let folder = git_repository_commondir(repository.pointer) {
        try check(reconcile_git_guard(objects.pointer, String(cString: folder) + "objects/"))
      }
      self.objects = objects
      self.repository = repository
    } catch {
      throw GitHandle.openingError(error, path)
    }
  }

  /// The folder with the files on disk, ending in a slash; `nil` for a bare repository.
  var worktree: String? {
    git_repository_workdir(repository.pointer).map { String(cString: $0) }
  }

  /// libgit2 looks for `safe.directory` when the owner is another user; no configuration has it.
  private static func openingError(_ failure: GitFailure, _ path: String) -> GitError {
    if failure.status == GIT_EOWNER.rawValue || failure.message.contains("safe.directory") {
      return .dubiousOwnership(path: path)
    }
    if failure.isNotFound { return .notARepository(path: path) }
    return .unsupportedRepository(path: path, detail: failure.message)
  }
}
