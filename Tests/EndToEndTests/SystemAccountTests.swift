import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("Losses that a server in operator mode tells of", .serialized)
struct SystemAccountTests {
  /// Options under which nothing but the server's word finds a loss within an hour.
  private static let blind = ["--probe", "0", "--heartbeat-timeout", "2h", "--silence", "2h"]

  /// A loss is not believed at once while our own link is young.
  private func waitForSteadyLink() async throws {
    let steady = ContinuousClock.now + .seconds(11)
    try await waitUntil("our link is steady") { ContinuousClock.now > steady }
  }

  private func controller(
    on site: Site, _ authority: NATSOperator, hosts: Int
  ) throws -> ControllerRun {
    try ControllerRun(
      on: site,
      [
        "--expect-hosts", "\(hosts)", "--creds", authority.credentials, "--system-creds",
        authority.systemCredentials,
      ] + Self.blind)
  }

  @Test("with --system-creds a lost connection is enough, where nobody is pinged")
  func connection() async throws {
    let authority = try await NATSOperator()
    let site = try await Site(
      hosts: 2, configuration: authority.configuration, credentials: authority.credentials)
    let connection = try await site.server.connect(credentials: authority.credentials)
    let other = SimulatedLattice("default", over: connection, seed: 99)
    try await other.start()
    let victim = try await other.addHost(labels: [:])
    try await site.commit(["shop": Site.application(instances: 6)])
    let controller = try controller(on: site, authority, hosts: 3)
    try await controller.rest()
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 4)
    try await waitForSteadyLink()
    connection.close()
    try await site.wait(for: 6)
    #expect(controller.told(of: victim).last == "lost")
    #expect(controller.lines("Host is lost").count == 1)
    await controller.end()
  }

  @Test("a leaf server's cut link is told at once, and none of the hosts behind it is replaced")
  func leaf() async throws {
    let authority = try await NATSOperator()
    let port = freePort()
    let site = try await Site(
      hosts: 0,
      configuration: authority.configuration + "\nleafnodes { listen: \"127.0.0.1:\(port)\" }",
      credentials: authority.credentials)
    let leaf = try NATSServerProcess(
      configuration: """
        leafnodes {
          remotes [
            {url: "nats-leaf://127.0.0.1:\(port)", credentials: "\(authority.credentials)"}
          ]
        }
        """, jetStream: false)
    let edge = SimulatedLattice("default", over: try await leaf.connect(), seed: 99)
    try await edge.start()
    for _ in 1...3 { try await edge.addHost(labels: ["region": "edge"]) }
    for _ in 1...5 { try await site.lattice.addHost(labels: ["region": "hub"]) }
    let connection = try await site.server.connect(credentials: authority.credentials)
    let other = SimulatedLattice("default", over: connection, seed: 7)
    try await other.start()
    let victim = try await other.addHost(labels: ["region": "hub"])
    try await site.commit(["shop": Site.application(instances: 18)])
    let controller = try controller(on: site, authority, hosts: 9)
    try await controller.rest()
    try await waitForSteadyLink()
    leaf.stop()
    let cut = await edge.truth.keys.sorted()
    for host in cut { try await controller.wait(until: host, is: "late") }
    // The same server tells of a host that is dead meanwhile, which is replaced.
    let start = await site.lattice.ledger.count
    connection.close()
    try await controller.wait(until: victim, is: "lost")
    try await site.wait(for: 12)
    #expect(await site.lattice.ledger.count == start + 2)
    for host in cut { #expect(controller.told(of: host).last == "late") }
    await controller.end()
    #expect(controller.lines("Host is lost").count == 1)
  }
}
