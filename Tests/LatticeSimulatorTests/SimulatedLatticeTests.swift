import JSONCoding
import LatticeDialects
import LatticeModel
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import LatticeSimulator

@Suite("SimulatedLattice")
struct SimulatedLatticeTests {
  /// A lattice of hosts on a real server, and a client that asks it.
  private struct Stage {
    let server: NATSServerProcess
    let lattice: SimulatedLattice
    let client: NATSConnection
    let hosts: [HostID]

    init(hosts count: Int) async throws {
      server = try NATSServerProcess()
      lattice = SimulatedLattice("default", over: try await server.connect())
      client = try await server.connect()
      try await lattice.start()
      var hosts: [HostID] = []
      for index in 0..<count {
        hosts.append(try await lattice.addHost(labels: ["zone": index % 2 == 0 ? "a" : "b"]))
      }
      self.hosts = hosts
    }

    func send(_ intent: Intent) async throws -> ControlReply {
      let request = V1().request(for: intent, in: "default")
      return try decodeReply(
        try await client.request(request.payload, to: request.subject, timeout: .seconds(5))
          .payload)
    }

    func inventory(_ host: HostID) async throws -> HostReport {
      try decodeInventory(
        try await client.request(
          [], to: ControlSubject.inventory(of: host, in: "default"), timeout: .seconds(5)
        ).payload)
    }
  }

  private let web = ActorLaunch(id: "shop-web", image: "registry/web:1")

  @Test("a start is accepted, announced and in the inventory")
  func start() async throws {
    let stage = try await Stage(hosts: 1)
    let events = try await stage.client.subscribe(
      to: "wasmbus.evt.default.component_scaled", queue: nil, limit: 10)
    let reply = try await stage.send(.run(.actor(web), instances: 3, on: stage.hosts[0]))
    #expect(reply.isAccepted)
    var decoder = EventDecoder()
    let batch = try #require(await events.makeAsyncIterator().next())
    let event = try #require(try decoder.decode(batch.elements[0].payload))
    #expect(event.event == .actorScaled("shop-web", host: stage.hosts[0], instances: 3))
    let report = try await stage.inventory(stage.hosts[0])
    #expect(
      report.actors == [ReportedActor(id: "shop-web", image: "registry/web:1", instances: 3)])
  }

  @Test("a rescale with another image claims it and keeps the old code")
  func relabelled() async throws {
    let stage = try await Stage(hosts: 1)
    let host = stage.hosts[0]
    _ = try await stage.send(.run(.actor(web), instances: 1, on: host))
    _ = try await stage.inventory(host)
    var newer = web
    newer.image = "registry/web:2"
    let reply = try await stage.send(.run(.actor(newer), instances: 2, on: host))
    #expect(reply.isAccepted && reply.message.contains("different image reference"))
    let claimed = try await stage.inventory(host).actors.first?.image
    #expect(claimed == "registry/web:2")
    let set = await stage.lattice.truth[host]?.actors["shop-web"]
    #expect(set?.code == "registry/web:1")
  }

  @Test("a killed host's subjects have no listener, and it says nothing")
  func kill() async throws {
    let stage = try await Stage(hosts: 2)
    await stage.lattice.kill(stage.hosts[0])
    let subject = ControlSubject.inventory(of: stage.hosts[0], in: "default")
    await #expect(throws: NATSError.noResponders(subject: subject)) {
      _ = try await stage.client.request([], to: subject, timeout: .seconds(5))
    }
    let other = try await stage.inventory(stage.hosts[1]).host
    #expect(other == stage.hosts[1])
    try await stage.lattice.restart(stage.hosts[0])
    let restarted = try await stage.inventory(stage.hosts[0])
    #expect(restarted.actors.isEmpty)
  }

  @Test("ten puts at once for one source are all acknowledged, and not all are kept")
  func lostLinks() async throws {
    let stage = try await Stage(hosts: 2)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<10 {
        group.addTask {
          let link = LinkDefinition(
            key: LinkKey(
              source: "a", name: "link-\(number)", contract: "wasi:http"),
            target: "b", interfaces: ["incoming-handler"])
          let reply = try await stage.send(.connect(link))
          #expect(reply.isAccepted)
        }
      }
      try await group.waitForAll()
    }
    let store = NATSKeyValue(bucket: LatticeStore.components("default"), over: stage.client)
    let entry = try #require(try await store.get(LatticeStore.key(ofSource: "a")))
    let kept = try decodeStoredLinks(try #require(entry.value))
    #expect((1..<10).contains(kept.count))
  }

  @Test("every host answers a ping, with an id that carries its checksum")
  func ping() async throws {
    let stage = try await Stage(hosts: 50)
    let answers = try await stage.client.requestMany(
      [], to: ControlSubject.hostPing("default"),
      within: GatherWindow(
        atLeast: .seconds(1), quiet: .milliseconds(500), atMost: .seconds(10)))
    let ids = try answers.map { try decodeAnswer($0.payload).host }
    #expect(Set(ids) == Set(stage.hosts))
    #expect(ids.allSatisfy { $0.rawValue.count == 56 && $0.rawValue.hasPrefix("N") })
  }
}
