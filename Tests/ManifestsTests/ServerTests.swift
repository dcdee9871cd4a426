import Diagnostics
import LatticeModel
import Testing

@testable import Manifests

@Suite("HTTP servers in manifests")
struct ServerTests {
  /// An application of one actor and one server.
  private func server(
    _ name: String, _ address: String, image: String = "wasmcloud+builtin://http-server",
    actorRules: String = "", serverRules: String = ""
  ) -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: \(name)}
    spec:
      actors: [{name: web, image: "r/web:1"\(actorRules)}]
      providers: [{name: http, image: "\(image)"\(serverRules)}]
      links:
        - source: http
          target: web
          interface: wasi:http/incoming-handler
          values: {address: "\(address)"}
    """
  }

  private func codes(_ texts: [String]) -> [String] {
    let files = texts.enumerated().map {
      decodeManifests(ManifestFile(path: "\($0).yaml", bytes: Array($1.utf8)))
    }
    return resolve(files, revision: "r", tree: "t").diagnostics.map {
      "\($0.code) \($0.severity.rawValue)"
    }
  }

  @Test("two servers of one address that can share a host are warned of, with both places")
  func twice() throws {
    let state = resolved(server("a", "0.0.0.0:8080"), server("b", "127.0.0.1:8080"))
    let found = try #require(state.diagnostics.first)
    #expect(state.diagnostics.count == 1 && found.code == DiagnosticCode("MAN", 21))
    #expect(found.severity == .warning && found.location?.path == "1.yaml")
    #expect(found.message.contains("0.yaml:8"))
    #expect(state.desired.applications.count == 2)
  }

  @Test("other ports, other hosts and rules that never meet are no finding")
  func apart() {
    #expect(codes([server("a", "0.0.0.0:8080"), server("b", "0.0.0.0:8081")]) == [])
    #expect(codes([server("a", "10.0.0.1:80"), server("b", "10.0.0.2:80")]) == [])
    func zone(_ name: String) -> String {
      ", spread: [{name: \(name), requirements: {zone: \(name)}}]"
    }
    #expect(
      codes([
        server("a", ":80", actorRules: zone("a")), server("b", ":80", actorRules: zone("b")),
      ]) == [])
    #expect(
      codes([
        server("a", ":80", actorRules: zone("a")), server("b", ":80", actorRules: zone("a")),
      ]) == ["MAN-21 warning"])
  }

  @Test("two links of one server with one address are a finding: the second serves nothing")
  func ofOneServer() {
    let more = """

          - source: http
            target: web
            name: again
            interface: wasi:http/incoming-handler
            values: {address: "0.0.0.0:8080"}
      """
    let state = resolved(server("a", "0.0.0.0:8080") + more)
    #expect(state.diagnostics.map(\.severity) == [.warning])
    let remedies = state.diagnostics.compactMap(\.remedy)
    #expect(remedies.allSatisfy { $0.contains("the second serves nothing") })
  }

  @Test("a builtin server whose rules never meet those of its target is warned of")
  func never() {
    let text = server(
      "a", ":80", actorRules: ", spread: [{name: a, requirements: {zone: a}}]",
      serverRules: ", spread: [{name: b, requirements: {zone: b}}]")
    #expect(codes([text]) == ["MAN-22 warning"])
    let archive = server(
      "a", ":80", image: "r/http:1", actorRules: ", spread: [{name: a, requirements: {zone: a}}]",
      serverRules: ", spread: [{name: b, requirements: {zone: b}}]")
    #expect(codes([archive]) == [])
  }

  @Test("no version is asked of what no registry has")
  func versions() {
    #expect(codes([server("a", ":80")]) == [])
    #expect(codes([server("a", ":80", image: "file:///x/http.par.gz")]) == [])
    for image in ["r/http", "r/http:"] {
      #expect(codes([server("a", ":80", image: image)]) == ["MAN-17 warning"])
    }
  }
}
