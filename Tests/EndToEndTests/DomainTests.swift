import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("JetStream domains and clusters", .serialized)
struct DomainTests {
  /// A hub and a leaf, each with JetStream in a domain of its own.
  private struct Sites {
    let hub: Site
    let leaf: NATSServerProcess
    let edge: SimulatedLattice

    /// Hosts on either side name a domain, or none.
    init(naming domain: String?) async throws {
      let port = freePort()
      hub = try await Site(
        hosts: 0, configuration: "leafnodes { listen: \"127.0.0.1:\(port)\" }", domain: "hub",
        naming: domain)
      leaf = try NATSServerProcess(
        configuration: "leafnodes { remotes [ { url: \"nats-leaf://127.0.0.1:\(port)\" } ] }",
        domain: "edge")
      edge = SimulatedLattice(
        "default", over: try await leaf.connect(), domain: domain, seed: 99)
      let client = try await leaf.connect()
      try await waitUntil("the leaf is connected") {
        (try? await client.request([], to: "$JS.hub.API.INFO", timeout: .milliseconds(200))) != nil
      }
      try await edge.start()
      for _ in 1...2 { try await edge.addHost(labels: ["region": "edge"], upFor: .seconds(600)) }
      for _ in 1...2 {
        try await hub.lattice.addHost(labels: ["region": "hub"], upFor: .seconds(600))
      }
    }

    func running() async -> Int {
      await edge.truth.values.reduce(0) { $0 + ($1.actors["shop-web"]?.instances ?? 0) }
        + hub.instances(of: "shop-web").values.reduce(0, +)
    }

    var commands: Int { get async { await edge.ledger.count + hub.lattice.ledger.count } }
  }

  @Test(
    "the record lies in the domain that hosts name; from a site with another it is asked for there")
  func oneRecord() async throws {
    let sites = try await Sites(naming: "hub")
    try await sites.hub.commit(["shop": Site.application(instances: 8)])
    let controller = try ControllerRun(on: sites.hub, ["--expect-hosts", "4"])
    try await controller.rest()
    #expect(await sites.running() == 8)
    let count = await sites.commands
    let atLeaf = ["RECONCILE_NATS": sites.leaf.address]
    for command in ["diff", "apply", "status"] {
      let blind = try await sites.hub.reconcile([command], environment: atLeaf)
      if command == "apply" {
        #expect(blind.status == 1 && blind.errors.contains("REC-6"), "\(blind.errors)")
        #expect(blind.errors.contains("--js-domain hub"))
      }
      let told = try await sites.hub.reconcile(
        [command, "--js-domain", "hub"], environment: atLeaf)
      #expect(told.status == (command == "apply" ? 3 : 0), "\(command): \(told.errors)")
    }
    #expect(await sites.commands == count)
    await controller.end()
  }

  @Test("two controllers with a record each never both command a lattice that spans two domains")
  func twoRecords() async throws {
    let sites = try await Sites(naming: nil)
    try await sites.hub.commit(["shop": Site.application(instances: 8)])
    let controller = try ControllerRun(on: sites.hub, ["--expect-hosts", "4"])
    try await controller.rest()
    let count = await sites.commands
    let atLeaf = ["RECONCILE_NATS": sites.leaf.address]
    let single = try await sites.hub.reconcile(["apply"], environment: atLeaf)
    #expect(single.status == 3 || single.status == 1, "\(single.output)")
    #expect(single.errors.contains("REC-7"), "\(single.errors)")
    #expect(single.errors.contains("the JetStream domain 'hub'"))
    let second = try ControllerRun(
      on: sites.hub, ["--expect-hosts", "4"], log: "second", environment: atLeaf)
    try await second.wait(forLine: "Lease is given back, nothing is sent")
    #expect(await sites.commands == count)
    await controller.end()
    // Once the first has ended, the one that is left goes on.
    try await second.wait(forLine: "Commands the lattice")
    await second.end()
  }

  @Test("in a cluster of three the record has three copies, and outlives the server that leads it")
  func cluster() async throws {
    let ports = (1...3).map { _ in freePort() }
    let routes = ports.map { "nats-route://127.0.0.1:\($0)" }.joined(separator: ", ")
    let servers = try ports.enumerated().map { index, port in
      try NATSServerProcess(
        configuration: """
          server_name: s\(index)
          cluster { name: c, listen: "127.0.0.1:\(port)", routes: [\(routes)] }
          """)
    }
    let client = try await servers[0].connect()
    for (name, copies) in [("PROBE", 3), ("LATTICEDATA_default", 1), ("CONFIGDATA_default", 1)] {
      let bucket = NATSKeyValue(bucket: name, over: client)
      var settings = BucketSettings()
      settings.replicas = copies
      try await waitUntil("the cluster takes buckets", within: .seconds(60)) { [settings] in
        (try? await bucket.create(settings: settings)) != nil
      }
    }
    let site = try await Site(hosts: 3, on: servers[0])
    try await site.commit(["shop": Site.application()])
    let addresses = servers.map(\.address).joined(separator: ",")
    let all = ["RECONCILE_NATS": addresses]
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"], environment: all)
    try await controller.rest()
    func leader(of stream: String) async throws -> String? {
      let info = try await client.request(
        [], to: "$JS.API.STREAM.INFO.KV_\(stream)", timeout: .seconds(2))
      let value = try JSONValue(parsing: info.payload)
      #expect(value["config"]?["num_replicas"]?.int == 3)
      return value["cluster"]?["leader"]?.string
    }
    _ = try await leader(of: "RECONCILELEASE_default")
    let name = try #require(try await leader(of: "RECONCILE_default"))
    let victim = try #require(Int(name.dropFirst()))
    try await site.commit(["shop": Site.application(instances: 6)])
    let start = ContinuousClock.now
    servers[victim].stop()
    // Hosts of the first server go with it when it is that one; others take their place.
    let left = try await servers[(victim + 1) % 3].connect()
    let others = SimulatedLattice("default", over: left, seed: 7)
    if victim == 0 {
      try await others.start()
      for _ in 1...3 { try await others.addHost(labels: [:], upFor: .seconds(600)) }
    }
    let lattice = victim == 0 ? others : site.lattice
    try await waitUntil("it goes on", within: .seconds(60)) {
      await lattice.truth.values.reduce(0) { $0 + ($1.actors["shop-web"]?.instances ?? 0) } == 6
    }
    print(
      "the record's server was killed: effect of the next command \(ContinuousClock.now - start) later"
    )
    await controller.end()
  }

  @Test(
    "a bucket that is not as it is asked for is changed, or refused by name before anything is sent"
  )
  func settings() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let three = try await site.reconcile("apply", "--record-replicas", "3")
    #expect(three.status == 1 && three.errors.contains("NAT-13"), "\(three.errors)")
    let one = try await site.reconcile("apply", "--record-max-bytes", "1048576")
    #expect(one.status == 0, "\(one.errors)")
    let larger = try await site.reconcile("apply", "--record-max-bytes", "2097152")
    #expect(larger.status == 0, "\(larger.errors)")
    for (option, value) in [("--record-replicas", "3"), ("--record-storage", "memory")] {
      let run = try await site.reconcile("apply", option, value)
      #expect(run.status == 1 && run.errors.contains("REC-8"), "\(run.errors)")
    }
    let limited = try NATSServerProcess(
      configuration: """
        accounts { APP {
          jetstream { max_memory: 64MB, max_file: 64MB, max_streams: 10, max_bytes_required: true }
          users [ {user: app, password: secret} ] } }
        """)
    let address = ["RECONCILE_NATS": "nats://app:secret@127.0.0.1:\(limited.port)"]
    let unbounded = try await site.reconcile(["apply"], environment: address)
    #expect(unbounded.errors.contains("NAT-22") && unbounded.errors.contains("--record-max-bytes"))
  }
}
