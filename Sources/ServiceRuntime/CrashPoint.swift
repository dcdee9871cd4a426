import Glibc

/// Places where a test may kill the process, to see that whatever was begun there is finished by
/// the next one.
///
/// With `RECONCILE_CRASH_AT=N` in the environment the N-th point that is reached, from 1, ends the
/// process with `SIGKILL`. With `RECONCILE_CRASH_LIST=FILE` the name of each point that is reached
/// becomes a line of the file, so that a test can count them. Without either a point costs one
/// atomic load.
public enum CrashPoint {
  private static let watch = CrashWatch(processEnvironment())

  /// Passes a point, or ends the process there.
  ///
  /// - Parameter name: What the process has just done or is about to do.
  public static func reach(_ name: StaticString) { watch?.reach(name) }
}

/// Counts the points; there is none unless the environment asks for it.
private final class CrashWatch: Sendable {
  private let last: Int?
  private let list: Int32?
  private let count = Lock(0)

  init?(_ environment: [String: String]) {
    last = environment["RECONCILE_CRASH_AT"].flatMap { Int($0) }
    list = environment["RECONCILE_CRASH_LIST"].map {
      open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    }
    if last == nil, list == nil { return nil }
  }

  /// Holds the lock until the end, so that nobody passes a later point first.
  func reach(_ name: StaticString) {
    count.withLock { count in
      count += 1
      if let list {
        let line = Array("\(name)\n".utf8)
        _ = line.withUnsafeBytes { write(list, $0.baseAddress, $0.count) }
      }
      guard count == last else { return }
      kill(getpid(), SIGKILL)
      while true { pause() }
    }
  }
}
