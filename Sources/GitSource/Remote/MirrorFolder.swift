import CGit2
import Glibc
import ServiceRuntime

/// The folder of one mirror, as the child process finds and leaves it.
///
/// `mirror` is a link to the clone that is read; another clone takes its place at once or not at all.
/// Who writes holds the lock, which goes with the process, so that whatever else lies there was left
/// by one that was killed.
struct MirrorFolder {
  private let request: FetchRequest
  private let lock: FileLock

  /// The name of the link in a folder.
  static let link = "mirror"
  /// How much a mirror may grow beyond twice its size before it is cloned anew, in bytes.
  static let slack = 16 << 20
  /// How many packs it may have: each is one more place to look for an object.
  static let packs = 50

  /// Makes the folder where it is not there, and waits until nobody else writes.
  init(_ request: FetchRequest) throws(RemoteFailure) {
    self.request = request
    do throws(FileError) {
      try makeFolders(request.folder)
      while true {
        if let lock = try FileLock(request.folder + "/lock") {
          self.lock = lock
          return
        }
        usleep(20_000)
      }
    } catch {
      throw RemoteFailure(.unwritable, "\(error)")
    }
  }

  /// Brings the mirror to what the repository is now.
  func follow() throws(RemoteFailure) -> FetchResult {
    GitRuntime.start
    let current = currentClone()
    removeAll(but: current)
    let session = RemoteSession(request)
    if let current, !request.isFresh,
      let mirror = try? BareMirror(openingAt: request.folder + "/" + current)
    {
      mirror.removeDrafts()
      if let result = try session.follow(into: mirror) {
        return result
      }
      // Something that was fetched is not there any more.
    }
    return try clone(beside: current)
  }

  private func clone(beside current: String?) throws(RemoteFailure) -> FetchResult {
    let number = current.flatMap { Int($0.dropFirst("clone-".count)) } ?? 0
    let name = "clone-\(number &+ 1)"
    let path = request.folder + "/" + name
    let mirror = try BareMirror(makingAt: path, of: request.shown)
    do throws(RemoteFailure) {
      guard var result = try RemoteSession(request).follow(into: mirror) else {
        throw RemoteFailure(.failed, "not all of it was sent")
      }
      try mirror.noteSize()
      try swap(to: name)
      result.hasChanged = true
      return result
    } catch {
      removeTree(path)
      throw error
    }
  }

  /// Lets the link lead to another clone; the one before is left for whoever still reads it.
  private func swap(to name: String) throws(RemoteFailure) {
    let draft = request.folder + "/link.tmp"
    unlink(draft)
    guard symlink(name, draft) == 0, rename(draft, request.folder + "/" + Self.link) == 0 else {
      throw RemoteFailure(.unwritable, "\(request.folder): \(lastSystemError)")
    }
  }

  private func currentClone() -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    let count = readlink(request.folder + "/" + Self.link, &buffer, buffer.count - 1)
    guard count > 0 else { return nil }
    let name = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return name.hasPrefix("clone-") && !name.contains("/") ? name : nil
  }

  private func removeAll(but current: String?) {
    guard let folder = FileDescriptor.folder(at: request.folder) else { return }
    let names = (folder.names() ?? []).map { String(decoding: $0, as: UTF8.self) }
    for name in names where name.hasPrefix("clone-") && name != current {
      removeTree(request.folder + "/" + name)
    }
  }
}

/// Removes a folder with all that is in it; follows no link.
private func removeTree(_ path: String) {
  guard let folder = FileDescriptor.folder(at: path) else { return }
  for name in folder.names() ?? [] {
    let inner = path + "/" + String(decoding: name, as: UTF8.self)
    if folder.kind(of: String(decoding: name, as: UTF8.self)) == .folder {
      removeTree(inner)
    } else {
      unlink(inner)
    }
  }
  rmdir(path)
}
