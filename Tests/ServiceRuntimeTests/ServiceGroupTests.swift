import Glibc
import Testing

@testable import ServiceRuntime

/// Notes when it starts and stops; ends by itself once it is told to.
private struct Worker: Service {
  enum Manner { case faithful, failing, ending, hanging }
  struct Failure: Error, Equatable {}

  let name: String
  let notes: Lock<[String]>
  var manner = Manner.faithful
  var release = BatchQueue<Int>(limit: 1)

  func run() async throws {
    defer { notes.withLock { $0.append("stop \(name)") } }
    switch manner {
    case .faithful: _ = await BatchQueue<Int>(limit: 1).next()
    case .failing: throw Failure()
    case .ending: return
    case .hanging: await Task { [release] in _ = await release.next() }.value
    }
  }
}

@Suite("ServiceGroup")
struct ServiceGroupTests {
  private let notes = Lock<[String]>([])

  @Test("services stop in reverse when one of them returns")
  func reverse() async throws {
    let group = ServiceGroup([
      "a": Worker(name: "a", notes: notes), "b": Worker(name: "b", notes: notes),
      "c": Worker(name: "c", notes: notes, manner: .ending),
    ])
    #expect(try await group.run() == .returned("c"))
    #expect(notes.withLock { $0 } == ["stop c", "stop b", "stop a"])
  }

  @Test("a failure stops the others and is thrown")
  func failure() async {
    let group = ServiceGroup([
      "a": Worker(name: "a", notes: notes),
      "b": Worker(name: "b", notes: notes, manner: .failing),
    ])
    await #expect(throws: Worker.Failure()) { try await group.run() }
    #expect(notes.withLock { $0 } == ["stop b", "stop a"])
  }

  @Test("a cancelled group stops its services")
  func cancellation() async throws {
    let group = ServiceGroup(["a": Worker(name: "a", notes: notes)])
    let task = Task { try await group.run() }
    task.cancel()
    #expect(try await task.value == .cancelled)
    #expect(notes.withLock { $0 } == ["stop a"])
  }

  @Test("a service that hangs is named at the deadline")
  func deadline() async throws {
    let release = BatchQueue<Int>(limit: 1)
    let overdue = Lock<[String]>([])
    let capture = LogCapture()
    let group = ServiceGroup(
      [
        "a": Worker(name: "a", notes: notes, manner: .hanging, release: release),
        "b": Worker(name: "b", notes: notes, manner: .ending),
      ], deadline: .milliseconds(50), logger: Logger(capture: capture)
    ) { names in
      overdue.withLock { $0 = names }
      release.finish()
    }
    #expect(try await group.run() == .returned("b"))
    #expect(overdue.withLock { $0 } == ["a"])
    #expect(capture.lines.contains { $0.metadata["services"] == .list(["a"]) })
  }

  @Test("the deadline ends the process by default")
  func exits() async {
    await #expect(processExitsWith: .exitCode(1)) {
      let release = BatchQueue<Int>(limit: 1)
      let notes = Lock<[String]>([])
      let group = ServiceGroup(
        [
          "a": Worker(name: "a", notes: notes, manner: .hanging, release: release),
          "b": Worker(name: "b", notes: notes, manner: .ending),
        ], deadline: .milliseconds(50))
      try await group.run()
    }
  }
}

@Suite("SignalStream")
struct SignalStreamTests {
  @Test("the first request to end ends the group; the process lives to say so")
  func first() async {
    await #expect(processExitsWith: .exitCode(7)) {
      let signals = SignalStream()
      kill(getpid(), SIGTERM)
      let worker = Worker(name: "a", notes: Lock([]))
      let ending = try await ServiceGroup(["a": worker]).run(until: signals)
      exit(ending == .signalled(SIGTERM) ? 7 : 1)
    }
  }

  @Test("the second request ends the process at once with 128 plus its number")
  func second() async {
    await #expect(processExitsWith: .exitCode(130)) {
      let signals = SignalStream()
      kill(getpid(), SIGTERM)
      for await _ in signals {
        kill(getpid(), SIGINT)
        _ = await BatchQueue<Int>(limit: 1).next()
      }
    }
  }

  @Test("a request to look again can come many times")
  func hangups() async {
    await #expect(processExitsWith: .exitCode(7)) {
      var count = 0
      let signals = SignalStream([SIGHUP])
      kill(getpid(), SIGHUP)
      for await number in signals {
        guard number == SIGHUP else { exit(1) }
        count += 1
        if count == 3 { exit(7) }
        kill(getpid(), SIGHUP)
      }
    }
  }
}
