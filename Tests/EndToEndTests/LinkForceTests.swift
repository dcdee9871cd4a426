import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import ServiceRuntime
import Testing

/// What is stored is not what is in force: a provider learns of a link once.
@Suite("Links in force", .serialized)
struct LinkForceTests {
  /// An application whose provider, from an archive, calls its actor.
  private func application(
    _ name: String = "shop", subject: String = "orders", provider: String? = nil,
    links: Int = 1
  ) -> String {
    let lines = (1...links).map { number in
      """
          - source: \(provider ?? "bus")
            target: web
            name: link-\(number)
            interface: wasmcloud:messaging/handler
            values: {subscriptions: "\(subject).\(number)"}
      """
    }
    let own =
      provider == nil
      ? "  providers:\n    - {name: bus, image: \"registry.example.com/messaging:1\"}\n" : ""
    return Site.application(
      name, instances: 1, more: own + "  links:\n" + lines.joined(separator: "\n"))
  }

  /// The subjects that the providers of living hosts take messages from.
  private func subjects(at site: Site) async -> [String] {
    await site.lattice.truth.values.flatMap(\.providers.values).flatMap(\.links)
      .compactMap { $0.sourceValues["subscriptions"] }.sorted()
  }

  @Test("the first apply of eight applications has all their links in force, in sync")
  func fromNothing() async throws {
    let site = try await Site()
    let names = (1...8).map { "app-\($0)" }
    for name in names {
      try site.repository.write("manifests/\(name).yaml", application(name, subject: name))
    }
    try await site.commit(["app-1": application("app-1", subject: "app-1")])
    try await site.sync("--expect-hosts", "3")
    #expect(await subjects(at: site) == names.map { "\($0).1" })
    try await site.lattice.expectLinksInForce()
  }

  @Test("ten links of one source whose values change are all in force, with thirty commands")
  func tenLinks() async throws {
    let site = try await Site()
    try await site.commit(["shop": application(links: 10)])
    try await site.sync("--expect-hosts", "3")
    try await site.commit(["shop": application(subject: "returns", links: 10)])
    let start = await site.lattice.ledger.count
    let plan = try await site.sync("--expect-hosts", "3")
    #expect(await site.lattice.ledger.count - start == 30)
    #expect(plan.result?["changes"]?.array?.count == 10)
    let text = "calls over it fail for a moment"
    let details = plan.result?["changes"]?.array?.compactMap { $0["detail"]?.string } ?? []
    #expect(details.allSatisfy { $0.hasPrefix("replaced, ") && $0.contains(text) })
    #expect(await subjects(at: site) == (1...10).map { "returns.\($0)" }.sorted())
    try await site.lattice.expectLinksInForce()
  }

  @Test("a controller brings changed values into force, and the old ones out of it")
  func controller() async throws {
    let site = try await Site()
    try await site.commit(["shop": application()])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await controller.wait(forLine: "Lattice is in sync")
    try await site.commit(["shop": application(subject: "returns")])
    try await waitUntil("the new values are in force") {
      await subjects(at: site) == ["returns.1"]
    }
    try await controller.wait(forLine: "Lattice is in sync", times: 2)
    try await site.lattice.expectLinksInForce()
    await controller.end()
  }

  @Test("a config that was changed by hand is in force again as it is declared")
  func drift() async throws {
    let site = try await Site()
    try await site.commit(["shop": application()])
    try await site.sync("--expect-hosts", "3")
    try await site.send(
      .keep("shop-bus-web-wasmcloud_messaging-link_1", ["subscriptions": "elsewhere"]))
    try await site.sync("--expect-hosts", "3")
    #expect(await subjects(at: site) == ["orders.1"])
    try await site.lattice.expectLinksInForce()
  }

  @Test("a change of values that is killed anywhere and applied again is in force each time")
  func killed() async throws {
    let site = try await Site(hosts: 0)
    try await site.commit(["shop": application(links: 4)])
    try await site.repository.git("tag", "shop")
    try await site.commit(["shop": application(subject: "returns", links: 4)])
    try await site.repository.git("tag", "changed")
    let whole = try await CrashPlace("whole", on: site)
    try await whole.finish()
    let list = "\(site.repository.folder)/points"
    _ = try await whole.apply("changed", ["RECONCILE_CRASH_LIST": list])
    let points = readFile(list).split(separator: "\n").count
    #expect(points >= 30)
    try await CrashPlace.each(points) { number in
      let place = try await CrashPlace("killed-\(number)", on: site)
      try await place.finish()
      let killed = try await place.apply("changed", ["RECONCILE_CRASH_AT": "\(number)"])
      #expect(killed.ending == .signalled(SIGKILL), "\(number)")
      try await place.finish("changed")
      try await place.lattice.expectLinksInForce("\(number)")
      await place.lattice.stop()
    }
  }

  @Test("a link that another application puts while its provider is started waits until it listens")
  func otherApplication() async throws {
    let site = try await Site()
    await site.lattice.setAll {
      $0.slowImages["registry.example.com/messaging:1"] = .milliseconds(1_500)
    }
    try await site.commit(["shop": application()])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await waitUntil("the provider is being fetched") {
      await site.lattice.ledger.contains { $0.verb == "image.fetch" }
    }
    let link = """
        links:
          - provider: {application: shop, name: bus}
            target: web
            interface: wasmcloud:messaging/handler
            values: {subscriptions: news}
      """
    try await site.commit(["news": Site.application("news", instances: 1, more: link)])
    try await waitUntil("both are in force", within: .seconds(30)) {
      await subjects(at: site) == ["news", "orders.1"]
    }
    try await controller.wait(forLine: "Lattice is in sync")
    try await site.lattice.expectLinksInForce()
    #expect(await site.lattice.ledger.count { $0.verb == "provider.start" } == 1)
    await controller.end()
  }

  @Test("a host that dies takes no link along: its provider has them elsewhere")
  func lostHost() async throws {
    let site = try await Site()
    try await site.commit(["shop": application(links: 2)])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await controller.wait(forLine: "Lattice is in sync")
    let home = await site.lattice.truth.first { !$0.value.providers.isEmpty }?.key
    await site.lattice.kill(try #require(home))
    try await waitUntil("they are in force elsewhere", within: .seconds(30)) {
      await subjects(at: site) == ["orders.1", "orders.2"]
    }
    await controller.end()
  }

  @Test("an image that takes long is waited for: one command, one fetch, and others go on")
  func longPull() async throws {
    let site = try await Site()
    await site.lattice.setAll { $0.slowImages["registry.example.com/web:1"] = .seconds(9) }
    try await site.commit([
      "shop": Site.application(instances: 3),
      "blog": Site.application("blog", image: "registry.example.com/blog:1"),
    ])
    let run = try await site.reconcile("--expect-hosts", "3")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let ledger = await site.lattice.ledger
    let scales = ledger.filter { $0.verb == "component.scale" }
    #expect(scales.count == 6 && ledger.count { $0.verb == "image.fetch" } == 3)
    let blog = scales.filter { $0.subject == "blog-web" }.map(\.time).max() ?? .max
    let shop = scales.filter { $0.subject == "shop-web" }.map(\.time).min() ?? 0
    #expect(shop - blog > 5_000_000_000)
  }
}

extension SimulatedLattice {
  /// Expects that providers have what is stored: hosts hear of it by a watch, and pass it on a moment
  /// after it is to be seen there.
  nonisolated func expectLinksInForce(
    _ comment: String = "", at place: SourceLocation = #_sourceLocation
  ) async throws {
    try await waitUntil("links are in force \(comment)", within: .seconds(5), at: place) {
      await linksNotInForce().isEmpty
    }
  }
}
