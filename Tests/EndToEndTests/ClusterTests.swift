import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

/// Three servers that are a cluster, with hosts on the first one.
private struct Cluster {
  let servers: [NATSServerProcess]
  let client: NATSConnection
  let site: Site

  init() async throws {
    let ports = (1...3).map { _ in freePort() }
    let routes = ports.map { "nats-route://127.0.0.1:\($0)" }.joined(separator: ", ")
    servers = try ports.enumerated().map { index, port in
      try NATSServerProcess(
        configuration: """
          server_name: s\(index)
          cluster { name: c, listen: "127.0.0.1:\(port)", routes: [\(routes)] }
          """)
    }
    client = try await servers[0].connect()
    // Buckets of hosts lie where the hosts are.
    for (name, copies) in [("PROBE", 3), ("LATTICEDATA_default", 1), ("CONFIGDATA_default", 1)] {
      let bucket = NATSKeyValue(bucket: name, over: client)
      var settings = BucketSettings()
      settings.replicas = copies
      try await waitUntil("the cluster takes buckets", within: .seconds(60)) { [settings] in
        (try? await bucket.create(settings: settings)) != nil
      }
    }
    site = try await Site(hosts: 3, on: servers[0])
    try await site.commit(["shop": Site.application()])
  }

  /// Whoever is told of all servers.
  func controller(_ name: String, beginningAt first: Int = 0) throws -> ControllerRun {
    let addresses = (0..<3).map { servers[(first + $0) % 3].address }.joined(separator: ",")
    return try ControllerRun(
      on: site, ["--expect-hosts", "3", "--holder", name], log: name,
      environment: ["RECONCILE_NATS": addresses])
  }

  private func ask(_ question: String, about stream: String) async -> JSONValue? {
    let answer = try? await client.request(
      [], to: "$JS.API.STREAM.\(question).KV_\(stream)", timeout: .seconds(2))
    return answer.flatMap { try? JSONValue(parsing: $0.payload) }
  }

  /// The server that leads a bucket, which must have three copies.
  func leader(of bucket: String) async -> Int? {
    let info = await ask("INFO", about: bucket)
    #expect(info?["config"]?["num_replicas"]?.int == 3)
    return (info?["cluster"]?["leader"]?.string?.dropFirst()).flatMap { Int($0) }
  }

  /// A server that leads a bucket, and that is not the one with the hosts.
  func leaderElsewhere(of bucket: String) async throws -> Int {
    var found: Int?
    try await waitUntil("\(bucket) is led elsewhere", within: .seconds(60)) {
      found = await leader(of: bucket)
      if found == 0 { _ = await ask("LEADER.STEPDOWN", about: bucket) }
      return found != nil && found != 0
    }
    return try #require(found)
  }

  /// Commits, and returns how long it took until all of it runs.
  func follow(
    _ instances: Int, at place: SourceLocation = #_sourceLocation
  ) async throws -> Duration {
    let start = ContinuousClock.now
    try await site.commit(["shop": Site.application(instances: instances)])
    try await site.wait(for: instances, at: place)
    return .now - start
  }
}

@Suite("A cluster of three servers", .serialized)
struct ClusterTests {
  @Test("the record has three copies, and outlives the server that leads it and its controller's")
  func outlives() async throws {
    let cluster = try await Cluster()
    let controller = try cluster.controller("first", beginningAt: 1)
    try await controller.rest()
    _ = try #require(await cluster.leader(of: "RECONCILELEASE_default"))
    let victim = try await cluster.leaderElsewhere(of: "RECONCILE_default")
    cluster.servers[victim].stop()
    let time = try await cluster.follow(6)
    print("the record's server was killed: the next commit was carried out \(time) later")
    await controller.end()
    await cluster.site.lattice.expectNoDuplicate()
  }

  @Test(
    "two controllers: the lease's server is killed, then another, so that nobody commands; one is back, all goes on, and nothing is doubled"
  )
  func quorum() async throws {
    let cluster = try await Cluster()
    let first = try cluster.controller("first", beginningAt: 1)
    try await first.rest()
    let second = try cluster.controller("second", beginningAt: 2)
    try await second.wait(forLine: "Stands by, somebody else commands")
    let victim = try await cluster.leaderElsewhere(of: "RECONCILELEASE_default")
    cluster.servers[victim].stop()
    let one = try await cluster.follow(5)

    let other = 3 - victim
    cluster.servers[other].stop()
    let refused = "Lease cannot be taken, nothing is sent"
    let before = (first.lines(refused).count, second.lines(refused).count)
    try await waitUntil("neither can have the lease", within: .seconds(60)) {
      first.lines(refused).count > before.0 && second.lines(refused).count > before.1
    }
    let start = await cluster.site.lattice.ledger.count
    try await cluster.site.commit(["shop": Site.application(instances: 7)])
    // Long enough for either to look at the repository and at the lease a few times.
    let end = ContinuousClock.now + .seconds(6)
    try await waitUntil("six seconds are over") { ContinuousClock.now > end }
    #expect(await cluster.site.lattice.ledger.count == start)
    let back = ContinuousClock.now
    try cluster.servers[other].restart()
    try await cluster.site.wait(for: 7)
    let two = ContinuousClock.now - back
    print(
      "the lease's server was killed: the next commit was carried out \(one) later; a majority was "
        + "back: \(two) later")
    _ = try await cluster.follow(8)
    await first.end()
    await second.end()
    await cluster.site.lattice.expectNoDuplicate()
  }
}
