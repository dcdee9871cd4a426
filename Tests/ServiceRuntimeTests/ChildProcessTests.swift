import Glibc
import Testing

@testable import ServiceRuntime

@Suite("ChildProcess")
struct ChildProcessTests {
  @Test("a program gets its arguments, environment, folder and input")
  func run() async throws {
    let result = try await ChildProcess.run(
      "/bin/sh", ["-c", "pwd; echo $1 $WORD; cat; echo no >&2; exit 7", "sh", "one"],
      environment: ["WORD": "two"], directory: "/", input: Array("three".utf8))
    #expect(result.ending == .exited(7))
    #expect(String(decoding: result.output, as: UTF8.self) == "/\none two\nthree")
    #expect(String(decoding: result.errorOutput, as: UTF8.self) == "no\n")
    #expect(!result.isOverdue)
  }

  @Test("a program that is not there is an error that names it")
  func absent() async {
    await #expect(throws: ChildProcess.SpawnError.notFound("no-such-program")) {
      try await ChildProcess.run("no-such-program", [])
    }
    await #expect(throws: ChildProcess.SpawnError.refused("No such file or directory")) {
      try await ChildProcess.run("/bin/sh", [], directory: "/no/such/folder")
    }
  }

  @Test("output beyond the limit is thrown away and the program still ends")
  func limit() async throws {
    let result = try await ChildProcess.run(
      "/bin/sh", ["-c", "head -c 1000000 /dev/zero"], limit: 10)
    #expect(result.output.count == 10)
    #expect(result.ending == .exited(0))
  }

  @Test("the deadline kills the program and what it started")
  func deadline() async throws {
    let result = try await ChildProcess.run(
      "/bin/sh", ["-c", "sleep 600 & echo $!; exec >&-; wait"], deadline: .milliseconds(300))
    #expect(result.ending == .signalled(SIGKILL))
    #expect(result.isOverdue)
    try expectGone(result.output)
  }

  @Test("what a program leaves running is neither waited for nor left")
  func grandchildren() async throws {
    let result = try await ChildProcess.run("/bin/sh", ["-c", "sleep 600 & echo $!"])
    #expect(result.ending == .exited(0))
    try expectGone(result.output)
  }

  @Test("a process that left its group is not waited for")
  func escaped() async throws {
    let result = try await ChildProcess.run("/bin/sh", ["-c", "setsid sleep 5 & echo $!; exit 3"])
    #expect(result.ending == .exited(3))
    #expect(!result.isOverdue)
  }

  @Test("a cancelled task kills the program")
  func cancellation() async throws {
    let task = Task { try await ChildProcess.run("sleep", ["600"]) }
    task.cancel()
    #expect(try await task.value.ending == .signalled(SIGKILL))
  }

  @Test("a long-running program ends when asked, and is killed if it does not")
  func terminate() async throws {
    let polite = try ChildProcess("sleep", ["600"])
    #expect(await polite.terminate() == .signalled(SIGTERM))
    polite.signal(SIGKILL)
    let (reader, writer) = makePipe()
    let stubborn = try ChildProcess(
      "/bin/sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"], output: writer)
    close(writer)
    var byte: UInt8 = 0
    #expect(read(reader, &byte, 1) == 1)
    #expect(await stubborn.terminate(grace: .milliseconds(100)) == .signalled(SIGKILL))
    close(reader)
  }

  @Test("a signal gets through while another thread waits for the end")
  func signalWhileWaiting() async throws {
    let child = try ChildProcess("sleep", ["600"])
    async let ending = child.wait()
    child.signal(SIGINT)
    #expect(await ending == .signalled(SIGINT))
  }

  @Test("a program gets no descriptors but three and no blocked or ignored signals")
  func clean() async throws {
    _ = signal(SIGHUP, SIG_IGN)
    let status = try await ChildProcess.run("grep", ["-E", "Sig(Blk|Ign)", "/proc/self/status"])
    signal(SIGHUP, SIG_DFL)
    let masks = lines(status).compactMap { UInt64($0.suffix(16), radix: 16) }
    // Numbers 32 and 33 are the C library's own.
    #expect(masks.map { $0 & 0x7FFF_FFFF } == [0, 0])
    let descriptors = try await ChildProcess.run("/bin/sh", ["-c", "ls /proc/$$/fd"])
    #expect(lines(descriptors) == ["0", "1", "2"])
  }

  private func lines(_ result: ChildProcess.Result) -> [Substring] {
    String(decoding: result.output, as: UTF8.self).split(separator: "\n")
  }

  private func makePipe() -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Expects that the process whose number a shell printed has ended, reaped or not.
  private func expectGone(_ output: [UInt8]) throws {
    let text = String(decoding: output, as: UTF8.self).filter(\.isNumber)
    let number = try #require(Int32(text))
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline, isRunning(number) { poll(nil, 0, 5) }
    #expect(!isRunning(number))
  }

  private func isRunning(_ number: Int32) -> Bool {
    let file = open("/proc/\(number)/stat", O_RDONLY)
    guard file >= 0 else { return false }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = read(file, &bytes, bytes.count)
    let text = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    return !text.contains(") Z ") && !text.contains(") X ")
  }
}
