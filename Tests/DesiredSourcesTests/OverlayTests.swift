import DesiredSources
import Diagnostics
import GitSource
import LatticeModel
import ReconcileTestKit
import Testing

@Suite("What is laid over manifests")
struct OverlayTests {
  private static func overlay(_ instances: String, of name: String = "shop") -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: \(name)}
    spec: {actors: [{name: web, instances: \(instances)}]}

    """
  }

  private func instances(_ reading: SourceReading) -> [String: Int] {
    Dictionary(
      uniqueKeysWithValues: reading.desired.applications.map {
        ($0.name.rawValue, $0.actors[0].instances)
      })
  }

  /// Commits overlays by the path of their file.
  private func commit(_ files: [String: String], to shop: Shop) async throws {
    for (path, text) in files { try shop.repository.write(path, text) }
    try await shop.repository.commit("Change overlays")
  }

  @Test(
    "each layer is read at the commit, wherever it lies, and only what it changes is decoded anew")
  func layers() async throws {
    let shop = try await Shop()
    try await shop.commit(Shop.application("blog"), to: "blog")
    try await commit(
      ["sites/eu/shop.yaml": Self.overlay("3"), "manifests/over/a.yaml": Self.overlay("4")],
      to: shop)
    let one = try shop.source {
      $0.overlays = ["sites/eu"]; $0.path = "manifests/shop.yaml"
    }
    #expect(instances(try await one.read()) == ["shop": 3])
    let source = try shop.source { $0.overlays = ["sites/eu", "manifests/over"] }
    let reading = try await source.read()
    #expect(reading.diagnostics == [] && instances(reading) == ["shop": 4, "blog": 1])
    #expect(reading.overlayPaths == ["sites/eu", "manifests/over"])
    #expect(
      reading.overlaid == [
        "shop (manifests/shop.yaml + sites/eu/shop.yaml + manifests/over/a.yaml)"
      ])
    try await commit(["manifests/over/a.yaml": Self.overlay("6")], to: shop)
    #expect(instances(try await source.read()) == ["shop": 6, "blog": 1])
    try await commit(["manifests/over/b.yaml": Self.overlay("9", of: "blog")], to: shop)
    #expect(instances(try await source.read()) == ["shop": 6, "blog": 9])
  }

  @Test("a layer in the folder of another one is that layer's alone")
  func nested() async throws {
    let shop = try await Shop()
    try await commit(
      ["eu/shop.yaml": Self.overlay("3"), "eu/berlin/shop.yaml": Self.overlay("4")], to: shop)
    let reading = try await shop.source { $0.overlays = ["eu", "eu/berlin"] }.read()
    #expect(reading.diagnostics == [] && instances(reading) == ["shop": 4])
    var applied = shop
    applied.apply(reading)
    try await commit(["eu/berlin/shop.yaml": "spec: {"], to: shop)
    let source = try shop.source { $0.overlays = ["eu", "eu/berlin"] }
    let recalled = await source.recalling(applied.record, in: try await source.read())
    #expect(instances(recalled) == ["shop": 4])
  }

  @Test("an overlay that is broken, or gone, leaves what was applied in force, with its overlay")
  func broken() async throws {
    var shop = try await Shop()
    try await commit(["eu/shop.yaml": Self.overlay("3")], to: shop)
    let source = try shop.source { $0.overlays = ["eu"] }
    shop.apply(try await source.read())
    try await commit(["eu/shop.yaml": "spec: {"], to: shop)
    let reading = try await source.read()
    #expect(reading.desired.frozen.map(\.name) == ["shop"] && reading.errorCount == 1)
    let recalled = await source.recalling(shop.record, in: reading)
    #expect(instances(recalled) == ["shop": 3])
    #expect(recalled.desired.applications.first?.heldAt != nil && recalled.errorCount == 1)
    try await shop.repository.git("rm", "-rq", "eu")
    try await shop.repository.commit("Remove the overlays")
    await #expect(throws: GitError.self) { try await source.read() }
    try await commit(["eu/notes.txt": ""], to: shop)
    await #expect(throws: SourceError.self) { try await source.read() }
  }

  @Test("what was applied before there were overlays is its own last good form")
  func introduced() async throws {
    var shop = try await Shop()
    shop.apply(try await shop.source().read())
    try await commit(["eu/shop.yaml": Self.overlay("many")], to: shop)
    let source = try shop.source { $0.overlays = ["eu"] }
    let recalled = await source.recalling(shop.record, in: try await source.read())
    #expect(instances(recalled) == ["shop": 1])
  }

  @Test("on disk it is read beside the manifests on disk, and told where it is not committed")
  func worktree() async throws {
    let shop = try await Shop()
    try await commit(["eu/shop.yaml": Self.overlay("3")], to: shop)
    try shop.repository.write("eu/shop.yaml", Self.overlay("50"))
    let committed = try await shop.source { $0.overlays = ["eu"] }.read()
    #expect(instances(committed) == ["shop": 3] && committed.uncommitted == ["eu/shop.yaml"])
    let onDisk = try await shop.source {
      $0.overlays = ["eu"]; $0.readsWorktree = true
    }.read()
    #expect(instances(onDisk) == ["shop": 50])
  }
}
