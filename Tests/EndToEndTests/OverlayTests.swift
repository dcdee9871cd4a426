import JSONCoding
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("One folder of manifests for several environments")
struct OverlayTests {
  private static func overlay(_ instances: Int) -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: shop}
    spec: {actors: [{name: web, instances: \(instances)}]}

    """
  }

  @Test("the plan names both files, what runs is the merged form, and 'render' shows it")
  func applied() async throws {
    let site = try await Site()
    try site.repository.write("sites/eu/shop.yaml", Self.overlay(5))
    try await site.commit(["shop": Site.application()])
    let options = ["--overlay", "sites/eu"]
    let plan = try await site.reconcile(["diff", "--expect-hosts", "3"] + options)
    #expect(plan.output.contains("path     manifests + sites/eu\n"))
    #expect(
      plan.output.contains(
        "note: overlaid: shop (manifests/shop.yaml + sites/eu/shop.yaml)\n"), "\(plan.output)")
    let run = try await site.reconcile(["--expect-hosts", "3", "-o", "json"] + options)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.result?["source"]?["overlays"] == ["sites/eu"])
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 5)
    #expect(try await site.reconcile(["diff"] + options).status == 0)
    let status = try await site.reconcile(["status"] + options)
    #expect(status.output.contains("\npath        manifests + sites/eu\n"), "\(status.output)")
    #expect(try await site.reconcile("diff").status == 2)
    let rendered = try await site.reconcile(["render"] + options)
    #expect(rendered.status == 0 && rendered.errors.isEmpty)
    #expect(rendered.output.hasPrefix("# manifests/shop.yaml + sites/eu/shop.yaml\n"))
    #expect(rendered.output.contains("instances: 5\n"))
    let inside = try await site.reconcile(
      ["render", "--overlay", "eu"], in: "\(site.repository.path)/sites")
    #expect(inside.output == rendered.output)
    let json = try await site.reconcile(["render", "-o", "json"] + options)
    let document = json.json?["documents"]?.array?.first
    #expect(document?["path"] == "manifests/shop.yaml" && document?["kind"] == "Application")
    #expect(document?["overlays"] == [["path": "sites/eu/shop.yaml", "line": 1]])
    #expect(
      document?["text"]?.string.map { "# manifests/shop.yaml + sites/eu/shop.yaml\n\($0)" }
        == rendered.output)
  }

  @Test("the controller takes its own from the configuration, and a broken one changes nothing")
  func controller() async throws {
    let site = try await Site()
    try site.repository.write("sites/eu/shop.yaml", Self.overlay(5))
    try site.repository.write(
      "controller.yaml",
      "repositories:\n  - {name: main, url: \(site.repository.path), overlays: [sites/eu]}\n"
        + "lattices: [{name: default, expectHosts: 3}]\n")
    try await site.commit(["shop": Site.application()])
    let controller = try ControllerRun(on: site, ["--config", "controller.yaml"])
    try await site.wait(for: 5)
    try site.repository.write("sites/eu/shop.yaml", "kind: Application\nspec: [\n")
    try await site.repository.commit("Break the overlay")
    try await controller.wait(forLine: "Follows another revision", times: 2)
    try site.repository.write("sites/eu/shop.yaml", Self.overlay(4))
    try await site.repository.commit("Mend the overlay")
    try await site.wait(for: 4)
    await controller.end()
    let counts = await site.lattice.ledger.compactMap(\.count)
    #expect(!counts.contains(0), "\(counts)")
  }

  @Test(
    "where nothing can be an overlay, or one lies over nothing, that is said and nothing is sent")
  func mistakes() async throws {
    let site = try await Site()
    try site.repository.write("sites/eu/shpo.yaml", Self.overlay(5).replacing("shop", with: "shpo"))
    try site.repository.write("sites/us/notes.txt", "")
    try await site.commit(["shop": Site.application()])
    let nothing = try await site.reconcile("diff", "--overlay", "sites/us")
    #expect(nothing.status == 1 && nothing.errors.contains("RUN-13"), "\(nothing.errors)")
    let many = try await site.reconcile(
      ["render"] + (0..<17).flatMap { _ in ["--overlay", "sites/eu"] })
    #expect(many.status == 64 && many.errors.contains("16 at most"), "\(many.errors)")
    let absent = try await site.reconcile("diff", "--overlay", "sites/uk")
    #expect(absent.status == 1 && absent.errors.contains("\"sites/uk\""))
    let misspelt = try await site.reconcile("render", "--overlay", "sites/eu")
    #expect(misspelt.status == 1 && misspelt.output.isEmpty)
    #expect(misspelt.errors.contains("MAN-27") && misspelt.errors.contains("write 'shop'"))
    #expect(await site.lattice.ledger.isEmpty)
  }
}
