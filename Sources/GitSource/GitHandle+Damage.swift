import CGit2
import Glibc

/// What tells a reference that cannot be read from one that is not there: libgit2 calls both not
/// found.
extension GitHandle {
  static let referenceRemedy =
    "see what stands there; `git update-ref` writes it anew, and `git reflog` says what it was"
  static let permissionRemedy = "let whoever runs this read it; `ls -l` says who may"

  /// Why the repository's references cannot be read, where they cannot.
  var damage: GitError? {
    let (own, common) = folders
    for folder in [own, common, common + "objects", common + "refs"]
    where FileDescriptor.folder(at: folder) == nil {
      return unreadable(folder, folder.hasSuffix("objects") ? nil : Self.referenceRemedy)
    }
    let packed = common + "packed-refs"
    var status = stat()
    if lstat(packed, &status) == 0, contents(of: packed) == nil { return unreadable(packed) }
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
      return errno == ENOENT || errno == ENOTDIR ? nil : unreadable(file)
    }
    guard status.st_mode & S_IFMT != S_IFDIR else { return nil }
    guard let bytes = contents(of: file) else { return unreadable(file) }
    guard !isReference(bytes) else { return nil }
    return broken(file, bytes.isEmpty ? "it is empty" : "it holds no commit id")
  }

  /// Goes the way from a reference to its commit, as libgit2 does not say where it ends.
  ///
  /// - Returns: The name on the way that is not there; `nil` where all are.
  /// - Throws: What on the way cannot be read.
  func endOfWay(from start: String) throws(GitError) -> String? {
    var (name, way) = (start, [String]())
    while true {
      guard !way.contains(name) else {
        let circle = way.drop { $0 != name }.joined(separator: ", ")
        throw .unreadable(
          "\"\(start)\"", detail: "names lead from \(circle), round to \(name) again",
          remedy: "let `git symbolic-ref` lead one of them to a branch")
      }
      way.append(name)
      guard let reference = try reference(named: name) else { return name }
      if let target = git_reference_symbolic_target(reference.pointer) {
        name = String(cString: target)
      } else if let id = git_reference_target(reference.pointer) {
        if let loss = loss(of: id, from: name) { throw loss }
        return nil
      }
    }
  }

  /// Why the commit that a reference names cannot be had, where it is not there.
  private func loss(of id: UnsafePointer<git_oid>, from name: String) -> GitError? {
    guard git_oid_is_zero(id) == 0 else { return broken("\"\(name)\"", "its id is all zeros") }
    guard git_odb_exists(objects.pointer, id) == 0 else { return nil }
    if let damage { return damage }
    let name = "the commit \(String(id).prefix(7)) of \"\(name)\""
    let file = "\(folders.common)objects/\(String(id).prefix(2))/\(String(id).dropFirst(2))"
    if FileDescriptor.file(at: file) == nil, errno != ENOENT { return unreadable(file) }
    return .unreadable(
      name, detail: "it is not there", remedy: isPartial ? Self.partialRemedy : nil)
  }

  /// Whether the repository has had a commit: it says what HEAD was, or has objects of another one.
  var hadCommits: Bool {
    let (own, common) = folders
    if let log = contents(of: own + "logs/HEAD"), !log.isEmpty { return true }
    let packs = FileDescriptor.folder(at: common + "objects/pack")?.names() ?? []
    return !packs.isEmpty
  }

  /// What the system has just said of a file or folder.
  private func unreadable(_ file: String, _ remedy: String? = referenceRemedy) -> GitError {
    let isClosed = errno == EACCES || errno == EPERM
    return .unreadable(
      file, detail: lastSystemError, remedy: isClosed ? Self.permissionRemedy : remedy)
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
  bytes.starts(with: Array("ref: ".utf8)) || bytes.prefix(40).count(where: isHexDigit) == 40
}
