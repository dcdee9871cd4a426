import CGit2
import Glibc

/// An open file or folder, reached without following a link.
struct FileDescriptor: ~Copyable {
  enum Kind {
    case file, folder, link, other
  }

  private let number: Int32

  private init?(_ number: Int32) {
    guard number >= 0 else { return nil }
    self.number = number
  }

  deinit { close(number) }

  /// Opens a folder by its name in another one, or by its path.
  static func folder(_ name: String, in parent: borrowing FileDescriptor) -> FileDescriptor? {
    FileDescriptor(openat(parent.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
  }

  /// Opens a folder by its path.
  static func folder(at path: String) -> FileDescriptor? {
    FileDescriptor(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
  }

  /// Opens a plain file by its path; a pipe or device does not hold us up.
  static func file(at path: String) -> FileDescriptor? {
    FileDescriptor(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC))
  }

  /// Opens a plain file by its name in a folder; a pipe or device does not hold us up.
  static func file(_ name: String, in parent: borrowing FileDescriptor) -> FileDescriptor? {
    FileDescriptor(openat(parent.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC))
  }

  /// The size of a file in bytes.
  var size: Int {
    var status = stat()
    return fstat(number, &status) == 0 ? Int(status.st_size) : 0
  }

  /// What stands under a name in this folder; `nil` if nothing does.
  func kind(of name: String) -> Kind? {
    var status = stat()
    guard fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    case S_IFLNK: return .link
    default: return .other
    }
  }

  /// The names in this folder, in no order, without `.` and `..`.
  func names() -> [[UInt8]]? {
    let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let folder = fdopendir(copy) else { return nil }
    defer { closedir(folder) }
    var names: [[UInt8]] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    return names
  }

  /// The first bytes of a file, at most `limit`; `nil` if it cannot be read.
  func read(_ limit: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < limit {
      let chunk = min(limit - bytes.count, 65536)
      var count = 0
      bytes += [UInt8](unsafeUninitializedCapacity: chunk) { buffer, initialized in
        count = Glibc.read(number, buffer.baseAddress, chunk)
        initialized = max(count, 0)
      }
      if count < 0, errno != EINTR { return nil }
      if count == 0 { break }
    }
    return bytes
  }
}
