import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("What the controller makes of starts that fail")
struct UnhealthyHostTests {
  private static let images = ["shop", "blog"].map { "registry.example.com/\($0):1" }

  /// An application of one actor, a copy for each host.
  private func application(_ name: String, instances: Int = 3) -> String {
    Site.application(name, image: "registry.example.com/\(name):1", instances: instances)
  }

  /// How many starts failed on a host so far.
  private func failures(on host: HostID, of site: Site) async -> Int {
    await site.lattice.ledger.count { $0.host == host.rawValue && $0.effect == .failed }
  }

  @Test("where two applications fail nothing is started any more, and what runs there stays")
  func oneHost() async throws {
    let site = try await Site()
    let sick = try #require(await site.lattice.truth.keys.sorted().first)
    let daemon = Site.application(
      "base", image: "registry.example.com/base:1", instances: 1, update: "perHost: true")
    try await site.commit(["base": daemon])
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--max-errors", "3", "--listen", "127.0.0.1:0"])
    try await site.wait(for: 3, of: "base-web")
    let images = Set(Self.images)
    await site.lattice.setFaults(of: sick) { $0.failingImages = images }
    let told = Lock<[String]>([])
    let events = try await site.client.subscribe(
      to: "reconcile.evt.default.health", queue: nil, limit: 1_000)
    Task {
      for await batch in events {
        for message in batch.elements {
          let data = try? JSONValue(parsing: message.payload)["data"]
          guard let data, data["host"]?.string == sick.rawValue else { continue }
          told.withLock { $0.append(data["health"]?.string ?? "") }
        }
      }
    }
    try await site.commit(["shop": application("shop"), "blog": application("blog")])
    // What cannot run there runs elsewhere.
    try await site.wait(for: 3, of: "shop-web")
    try await site.wait(for: 3, of: "blog-web")
    try await controller.wait(forLine: "Host is unhealthy")
    try await site.commit(["news": application("news")])
    try await site.wait(for: 3, of: "news-web")
    for actor in ["shop-web", "blog-web", "news-web"] {
      #expect(await site.instances(of: actor)[sick] == nil)
    }
    #expect(await site.instances(of: "base-web").count == 3)

    let status = try await site.reconcile("status")
    #expect(status.output.contains("hosts       2 healthy, 1 unhealthy\n"), "\(status.output)")
    #expect(
      status.output.contains(
        "unhealthy   \(sick.rawValue.prefix(8)): starts fail there: blog, shop\n"),
      "\(status.output)")
    let hosts = try await site.reconcile("get", "hosts", "-o", "json")
    let states = (hosts.json?.array ?? []).compactMap { $0["state"]?.string }.sorted()
    #expect(
      states == ["healthy", "healthy", "unhealthy: starts fail there: blog, shop"],
      "\(hosts.output)")
    let address = try #require(controller.lines("HTTP server listens").first?["address"]?.string)
    let metrics = try await page("/metrics", at: address)
    #expect(metrics.contains("reconcile_hosts{lattice=\"default\",health=\"unhealthy\"} 1"))
    // A dry run plans as the controller does.
    let more = try await site.reconcile("diff", "--exit-zero")
    #expect(more.output.contains("note: nothing is started on \(sick) ("), "\(more.output)")
    // What is replaced on it would first be stopped.
    try await site.commit(["base": daemon.replacing("base:1", with: "base:2")])
    func updated() async -> [HostID] {
      await site.lattice.truth.filter {
        $0.value.actors["base-web"]?.claimedImage.hasSuffix(":2") == true
      }.keys.sorted()
    }
    try await waitUntil("the others run the new image", within: .seconds(60)) {
      await updated().count == 2
    }
    try await controller.wait(forLine: "Steps are held")
    #expect(await site.instances(of: "base-web")[sick] == 1)
    #expect(await !updated().contains(sick))

    // One that begins anew begins anew.
    try await site.lattice.restart(sick)
    try await waitUntil("it runs the new image", within: .seconds(60)) {
      await updated().contains(sick)
    }
    try await site.commit(["late": application("late", instances: 6)])
    try await waitUntil("it is used again", within: .seconds(60)) {
      await site.instances(of: "late-web")[sick] != nil
    }
    try await waitUntil("it was told to be unhealthy, then healthy") {
      told.withLock { $0.contains("unhealthy") && $0.last == "healthy" }
    }
    await controller.end()
  }

  @Test("bad images that fail on every host make none of them unhealthy", arguments: [1, 2])
  func badImages(_ count: Int) async throws {
    let site = try await Site()
    let hosts = await site.lattice.truth.keys.sorted()
    let images = Set(Self.images)
    for host in hosts { await site.lattice.setFaults(of: host) { $0.failingImages = images } }
    try await site.commit([
      "shop": application("shop"), "blog": count > 1 ? application("blog") : "",
    ])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3", "--max-errors", "2"])
    for host in hosts {
      try await waitUntil("\(host) has failed again and again", within: .seconds(60)) {
        await failures(on: host, of: site) > 3
      }
    }
    try await site.commit(["news": application("news")])
    try await site.wait(for: 3, of: "news-web")
    #expect(await site.instances(of: "news-web").count == 3)
    #expect(try await site.reconcile("status").output.contains("unhealthy") == false)
    await controller.end()
  }

  @Test("a host that answers pings and never for its inventory is degraded, and keeps what it runs")
  func noInventory() async throws {
    let site = try await Site()
    let mute = try #require(await site.lattice.truth.keys.sorted().first)
    try await site.commit(["shop": application("shop")])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3", "--resync", "1s"])
    try await site.wait(for: 3, of: "shop-web")
    let before = await site.instances(of: "shop-web")
    await site.lattice.setFaults(of: mute) { $0.inventoryDelay = .seconds(30) }
    try await waitUntil("it is degraded", within: .seconds(60)) {
      controller.lines("Host has changed").last { $0["host.id"]?.string == mute.rawValue }?[
        "reason"]?
        .string == "it answers pings but not for its inventory"
    }
    #expect(await site.instances(of: "shop-web") == before)
    await controller.end()
  }
}
