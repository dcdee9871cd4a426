import Diagnostics
import LatticeModel
import ReconcileTestKit
import Testing

@testable import Manifests

@Suite("Manifests")
struct ManifestTests {
  private func decode(_ folder: String) throws -> [DecodedFile] {
    try repositoryFiles(folder).map {
      decodeManifests(ManifestFile(path: $0.path, bytes: $0.bytes))
    }
  }

  @Test("every example decodes; those with fields that have no effect yet say which")
  func examples() throws {
    let state = resolve(try decode("manifests"), revision: "r", tree: "t")
    #expect(state.diagnostics.allSatisfy { $0.code.number == ManifestCode.notActedOn.rawValue })
    let warned = Set(state.diagnostics.compactMap(\.location?.path))
    #expect(warned == ["manifests/edge-default.yaml", "manifests/edge-telemetry.yaml"])
    #expect(
      state.desired.applications.map(\.name)
        == ["edge-telemetry", "hello", "orders", "shared-services", "zones"])
    #expect(state.desired.policies.map(\.name) == ["edge-default"])
  }

  @Test("what an example marks as without effect is what is warned about, and nothing else")
  func marks() throws {
    let path = "manifests/edge-telemetry.yaml"
    let file = try #require(try repositoryFiles("manifests").first { $0.path == path })
    let text = String(decoding: file.bytes, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let marked = lines.indices.filter { lines[$0].contains("# (*)") }.map { $0 + 1 }
    let decoded = decodeManifests(ManifestFile(path: path, bytes: file.bytes))
    #expect(decoded.diagnostics.compactMap(\.location?.line).sorted() == marked)
  }

  static let badFiles = (try? repositoryFiles("Tests/ManifestsTests/Bad").map(\.path)) ?? []

  @Test("bad manifests give one report of everything, with place and remedy", arguments: badFiles)
  func bad(_ path: String) throws {
    let file = try #require(
      try repositoryFiles("Tests/ManifestsTests/Bad").first { $0.path == path })
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    let decoded = decodeManifests(ManifestFile(path: name, bytes: file.bytes))
    let state = resolve([decoded], revision: "r", tree: "t")
    var lines = state.diagnostics.map(\.description)
    lines.append("applications: \(state.desired.applications.map(\.name.rawValue))")
    lines.append("policies: \(state.desired.policies.map(\.name.rawValue))")
    lines.append("frozen: \(state.desired.frozen.map(\.name.rawValue))")
    lines.append("unreadable: \(state.desired.unreadable.map(\.description))")
    #expect(
      state.diagnostics.allSatisfy { $0.severity != .error || $0.remedy?.isEmpty == false })
    expectGolden(lines.joined(separator: "\n") + "\n", "\(name.dropLast(5)).txt")
  }

  @Test("what a syntax error hides is not taken for removed")
  func hidden() {
    let text = """
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata: {name: one}
       spec: {}
      ---
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata: {name: two}
      spec: {}
      """
    #expect(!resolved(text).desired.unreadable.isEmpty)
  }

  @Test("the order of files does not matter")
  func order() throws {
    let files = try decode("manifests") + decode("Tests/ManifestsTests/Bad")
    let one = resolve(files, revision: "r", tree: "t")
    let other = resolve(files.reversed(), revision: "r", tree: "t")
    #expect(other.desired == one.desired)
    #expect(other.diagnostics == one.diagnostics)
  }

  @Test("names with a hyphen in different places do not meet in the lattice")
  func ids() {
    #expect(LatticeNames.join("a-b", "c") == "a_b-c")
    #expect(LatticeNames.join("a", "b-c") == "a-b_c")
    #expect(LatticeNames.join("Shop", "Ünit.1") == "shop-_nit_1")
  }

  @Test("a link's values become a config of whichever end is the provider")
  func linkValues() throws {
    let state = resolved(
      """
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata: {name: shop}
      spec:
        actors: [{name: web, image: "r/web:1"}]
        providers: [{name: http, image: "r/http:1"}, {name: kv, image: "r/kv:1"}]
        links:
          - {source: http, target: web, interface: wasi:http/incoming-handler, values: {a: 1}}
          - {source: web, target: kv, interface: "wasi:keyvalue/store, atomics", values: {b: 2}}
      """)
    #expect(state.diagnostics == [])
    let links = try #require(state.desired.applications.first).links.compactMap {
      $0.definition(by: .interface)
    }
    #expect(links[0].key.source == "shop-http")
    #expect(links[0].sourceConfig == ["shop-http-web-wasi_http-default"])
    #expect(links[1].targetConfig == ["shop-web-kv-wasi_keyvalue-default"])
    #expect(links[1].interfaces == ["atomics", "store"])
  }
}
