import CGit2
import Glibc
import TextForms

/// An open repository; belongs to one thread at a time.
final class GitHandle {
  /// The path that was asked for, for messages.
  let path: String
  let repository: GitObject
  let objects: GitObject
  private let place: RepositoryPlace
  /// Whether no folder above is looked at.
  private let isThere: Bool
  /// How many folders the path lies below the repository's work tree, or below a bare one.
  private let depth: Int

  /// Opens the repository that `path` lies in: a bare one, or the nearest folder above with one,
  /// unless it must be at the path itself.
  init(opening path: String, isThere: Bool = false) throws(GitError) {
    GitRuntime.start
    self.path = path
    self.isThere = isThere
    let isNearest: Bool
    do throws(GitFailure) {
      let repository = try GitRuntime.open(path, isThere: isThere)
      if let format = Self.unreadableFormat(of: repository) {
        throw GitFailure(status: -1, message: format)
      }
      let objects = try GitObject(git_odb_free) { git_repository_odb($0, repository.pointer) }
      let (own, common) = Self.folders(of: repository)
      let root = Self.worktree(of: repository) ?? own
      try check(reconcile_git_guard(objects.pointer, common + "objects/"))
      place = RepositoryPlace(of: path, own: own, common: common)
      depth = Self.depth(of: place, below: root)
      self.objects = objects
      self.repository = repository
      isNearest = depth <= 0 || !Self.hasRepository(in: place, levels: depth)
    } catch {
      throw GitHandle.openingError(error, path)
    }
    if !isNearest, let damage = Self.damage(of: path, levels: depth) { throw damage }
  }

  /// Opens what the path of another handle leads to now: the same place, where there may be another
  /// repository, and none of the folders above it.
  convenience init(reopening old: GitHandle) throws(GitError) {
    do throws(GitError) {
      try self.init(opening: old.path, isThere: old.isThere)
    } catch .notARepository(let path, _) {
      throw GitHandle.lost(path, levels: old.depth + 1)
    }
    guard depth == old.depth else { throw GitHandle.lost(path, levels: old.depth + 1) }
  }

  /// Whether the path still leads to this repository, as it was when it was opened.
  var isCurrent: Bool {
    let (own, common) = Self.folders(of: repository)
    return place == RepositoryPlace(of: path, own: own, common: common)
  }

  /// The folder of the repository, and the one that all its work trees share; each ends in a slash.
  var folders: (own: String, common: String) { Self.folders(of: repository) }

  /// The folder with the files on disk, ending in a slash; `nil` for a bare repository.
  var worktree: String? { Self.worktree(of: repository) }

  /// What tells the repository from others: where it was cloned from, without who asked, else its
  /// folder.
  var identity: String {
    let (_, common) = folders
    return Self.identity(of: Self.setting("remote.origin.url", in: common + "config") ?? common)
  }

  /// What tells a repository at an address or in a folder from others.
  static func identity(of place: String) -> String {
    var name = place
    if name.hasPrefix("file://") { name.removeFirst("file://".count) }
    if name.hasPrefix("/") { name = "/" + name.split(separator: "/").joined(separator: "/") }
    name = withoutCredentials(name)
    for ending in ["/", "/.git", ".git"] where name.hasSuffix(ending) && name != ending {
      name.removeLast(ending.count)
    }
    return name
  }

  /// The path from the root of the repository that a person means.
  ///
  /// Relative to the folder that they stand in, where that lies in the work tree, as paths are for
  /// `git`; else to the root. An absolute path must lie in the work tree.
  func path(_ text: String, standingIn folder: String?) throws(GitError) -> String {
    guard let worktree, let root = realPath(worktree) else {
      return try RepositoryPath(text).description
    }
    var names: [Substring] = []
    var rest = text[...]
    if text.hasPrefix("/") {
      let target = realPath(text) ?? text
      guard target == root || target.hasPrefix(root + "/") else { throw .invalidPath(text) }
      rest = target.dropFirst(root.count)
    } else if let folder = folder.flatMap(realPath), folder.hasPrefix(root + "/") {
      names = folder.dropFirst(root.count).split(separator: "/")
    }
    for name in rest.split(separator: "/") where name != "." {
      if name != ".." {
        names.append(name)
      } else if names.popLast() == nil {
        throw .invalidPath(text)
      }
    }
    return try RepositoryPath(names.joined(separator: "/")).description
  }

  static func folders(of repository: borrowing GitObject) -> (own: String, common: String) {
    func text(_ path: UnsafePointer<CChar>?) -> String { path.map { String(cString: $0) } ?? "" }
    return (
      text(git_repository_path(repository.pointer)),
      text(git_repository_commondir(repository.pointer))
    )
  }

  private static func worktree(of repository: borrowing GitObject) -> String? {
    // libgit2 1.5 does not read what git keeps here once a work tree of a bare one is sparse.
    let own = folders(of: repository).own
    guard setting("core.bare", in: own + "config.worktree") != "true" else { return nil }
    return git_repository_workdir(repository.pointer).map { String(cString: $0) }
  }

  private static func depth(of place: RepositoryPlace, below root: String) -> Int {
    func count(_ path: String) -> Int { path.split(separator: "/").count }
    return count(place.folder ?? "") - count(realPath(root) ?? root)
  }

  /// Whether something that should be a repository lies between a path and the folders above it, so
  /// many of them.
  private static func hasRepository(in place: RepositoryPlace, levels: Int) -> Bool {
    var folder = place.folder ?? ""
    for _ in 0..<levels {
      if let here = FileDescriptor.folder(at: folder), here.kind(of: ".git") != nil { return true }
      folder = parent(of: folder)
    }
    return false
  }

  static func parent(of folder: String) -> String {
    folder.split(separator: "/").dropLast().map { "/\($0)" }.joined()
  }

  /// A value of one configuration file alone.
  static func setting(_ name: String, in file: String) -> String? {
    guard
      let configuration = try? GitObject(
        git_config_free, from: { git_config_open_ondisk($0, file) }),
      let snapshot = try? GitObject(
        git_config_free, from: { git_config_snapshot($0, configuration.pointer) })
    else { return nil }
    var value: UnsafePointer<CChar>?
    guard git_config_get_string(&value, snapshot.pointer, name) == 0 else { return nil }
    return value.map { String(cString: $0) }
  }
}
