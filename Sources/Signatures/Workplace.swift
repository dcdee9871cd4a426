import Glibc
import ServiceRuntime

/// A folder of our own for what `ssh-keygen` and `gpg` read and write; its calls block on the disk.
struct Workplace: Sendable {
  let path: String

  init() throws(FileError) {
    let base = processEnvironment()["TMPDIR"] ?? "/tmp"
    var template = Array("\(base)/reconcile-signatures-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw FileError(path: base, detail: String(cString: strerror(errno)))
    }
    path = template.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { String(cString: $0) } ?? ""
    }
  }

  /// Removes the folder with all that is in it.
  func remove() { removeTree(path, levels: 4) }

  /// The path of a file, once it has these contents.
  func file(_ name: String, _ bytes: [UInt8]) throws(FileError) -> String {
    let file = "\(path)/\(name)"
    try writeFile(bytes, to: file)
    return file
  }

  /// The path of a folder, once it is there.
  func folder(_ name: String) throws(FileError) -> String {
    let folder = "\(path)/\(name)"
    try makeFolders(folder)
    return folder
  }
}

/// Removes a file or a folder, so many levels deep; follows no link.
private func removeTree(_ path: String, levels: Int) {
  guard unlink(path) != 0, levels > 0, let folder = opendir(path) else { return }
  defer { closedir(folder) }
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { removeTree("\(path)/\(name)", levels: levels - 1) }
  }
  rmdir(path)
}
