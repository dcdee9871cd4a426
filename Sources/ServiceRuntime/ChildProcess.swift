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

  /// What a program that has ended left behind.
  public struct Result: Sendable {
    /// How it ended.
    public var ending: Ending
    /// What it wrote to its output, cut at the limit.
    public var output: [UInt8]
    /// What it wrote to its error output, cut at the limit.
    public var errorOutput: [UInt8]
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
    defer { close(null) }
    var child: Int32 = 0
    let variables = environment?.map { "\($0.key)=\($0.value)" } ?? currentEnvironment()
    let status = withCStrings([path] + arguments) { argv in
      withCStrings(variables) { envp in
        posix_spawn_alone(
          &child, path, argv, envp, directory, input ?? null, output ?? null, errorOutput ?? null)
      }
    }
    guard status == 0 else { throw .refused(String(cString: strerror(status))) }
    pid = child
  }

  /// Sends a signal to the program and all it started.
  ///
  /// - Parameter signal: The signal's number.
  public func signal(_ signal: Int32) {
    guard ending.withLock({ $0 }) == nil else { return }
    kill(-pid, signal)
  }

  /// Waits until the program has ended; blocks a thread of its own meanwhile.
  ///
  /// - Returns: How it ended.
  public func wait() async -> Ending {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: self.waitBlocking()) }
    }
  }

  /// Waits until the program has ended, blocking the calling thread.
  ///
  /// - Returns: How it ended.
  @discardableResult
  public func waitBlocking() -> Ending {
    ending.withLock { ending in
      if let ending { return ending }
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      let result: Ending =
        status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .signalled(status & 0x7F)
      ending = result
      return result
    }
  }

  /// Runs a program to its end and returns what it wrote.
  ///
  /// - Parameters:
  ///   - program: Its path, or a name that is looked up.
  ///   - arguments: Its arguments, without its own name.
  ///   - environment: Its environment; ours where `nil`.
  ///   - directory: Where it runs; here where `nil`.
  ///   - limit: The most bytes kept of each output.
  ///   - deadline: When the program and all it started are killed.
  /// - Returns: How it ended and what it wrote.
  /// - Throws: `SpawnError` if it cannot be started.
  public static func run(
    _ program: String, _ arguments: [String], environment: [String: String]? = nil,
    directory: String? = nil, limit: Int = 16 << 20, deadline: Duration = .seconds(60)
  ) async throws(SpawnError) -> Result {
    let output = Pipe()
    let errors = Pipe()
    let child = try ChildProcess(
      program, arguments, environment: environment, directory: directory, output: output.writer,
      errorOutput: errors.writer)
    close(output.writer)
    close(errors.writer)
    let killer = Task {
      try? await Task.sleep(for: deadline)
      if !Task.isCancelled { child.signal(SIGKILL) }
    }
    async let text = output.readAll(limit)
    async let errorText = errors.readAll(limit)
    let (outputBytes, errorBytes) = await (text, errorText)
    let ending = await child.wait()
    killer.cancel()
    return Result(ending: ending, output: outputBytes, errorOutput: errorBytes)
  }
}

private struct Pipe: Sendable {
  let reader: Int32
  let writer: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    (reader, writer) = (ends[0], ends[1])
    _ = fcntl(reader, F_SETFD, FD_CLOEXEC)
    _ = fcntl(writer, F_SETFD, FD_CLOEXEC)
  }

  func readAll(_ limit: Int) async -> [UInt8] {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
          let count = read(reader, &chunk, chunk.count)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { break }
          bytes.append(contentsOf: chunk[..<min(count, max(0, limit - bytes.count))])
        }
        close(reader)
        continuation.resume(returning: bytes)
      }
    }
  }
}

private func findProgram(_ name: String) -> String? {
  guard !name.contains("/") else { return access(name, X_OK) == 0 ? name : nil }
  let path = getenv("PATH").map { String(cString: $0) } ?? ""
  return (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"])
    .map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
}

private func currentEnvironment() -> [String] {
  var variables: [String] = []
  var next = environ
  while let variable = next.pointee {
    variables.append(String(cString: variable))
    next += 1
  }
  return variables
}

private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return body(&pointers)
}
