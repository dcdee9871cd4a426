import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Sites whose lattices share a name")
struct WireNameTests {
  @Test("one controller keeps both, and no record, figure or command of one is the other's")
  func twoSites() async throws {
    try await keep(jetStream: true)
  }

  @Test("without JetStream too, each record is a file of its own")
  func twoFiles() async throws {
    try await keep(jetStream: false)
  }

  private func keep(jetStream: Bool) async throws {
    let east = try await Site(jetStream: jetStream)
    let west = try await Site(hosts: 2, jetStream: jetStream)
    try await east.commit(["shop": Site.application(prune: true)])
    try await west.commit(["shop": Site.application(instances: 4, prune: true)])
    let file = "\(east.repository.folder)/reconcile.yaml"
    try writeFile(
      file,
      """
      listen: 127.0.0.1:0
      repositories:
        - {name: one, url: \(east.repository.path), lattice: east}
        - {name: two, url: \(west.repository.path), lattice: west}
      lattices:
        - {name: east, wireName: default, nats: "\(east.server.address)", expectHosts: 3}
        - {name: west, wireName: default, nats: "\(west.server.address)", expectHosts: 2}
      """)
    // Servers come from the file; a variable would hold for both.
    let controller = try ControllerRun(
      on: east, ["--config", file], environment: ["RECONCILE_NATS": ""])
    try await east.wait(for: 3)
    try await west.wait(for: 4)
    for name in ["east", "west"] {
      try await waitUntil("\(name) is in sync", within: .seconds(60)) {
        controller.lines("Lattice is in sync").contains { $0["lattice"]?.string == name }
      }
    }
    let metrics = try await controller.page("/metrics")
    for (name, hosts) in [("east", 3), ("west", 2)] {
      let line = "reconcile_hosts{lattice=\"\(name)\",health=\"healthy\"} \(hosts)"
      #expect(metrics.contains(line), "\(metrics)")
    }

    let before = await east.lattice.ledger.count
    let victim = try #require(await west.lattice.truth.keys.sorted().first)
    await west.lattice.kill(victim)
    try await west.commit(["shop": Site.application(instances: 6, prune: true)])
    try await west.wait(for: 6)
    #expect(await east.lattice.ledger.count == before)
    try await east.commit(["shop": Site.application(instances: 5, prune: true)])
    try await east.wait(for: 5)
    await controller.end()

    let state = "\(east.repository.folder)/.local/state/reconcile"
    for (site, name) in [(east, "east"), (west, "west")] {
      let run = try await site.reconcile("status", "--state-dir", "\(state)/\(name)")
      #expect(run.output.contains("shop         in sync"), "\(run.output)\(run.errors)")
      #expect(readFile("\(state)/\(name)/default.json").isEmpty == jetStream)
    }
  }
}
