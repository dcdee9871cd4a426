import Foundation
import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Saved plans")
struct SavedPlanTests {
  @Test("what was saved is what is done, and once it is done the file is stale")
  func saved() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let shown = try await site.reconcile("diff", "--out", "plan.json")
    #expect(shown.status == 2 && shown.output.hasSuffix("To do this: reconcile apply plan.json\n"))
    let path = site.repository.path + "/plan.json"
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let json = try await site.reconcile("--dry-run", "-o", "json", "--out", "other.json")
    // Neither another commit that declares the same nor what the environment says makes it stale.
    try site.repository.write("README.md", "Hello")
    try await site.repository.commit("Add a file that declares nothing")
    let check = try await site.reconcile(
      ["apply", "--dry-run", "plan.json"], environment: ["RECONCILE_PATH": "nowhere"])
    #expect(check.status == 2, "\(check.output)\(check.errors)")
    let start = await site.lattice.ledger.count
    let apply = try await site.reconcile("apply", "plan.json")
    #expect(apply.status == 0, "\(apply.output)\(apply.errors)")
    #expect(await site.ledger(since: start) == json.announced)
    let again = try await site.reconcile("apply", "plan.json", "-o", "json")
    #expect(again.status == 5 && again.json?["exit"]?.int == 5, "\(again.output)")
    #expect(again.errors.contains("note PLN-3: gone: shop  actor web on "), "\(again.errors)")
    #expect(await site.ledger(since: start) == json.announced)
  }

  @Test("a plan is refused where the lattice or the declared moved, and nothing is sent")
  func stale() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application(instances: 3)])
    try await site.sync()
    try await site.commit(["shop": Site.application(instances: 6)])
    #expect(try await site.reconcile("diff", "--out", "plan.json").status == 2)
    let host = try #require(await site.lattice.truth.keys.sorted().first)
    await site.lattice.kill(host)
    let start = await site.lattice.ledger.count
    let moved = try await site.reconcile("apply", "plan.json")
    #expect(moved.status == 5, "\(moved.output)\(moved.errors)")
    #expect(moved.errors.contains("gone: shop  actor web on \(host.rawValue.prefix(8))"))
    try await site.commit([
      "shop": Site.application(instances: 6), "blog": Site.application("blog"),
    ])
    let other = try await site.reconcile("apply", "plan.json")
    #expect(other.status == 5 && other.errors.contains("note PLN-3: commit moved from "))
    #expect(other.errors.contains("new: blog  actor web on "), "\(other.errors)")
    #expect(await site.lattice.ledger.count == start)
  }

  @Test("what comes to be done meanwhile is left to another plan")
  func meanwhile() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    try await site.sync()
    let blog = Site.application("blog", image: "registry.example.com/blog:1")
    try await site.commit(["shop": Site.application(), "blog": blog])
    #expect(try await site.reconcile("diff", "--out", "plan.json").status == 2)
    await site.lattice.setAll { $0.slowImages["registry.example.com/blog:1"] = .seconds(3) }
    let start = await site.lattice.ledger.count
    async let apply = site.reconcile("apply", "plan.json", "-o", "json")
    try await waitUntil("the plan is being carried out") {
      await site.ledger(since: start).count { $0 == "image.fetch" } == 3
    }
    let (host, state) = try #require(await site.lattice.truth.first)
    let set = try #require(state.actors["shop-web"])
    let launch = ActorLaunch(
      id: "shop-web", image: ImageReference(set.code), annotations: set.annotations)
    try await site.send(.run(.actor(launch), instances: 5, on: host))
    let run = try await apply
    #expect(run.status == 5, "\(run.output)\(run.errors)")
    #expect(run.result?["end"]?["reason"]?.string == "plan-over")
    let sent = await site.ledger(since: start).filter { $0.hasPrefix("scale") }
    #expect(sent.count == 4, "\(sent)")
    #expect(await site.instances(of: "blog-web").values.reduce(0, +) == 3)
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 7)
    #expect(try await site.reconcile().status == 0)
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 3)
  }

  @Test(
    "what contradicts the file, or is none, is refused",
    arguments: [
      (["diff", "--worktree", "--out", "x.json"], 64, "PLN-4"),
      (["apply", "plan.json", "--app", "shop"], 64, "PLN-5: '--app'"),
      (["apply", "plan.json", "--lattice", "other"], 64, "PLN-5: '--lattice'"),
      (["apply", "manifests/shop.yaml"], 1, "PLN-2"), (["apply", "none.json"], 1, "PLN-1"),
      (["diff", "--out", "no/folder/plan.json"], 1, "PLN-1"),
      (["--out", "x.json"], 64, "not for the default command but for '--dry-run' or 'diff'"),
      (["plan.json"], 64, "Unknown command"),
      (["status", "-o", "markdown"], 64, "'apply' or 'diff'"),
    ])
  func refused(_ arguments: [String], _ status: Int32, _ words: String) async throws {
    let site = try await Site(hosts: 1)
    try await site.commit(["shop": Site.application(instances: 1)])
    #expect(try await site.reconcile("diff", "--out", "plan.json").status == 2)
    let run = try await site.reconcile(arguments)
    #expect(run.status == status && run.errors.contains(words), "\(run.status) \(run.errors)")
    #expect(await site.lattice.ledger.isEmpty)
  }
}
