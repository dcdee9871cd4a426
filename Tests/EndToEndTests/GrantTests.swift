import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Grants")
struct GrantTests {
  @Test("a repository brings about what it may declare, and touches nothing of another one's")
  func granted() async throws {
    let site = try await Site()
    let other = try await GitRepositoryFixture()
    for name in ["pay", "blog"] {
      try other.write("manifests/\(name).yaml", Site.application(name, prune: true))
    }
    try await other.commit("Declare")
    #expect(try await site.reconcile("--repo", other.path, "--expect-hosts", "3").status == 0)
    let before = await site.ledger().count
    try await site.commit([
      "shop": Site.application("shop", instances: 4, prune: true),
      "pay": Site.application("pay", instances: 9), "mail": Site.application("mail"),
      "shop-x": Site.application("shop-x", image: "evil.example.com/web:1"),
    ])
    try site.repository.write(
      "../controller.yaml",
      """
      repositories:
        - name: shop
          grants:
            applications: [shop*, pay]
            images: [registry.example.com/*]
            prune: false
      lattices: [{name: default, expectHosts: 3}]

      """)
    let controller = try ControllerRun(
      on: site, ["--config", "\(site.repository.folder)/controller.yaml"])
    try await site.wait(for: 4)
    try await controller.wait(forLine: "Application is left alone")
    let found = controller.lines("Manifest has an error").compactMap { $0["error.code"]?.string }
    #expect(found.sorted() == ["GRA-1", "GRA-2"])
    let left = controller.lines("Application is left alone").map { line in
      "\(line["application"]?.string ?? "") \(line["reason"]?.string ?? "")"
    }
    #expect(left.contains { $0.hasPrefix("pay it was applied from ") }, "\(left)")
    // The repository of the others' applications is not this one, whatever it declares of them.
    try await site.commit(["shop": Site.application("shop", instances: 2)])
    try await site.wait(for: 2)
    for (actor, count) in [("pay-web", 3), ("blog-web", 3), ("mail-web", 0), ("shop-x-web", 0)] {
      #expect(
        await site.instances(of: actor).values.reduce(0, +) == count, "\(actor)")
    }
    #expect(await site.ledger(since: before).allSatisfy { $0.hasPrefix("scale ") })
    try site.repository.remove("manifests/shop.yaml")
    try await site.repository.commit("Remove")
    try await controller.wait(forLine: "Follows another revision", times: 3)
    try await controller.wait(forLine: "Lattice differs, nothing more can be done now", times: 2)
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 2)
    await controller.end()
  }
}
