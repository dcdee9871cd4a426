import CGit2
import ServiceRuntime

/// What libgit2 said when a call failed.
struct GitFailure: Error {
  var status: Int32
  var message: String
  /// Whether it was the object store that failed: then something that should be there is not.
  var isAboutObjects = false

  /// Whether what was asked for is not there, and nothing is broken.
  var isNotFound: Bool {
    let isAbsent = status == GIT_ENOTFOUND.rawValue || status == GIT_EINVALIDSPEC.rawValue
    return isAbsent && !isAboutObjects
  }

  /// The same failure as the error of a reading that cannot go on.
  func unreadable(_ what: String, _ remedy: String? = nil) -> GitError {
    .unreadable(what, detail: message, remedy: remedy)
  }

  /// Whether it was refused for whose folder it is.
  var isAboutOwner: Bool {
    status == GIT_EOWNER.rawValue || message.contains("safe.directory")
  }

  /// Whether an object is of another kind than what was asked for.
  var isOtherKind: Bool {
    status == GIT_EPEEL.rawValue || status == GIT_EINVALIDSPEC.rawValue
  }
}

/// Throws what libgit2 has to say about a failed call.
///
/// The text is kept per thread and overwritten by the next call, so it is read here, at once.
func check(_ status: Int32) throws(GitFailure) {
  guard status < 0 else { return }
  let last = git_error_last()?.pointee
  let message = last?.message.map { String(cString: $0) }
  throw GitFailure(
    status: status, message: message ?? "libgit2 status \(status)",
    isAboutObjects: last.map { UInt32($0.klass) == GIT_ERROR_ODB.rawValue } ?? false)
}

/// The library itself: started once, never shut down.
enum GitRuntime {
  /// Starts libgit2 and hides every configuration but the repository's own.
  ///
  /// A system or user configuration may redirect remotes or change what is read.
  static let start: Void = {
    _ = reconcile_git_watch_memory()
    git_libgit2_init()
    let levels = [
      GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
      GIT_CONFIG_LEVEL_GLOBAL,
    ]
    for level in levels { _ = reconcile_git_set_search_path(level.rawValue, "") }
    _ = reconcile_git_allow_extensions()
  }()

  /// Reads an object, unless it or something that it is a delta of has more than so many bytes.
  ///
  /// Costs less than to ask for its size first.
  static func object(
    _ id: UnsafePointer<git_oid>, in objects: borrowing GitObject, within limit: Int
  ) throws(GitFailure) -> GitObject {
    try GitObject(git_odb_object_free) { [objects = objects.pointer] in
      reconcile_git_read_within($0, objects, id, limit)
    }
  }

  /// Whether libgit2 looks whose a repository is, which it does for all that are opened at a time.
  private static let looksAtOwners = Lock(true)

  /// Opens the repository that a path lies in, of another user only where git's own configuration
  /// says that it is trusted.
  static func open(_ path: String, isThere: Bool) throws(GitFailure) -> GitObject {
    let flags = isThere ? GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue : 0
    do throws(GitFailure) {
      return try open(path, flags, ofAnyone: false)
    } catch {
      guard error.isAboutOwner, Ownership(of: path).isTrusted else { throw error }
      return try open(path, flags, ofAnyone: true)
    }
  }

  private static func open(
    _ path: String, _ flags: UInt32, ofAnyone: Bool
  ) throws(GitFailure) -> GitObject {
    try GitObject(git_repository_free) { repository in
      looksAtOwners.withLock { looks in
        if looks == ofAnyone {
          looks = !ofAnyone
          _ = reconcile_git_look_at_owners(looks ? 1 : 0)
        }
        return git_repository_open_ext(repository, path, flags, nil)
      }
    }
  }
}

/// A libgit2 object with one owner.
struct GitObject: ~Copyable {
  let pointer: OpaquePointer
  private let free: @convention(c) (OpaquePointer?) -> Void

  init(_ pointer: OpaquePointer, _ free: @convention(c) (OpaquePointer?) -> Void) {
    self.pointer = pointer
    self.free = free
  }

  /// Takes ownership of what a call returns through its first argument.
  init(
    _ free: @convention(c) (OpaquePointer?) -> Void,
    from call: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
  ) throws(GitFailure) {
    var pointer: OpaquePointer?
    try check(call(&pointer))
    guard let pointer else { throw GitFailure(status: -1, message: "libgit2 returned nothing") }
    self.init(pointer, free)
  }

  deinit { free(pointer) }
}

extension String {
  /// The 40 hexadecimal digits of an object id.
  init(_ id: UnsafePointer<git_oid>) {
    self = String(unsafeUninitializedCapacity: 40) { buffer in
      buffer.withMemoryRebound(to: CChar.self) { _ = git_oid_fmt($0.baseAddress, id) }
      return 40
    }
  }
}
