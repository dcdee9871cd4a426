import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import HTTPServing

@Suite("HTTPServer limits")
struct LimitTests {
  @Test("hundreds of idle connections lock nobody out")
  func idleConnections() async throws {
    try await withServer { server in
      var idle: [Client] = []
      for _ in 0..<400 { idle.append(try Client(server.address)) }
      for _ in 0..<20 { #expect(try await server.get("/hello").status == 200) }
      #expect(await idle[0].isClosed(), "the one that has been idle longest goes first")
      #expect(try await idle[399].get("/hello").status == 200, "the youngest stay")
    }
  }

  @Test("hundreds of begun requests lock nobody out")
  func begunRequests() async throws {
    try await withServer { server in
      var begun: [Client] = []
      for _ in 0..<400 {
        let client = try Client(server.address)
        await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n")
        begun.append(client)
      }
      for _ in 0..<20 { #expect(try await server.get("/hello").status == 200) }
      #expect(try await begun[399].ask("\r\n").status == 200)
    }
  }

  @Test("a connection that is idle too long is closed, before a request and after one")
  func idleTime() async throws {
    var limits = HTTPLimits()
    limits.idleTime = .seconds(1)
    try await withServer(limits: limits) { server in
      let idle = try Client(server.address)
      try await waitUntil("one is answered, and then idle") {
        let kept = try Client(server.address)
        guard let answer = try? await kept.get("/hello"), answer.status == 200 else { return false }
        return await kept.isClosed()
      }
      #expect(await idle.isClosed())
    }
  }

  @Test(
    "a request that comes byte by byte is cut",
    arguments: [
      "GET /hello HTTP/1.1\r\nHost: a\r\nA: ", "G",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff00\r\n",
    ])
  func dribble(beginning: String) async throws {
    var limits = HTTPLimits()
    limits.transferTime = .seconds(1)
    limits.idleTime = .seconds(1)
    try await withServer([.hello, .echo], limits: limits) { server in
      let client = try Client(server.address)
      await client.send(beginning)
      let start = ContinuousClock.now
      // A byte whenever the server has been seen to answer somebody else; it is never silent.
      try await waitUntil("the connection is cut") {
        _ = try? await server.get("/hello")
        return await !client.send("a")
      }
      #expect(ContinuousClock.now - start >= .seconds(1))
    }
  }

  @Test("a client that does not read its answer is cut")
  func slowReader() async throws {
    var limits = HTTPLimits()
    limits.transferTime = .seconds(1)
    // Made before, since that takes a while too.
    let page = HTTPResponse(String(repeating: "x", count: 64 << 20))
    let big = Route(.get, "/big") { _ in page }
    try await withServer([big, .hello], limits: limits) { server in
      let client = try Client(server.address)
      await client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
      try await waitUntil("the connection is cut") {
        _ = try? await server.get("/hello")
        return await !client.send("a")
      }
      await #expect(throws: Client.NoAnswer.self) { try await client.answer() }
    }
  }

  @Test("a handler that takes too long is answered for with 503 and cancelled")
  func slowHandler() async throws {
    let wasCancelled = Lock(false)
    var limits = HTTPLimits()
    limits.handlerTime = .seconds(1)
    let slow = Route(.get, "/slow") { _ in
      _ = await BatchQueue<Never>(limit: 1).next()
      wasCancelled.withLock { $0 = true }
      return HTTPResponse("late\n")
    }
    try await withServer([slow, .hello], limits: limits) { server in
      let client = try Client(server.address)
      let answer = try await client.get("/slow")
      #expect(answer.status == 503)
      #expect(answer.fields["retry-after"] == "1")
      try await waitUntil("the handler is cancelled") { wasCancelled.withLock { $0 } }
      #expect(try await client.get("/hello").body != "late\n", "the late answer is dropped")
    }
  }

  @Test("a handler that ends late does not answer the next request of its connection")
  func lateHandler() async throws {
    let (first, second) = (Gate("/first"), Gate("/second"))
    var limits = HTTPLimits()
    limits.handlerTime = .seconds(5)
    limits.handlers = 2
    try await withServer([first.route, second.route, .hello], limits: limits) { server in
      let client = try Client(server.address)
      #expect(try await client.get("/first").body == "the page took too long\n")
      async let answer = client.get("/second")
      try await second.waitForVisitors(1)
      #expect(try await server.get("/hello").status == 503, "both work")
      first.open()
      try await waitUntil("the first has ended") { try await server.get("/hello").status == 200 }
      second.open()
      #expect(try await answer.body == "through /second\n")
    }
  }

  @Test("a handler that will not end counts until it ends, and the rest is served")
  func stubbornHandlers() async throws {
    let gate = Gate()
    var limits = HTTPLimits()
    limits.handlerTime = .seconds(1)
    limits.handlers = 2
    try await withServer([gate.route, .hello], limits: limits) { server in
      #expect(try await server.get("/gate").body == "the page took too long\n")
      try await waitUntil("there is room") { try await server.get("/hello").status == 200 }
      #expect(try await server.get("/gate").body == "the page took too long\n")
      let refused = try await server.get("/hello")
      #expect(refused.status == 503)
      #expect(refused.body == "too many requests at once\n")
      gate.open()
      try await waitUntil("there is room again") { try await server.get("/hello").status == 200 }
    }
  }

  @Test("a thousand requests at once over kept connections are all answered")
  func manyRequests() async throws {
    var limits = HTTPLimits()
    limits.handlers = 50
    try await withServer([.echo], limits: limits) { server in
      let good = try await withThrowingTaskGroup(of: Int.self) { group in
        for client in 0..<50 {
          group.addTask {
            let connection = try Client(server.address)
            var good = 0
            for number in 0..<20 {
              let answer = try await connection.ask(
                "POST /echo?\(client)-\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
              if answer.body == "\(client)-\(number)|x" { good += 1 }
            }
            return good
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(good == 1_000)
    }
  }
}
