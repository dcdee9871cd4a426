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

  @Test("every example decodes without a finding")
  func examples() throws {
    let state = resolve(try decode("manifests"), revision: "r", tree: "t")
    #expect(state.diagnostics == [])
    #expect(
      state.desired.applications.map(\.name)
        == ["edge-telemetry", "hello", "orders", "shared-services", "zones"])
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
    let files = try decode("manifests")
    let one = resolve(files, revision: "r", tree: "t").desired
    #expect(resolve(files.reversed(), revision: "r", tree: "t").desired == one)
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
    let links = try #require(state.desired.applications.first).links.map(\.definition)
    #expect(links[0].key.source == "shop-http")
    #expect(links[0].sourceConfig == ["shop-http-web-wasi_http-default"])
    #expect(links[1].targetConfig == ["shop-web-kv-wasi_keyvalue-default"])
    #expect(links[1].interfaces == ["atomics", "store"])
  }

  @Test("whatever is broken in a file, no application of it is lost silently")
  func mutations() throws {
    let text = try #require(try repositoryFiles("manifests").first { $0.path.contains("hello") })
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
    print("seed \(seed)")
    var random = Seeded(state: seed)
    for _ in 0..<5_000 {
      var bytes = text.bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = UInt8.random(in: 9...126, using: &random)
      }
      let decoded = decodeManifests(ManifestFile(path: "m.yaml", bytes: bytes))
      let isNamed =
        !decoded.applications.isEmpty || !decoded.frozen.isEmpty || !decoded.unreadable.isEmpty
      #expect(isNamed, "\(String(decoding: bytes, as: UTF8.self))")
    }
  }

  private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 31
    }
  }
}
