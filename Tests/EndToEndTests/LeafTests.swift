import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("Losses that the servers tell of")
struct LeafTests {
  @Test("behind a leaf server a killed host is replaced, and all of them cut off are not")
  func leaf() async throws {
    let port = freePort()
    let site = try await Site(
      hosts: 0, configuration: "leafnodes { listen: \"127.0.0.1:\(port)\" }")
    let leaf = try NATSServerProcess(
      configuration: "leafnodes { remotes [ { url: \"nats-leaf://127.0.0.1:\(port)\" } ] }",
      jetStream: false)
    let edge = SimulatedLattice("default", over: try await leaf.connect(), seed: 99)
    try await edge.start()
    for _ in 1...3 { try await edge.addHost(labels: ["region": "edge"]) }
    for _ in 1...2 { try await site.lattice.addHost(labels: ["region": "hub"]) }
    func running() async -> Int {
      await edge.truth.values.reduce(0) { $0 + ($1.actors["shop-web"]?.instances ?? 0) }
        + site.instances(of: "shop-web").values.reduce(0, +)
    }
    try await site.commit(["shop": Site.application(instances: 10)])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "5", "--silence", "10m"])
    try await controller.rest()
    let victim = try #require(await edge.truth.keys.sorted().first)
    await edge.kill(victim)
    try await waitUntil("it is replaced", within: .seconds(60)) { await running() == 10 }
    #expect(controller.told(of: victim).last == "lost")

    try await controller.rest()
    let start = await (edge.ledger.count, site.lattice.ledger.count)
    leaf.stop()
    let cut = await edge.truth.keys.sorted()
    for host in cut { try await controller.wait(until: host, is: "late") }
    try leaf.restart()
    for host in cut { try await controller.wait(until: host, is: "fresh") }
    #expect(await (edge.ledger.count, site.lattice.ledger.count) == start)
    try await site.commit(["shop": Site.application(instances: 11)])
    try await waitUntil("it goes on", within: .seconds(60)) { await running() == 11 }
    await controller.end()
    #expect(controller.lines("Host is lost").count == 1)
  }

  @Test("with the system account a lost connection is enough, without the next probe")
  func system() async throws {
    let site = try await Site(
      hosts: 2,
      configuration: """
        accounts {
          SYS { users [ {user: sys, password: secret} ] }
          APP { jetstream: enabled, users [ {user: app, password: secret} ] }
        }
        system_account: SYS
        """, user: "app:secret")
    let connection = try await site.server.connect(as: "app:secret")
    let other = SimulatedLattice("default", over: connection, seed: 99)
    try await other.start()
    let victim = try await other.addHost(labels: [:])
    try await site.commit(["shop": Site.application(instances: 6)])
    let address = "127.0.0.1:\(site.server.port)"
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--probe", "5m", "--silence", "20m"],
      environment: [
        "RECONCILE_NATS": "nats://app:secret@\(address)",
        "RECONCILE_SYSTEM_NATS": "nats://sys:secret@\(address)",
      ])
    try await controller.rest()
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 4)
    // A loss is not believed at once while our own link is young.
    let steady = ContinuousClock.now + .seconds(11)
    try await waitUntil("our link is steady") { ContinuousClock.now > steady }
    connection.close()
    try await site.wait(for: 6)
    #expect(controller.told(of: victim).last == "lost")
    await controller.end()
  }
}
