internal import CPosix
import Dispatch
import Glibc

/// A program that we started: in a process group of its own, with descriptors 0 to 2 and no others.
///
/// Foundation's `Process` takes thirty times as long to start one and waits for grandchildren.
public final class ChildProcess: Sendable {
  /// Why a program could not be started.
  public enum SpawnError: Error, Hashable, Sendable {
    /// There is no program of that name.
    case notFound(String)
    /// The system refused, with its own words.
    case refused(String)
  }

  /// How a program ended.
  public enum Ending: Hashable, Sendable {
    /// It ended by itself with this status.
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)
  }

  /// The process id, which is also the id of its group.
  public let pid: Int32
  private let ending = Lock<Ending?>(nil)

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - program: Its path, or a name that is looked up in `PATH` and `/usr/sbin`.
  ///   - arguments: Its arguments, without its own name.
  ///   - environment: Its environment; ours where `nil`.
  ///   - directory: Where it runs; here where `nil`.
  ///   - input: The descriptor it reads; `/dev/null` where `nil`.
  ///   - output: The descriptor it writes to; `/dev/null` where `nil`.
  ///   - errorOutput: The descriptor it writes errors to; `/dev/null` where `nil`.
  /// - Throws: `SpawnError` if it cannot be started.
  public init(
    _ program: String, _ arguments: [String], environment: [String: String]? = nil,
    directory: String? = nil, input: Int32? = nil, output: Int32? = nil, errorOutput: Int32? = nil
  ) throws(SpawnError) {
    guard let path = findProgram(program) else { throw .notFound(program) }
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard null >= 0 else { throw .refused(systemText(errno)) }
    defer { close(null) }
    var child: Int32 = 0
    let variables = (environment ?? processEnvironment()).map { "\($0.key)=\($0.value)" }
    let status = withCStrings([path] + arguments) { argv in
      withCStrings(variables) { envp in
        posix_spawn_alone(
          &child, path, argv, envp, directory, input ?? null, output ?? null, errorOutput ?? null)
      }
    }
    guard status == 0 else { throw .refused(systemText(status)) }
    pid = child
  }

  /// Sends a signal to the program and all it started, unless its end has been seen.
  ///
  /// - Parameter signal: The signal's number.
  public func signal(_ signal: Int32) {
    ending.withLock { ending in
      // Until it is reaped under this lock, the number cannot belong to anybody else.
      guard ending == nil else { return }
      kill(-pid, signal)
    }
  }

  /// Asks the program and all it started to end, and waits; kills them when they take too long.
  ///
  /// - Parameter grace: How long they may take.
  /// - Returns: How the program ended.
  @discardableResult
  public func terminate(grace: Duration = .seconds(5)) async -> Ending {
    let limit = Deadline(after: grace) { self.signal(SIGKILL) }
    defer { limit.cancel() }
    signal(SIGTERM)
    return await wait()
  }

  /// Waits until the program has ended; blocks a thread of its own meanwhile.
  ///
  /// - Returns: How it ended.
  public func wait() async -> Ending {
    await onOwnThread { self.waitBlocking() }
  }

  /// Waits until the program has ended, blocking the calling thread.
  ///
  /// - Returns: How it ended.
  @discardableResult
  public func waitBlocking() -> Ending { waitBlocking(killingRest: false) }

  /// Waits for the end without taking the number away, so that signals still find the group.
  func waitBlocking(killingRest: Bool) -> Ending {
    var information = siginfo_t()
    while waitid(P_PID, id_t(bitPattern: pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR
    {
    }
    return ending.withLock { ending in
      if let ending { return ending }
      if killingRest { kill(-pid, SIGKILL) }
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      let result: Ending =
        status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .signalled(status & 0x7F)
      ending = result
      return result
    }
  }
}

func systemText(_ number: Int32) -> String { String(cString: strerror(number)) }

/// Runs something that blocks on a thread that nobody else needs.
///
/// - Parameter work: What blocks.
/// - Returns: What it returns.
public func onOwnThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result
{
  await withCheckedContinuation { continuation in
    DispatchQueue(label: "blocking").async { continuation.resume(returning: work()) }
  }
}

private func findProgram(_ name: String) -> String? {
  guard !name.contains("/") else { return access(name, X_OK) == 0 ? name : nil }
  let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
  return (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"])
    .map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
}

private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return body(&pointers)
}
