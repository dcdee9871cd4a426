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
