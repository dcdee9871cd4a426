import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Controllers that share lattices out", .serialized)
struct SharingTests {
  private static let names: [LatticeName] = ["one", "two", "three"]

  /// Three lattices on one server, and controllers that are told to keep them all.
  private struct Estate {
    let site: Site
    let lattices: [LatticeName: SimulatedLattice]

    init() async throws {
      site = try await Site(hosts: 0)
      var lattices: [LatticeName: SimulatedLattice] = [:]
      for (index, name) in names.enumerated() {
        let lattice = SimulatedLattice(
          name, over: try await site.server.connect(), seed: UInt64(index + 1))
        try await lattice.start()
        for _ in 1...2 { try await lattice.addHost(labels: [:], upFor: .seconds(600)) }
        lattices[name] = lattice
      }
      self.lattices = lattices
      let repositories = names.map {
        "  - {name: \($0), url: \(site.repository.path), lattice: \($0)}"
      }
      let entries = names.map {
        "  - {name: \($0), nats: \"\(site.server.address)\", expectHosts: 2}"
      }
      try writeFile(
        file,
        """
        listen: 127.0.0.1:0
        repositories:
        \(repositories.joined(separator: "\n"))
        lattices:
        \(entries.joined(separator: "\n"))
        """)
    }

    var file: String { "\(site.repository.folder)/reconcile.yaml" }

    func controller(_ name: String, log: String? = nil) throws -> ControllerRun {
      try ControllerRun(on: site, ["--config", file, "--holder", name], log: log ?? name)
    }

    /// How many lattices each commands.
    func shares() async throws -> [String: Int] {
      var shares: [String: Int] = [:]
      for name in names {
        let store = NATSKeyValue(bucket: "RECONCILELEASE_\(name)", over: site.client)
        guard let bytes = try? await store.get("lease")?.value,
          let holder = try JSONValue(parsing: bytes)["holder"]?.string
        else { continue }
        shares[holder, default: 0] += 1
      }
      return shares
    }

    /// Waits until each has so many.
    func wait(
      for wanted: [String: Int], at place: SourceLocation = #_sourceLocation
    ) async throws {
      try await waitUntil("lattices are shared out as \(wanted)", within: .seconds(60), at: place) {
        try await shares() == wanted
      }
    }

    /// Commits, and waits until every lattice has followed.
    func follow(
      _ instances: Int, at place: SourceLocation = #_sourceLocation
    ) async throws {
      try await site.commit(["shop": Site.application(instances: instances)])
      for (name, lattice) in lattices {
        try await waitUntil("\(name) has \(instances)", within: .seconds(60), at: place) {
          await lattice.truth.values.reduce(0) {
            $0 + ($1.actors["shop-web"]?.instances ?? 0)
          } == instances
        }
      }
    }
  }

  @Test(
    "who joins is given a lattice, who is killed or paused is replaced, and nothing is doubled"
  )
  func joinAndKill() async throws {
    let estate = try await Estate()
    try await estate.site.commit(["shop": Site.application(instances: 2)])
    let first = try estate.controller("first")
    try await estate.wait(for: ["first": 3])
    try await estate.follow(3)
    let second = try estate.controller("second")
    try await estate.wait(for: ["first": 2, "second": 1])
    try await estate.follow(4)
    let given = "Gives the lattice to a controller that commands fewer"
    #expect(first.lines(given).count == 1 && second.lines(given).isEmpty)
    #expect(first.lines(given).first?["holder"]?.string == "second")

    // Who commands and who could is told by pages, figures and status alike.
    let moved = try #require(first.lines(given).first?["lattice"]?.string)
    let kept = try #require(Self.names.first { $0.rawValue != moved })
    try await waitUntil("it knows who stands by", within: .seconds(60)) {
      try await first.page("/metrics").contains("reconcile_standbys{lattice=\"\(kept)\"} 1")
    }
    try await waitUntil("it knows who commands the other", within: .seconds(60)) {
      try await first.page("/readyz?verbose").contains("\(moved)/commander: second")
    }
    let (pages, metrics) = (
      try await first.page("/readyz?verbose"), try await first.page("/metrics")
    )
    #expect(pages.contains("\(kept)/commander: this controller, second stands by"), "\(pages)")
    #expect(metrics.contains("reconcile_lease_held{lattice=\"\(kept)\"} 1"), "\(metrics)")
    #expect(metrics.contains("reconcile_lease_held{lattice=\"\(moved)\"} 0"), "\(metrics)")
    #expect(!metrics.contains("reconcile_standbys{lattice=\"\(moved)\"}"), "\(metrics)")
    let status = try await estate.site.reconcile("status", "--lattice", kept.rawValue)
    #expect(status.output.contains("controller  first, second stands by"), "\(status.output)")

    first.child.signal(SIGKILL)
    #expect(await first.child.wait() == .signalled(SIGKILL))
    let start = ContinuousClock.now
    try await waitUntil("all are taken over", within: .seconds(60)) {
      second.lines("Commands the lattice").count == 3
    }
    print("a killed controller's two lattices were taken over \(ContinuousClock.now - start) later")
    try await estate.follow(5)
    let third = try estate.controller("third")
    try await estate.wait(for: ["second": 2, "third": 1])
    try await estate.follow(6)
    #expect(second.lines(given).count == 1 && third.lines(given).isEmpty)

    // One that is paused is replaced like one that is dead, and sends nothing when it wakes up.
    third.child.signal(SIGSTOP)
    try await estate.wait(for: ["second": 3])
    try await estate.follow(7)
    third.child.signal(SIGCONT)
    try await third.wait(forLine: "Stands by, somebody else commands", times: 4)
    try await estate.follow(8)
    await second.end()
    try await estate.wait(for: ["third": 3])
    try await estate.follow(9)
    await third.end()
    for lattice in estate.lattices.values { await lattice.expectNoDuplicate() }
  }
}
