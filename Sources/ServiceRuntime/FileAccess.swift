import Glibc

/// Why a file could not be read or written, with the system's own words.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file or folder.
  public var path: String
  /// What the system says.
  public var detail: String

  init(_ path: String, _ number: Int32 = errno) {
    self.path = path
    detail = systemText(number)
  }

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - path: The file or folder.
  ///   - detail: What is wrong.
  public init(path: String, detail: String) {
    self.path = path
    self.detail = detail
  }

  /// Path and reason in one line.
  public var description: String { "\(path): \(detail)" }
}

/// Returns the bytes of a file.
///
/// - Parameters:
///   - path: The file.
///   - limit: The most bytes that are read; a longer file is an error.
/// - Returns: The bytes, or `nil` if there is no such file.
/// - Throws: `FileError`.
public func readFile(_ path: String, limit: Int = 64 << 20) throws(FileError) -> [UInt8]? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else {
    if errno == ENOENT { return nil }
    throw FileError(path)
  }
  defer { close(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(file, &chunk, chunk.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw FileError(path) }
    guard count > 0 else { return bytes }
    guard bytes.count + count <= limit else {
      throw FileError(path: path, detail: "it is larger than \(limit) bytes")
    }
    bytes.append(contentsOf: chunk[..<count])
  }
}

/// Writes a file such that a reader, or a loss of power, finds the old contents or the new.
///
/// - Parameters:
///   - bytes: The contents.
///   - path: The file; its folder must be there.
/// - Throws: `FileError`.
public func writeFile(_ bytes: [UInt8], to path: String) throws(FileError) {
  let draft = "\(path).\(getpid()).tmp"
  let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  guard file >= 0 else { throw FileError(draft) }
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else {
      let error = FileError(draft)
      close(file)
      unlink(draft)
      throw error
    }
    rest = rest.dropFirst(count)
  }
  let isSynced = fsync(file) == 0
  guard close(file) == 0, isSynced, rename(draft, path) == 0 else {
    let error = FileError(path)
    unlink(draft)
    throw error
  }
}

/// Makes a folder and those above it, for this user alone.
///
/// - Parameter path: The folder.
/// - Throws: `FileError`.
public func makeFolders(_ path: String) throws(FileError) {
  var made = path.hasPrefix("/") ? "" : "."
  for part in path.split(separator: "/") {
    made += "/" + part
    guard mkdir(made, 0o700) == 0 || errno == EEXIST else { throw FileError(made) }
  }
}

/// A lock that one process at a time holds; it goes when the process ends.
public final class FileLock: Sendable {
  private let file: Int32

  /// Takes the lock, or returns `nil` where another process has it.
  ///
  /// - Parameter path: The file that stands for it, made where it is not there.
  /// - Throws: `FileError`.
  public init?(_ path: String) throws(FileError) {
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw FileError(path) }
    // The file is closed by `deinit` here too: it runs whenever all parts of an object are there.
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      if number == EWOULDBLOCK { return nil }
      throw FileError(path, number)
    }
  }

  deinit { close(file) }

  /// Writes who holds it, for the others.
  ///
  /// - Parameter holder: The holder's name.
  public func note(_ holder: String) {
    let bytes = Array(holder.utf8)
    guard ftruncate(file, 0) == 0 else { return }
    _ = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
  }
}
