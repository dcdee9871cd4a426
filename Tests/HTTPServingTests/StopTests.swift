import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import HTTPServing

@Suite("HTTPServer stop")
struct StopTests {
  @Test("a request that is being handled is finished, and its connection ends")
  func finishes() async throws {
    let gate = Gate()
    var limits = HTTPLimits()
    limits.stopTime = .seconds(20)
    let server = try HTTPServer(
      on: ListenAddress(host: "127.0.0.1", port: 0), routes: [gate.route], limits: limits)
    let run = Task { try await server.run() }
    let client = try Client(server.address)
    async let answer = client.get("/gate")
    try await gate.waitForVisitors(1)
    run.cancel()
    try await waitUntil("new clients are refused") { (try? Client(server.address)) == nil }
    gate.open()
    #expect(try await answer.body == "through /gate\n")
    #expect(try await answer.fields["connection"]?.lowercased() == "close")
    try await run.value
    #expect(await client.isClosed())
  }

  @Test("requests that are not finished in time get 503, those on their way are cut")
  func givesUp() async throws {
    let isWaiting = Lock(0)
    let wasCancelled = Lock(0)
    let route = Route(.get, "/wait") { _ in
      isWaiting.withLock { $0 += 1 }
      _ = await BatchQueue<Never>(limit: 1).next()
      wasCancelled.withLock { $0 += 1 }
      return HTTPResponse("late\n")
    }
    var limits = HTTPLimits()
    limits.stopTime = .milliseconds(100)
    let server = try HTTPServer(
      on: ListenAddress(host: "127.0.0.1", port: 0), routes: [route, .hello], limits: limits)
    let run = Task { try await server.run() }
    let idle = try Client(server.address)
    let begun = try Client(server.address)
    await begun.send("GET /hello HTTP/1.1\r\nHo")
    let clients = try (0..<10).map { _ in try Client(server.address) }
    for client in clients { await client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n") }
    try await waitUntil("all wait") { isWaiting.withLock { $0 == 10 } }
    run.cancel()
    try await run.value
    for client in clients { #expect(try await client.answer().body == "the server stops\n") }
    #expect(wasCancelled.withLock { $0 } == 10)
    #expect(await idle.isClosed())
    #expect(await begun.isClosed())
  }

  @Test("a request that comes in while the server stops gets 503")
  func refusesNew() async throws {
    let gate = Gate()
    var limits = HTTPLimits()
    limits.stopTime = .seconds(20)
    let server = try HTTPServer(
      on: ListenAddress(host: "127.0.0.1", port: 0), routes: [gate.route, .hello], limits: limits)
    let run = Task { try await server.run() }
    let client = try Client(server.address)
    let late = try Client(server.address)
    #expect(try await late.get("/hello").status == 200)
    async let answer = client.get("/gate")
    try await gate.waitForVisitors(1)
    run.cancel()
    try await waitUntil("new clients are refused") { (try? Client(server.address)) == nil }
    #expect(try await late.get("/hello").body == "the server stops\n")
    #expect(await late.isClosed())
    gate.open()
    #expect(try await answer.body == "through /gate\n")
    try await run.value
  }

  @Test("a server that is stopped under load answers or closes, and ends each time")
  func underLoad() async throws {
    for _ in 0..<20 {
      let server = try HTTPServer(on: ListenAddress(host: "127.0.0.1", port: 0), routes: [.hello])
      let answered = Lock(0)
      let run = Task { try await server.run() }
      await withTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            guard let client = try? Client(server.address) else { return }
            while let answer = try? await client.get("/hello"), answer.status == 200 {
              answered.withLock { $0 += 1 }
            }
          }
        }
        try? await waitUntil("some are answered") { answered.withLock { $0 >= 50 } }
        run.cancel()
      }
      try await run.value
    }
  }

  @Test("a server that never ran gives its address back")
  func unused() throws {
    let address = try HTTPServer(on: ListenAddress(host: "127.0.0.1", port: 0), routes: []).address
    #expect(try HTTPServer(on: address, routes: []).address == address)
  }

  @Test("the group that runs it tells its address and ends it on a signal to end")
  func group() async throws {
    let capture = LogCapture()
    let server = try HTTPServer(
      on: ListenAddress(host: "127.0.0.1", port: 0), routes: [.hello],
      logger: Logger(capture: capture))
    let run = Task { try await ServiceGroup(["http": server]).run() }
    #expect(try await server.get("/hello").status == 200)
    run.cancel()
    #expect(try await run.value == .cancelled)
    #expect(
      capture.lines.contains {
        $0.message == "HTTP server listens"
          && $0.metadata["address"] == .string("\(server.address)")
      })
  }
}
