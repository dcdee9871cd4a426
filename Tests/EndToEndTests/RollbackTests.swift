import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Going back")
struct RollbackTests {
  private static func image(_ number: Int) -> String { "registry.example.com/web:\(number)" }

  private func commit(_ number: Int, more: String = "", to site: Site) async throws {
    try await site.commit([
      "shop": Site.application(image: Self.image(number), prune: true, more: more)
    ])
  }

  /// The images that the application runs.
  private func images(_ site: Site, of actor: String = "shop-web") async -> Set<String> {
    Set(await site.lattice.truth.values.compactMap { $0.actors[actor]?.code })
  }

  /// A site that was in sync with one commit and then with another, which declares one actor more.
  private func site(jetStream: Bool = true) async throws -> Site {
    let site = try await Site(jetStream: jetStream)
    try await site.commit(["blog": Site.application("blog")])
    try await commit(1, to: site)
    let first = try await site.reconcile()
    #expect(first.status == 0, "\(first.output)\(first.errors)")
    let more = "    - {name: more, image: \"registry.example.com/more:1\"}"
    try await commit(2, more: more, to: site)
    let second = try await site.reconcile()
    #expect(second.status == 0, "\(second.output)\(second.errors)")
    return site
  }

  @Test("a form that is too large to be kept is told with a code, once")
  func tooLarge() async throws {
    let site = try await Site()
    let text = String(repeating: "x", count: 140_000)
    try await site.commit([
      "shop": Site.application(update: "config: {BIG: \"\(text)\"}"),
      "blog": Site.application("blog"),
    ])
    let run = try await site.reconcile("apply", "--expect-hosts", "3")
    #expect(run.status == 0 && (run.output + run.errors).contains("REC-12"), "\(run.errors)")
    #expect(run.output.contains("application 'shop' is not kept"), "\(run.output)")
    let again = try await site.reconcile("apply", "--expect-hosts", "3")
    #expect(again.status == 0 && !(again.output + again.errors).contains("REC-12"))
    let kept = try await site.reconcile("record", "export", "record.json")
    #expect(kept.output.contains("1 form,"), "\(kept.output)")
  }

  @Test(
    "an earlier form comes back without a repository, and stays until it is resumed",
    arguments: [true, false])
  func alone(jetStream: Bool) async throws {
    let site = try await site(jetStream: jetStream)
    func rollback(_ arguments: String...) async throws -> Run {
      try await site.reconcile(["rollback"] + arguments, in: "/")
    }
    let dry = try await rollback("shop", "--dry-run")
    #expect(dry.status == 2, "\(dry.output)\(dry.errors)")
    #expect(
      dry.output.contains("image \(Self.image(2)) -> \(Self.image(1))"), "\(dry.output)")
    #expect(dry.output.contains("- shop  actor more"), "\(dry.output)")
    #expect(dry.output.contains("To do this: reconcile rollback shop --to "), "\(dry.output)")
    #expect(!dry.output.contains("blog"), "\(dry.output)")
    let unexplained = try await rollback("shop")
    #expect(unexplained.status == 64 && unexplained.errors.contains("RUN-15"))
    let unknown = try await rollback("shop", "--to", "abcdabcd", "--reason", "x")
    #expect(unknown.status == 1 && unknown.errors.contains("RUN-16"))
    #expect(unknown.errors.contains("give one of these"), "\(unknown.errors)")
    #expect(try await site.reconcile("diff").status == 0)
    let done = try await rollback("shop", "--reason", "errors", "-o", "json")
    #expect(done.status == 0, "\(done.output)\(done.errors)")
    #expect(done.json?["schema"]?.string == "reconcile.rollback/1")
    #expect(done.result?["plan"]?["in_sync"]?.bool == true, "\(done.output)")
    #expect(done.result?["pin"]?["reason"]?.string == "errors")
    #expect(await images(site) == [Self.image(1)])
    #expect(await site.instances(of: "shop-more").isEmpty)
    // Whatever git says, and whoever runs it.
    let start = await site.lattice.ledger.count
    try await commit(3, to: site)
    let after = try await site.reconcile()
    #expect(after.status == 0, "\(after.output)\(after.errors)")
    #expect(after.output.contains("because errors; git is at"), "\(after.output)")
    #expect(await site.lattice.ledger.count == start)
    let status = try await site.reconcile("status")
    #expect(status.status == 0 && status.output.contains("pinned      application shop at "))
    #expect(status.output.contains("in sync") && status.output.contains(", pinned at "))
    let resumed = try await site.reconcile("resume", "--app", "shop")
    #expect(
      resumed.output.hasPrefix("no longer pinned: application shop, at "), "\(resumed.output)")
    #expect(try await site.reconcile().status == 0)
    #expect(await images(site) == [Self.image(3)])
    let history = try await site.reconcile("history", "shop", "-o", "json")
    let entries = history.result?["entries"]?.array ?? []
    #expect(
      entries.compactMap { $0["reason"]?.string } == ["errors", "errors"], "\(history.output)")
    #expect(entries.contains { $0["act"]?.string == "unpinned application shop" })
  }

  @Test(
    "a controller carries a pin out and obeys it; what never was in sync is nothing to go back to")
  func controller() async throws {
    let site = try await site()
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await controller.wait(forLine: "Lattice is in sync")
    await site.lattice.setAll { $0.failingImages = [Self.image(3)] }
    try await commit(3, to: site)
    try await controller.wait(forLine: "Command failed")
    let back = try await site.reconcile(["rollback", "shop", "--reason", "errors"], in: "/")
    #expect(back.status == 0, "\(back.output)\(back.errors)")
    #expect(back.output.contains("carries this out"), "\(back.output)")
    try await waitUntil("the last good form runs") { await images(site) == [Self.image(2)] }
    try await controller.wait(forLine: "Application is pinned")
    try await commit(4, to: site)
    try await site.commit(["blog": Site.application("blog", instances: 4)])
    try await site.wait(for: 4, of: "blog-web")
    #expect(await images(site) == [Self.image(2)])
    #expect(try await site.reconcile("resume", "--app", "shop").status == 0)
    try await waitUntil("git's form runs") { await images(site) == [Self.image(4)] }
    await controller.end()
  }

  @Test("nothing is touched of what is pinned to a form that cannot be read")
  func lost() async throws {
    let site = try await site()
    #expect(try await site.reconcile("rollback", "shop", "--reason", "errors").status == 0)
    let store = NATSKeyValue(
      bucket: "RECONCILE_default", over: site.client, timeout: .seconds(1))
    for number in 0..<256 {
      let key = "forms.\(number < 16 ? "0" : "")\(String(number, radix: 16))"
      guard let entry = try await store.get(key), entry.value != nil else { continue }
      _ = try await store.write(key, nil, expecting: entry.revision)
    }
    let start = await site.lattice.ledger.count
    try await commit(3, to: site)
    let run = try await site.reconcile()
    #expect(run.output.contains("its form is not on record any more"), "\(run.output)")
    #expect(await site.lattice.ledger.count == start)
    #expect(await images(site) == [Self.image(1)])
  }
}
