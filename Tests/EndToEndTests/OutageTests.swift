import Glibc
import LatticeDialects
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("What happens in the middle of an apply", .serialized)
struct OutageTests {
  private static let actors = 48

  /// So many actors of two instances that starting them takes a moment.
  private static func manifest(placed: String = "", more: String = "") -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: shop}
    spec:
      actors:

    """
      + (0..<actors).map { index in
        "    - {name: a\(index), image: \"registry.example.com/a:1\", instances: 2\(placed)}\n"
      }.joined() + more
  }

  private func site() async throws -> Site {
    let site = try await Site()
    try await site.commit(["shop": Self.manifest()])
    return site
  }

  /// Runs a pass, and lets something happen once it has sent a few commands.
  private func pass(
    _ site: Site, _ options: [String] = [], after count: Int = 8,
    _ happening: @escaping @Sendable () async throws -> Void
  ) async throws -> Run {
    async let run = site.reconcile(["--expect-hosts", "3"] + options)
    try await waitUntil("it is in the middle") { await site.lattice.ledger.count >= count }
    try await happening()
    return try await run
  }

  /// Expects each actor to run as often as it is wanted, and nothing to be left to do.
  private func expectInSync(
    _ site: Site, at location: SourceLocation = #_sourceLocation
  ) async throws {
    for index in 0..<Self.actors {
      let count = await site.instances(of: "shop-a\(index)").values.reduce(0, +)
      #expect(count == 2, "a\(index)", sourceLocation: location)
    }
    let diff = try await site.reconcile("diff")
    #expect(diff.status == 0, "\(diff.output)\(diff.errors)", sourceLocation: location)
  }

  @Test("the server restarts: the pass connects again, plans anew, and doubles nothing")
  func serverRestarts() async throws {
    let site = try await site()
    let run = try await pass(site) { try site.server.restart() }
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.errors.contains("the connection to the NATS server was lost"))
    try await expectInSync(site)
  }

  @Test("the server goes for good: an error that says so, and the next pass settles it")
  func serverGoes() async throws {
    let site = try await site()
    let start = ContinuousClock.now
    let run = try await pass(site) { site.server.stop() }
    #expect(run.status == 1, "\(run.output)\(run.errors)")
    #expect(run.errors.contains("NAT-8") || run.errors.contains("LEA-2"), "\(run.errors)")
    #expect(ContinuousClock.now - start < .seconds(20))
    try site.server.restart()
    try await waitUntil("the hosts are back") {
      try await site.reconcile("--expect-hosts", "3").status == 0
    }
    try await expectInSync(site)
  }

  @Test("when no host answers any more it is an error, and nothing counts as in sync")
  func nobody() async throws {
    let site = try await site()
    #expect(try await site.reconcile("--expect-hosts", "3").status == 0)
    for hostsAre in ["silent", "gone"] {
      for host in await site.lattice.truth.keys {
        if hostsAre == "silent" {
          await site.lattice.setFaults(of: host) { $0.isHung = true }
        } else {
          await site.lattice.kill(host)
        }
      }
      for command in [["diff"], ["apply"], ["diff", "--expect-hosts", "3"]] {
        let run = try await site.reconcile(command)
        #expect(run.status == 1, "\(run.output)")
        #expect(run.errors.contains("OBS-1"), "\(run.errors)")
      }
    }
  }

  @Test("a host dies: what it was to run runs elsewhere, in the same pass")
  func hostDies() async throws {
    let site = try await site()
    let victim = try #require(await site.lattice.truth.keys.sorted().first)
    let run = try await pass(site) { await site.lattice.kill(victim) }
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(await site.lattice.truth[victim] == nil)
    try await expectInSync(site)
  }

  @Test("a host dies that the plan does not touch: it is missed at the end of the same pass")
  func bystanderDies() async throws {
    let site = try await Site()
    try await site.commit(["base": Site.application("base", instances: 3)])
    try await site.sync("--expect-hosts", "3")
    let bystander = try #require(
      await site.lattice.truth.values.first { $0.labels["zone"] == "c" }?.id)
    try await site.commit([
      "shop": Self.manifest(
        placed: ", spread: zones",
        more: "  spread:\n    zones: [{name: a, requirements: {zone: a}}]\n")
    ])
    let before = await site.lattice.ledger.count
    let run = try await pass(site, after: before + 8) { await site.lattice.kill(bystander) }
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(await site.instances(of: "base-web").values.reduce(0, +) == 3)
    try await expectInSync(site)
  }

  @Test("a pass that nothing disturbs calls the hosts once, and a second look costs no other call")
  func oneCall() async throws {
    let site = try await site()
    let calls = try await site.client.subscribe(
      to: "wasmbus.ctl.v1.default.host.ping", queue: nil, limit: 100)
    #expect(try await site.reconcile("--expect-hosts", "3").status == 0)
    try await site.client.flush()
    var counted = 0
    for await batch in calls {
      counted += batch.elements.count
      break
    }
    #expect(counted == 1)
    try await expectInSync(site)
  }

  @Test("a host joins: the plan is dropped and made anew, and the newcomer gets its part")
  func hostJoins() async throws {
    let site = try await site()
    let daemon = "    - {name: daemon, image: \"registry.example.com/d:1\", perHost: true}\n"
    try await site.commit(["shop": Self.manifest(more: daemon)])
    let run = try await pass(site) {
      try await site.lattice.addHost(labels: ["zone": "a"])
    }
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.errors.contains("has started"))
    #expect(await site.instances(of: "shop-daemon").count == 4)
    try await expectInSync(site)
  }

  @Test("a host loses instances: they are started again in the same pass")
  func hostLosesInstances() async throws {
    let site = try await Site()
    try await site.commit(["base": Site.application("base", instances: 3)])
    try await site.sync("--expect-hosts", "3")
    try await site.commit(["shop": Self.manifest()])
    let victim = try #require(await site.instances(of: "base-web").keys.sorted().first)
    let start = await site.lattice.ledger.count
    let run = try await pass(site, after: start + 8) {
      let launch = ActorLaunch(id: "base-web", image: "registry.example.com/web:1")
      try await site.send(.end(.actor(launch), on: victim))
    }
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.errors.contains("has lost instances of base-web"))
    #expect(await site.instances(of: "base-web").values.reduce(0, +) == 3)
    try await expectInSync(site)
  }

  @Test("a host falls silent: what it was sent counts as running there, and nothing is doubled")
  func hostHangs() async throws {
    let site = try await site()
    let victim = try #require(await site.lattice.truth.keys.sorted().first)
    let run = try await pass(site, ["--timeout", "8s"]) {
      await site.lattice.setFaults(of: victim) { $0.isHung = true }
    }
    #expect(run.status != 0, "\(run.output)\(run.errors)")
    #expect((run.output + run.errors).contains(String(victim.rawValue.prefix(8))))
    let again = try await site.reconcile("--timeout", "8s")
    for index in 0..<Self.actors {
      let count = await site.instances(of: "shop-a\(index)").values.reduce(0, +)
      #expect(count <= 2, "a\(index) after \(again.output)")
    }
    await site.lattice.setFaults(of: victim) { $0.isHung = false }
    #expect(try await site.reconcile().status == 0)
    try await expectInSync(site)
  }

  @Test("the pass itself is killed: the next one waits for its lease, and settles everything")
  func killed() async throws {
    let site = try await site()
    let child = try ChildProcess(
      Site.executable, ["--expect-hosts", "3"], environment: site.environment,
      directory: site.repository.path)
    try await waitUntil("it is in the middle") { await site.lattice.ledger.count >= 8 }
    child.signal(SIGKILL)
    _ = await child.wait()
    let early = try await site.reconcile("--expect-hosts", "3")
    #expect(early.status == 3 && early.errors.contains("LEA-1"), "\(early.errors)")
    try await waitUntil("the dead one is forgotten") {
      try await site.reconcile("--expect-hosts", "3").status == 0
    }
    try await expectInSync(site)
  }
}
