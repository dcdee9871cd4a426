import Glibc
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Killed at any point")
struct CrashTests {
  private static let application = Site.application(
    update: "config: {greeting: hello}",
    more: """
        providers:
          - {name: server, image: "registry.example.com/http:1"}
        links:
          - {source: server, target: web, interface: "wasi:http/incoming-handler", values: {PORT: "80"}}
      """)

  /// A lattice of its own on a server that all share.
  private struct Place {
    let site: Site
    let lattice: SimulatedLattice
    let name: String

    init(_ name: String, on site: Site) async throws {
      (self.site, self.name) = (site, name)
      lattice = SimulatedLattice(LatticeName(name), over: site.client)
      try await lattice.start()
      for _ in 1...2 { try await lattice.addHost(labels: [:]) }
    }

    func apply(
      _ reference: String = "shop", _ environment: [String: String] = [:]
    ) async throws -> ChildProcess.Result {
      try await ChildProcess.run(
        Site.executable,
        ["apply", "--lattice", name, "--expect-hosts", "2", "--prune", "--ref", reference],
        environment: [
          "RECONCILE_NATS": site.server.address, "HOME": site.repository.folder,
        ].merging(environment) { $1 }, directory: site.repository.path)
    }

    /// Applies to the end, once the lease of one that was killed has run out.
    func finish(_ reference: String = "shop") async throws {
      var last: ChildProcess.Result?
      try await waitUntil("lattice \(name) is in sync", within: .seconds(60)) {
        last = try await apply(reference)
        return last?.ending != .exited(3)
      }
      let output = last.map { String(decoding: $0.output + $0.errorOutput, as: UTF8.self) } ?? ""
      #expect(last?.ending == .exited(0), "\(name): \(output)")
    }

    /// What runs and what was done, without the names of hosts.
    func sum() async -> [String] {
      await lattice.ledger.map { "\($0.verb) \($0.subject) \($0.count ?? 1) \($0.effect)" }.sorted()
        + lattice.truth.values.flatMap { host in
          host.actors.map { "\($0.key) \($0.value.instances)" } + host.providers.keys
        }.sorted()
    }
  }

  @Test("an apply that is killed at any write, send, reply or confirmation is finished by the next")
  func everyPoint() async throws {
    let site = try await Site(hosts: 0)
    try await site.commit(["shop": Self.application])
    try await site.repository.git("tag", "shop")
    try site.repository.remove("manifests/shop.yaml")
    try await site.commit(["blog": Site.application("blog")])
    let whole = try await Place("whole", on: site)
    let list = "\(site.repository.folder)/points"
    #expect(
      try await whole.apply("shop", ["RECONCILE_CRASH_LIST": list]).ending == .exited(0))
    let points = readFile(list).split(separator: "\n").map(String.init)
    #expect(
      Set(points) == [
        "record.write", "record.written", "command.send", "command.replied", "command.confirmed",
      ])
    try await whole.finish("main")
    let wanted = await whole.sum()
    #expect(wanted.contains { $0.hasPrefix("config.del") })
    #expect(wanted.allSatisfy { !$0.hasSuffix("\(LedgerEntry.Effect.nothing)") }, "\(wanted)")

    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, point) in points.enumerated() {
        if index >= 5 { try await group.next() }
        group.addTask {
          let place = try await Place("crash-\(index + 1)", on: site)
          let killed = try await place.apply("shop", ["RECONCILE_CRASH_AT": "\(index + 1)"])
          #expect(killed.ending == .signalled(SIGKILL), "\(index + 1) \(point)")
          try await place.finish()
          // What nobody knew to be ours would be left when the application goes.
          try await place.finish("main")
          #expect(await place.sum() == wanted, "\(index + 1) \(point)")
        }
      }
      try await group.waitForAll()
    }
  }
}
