import Dispatch
import Glibc
import JSONCoding
import ServiceRuntime

/// The process that speaks with servers of git: this program once more, told so by its first word.
///
/// libgit2 cannot be interrupted, and what it is sent is not trusted: a server that hangs, or that
/// takes all memory, costs this process alone.
public enum GitChild {
  /// The first word on the command line; no command of people has it.
  public static let word = "--git-child"

  /// Reads one request from the standard input, carries it out, and writes what came of it.
  ///
  /// - Returns: The status to end with: 0 where something was written, be it a failure.
  public static func run() -> Int32 {
    guard let input = readInput(), let json = try? JSONValue(parsing: input),
      let request = FetchRequest(json)
    else { return 64 }
    alarm(UInt32(clamping: request.seconds))
    endWithParent(request.parent)
    if request.memory > 0 { _ = limitAddressSpace(to: request.memory) }
    let answer: JSONValue
    do throws(RemoteFailure) {
      answer = try MirrorFolder(request).follow().json
    } catch {
      answer = error.json
    }
    return write(answer.bytes()) ? 0 : 74
  }

  /// Ends this process soon after the one that wants what it does; that one may have been killed.
  private static func endWithParent(_ parent: Int) {
    // A signal at the parent's end would come at the end of the thread that has started us.
    DispatchQueue(label: "parent").async {
      while Int(getppid()) == parent { usleep(100_000) }
      _exit(1)
    }
  }

  private static func readInput() -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(0, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0, bytes.count + count <= 1 << 20 else { return nil }
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  private static func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
