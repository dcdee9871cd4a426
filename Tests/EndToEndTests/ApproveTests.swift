import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Approvals")
struct ApproveTests {
  /// A lattice in sync with two applications, one of which the rewritten history has never known.
  private func rewrittenSite() async throws -> Site {
    let site = try await Site()
    try await site.commit(["shop": Site.application(prune: true)])
    let first = try await site.repository.git("rev-parse", "HEAD")
    try await site.commit(["blog": Site.application("blog", prune: true)])
    try await site.sync("--expect-hosts", "3")
    try await site.repository.git("reset", "-q", "--hard", first)
    return site
  }

  /// The id of the plan that awaits approval.
  private func awaiting(_ site: Site) async throws -> String {
    let list = try await site.reconcile("approve", "-o", "json")
    #expect(list.status == 3, "\(list.output)\(list.errors)")
    let id = try #require(list.json?["awaiting"]?["plan_id"]?.string)
    return String(id.dropFirst("sha256:".count))
  }

  private func approve(_ site: Site, _ id: String) async throws -> Run {
    try await site.reconcile("approve", String(id.prefix(12)), "--reason", "the branch was cleaned")
  }

  private func instances(_ site: Site, _ actor: String) async -> Int {
    await site.instances(of: actor).values.reduce(0, +)
  }

  @Test("a controller holds a commit of another history until exactly its plan is approved")
  func controller() async throws {
    let site = try await rewrittenSite()
    try await site.repository.git("reset", "-q", "--hard", "ORIG_HEAD")
    let controller = try ControllerRun(on: site, ["--interval", "200ms", "--expect-hosts", "3"])
    try await controller.wait(forLine: "Lattice is in sync")
    try await site.repository.git("reset", "-q", "--hard", "HEAD~1")
    try await site.commit(["shop": Site.application(instances: 5, prune: true)])
    try await waitUntil("it is refused", within: .seconds(60)) {
      (readFile(controller.log) as String).contains("does not descend")
    }
    let start = await site.lattice.ledger.count
    let status = try await site.reconcile("status")
    #expect(status.output.contains("awaiting    plan "), "\(status.output)")
    let id = try await awaiting(site)
    let text = try await site.reconcile("approve")
    #expect(text.output.contains("does not descend from"), "\(text.output)")
    #expect(text.output.contains("reconcile approve \(id.prefix(12)) --reason TEXT"))
    // What nobody has looked at is not approved, nor is it without a reason.
    let wrong = try await approve(site, String(repeating: "0", count: 64))
    #expect(wrong.status == 5 && wrong.errors.contains("PLN-6"), "\(wrong.errors)")
    let mute = try await site.reconcile("approve", id)
    #expect(mute.status == 64 && mute.errors.contains("PLN-8"), "\(mute.errors)")
    #expect(await site.lattice.ledger.count == start)
    let approved = try await approve(site, id)
    #expect(approved.status == 0, "\(approved.errors)")
    #expect(approved.output.hasPrefix("approved: plan \(id.prefix(12)) until "))
    try await site.wait(for: 5)
    try await waitUntil("what it no longer declares is gone", within: .seconds(30)) {
      await instances(site, "blog-web") == 0
    }
    try await waitUntil("that is in sync", within: .seconds(30)) {
      try await site.reconcile("status").status == 0
    }
    let history = try await site.reconcile("history", "-o", "json")
    let entries = history.result?["entries"]?.array ?? []
    #expect(entries.contains { $0["act"]?.string == "approved plan \(id.prefix(12))" })
    #expect(
      entries.contains {
        $0["act"] == .null && $0["reason"]?.string?.hasSuffix("the branch was cleaned") ?? false
      }, "\(history.output)")
    // From then on the history is that of the approved commit.
    try await site.commit(["shop": Site.application(instances: 4, prune: true)])
    try await site.wait(for: 4)
    await controller.end()
  }

  @Test("a plan that is another by then stays held, and status says so")
  func changed() async throws {
    let site = try await rewrittenSite()
    try await site.commit(["shop": Site.application(instances: 5, prune: true)])
    let first = try await awaiting(site)
    #expect(try await approve(site, first).status == 0)
    try await site.commit(["shop": Site.application(instances: 6, prune: true)])
    let controller = try ControllerRun(on: site, ["--interval", "200ms", "--expect-hosts", "3"])
    try await controller.wait(forLine: "Steps are held")
    let status = try await site.reconcile("status")
    #expect(
      status.output.contains("approved    plan \(first.prefix(12)) until "), "\(status.output)")
    #expect(status.output.contains("it is not what would be done now"), "\(status.output)")
    #expect(await instances(site, "blog-web") == 3)
    #expect(await instances(site, "shop-web") == 3)
    let second = try await awaiting(site)
    #expect(second != first)
    #expect(try await approve(site, second).status == 0)
    try await site.wait(for: 6)
    await controller.end()
  }

  @Test("a single pass carries out what is approved, and a suspension holds that too")
  func pass() async throws {
    let site = try await rewrittenSite()
    let held = try await site.reconcile()
    #expect(held.status == 3 && held.output.contains("does not descend"), "\(held.output)")
    let id = try await awaiting(site)
    #expect(try await approve(site, id).status == 0)
    #expect(try await site.reconcile("suspend", "--app", "blog", "--reason", "wait").status == 0)
    #expect(try await site.reconcile().status == 3)
    #expect(await instances(site, "blog-web") == 3)
    #expect(try await site.reconcile("resume", "--app", "blog").status == 0)
    let done = try await site.reconcile()
    #expect(done.status == 0, "\(done.output)\(done.errors)")
    #expect(await instances(site, "blog-web") == 0)
    let nothing = try await site.reconcile("approve")
    #expect(nothing.status == 0 && nothing.output == "nothing awaits approval\n")
  }
}
