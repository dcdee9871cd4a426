internal import CPosix
import Glibc

extension ChildProcess {
  /// What a program that has ended left behind.
  public struct Result: Sendable {
    /// How it ended.
    public var ending: Ending
    /// What it wrote to its output, cut at the limit.
    public var output: [UInt8]
    /// What it wrote to its error output, cut at the limit.
    public var errorOutput: [UInt8]
    /// Whether it was killed because its time was over.
    public var isOverdue: Bool
  }

  /// Runs a program to its end and returns what it wrote.
  ///
  /// What it has started in its group and left running is killed with it; a cancelled task kills
  /// it at once.
  ///
  /// - Parameters:
  ///   - program: Its path, or a name that is looked up.
  ///   - arguments: Its arguments, without its own name.
  ///   - environment: Its environment; ours where `nil`.
  ///   - directory: Where it runs; here where `nil`.
  ///   - input: The bytes it reads.
  ///   - limit: The most bytes kept of each output; what is over it is read and thrown away.
  ///   - deadline: When the program and all it started are killed.
  /// - Returns: How it ended and what it wrote.
  /// - Throws: `SpawnError` if it cannot be started.
  public static func run(
    _ program: String, _ arguments: [String], environment: [String: String]? = nil,
    directory: String? = nil, input: [UInt8] = [], limit: Int = 16 << 20,
    deadline: Duration = .seconds(60)
  ) async throws(SpawnError) -> Result {
    let file = try inputFile(input)
    defer { file.map { _ = close($0) } }
    let output = try OutputPipe(limit: limit)
    let errorOutput = try OutputPipe(limit: limit)
    let child = try ChildProcess(
      program, arguments, environment: environment, directory: directory, input: file,
      output: output.writer, errorOutput: errorOutput.writer)
    output.closeWriter()
    errorOutput.closeWriter()
    let isOverdue = Lock(false)
    let limit = Deadline(after: deadline) {
      isOverdue.withLock { $0 = true }
      child.signal(SIGKILL)
    }
    defer { limit.cancel() }
    async let text = onOwnThread { output.readAll() }
    async let errorText = onOwnThread { errorOutput.readAll() }
    let ending = await withTaskCancellationHandler {
      await onOwnThread { child.waitBlocking(killingRest: true) }
    } onCancel: {
      child.signal(SIGKILL)
    }
    output.finish()
    errorOutput.finish()
    return await Result(
      ending: ending, output: text, errorOutput: errorText,
      isOverdue: isOverdue.withLock { $0 } && ending == .signalled(SIGKILL))
  }

  /// A file in memory: unlike a pipe it neither fills up nor breaks when nobody reads.
  private static func inputFile(_ bytes: [UInt8]) throws(SpawnError) -> Int32? {
    guard !bytes.isEmpty else { return nil }
    let file = posix_memory_file("input")
    guard file >= 0 else { throw .refused(systemText(errno)) }
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        pwrite(file, bytes.baseAddress.map { $0 + start }, bytes.count - start, off_t(start))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let reason = systemText(errno)
        close(file)
        throw .refused(reason)
      }
      start += count
    }
    return file
  }
}

/// The pipe that a program writes to.
private final class OutputPipe: Sendable {
  let reader: Int32
  let writer: Int32
  private let limit: Int
  private let isWriterOpen = Lock(true)
  private let isFinished = Lock(false)

  init(limit: Int) throws(ChildProcess.SpawnError) {
    var ends: (Int32, Int32) = (-1, -1)
    let status = posix_pipe_alone(&ends.0, &ends.1)
    guard status == 0 else { throw .refused(systemText(status)) }
    (reader, writer) = ends
    self.limit = max(0, limit)
  }

  deinit {
    closeWriter()
    close(reader)
  }

  func closeWriter() {
    isWriterOpen.withLock { isOpen in
      if isOpen { close(writer) }
      isOpen = false
    }
  }

  /// The program has ended: what a process that left its group still writes is not waited for.
  func finish() { isFinished.withLock { $0 = true } }

  func readAll() -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      var waiting = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
      let wasFinished = isFinished.withLock { $0 }
      let ready = poll(&waiting, 1, 50)
      if ready == 0, wasFinished { return bytes }
      guard ready > 0 else { continue }
      let count = read(reader, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: chunk[..<min(count, limit - bytes.count)])
    }
  }
}
