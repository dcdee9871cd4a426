import CGit2
import Glibc

/// Where a path led when its repository was opened; at another place lies another repository.
struct RepositoryPlace: Equatable {
  /// A file or folder, whatever its name is.
  private struct Identity: Equatable {
    var device: UInt
    var number: UInt
    /// When it was last changed, where it is a file.
    var changed: [Int]
  }

  /// The path with all links followed; none where nothing is there.
  let folder: String?
  private let repository: Identity?
  private let configuration: Identity?

  /// Looks where a path leads, and at the folders of the repository that was found there.
  init(of path: String, own: String, common: String) {
    folder = realPath(path)
    repository = Self.identity(of: own)
    // What is moved to another format in place has another configuration.
    configuration = Self.identity(of: common + "config")
  }

  private static func identity(of path: String) -> Identity? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let isFile = status.st_mode & S_IFMT == S_IFREG
    return Identity(
      device: UInt(status.st_dev), number: UInt(status.st_ino),
      changed: isFile ? [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec] : [])
  }
}

/// A path with all links followed, or `nil` with `errno` set.
func realPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// What the system says about the last failure.
var lastSystemError: String { String(cString: strerror(errno)) }
