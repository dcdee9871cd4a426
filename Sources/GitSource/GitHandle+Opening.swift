import CGit2
import Glibc

/// What keeps a repository from being opened.
extension GitHandle {
  /// The extension that keeps a repository from being read, as libgit2 would name it.
  static func unreadableFormat(of repository: borrowing GitObject) -> String? {
    let file = folders(of: repository).common + "config"
    for (name, readable) in [("objectformat", "sha1"), ("refstorage", "files")] {
      guard let value = setting("extensions.\(name)", in: file), value.lowercased() != readable
      else { continue }
      return "extensions.\(name) is \(value)"
    }
    return nil
  }

  static func openingError(_ failure: GitFailure, _ path: String) -> GitError {
    if failure.isAboutOwner { return Ownership(of: path).error }
    if failure.isNotFound {
      guard realPath(path) != nil || errno != ENOENT && errno != ENOTDIR else {
        return .notARepository(path: path, missing: lastSystemError)
      }
      return damage(of: path) ?? .notARepository(path: path)
    }
    let remedy = remedies.first { failure.message.contains($0.words) }?.remedy
    return .unsupportedRepository(path: path, detail: failure.message, remedy: remedy)
  }

  /// What helps where libgit2 says so.
  private static let remedies: [(words: String, remedy: String)] = [
    ("extensions.refstorage", "run `git refs migrate --ref-format=files` in it"),
    (
      "extensions.objectformat",
      "name a repository with SHA-1 ids; `git fast-export --all` and `git fast-import` make one"
    ),
    ("extensions.", "clone it once more without that extension"),
    ("config file", "mend the file there; `git config --list` tells whether git can read it"),
    (
      "repository version",
      "it is in the format of a later git; clone it with that git, and name the clone"
    ),
    (
      "is malformed",
      "let the file say `gitdir: ` and the folder of the repository; `git worktree repair` in the "
        + "main work tree writes it anew"
    ),
    ("Permission denied", GitHandle.permissionRemedy),
  ]

  static func lost(_ path: String, levels: Int) -> GitError {
    if let damage = damage(of: path, levels: levels) { return damage }
    let why = realPath(path) == nil ? lastSystemError : "there is no repository in it any more"
    return unreadable("the repository \(path)", why)
  }

  private static func unreadable(_ what: String, _ detail: String) -> GitError {
    let isClosed = detail.hasSuffix(String(cString: strerror(EACCES)))
    return .unreadable(
      what, detail: detail,
      remedy: isClosed ? permissionRemedy : "bring it back, or name another one")
  }

  /// What is wrong with something that looks like a repository at a path or above it, in so many
  /// folders, and is none.
  static func damage(of path: String, levels: Int = .max) -> GitError? {
    guard var folder = realPath(path) else {
      guard errno != ENOENT, errno != ENOTDIR else { return nil }
      return unreadable("the folder \(path)", lastSystemError)
    }
    var left = levels
    while folder.count > 1, left > 0 {
      left -= 1
      if let detail = damage(ofRepositoryIn: folder) {
        return unreadable("the repository \(folder)", detail)
      }
      folder = parent(of: folder)
    }
    return nil
  }

  private static func damage(ofRepositoryIn folder: String) -> String? {
    guard let place = FileDescriptor.folder(at: folder) else { return lastSystemError }
    switch place.kind(of: ".git") {
    case .file?, .link?: return "\(folder)/.git leads nowhere"
    case .folder?: return damage(ofGitFolder: "\(folder)/.git").map { "\(folder)/.git: \($0)" }
    case .other?: return "\(folder)/.git is no folder"
    case nil: break
    }
    let isBare = place.kind(of: "objects") == .folder && place.kind(of: "refs") == .folder
    return isBare ? damage(ofGitFolder: folder) : nil
  }

  private static func damage(ofGitFolder folder: String) -> String? {
    guard let place = FileDescriptor.folder(at: folder) else { return lastSystemError }
    for name in ["HEAD", "objects", "refs"] where place.kind(of: name) == nil {
      return "there is no \(name)"
    }
    guard let head = FileDescriptor.file("HEAD", in: place), let bytes = head.read(4096) else {
      return "HEAD: \(lastSystemError)"
    }
    guard !isReference(bytes) else { return nil }
    return bytes.isEmpty ? "HEAD is empty" : "HEAD says nothing that git understands"
  }
}
