import CGit2
import Glibc

/// Whose a repository is that libgit2 does not open, as it is another user's.
struct Ownership {
  /// The folder that git calls the repository here: its work tree, or the bare one itself.
  let folder: String
  private let owner: uid_t

  /// Looks at the repository that a path lies in.
  init(of path: String) {
    let own = Self.repository(of: path) ?? path
    let isInside = own.hasSuffix("/.git")
    let place = isInside ? String(own.dropLast("/.git".count)) : Self.worktree(of: path) ?? own
    folder = place
    let owners = [place, own].map(Self.owner)
    owner = owners.first { $0 != geteuid() } ?? owners[0]
  }

  /// Whether git's configuration, but for the repository's own, says that it is trusted.
  var isTrusted: Bool {
    isTrustedFolder(folder, SafeDirectories.read(), home: SafeDirectories.home)
  }

  var error: GitError {
    .dubiousOwnership(path: folder, owner: Self.name(of: owner), user: Self.name(of: geteuid()))
  }

  /// The folder of the repository, without a slash at its end.
  private static func repository(of path: String) -> String? {
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    guard git_repository_discover(&buffer, path, 0, nil) == 0, let text = buffer.ptr else {
      return nil
    }
    let folder = String(cString: text)
    return folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
  }

  /// The nearest folder with a file `.git`, as linked work trees have.
  private static func worktree(of path: String) -> String? {
    var folder = realPath(path) ?? ""
    while folder.count > 1 {
      if FileDescriptor.folder(at: folder)?.kind(of: ".git") == .file { return folder }
      folder = GitHandle.parent(of: folder)
    }
    return nil
  }

  private static func owner(of folder: String) -> uid_t {
    var status = stat()
    return lstat(folder, &status) == 0 ? status.st_uid : geteuid()
  }

  /// The name of a user with their number, or the number alone.
  private static func name(of user: uid_t) -> String {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var space = [CChar](repeating: 0, count: 16384)
    guard getpwuid_r(user, &entry, &space, space.count, &found) == 0, found != nil,
      let name = entry.pw_name
    else { return "user \(user)" }
    return "\(String(cString: name)) (user \(user))"
  }
}
