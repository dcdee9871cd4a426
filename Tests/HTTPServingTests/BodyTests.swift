import HTTPServing
import Testing

@Suite("Bodies and names")
struct BodyTests {
  private static let hook = Route(.post, "/hooks/", takesName: true, bodyBytes: 1_000) { request in
    HTTPResponse("\(request.path) \(request.field("X-Proof") ?? "none") \(request.body.count)")
  }

  private func post(_ target: String, _ count: Int, _ fields: String = "") -> String {
    "POST \(target) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(count)\r\n\r\n"
      + String(repeating: "x", count: count)
  }

  @Test("a route takes one more segment, its own length of a body, and gives header fields")
  func route() async throws {
    var limits = HTTPLimits()
    limits.bodyBytes = 10
    try await withServer([Self.hook, .echo], limits: limits) { server in
      let client = try Client(server.address)
      let taken = try await client.ask(post("/hooks/shop?x", 1_000, "x-proof: a\r\n"))
      #expect(taken.status == 200 && taken.body == "/hooks/shop a 1000")
      let twice = try await client.ask(post("/hooks/shop", 1, "X-Proof: a\r\nX-Proof: b\r\n"))
      #expect(twice.body == "/hooks/shop none 1")
      #expect(try await client.get("/hooks/shop").status == 405)
      for target in ["/hooks/", "/hooks", "/hooks/a/b"] {
        #expect(try await client.ask(post(target, 1)).status == 404)
      }
      #expect(try await client.ask(post("/echo", 11)).status == 413)
      #expect(try await Client(server.address).ask(post("/hooks/shop", 1_001)).status == 413)
    }
  }

  @Test("what arrives together has a bound, and who is above it comes again")
  func crowd() async throws {
    var limits = HTTPLimits()
    limits.allBodyBytes = 1_500
    try await withServer([Self.hook], limits: limits) { server in
      let first = try Client(server.address)
      let head = "POST /hooks/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
      await first.send(head + String(repeating: "x", count: 999))
      var last = 0
      // Until the first one's part has arrived, there is room for the others.
      for _ in 0..<200 where last != 429 {
        last = try await Client(server.address).ask(post("/hooks/b", 900)).status
      }
      #expect(last == 429)
      #expect(try await first.ask("x").body == "/hooks/a none 1000")
      #expect(try await Client(server.address).ask(post("/hooks/b", 900)).status == 200)
    }
  }
}
