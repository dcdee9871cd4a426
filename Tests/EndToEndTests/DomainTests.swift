import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("JetStream domains", .serialized)
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
