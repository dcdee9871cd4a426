import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

/// An image whose start takes its host down must not be carried from host to host.
@Suite("One bad actor", .serialized)
struct SuspectTests {
  private static let bad = "registry.example.com/bad:1"
  private static let good = ["shop", "blog", "news"]

  private func site(_ death: SimulatedHost.HostDeath) async throws -> Site {
    let site = try await Site(hosts: 8)
    await site.lattice.setAll { $0.deadlyImages[Self.bad] = death }
    for name in Self.good {
      try site.repository.write("manifests/\(name).yaml", Site.application(name))
    }
    try await site.commit(["shop": Site.application("shop")])
    return site
  }

  private func living(_ site: Site) async -> Int {
    await site.lattice.truth.values.count { !$0.faults.isHung }
  }

  /// The instances of an actor on hosts that answer.
  private func instances(_ name: String, _ site: Site) async -> Int {
    await site.lattice.truth.values.filter { !$0.faults.isHung }
      .reduce(0) { $0 + ($1.actors["\(name)-web"]?.instances ?? 0) }
  }

  private func expectTheOthersWhole(_ site: Site, _ place: SourceLocation = #_sourceLocation)
    async throws
  {
    for name in Self.good {
      try await waitUntil("\(name) is whole", within: .seconds(30), at: place) {
        await instances(name, site) == 3
      }
    }
  }

  @Test("one that crashes its hosts is held after the second, the others are whole")
  func crash() async throws {
    try await check(.crash(after: .milliseconds(50)), instances: 1, most: 2)
  }

  @Test("where two instances start at once, three hosts are lost at most")
  func crashOfTwo() async throws {
    try await check(.crash(after: .milliseconds(50)), instances: 2, most: 3)
  }

  @Test("one that hangs its hosts is held after the second, the others are whole")
  func hang() async throws { try await check(.hang, instances: 1, most: 2) }

  @Test(
    "where two that hang start at once, the next is started only once it is known what they did")
  func hangOfTwo() async throws { try await check(.hang, instances: 2, most: 3) }

  private func check(_ death: SimulatedHost.HostDeath, instances: Int, most: Int) async throws {
    let site = try await site(death)
    let controller = try ControllerRun(on: site, ["--expect-hosts", "8", "--silence", "3s"])
    for name in Self.good { try await site.wait(for: 3, of: "\(name)-web") }
    try await controller.wait(forLine: "Lattice is in sync")
    try await site.commit([
      "bad": Site.application("bad", image: Self.bad, instances: instances)
    ])
    try await waitUntil("it is held", within: .seconds(60)) {
      controller.lines("Steps are held").contains {
        $0["reason.code"]?.string == "takes-hosts-down"
      }
    }
    let lost = 8 - (await living(site))
    #expect((2...most).contains(lost))
    try await expectTheOthersWhole(site)
    let status = try await site.reconcile("status")
    #expect(status.output.contains("held"), "\(status.output)")
    let plan = try await site.reconcile("--dry-run")
    #expect(plan.output.contains("right after it was started there"), "\(plan.output)")
    // Its next image runs without a further word.
    try await site.commit([
      "bad": Site.application("bad", image: "registry.example.com/bad:2", instances: instances)
    ])
    try await waitUntil("the next image runs", within: .seconds(30)) {
      await self.instances("bad", site) == instances
    }
    #expect(8 - (await living(site)) == lost)
    await controller.end()
  }

  @Test("what was held is started again once somebody has approved it by name")
  func approved() async throws {
    let site = try await site(.crash(after: .zero))
    try await site.commit(["bad": Site.application("bad", image: Self.bad, instances: 1)])
    // A single pass holds it as well.
    let run = try await site.reconcile("--expect-hosts", "8")
    #expect(run.status == 3, "\(run.output)\(run.errors)")
    #expect(await living(site) == 6)
    let again = try await site.reconcile("--expect-hosts", "6")
    #expect(again.status == 3 && again.output.contains("right after it was started there"))
    #expect(await living(site) == 6)
    await site.lattice.setAll { $0.deadlyImages = [:] }
    let approval = try await site.reconcile("resume", "--app", "bad")
    #expect(approval.output == "may be started again: bad  actor web\n", "\(approval.output)")
    let last = try await site.reconcile("--expect-hosts", "6")
    #expect(last.status == 0, "\(last.output)\(last.errors)")
    #expect(await instances("bad", site) == 1)
  }
}
