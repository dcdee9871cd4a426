import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import HTTPServing

@Suite("HTTPServer pages")
struct PageTests {
  @Test("a page is answered, over and over on one connection")
  func keepAlive() async throws {
    try await withServer { server in
      let client = try Client(server.address)
      for _ in 0..<3 {
        let answer = try await client.get("/hello?a=b")
        #expect(answer.status == 200)
        #expect(answer.body == "hello\n")
        #expect(answer.fields["content-type"] == "text/plain; charset=utf-8")
        #expect(answer.fields["cache-control"] == "no-store")
      }
    }
  }

  @Test("HEAD has the header of GET and no body")
  func head() async throws {
    try await withServer { server in
      let client = try Client(server.address)
      let answer = try await client.ask(
        "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", hasBody: false)
      #expect(answer.status == 200)
      #expect(answer.fields["content-length"] == "6")
      // Were there a body, the next answer would begin with it.
      #expect(try await client.get("/hello").body == "hello\n")
    }
  }

  @Test("a path that no route has is 404, with the connection kept")
  func notFound() async throws {
    try await withServer { server in
      let client = try Client(server.address)
      for path in ["/", "/hello/", "/hell", "/hello%00", "/%68ello", "*"] {
        #expect(try await client.get(path).status == 404, "\(path)")
      }
      #expect(try await client.get("/hello").status == 200)
    }
  }

  @Test("a method that the path does not have is 405 and names those it has")
  func notAllowed() async throws {
    try await withServer([.hello, .echo]) { server in
      let client = try Client(server.address)
      for method in ["POST", "DELETE", "OPTIONS", "BREW", "get"] {
        let answer = try await client.ask("\(method) /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(answer.status == 405, "\(method)")
        #expect(answer.fields["allow"] == "GET, HEAD")
      }
      #expect(try await client.get("/echo").fields["allow"] == "POST")
    }
  }

  @Test("a body arrives whole, with a length or in chunks")
  func bodies() async throws {
    try await withServer([.echo]) { server in
      let client = try Client(server.address)
      let body = String(repeating: "0123456789abcdef", count: 4_096)
      let long = try await client.ask(
        "POST /echo?x HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n\(body)")
      #expect(long.body == "x|\(body)")
      let chunked = try await client.ask(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
          + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
      #expect(chunked.body == "|abcde")
      let later = try await client.ask(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
      #expect(later.status == 100)
      #expect(try await client.ask("z").body == "|z")
    }
  }

  @Test("requests sent in one go are answered in order")
  func pipelining() async throws {
    try await withServer([.echo]) { server in
      let client = try Client(server.address)
      await client.send(
        (0..<20).map {
          "POST /echo?\($0) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        }.joined())
      for number in 0..<20 { #expect(try await client.answer().body == "\(number)|") }
    }
  }

  @Test("a request in the older version needs no Host and ends its connection")
  func older() async throws {
    try await withServer { server in
      let client = try Client(server.address)
      #expect(try await client.ask("GET /hello HTTP/1.0\r\n\r\n").body == "hello\n")
      #expect(await client.isClosed())
    }
  }

  @Test("a URL in place of a path names the same page")
  func absolute() async throws {
    try await withServer { server in
      let client = try Client(server.address)
      #expect(try await client.get("http://a/hello?b").status == 200)
      #expect(try await client.get("HTTP://a").status == 404)
    }
  }

  @Test("it listens on IPv6, and on a name", arguments: ["::1", "localhost"])
  func addresses(host: String) async throws {
    try await withServer(host: host) { server in
      let answer = try await server.get("/hello")
      #expect(answer.status == 200)
      #expect(server.address.port > 0)
    }
  }

  @Test("an address that is taken is an error, and so is a second run")
  func taken() async throws {
    try await withServer { server in
      _ = try await server.get("/hello")
      #expect(
        throws: HTTPServerError.cannotListen(server.address, "Address already in use")
      ) { try HTTPServer(on: server.address, routes: []) }
      await #expect(throws: HTTPServerError.hasRun) { try await server.run() }
    }
  }

  @Test("a parameter is there with or without a value, and by its whole name")
  func parameters() {
    let request = HTTPRequest(target: "/page?verbose=1&plain&deep==")
    for name in ["verbose", "plain", "deep"] { #expect(request.hasParameter(name), "\(name)") }
    for name in ["verb", "1", "verbose=1", ""] { #expect(!request.hasParameter(name), "\(name)") }
  }
}
