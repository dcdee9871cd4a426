import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("A controller on a bad line to its NATS server", .serialized)
struct LineTests {
  private static let actors = 12

  private static func manifest(_ instances: Int) -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: shop}
    spec:
      actors:

    """
      + (0..<actors).map { index in
        "    - {name: a\(index), image: \"registry.example.com/a:1\", instances: \(instances)}\n"
      }.joined()
  }

  private func wait(
    for instances: Int, on site: Site, at place: SourceLocation = #_sourceLocation
  ) async throws {
    for index in 0..<Self.actors {
      // The line lets two messages a second through each way, and others load the machine.
      try await site.wait(
        for: instances, of: "shop-a\(index)", within: .seconds(240), at: place)
    }
  }

  /// Expects that nothing was ever taken away, and that nothing ever ran more often than wanted.
  private func expectOnlyGrowth(_ site: Site, to most: Int) async {
    var running: [String: [String: Int]] = [:]
    for entry in await site.lattice.ledger {
      #expect(entry.verb == "component.scale" && entry.count != 0, "\(entry)")
      #expect(entry.effect != .stopped && entry.effect != .failed, "\(entry)")
      let before = running[entry.subject]?[entry.host] ?? 0
      #expect(entry.count ?? 0 >= before, "\(entry)")
      running[entry.subject, default: [:]][entry.host] = entry.count
      #expect(running[entry.subject]?.values.reduce(0, +) ?? 0 <= most, "\(entry)")
    }
  }

  /// A site, and a controller that reaches it through a proxy.
  private func start(
    _ options: [String] = [], _ prepare: (TCPProxy) -> Void
  ) async throws -> (site: Site, proxy: TCPProxy, controller: ControllerRun) {
    let site = try await Site()
    try await site.commit(["shop": Self.manifest(2)])
    let proxy = try TCPProxy(to: site.server.port)
    prepare(proxy)
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--prune"] + options,
      environment: ["RECONCILE_NATS": proxy.address])
    return (site, proxy, controller)
  }

  @Test("it is cut again and again: nothing is removed or doubled, and in the end all is in sync")
  func flapping() async throws {
    let (site, proxy, controller) = try await start(["--silence", "3s"]) {
      $0.flap(after: 8_000...60_000)
    }
    try await wait(for: 2, on: site)
    for instances in 3...5 {
      try await site.commit(["shop": Self.manifest(instances)])
      try await wait(for: instances, on: site)
      proxy.cut()
    }
    #expect(proxy.cuts > 8)
    proxy.flap(after: nil)
    try await controller.rest()
    await controller.end()
    await expectOnlyGrowth(site, to: 5)
    #expect(controller.lines("Host is lost").isEmpty)
    #expect(try await site.reconcile("diff").status == 0)
  }

  @Test("it is slow: no host is taken for lost, nothing is doubled, and all gets in sync")
  func slow() async throws {
    let (site, proxy, controller) = try await start(["--silence", "10s"]) {
      $0.slow(by: .milliseconds(400))
    }
    try await wait(for: 2, on: site)
    try await site.commit(["shop": Self.manifest(3)])
    try await wait(for: 3, on: site)
    try await controller.rest()
    // Longer than the silence after which a host is lost.
    let end = ContinuousClock.now + .seconds(13)
    try await waitUntil("the silence is over") { ContinuousClock.now > end }
    #expect(controller.lines("Host is lost").isEmpty)
    await controller.end()
    await expectOnlyGrowth(site, to: 3)
    #expect(proxy.cuts == 0)
    #expect(try await site.reconcile("diff").status == 0)
  }

  @Test("a server that swallows every packet costs its own lattice, and no other")
  func swallowing() async throws {
    let site = try await Site()
    let far = try NATSServerProcess(configuration: "", jetStream: true)
    let farLattice = SimulatedLattice("far", over: try await far.connect())
    try await farLattice.start()
    for zone in ["a", "b", "c"] { try await farLattice.addHost(labels: ["zone": zone]) }
    let proxy = try TCPProxy(to: far.port)
    try site.repository.write("far/shop.yaml", Self.manifest(2))
    try site.repository.write(
      "controller.yaml",
      """
      repositories:
        - {name: near, url: \(site.repository.path), lattice: near}
        - {name: far, url: \(site.repository.path), path: far, lattice: far}
      lattices:
        - {name: near, wireName: default, nats: [\(site.server.address)], expectHosts: 3}
        - {name: far, nats: [\(proxy.address)], expectHosts: 3, failureDetection: {silence: 3s}}
      """)
    try await site.commit(["shop": Self.manifest(2)])
    func running() async -> Int {
      await farLattice.truth.values.reduce(0) { sum, host in
        sum + host.actors.values.reduce(0) { $0 + $1.instances }
      }
    }
    let controller = try ControllerRun(
      on: site, ["--config", "controller.yaml"], environment: ["RECONCILE_NATS": ""])
    try await wait(for: 2, on: site)
    try await waitUntil("the far lattice runs it", within: .seconds(60)) {
      await running() == 2 * Self.actors
    }
    proxy.swallow(true)
    // Longer than any question of the far lattice is waited for.
    let end = ContinuousClock.now + .seconds(12)
    for instances in 3...5 {
      if instances == 5 {
        try await waitUntil("it has swallowed for a while") { ContinuousClock.now > end }
      }
      try site.repository.write("far/shop.yaml", Self.manifest(instances))
      try await site.commit(["shop": Self.manifest(instances)])
      try await wait(for: instances, on: site)
    }
    #expect(await running() == 2 * Self.actors)
    proxy.swallow(false)
    proxy.cut()
    try await waitUntil("the far lattice follows", within: .seconds(60)) {
      await running() == 5 * Self.actors
    }
    await controller.end()
    #expect(controller.lines("Host is lost").isEmpty)
    await expectOnlyGrowth(site, to: 5)
  }
}
