import CGit2
import Glibc

/// A bare repository that only the child process writes.
final class BareMirror {
  /// Its branches and tags with what each leads to, and where `HEAD` does.
  struct References: Hashable {
    /// Full ids by full names.
    var targets: [String: String] = [:]
    var head = Head.unknown

    enum Head: Hashable {
      /// The name of a branch.
      case branch(String)
      /// The id of a commit.
      case commit(String)
      /// Nobody says.
      case unknown
    }
  }

  let repository: GitObject
  private let path: String

  /// Opens a mirror that is there.
  init(openingAt path: String) throws(GitFailure) {
    repository = try GitObject(git_repository_free) { git_repository_open_bare($0, path) }
    self.path = path
  }

  /// Makes an empty one.
  init(makingAt path: String, of address: String) throws(RemoteFailure) {
    do throws(GitFailure) {
      let made = try GitObject(git_repository_free) { git_repository_init($0, path, 1) }
      // Who looks at it should see where it is from.
      _ = try GitObject(git_remote_free) {
        git_remote_create_with_fetchspec($0, made.pointer, "origin", address, nil)
      }
      repository = made
      self.path = path
    } catch {
      throw RemoteFailure(.unwritable, error.message)
    }
  }

  /// Removes what a process left that was killed while it fetched.
  func removeDrafts() {
    let folder = path + "/objects/pack"
    for (name, _) in files(in: folder) where name.hasPrefix("pack_git2_") {
      unlink(folder + "/" + name)
    }
  }

  /// The references as they are; `nil` where they cannot be read.
  func references() -> References? {
    var list = git_strarray()
    guard git_reference_list(&list, repository.pointer) == 0 else { return nil }
    defer { git_strarray_dispose(&list) }
    var references = References()
    for name in (0..<list.count).compactMap({ list.strings[$0].map { String(cString: $0) } }) {
      guard isMirrored(name) else { continue }
      var id = git_oid()
      guard git_reference_name_to_id(&id, repository.pointer, name) == 0 else { return nil }
      references.targets[name] = String(&id)
    }
    references.head = head
    return references
  }

  private var head: References.Head {
    guard
      let reference = try? GitObject(
        git_reference_free, from: { git_reference_lookup($0, repository.pointer, "HEAD") })
    else { return .unknown }
    if let target = git_reference_symbolic_target(reference.pointer) {
      let name = String(cString: target)
      return name == Self.nowhere ? .unknown : .branch(name)
    }
    return git_reference_target(reference.pointer).map { .commit(String($0)) } ?? .unknown
  }

  /// Where `HEAD` leads while nobody has said where.
  private static let nowhere = "refs/remotes/origin/HEAD"

  /// Whether all that references lead to is there; costs a look into the index of the packs each.
  func isWhole(_ references: References) -> Bool {
    guard
      let objects = try? GitObject(
        git_odb_free, from: { git_repository_odb($0, repository.pointer) })
    else { return false }
    return references.targets.values.allSatisfy { text in
      var id = git_oid()
      return git_oid_fromstr(&id, text) == 0 && git_odb_exists(objects.pointer, &id) == 1
    }
  }

  /// Makes the references those of the repository it mirrors; those that it has no more go first, for
  /// one of them may be a folder of another by now.
  func take(_ wanted: References, over old: References?) throws(RemoteFailure) {
    do throws(GitFailure) {
      for name in (old?.targets ?? [:]).keys.sorted() where wanted.targets[name] == nil {
        try check(git_reference_remove(repository.pointer, name))
      }
      for (name, text) in wanted.targets.sorted(by: { $0.key < $1.key })
      where old?.targets[name] != text {
        var id = git_oid()
        try check(git_oid_fromstr(&id, text))
        _ = try GitObject(git_reference_free) {
          git_reference_create($0, repository.pointer, name, &id, 1, nil)
        }
      }
      try takeHead(wanted.head, over: old)
    } catch {
      throw RemoteFailure(.unwritable, error.message)
    }
  }

  private func takeHead(
    _ head: References.Head, over old: References?
  ) throws(GitFailure) {
    switch head {
    case .branch(let name): try lead(to: name)
    case .commit(let text):
      var id = git_oid()
      try check(git_oid_fromstr(&id, text))
      try check(git_repository_set_head_detached(repository.pointer, &id))
    case .unknown:
      // What was said before holds; a new clone's own guess does not.
      if old == nil || old?.head == .unknown { try lead(to: Self.nowhere) }
    }
  }

  private func lead(to name: String) throws(GitFailure) {
    _ = try GitObject(git_reference_free) {
      git_reference_symbolic_create($0, repository.pointer, "HEAD", name, 1, nil)
    }
  }

  /// Notes how large it is, for later.
  func noteSize() throws(RemoteFailure) {
    do throws(GitFailure) {
      let configuration = try GitObject(git_config_free) {
        git_repository_config($0, repository.pointer)
      }
      try check(git_config_set_int64(configuration.pointer, Self.sizeKey, Int64(size.bytes)))
    } catch {
      throw RemoteFailure(.unwritable, error.message)
    }
  }

  private static let sizeKey = "reconcile.size"

  /// Whether it has grown such that it is better cloned anew: libgit2 adds a pack with each fetch,
  /// and never takes any together.
  var isGrown: Bool {
    let (bytes, packs) = size
    let noted = GitHandle.setting(Self.sizeKey, in: path + "/config").flatMap { Int($0) } ?? 0
    return packs > MirrorFolder.packs || bytes > max(0, noted) * 2 + MirrorFolder.slack
  }

  private var size: (bytes: Int, packs: Int) {
    let files = files(in: path + "/objects/pack")
    return (files.reduce(0) { $0 + $1.bytes }, files.count { $0.name.hasSuffix(".pack") })
  }

  private func files(in folder: String) -> [(name: String, bytes: Int)] {
    guard let place = FileDescriptor.folder(at: folder) else { return [] }
    return (place.names() ?? []).map { bytes in
      let name = String(decoding: bytes, as: UTF8.self)
      return (name, FileDescriptor.file(name, in: place)?.size ?? 0)
    }
  }
}

/// Whether a reference is mirrored: a branch or a tag, with a name that means the same everywhere.
func isMirrored(_ name: String) -> Bool {
  guard name.hasPrefix("refs/heads/") || name.hasPrefix("refs/tags/") else { return false }
  var isValid: Int32 = 0
  return git_reference_name_is_valid(&isValid, name) == 0 && isValid == 1
}
