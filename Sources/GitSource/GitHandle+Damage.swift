import CGit2
import Glibc

/// What tells a reference that cannot be read from one that is not there: libgit2 calls both not
/// found.
extension GitHandle {
  static let referenceRemedy =
    "see what stands there; `git update-ref` writes it anew, and `git reflog` says what it was"

  /// Why the repository's references cannot be read, where they cannot.
  var damage: GitError? {
    let (own, common) = folders
    for folder in [own, common, common + "objects", common + "refs"]
    where FileDescriptor.folder(at: folder) == nil {
      return broken(folder, lastSystemError)
    }
    var status = stat()
    if lstat(common + "packed-refs", &status) == 0, contents(of: common + "packed-refs") == nil {
      return broken(common + "packed-refs", lastSystemError)
    }
    var list = git_strarray()
    do throws(GitFailure) {
      try check(git_reference_list(&list, repository.pointer))
      git_strarray_dispose(&list)
      return nil
    } catch {
      return error.unreadable("the references of \(path)", Self.referenceRemedy)
    }
  }

  /// Why a reference that is not found may be there all the same; costs a look at its file.
  func damage(behind name: String) -> GitError? {
    let (own, common) = folders
    let file = (name.hasPrefix("refs/") ? common : own) + name
    var status = stat()
    guard lstat(file, &status) == 0 else {
      return errno == ENOENT || errno == ENOTDIR ? nil : broken(file, lastSystemError)
    }
    guard status.st_mode & S_IFMT != S_IFDIR else { return nil }
    guard let bytes = contents(of: file) else { return broken(file, lastSystemError) }
    guard !isReference(bytes) else { return nil }
    return broken(file, bytes.isEmpty ? "it is empty" : "it holds no commit id")
  }

  /// Whether the repository has had a commit: it says what HEAD was, or has objects of another one.
  var hadCommits: Bool {
    let (own, common) = folders
    if let log = contents(of: own + "logs/HEAD"), !log.isEmpty { return true }
    let packs = FileDescriptor.folder(at: common + "objects/pack")?.names() ?? []
    return !packs.isEmpty
  }

  func broken(_ file: String, _ detail: String) -> GitError {
    .unreadable(file, detail: detail, remedy: Self.referenceRemedy)
  }

  private func contents(of file: String) -> [UInt8]? {
    FileDescriptor.file(at: file)?.read(4096)
  }
}

/// Whether the file of a reference holds another one's name, or a commit id.
func isReference(_ bytes: [UInt8]) -> Bool {
  bytes.starts(with: Array("ref: ".utf8)) || bytes.prefix(40).count(where: isHexadecimal) == 40
}

private func isHexadecimal(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
}
