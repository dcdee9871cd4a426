import JSONCoding
import ReconcileTestKit
import Testing

@testable import HTTPRequesting

@Suite("HTTPClient")
struct HTTPClientTests {
  private static let secret = "only-in-the-head"

  private func request(
    _ forge: ForgeDouble, _ method: OutgoingRequest.Method = .get, _ path: String = "/x"
  ) -> OutgoingRequest {
    var request = OutgoingRequest(method, forge.url + path)
    request.secrets["Authorization"] = "Bearer \(Self.secret)"
    return request
  }

  @Test("what is sent arrives as it is, and the answer comes back whole, whatever its status")
  func exchange() async throws {
    let forge = try ForgeDouble()
    let client = HTTPClient()
    for method in [OutgoingRequest.Method.post, .put, .patch] {
      var request = request(forge, method)
      request.fields["X-Field"] = "a b"
      request.body = Array(#"{"a":1}"#.utf8)
      try forge.answer("429")
      let answer = try await client.send(request)
      #expect(answer.status == 429 && answer.fields["retry-after"] == "1")
      #expect(String(decoding: answer.body, as: UTF8.self) == #"{"message": "slow down"}"#)
      let arrived = try #require(forge.requests.last)
      #expect(arrived["method"]?.string == method.rawValue)
      #expect(arrived["fields"]?["x-field"]?.string == "a b")
      #expect(arrived["fields"]?["authorization"]?.string == "Bearer \(Self.secret)")
      #expect(arrived["body"]?["a"]?.int == 1)
    }
    // Nothing of the request before is left in the next one, and an empty body is empty.
    #expect(try await client.send(OutgoingRequest(.get, forge.url + "/y")).status == 401)
    #expect(try await client.send(OutgoingRequest(.post, forge.url + "/y")).status == 401)
    for last in forge.requests.suffix(2) {
      #expect(last["fields"]?["authorization"] == nil && last["body"] == .null)
    }
  }

  @Test("a redirect is an answer, and is not followed")
  func redirect() async throws {
    let forge = try ForgeDouble()
    try forge.answer("302")
    #expect(try await HTTPClient().send(request(forge)).status == 302)
    #expect(forge.requests.count == 1)
  }

  @Test("who hangs costs one deadline, and who is told to stop does")
  func deadline() async throws {
    let forge = try ForgeDouble()
    var options = HTTPClientOptions()
    options.deadline = .milliseconds(200)
    try forge.answer("hang")
    await #expect(throws: HTTPRequestError.overdue(.milliseconds(200))) {
      try await HTTPClient(options).send(request(forge))
    }
    try forge.answer("hang")
    let waiting = Task { try await HTTPClient().send(request(forge)) }
    try await waitUntil("it was asked") { forge.requests.count == 2 }
    waiting.cancel()
    await #expect(throws: HTTPRequestError.cancelled) { try await waiting.value }
  }

  @Test("an answer has a bound")
  func bound() async throws {
    let forge = try ForgeDouble()
    var options = HTTPClientOptions()
    options.answerBytes = 10
    await #expect(throws: HTTPRequestError.tooLong(10)) {
      try await HTTPClient(options).send(request(forge))
    }
    options.answerBytes = 1 << 20
    #expect(try await HTTPClient(options).send(request(forge)).status == 401)
  }

  @Test(
    "who is not there, cuts the connection or shows a stranger's certificate is an error of its kind"
  )
  func failures() async throws {
    let forge = try ForgeDouble()
    try forge.answer("bye")
    for url in ["http://127.0.0.1:\(freePort())/x", forge.url + "/x"] {
      do {
        _ = try await HTTPClient().send(OutgoingRequest(.get, url))
        Issue.record("\(url) answers")
      } catch {
        guard case .unreachable = error else {
          Issue.record("\(error)")
          continue
        }
      }
    }
    let server = try await GitHTTPServer(serving: "/tmp")
    do {
      _ = try await HTTPClient().send(OutgoingRequest(.get, server.address("x")))
      Issue.record("a stranger is trusted")
    } catch {
      guard case .untrusted = error else {
        Issue.record("\(error)")
        return
      }
    }
    var options = HTTPClientOptions()
    options.authority = server.authority
    #expect(
      try await HTTPClient(options).send(OutgoingRequest(.get, server.address("x"))).status == 404)
  }

  @Test(
    "what could be read in two ways, or shows a password, is not sent",
    arguments: [
      "ftp://a/x", "file:///etc/passwd", "http://u:p@a/x", "http://", "http://a/x\r\nX: y", "a/x",
      "https://a b/", "http://ä/",
    ])
  func unfit(_ url: String) async {
    var request = OutgoingRequest(.get, url)
    #expect(request.flaw != nil)
    request.url = "http://a.test/"
    #expect(request.flaw == nil)
    request.secrets["Authorization"] = "a\r\nX: b"
    #expect(request.flaw.map { !$0.contains("X: b") } ?? false)
  }

  @Test("a request shows its secret nowhere")
  func secrecy() {
    var request = OutgoingRequest(.post, "https://a.test/x")
    request.secrets["Authorization"] = Self.secret
    var dumped = ""
    dump(request, to: &dumped)
    for text in ["\(request)", String(reflecting: request), dumped] {
      #expect(!text.contains(Self.secret) && text.contains("https://a.test/x"))
    }
  }
}
