import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Changes in git, carried out")
struct ChangeTests {
  private let linked = """
      providers:
        - {name: server, image: "registry.example.com/http:1"}
        - {name: other, image: "registry.example.com/http:2"}
      links:
        - {source: server, target: web, interface: "wasi:http/incoming-handler", values: {PORT: "80"}}
    """

  private func kept(target: String) -> String {
    "\n    - {source: web, target: \(target), interface: \"wasi:keyvalue/store\"}\n"
  }

  @Test("from nothing to in sync; then nothing differs and a second run sends nothing")
  func fromNothing() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application(more: linked)])
    try await site.sync("--expect-hosts", "3")
    let before = await site.lattice.ledger.count
    let again = try await site.reconcile()
    #expect(again.status == 0)
    #expect(again.output.contains("in sync"))
    #expect(await site.lattice.ledger.count == before)
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 3)
  }

  @Test("a changed count, link, target and rule each send exactly what the diff announced")
  func eachChange() async throws {
    let site = try await Site()
    func apply(_ text: String) async throws -> [String] {
      try await site.commit(["shop": text])
      return try await site.sync("--expect-hosts", "3").announced
    }
    _ = try await apply(Site.application(more: linked))
    let scaled = try await apply(Site.application(instances: 4, more: linked))
    #expect(scaled.count == 1 && scaled[0].hasPrefix("scale 2 on "))
    let values = try await apply(
      Site.application(instances: 4, more: linked.replacing("\"80\"", with: "\"81\"")))
    #expect(values == ["delete-link", "put-config", "put-link"])
    let target = try await apply(
      Site.application(instances: 4, more: linked.replacing("\"80\"", with: "\"81\""))
        + kept(target: "server"))
    #expect(target == ["put-link"])
    let moved = try await apply(
      Site.application(instances: 4, more: linked.replacing("\"80\"", with: "\"81\""))
        + kept(target: "other"))
    #expect(moved == ["delete-link", "put-link"])
    let spread = """
        spread:
          zones:
            - {name: a, weight: 50, requirements: {zone: a}}
            - {name: b, weight: 50, requirements: {zone: b}}
      """
    let rule = "spread: zones"
    _ = try await apply(Site.application(instances: 4, update: rule, more: spread))
    #expect(await site.instances(of: "shop-web").values.sorted() == [2, 2])
    let weights = try await apply(
      Site.application(
        instances: 4, update: rule,
        more: spread.replacing(
          "weight: 50, requirements: {zone: a}", with: "weight: 75, requirements: {zone: a}"
        )
        .replacing(
          "weight: 50, requirements: {zone: b}", with: "weight: 25, requirements: {zone: b}")))
    #expect(weights.count == 2)
    #expect(await site.instances(of: "shop-web").values.sorted() == [1, 3])
  }

  @Test("an image change runs the new code everywhere and never takes more hosts down than allowed")
  func image() async throws {
    let site = try await Site(hosts: 4)
    try await site.commit(["shop": Site.application(instances: 8)])
    try await site.sync("--expect-hosts", "4")
    let start = await site.lattice.ledger.count
    try await site.commit([
      "shop": Site.application(
        image: "registry.example.com/web:2", instances: 8, update: "update: {maxUnavailable: 2}")
    ])
    let plan = try await site.sync()
    #expect(plan.announced.count == 8)
    #expect(plan.output.contains("is replaced on 4 hosts, 2 at a time"))
    for host in await site.lattice.truth.values {
      #expect(host.actors["shop-web"]?.code == "registry.example.com/web:2")
    }
    var down = 0
    for entry in await site.lattice.ledger.dropFirst(start) {
      down += entry.count == 0 ? 1 : -1
      #expect(down <= 2)
    }
  }

  @Test("what git no longer declares is left without prune, and removed with it")
  func removals() async throws {
    let site = try await Site()
    try await site.commit([
      "shop": Site.application(more: linked), "blog": Site.application("blog", prune: true),
    ])
    try await site.sync("--expect-hosts", "3")
    try await site.commit(["shop": Site.application(more: linked.components(beforeLinks: true))])
    let link = try await site.reconcile("diff")
    #expect(link.status == 0 && link.output.contains("left, since prune is off"))
    #expect(try await site.sync("--prune").announced == ["delete-config", "delete-link"])
    try site.repository.remove("manifests/blog.yaml")
    try await site.repository.commit("Remove blog")
    let removed = try await site.sync()
    #expect(removed.announced.allSatisfy { $0.hasPrefix("scale 0 on ") })
    #expect(await site.instances(of: "blog-web").isEmpty)

    try await site.commit(["other": Site.application("other")])
    try await site.sync()
    try site.repository.remove("manifests/shop.yaml")
    try await site.repository.commit("Remove shop")
    let left = try await site.reconcile("diff")
    #expect(left.status == 0)
    #expect(left.output.contains("left, since prune is off"))
    let before = await site.lattice.ledger.count
    #expect(try await site.reconcile().status == 0)
    #expect(await site.lattice.ledger.count == before)
    try await site.sync("--prune")
    #expect(await site.instances(of: "shop-web").isEmpty)
    #expect(await site.instances(of: "other-web").values.reduce(0, +) == 3)
  }

  @Test("an actor that its application no longer declares is left without prune, removed with it")
  func removedActor() async throws {
    let site = try await Site()
    let second = "    - {name: api, image: \"registry.example.com/api:1\", instances: 2}\n"
    func shop(prune: Bool, more: String = "") -> String {
      Site.application(prune: prune, more: more)
    }
    try await site.commit(["shop": shop(prune: false, more: second)])
    try await site.sync("--expect-hosts", "3")
    try await site.commit(["shop": shop(prune: false)])
    let left = try await site.reconcile("diff")
    #expect(left.status == 0 && left.output.contains("actor api"), "\(left.output)")
    try await site.commit(["shop": shop(prune: true)])
    let removed = try await site.sync()
    #expect(removed.announced.count == 2)
    #expect(removed.announced.allSatisfy { $0.hasPrefix("scale 0 on ") })
    #expect(await site.instances(of: "shop-api").isEmpty)
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 3)
  }

  @Test("another application's commands are left out, and its things stay")
  func oneApplication() async throws {
    let site = try await Site()
    try await site.commit([
      "shop": Site.application(), "blog": Site.application("blog"),
    ])
    try await site.sync("--app", "blog", "--expect-hosts", "3")
    #expect(await site.instances(of: "shop-web").isEmpty)
    let unknown = try await site.reconcile("--app", "blob")
    #expect(unknown.status == 1)
    #expect(unknown.errors.contains("RUN-3") && unknown.errors.contains("write 'blog'"))
  }

  @Test("the first stage alone is sent with --no-wait")
  func firstStage() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application(more: linked)])
    let run = try await site.reconcile(
      "apply", "--no-wait", "--yes", "--timeout", "1m", "--expect-hosts", "3")
    #expect(run.status == 2)
    #expect(
      run.output.hasSuffix(
        "1 command sent, not waited for. "
          + "To see what came of it: reconcile diff --expect-hosts 3\n"), "\(run.output)")
    try await waitUntil("the config is stored") {
      await site.lattice.ledger.map(\.verb) == ["config.put"]
    }
    try await site.sync()
  }
}

extension String {
  /// The text up to its links.
  fileprivate func components(beforeLinks: Bool) -> String {
    split(separator: "  links:", maxSplits: 1).first.map(String.init) ?? self
  }
}
