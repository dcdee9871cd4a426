import JSONCoding
import LatticeDialects
import LatticeModel
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import LatticeSimulator

@Suite("Faults of simulated hosts")
struct FaultTests {
  /// Three hosts on a bus inside the process, two of them in zone a.
  private struct Stage {
    let bus = InProcessBus()
    let lattice: SimulatedLattice
    let hosts: [HostID]

    init() async throws {
      lattice = SimulatedLattice("default", over: bus)
      try await lattice.start()
      var hosts: [HostID] = []
      for zone in ["a", "a", "b"] {
        hosts.append(try await lattice.addHost(labels: ["zone": zone]))
      }
      self.hosts = hosts
    }

    func obey(_ verb: String, _ payload: String) async throws {
      let reply = try await bus.request(
        Array(payload.utf8), to: "reconcile.sim.default.\(verb)", timeout: .seconds(5))
      #expect(reply.payload == Array("ok".utf8))
    }

    /// What a request for a host's inventory comes to.
    func ask(_ host: HostID, _ limit: Duration = .seconds(5)) async -> Result<HostReport, any Error>
    {
      let subject = ControlSubject.inventory(of: host, in: "default")
      do {
        return .success(
          try decodeInventory(try await bus.request([], to: subject, timeout: limit).payload))
      } catch {
        return .failure(error)
      }
    }

    func isSwallowed(_ host: HostID, _ limit: Duration = .milliseconds(50)) async -> Bool {
      guard case .failure(let error as NATSError) = await ask(host, limit),
        case .timeout = error
      else { return false }
      return true
    }

    /// Waits until exactly some hosts answer a ping.
    func areAnswering(_ hosts: some Sequence<HostID>) async throws {
      let window = GatherWindow(
        atLeast: .milliseconds(50), quiet: .milliseconds(50), atMost: .seconds(5))
      let subject = ControlSubject.hostPing("default")
      try await waitUntil("just these hosts answer a ping") {
        let answers = try await bus.requestMany([], to: subject, within: window)
        return try Set(answers.map { try decodeAnswer($0.payload).host }) == Set(hosts)
      }
    }

    /// Sends a command until some host that is reachable answers.
    func send(_ intent: Intent) async throws {
      let request = V1().request(for: intent, in: "default")
      try await waitUntil("\(request.subject) is accepted") {
        let reply = try? await bus.request(
          request.payload, to: request.subject, timeout: .milliseconds(200))
        return try reply.map { try decodeReply($0.payload).isAccepted } ?? false
      }
    }

    func links() async throws -> [LinkDefinition] {
      try decodeLinks(
        try await bus.request([], to: ControlSubject.links("default"), timeout: .seconds(5)).payload
      )
    }
  }

  private let link = LinkDefinition(
    key: LinkKey(source: "a", contract: "wasi:http"), target: "b",
    interfaces: ["incoming-handler"])

  @Test("a partitioned site swallows what is sent to it, is silent, and catches up when healed")
  func partition() async throws {
    let stage = try await Stage()
    try await stage.obey("partition", "zone=a")
    try await stage.areAnswering([stage.hosts[2]])
    for host in stage.hosts[..<2] { #expect(await stage.isSwallowed(host)) }
    try await stage.send(.connect(link))
    try await stage.obey("heal", "zone=a")
    try await stage.areAnswering(stage.hosts)
    await stage.lattice.kill(stage.hosts[2])
    #expect(try await stage.links() == [link])
  }

  @Test("what a host has to say when it is cut off is lost")
  func unheard() async throws {
    let stage = try await Stage()
    let host = stage.hosts[0]
    try await stage.obey("slow", "\(host) 2000")
    async let isLost = stage.isSwallowed(host, .seconds(3))
    // Requests to one host are read in order: once this one is answered, the other was read.
    _ = try await stage.bus.request(
      Array(#"{"key":"read","value":"yes"}"#.utf8),
      to: "wasmbus.ctl.v1.default.label.put.\(host)", timeout: .seconds(5))
    try await stage.obey("partition", host.rawValue)
    #expect(await isLost)
    try await stage.obey("heal", host.rawValue)
    try await stage.obey("slow", "\(host) 0")
    #expect(try await stage.ask(host).get().labels["read"] == "yes")
  }

  @Test("a slow host answers pings in time and inventories late")
  func slow() async throws {
    let stage = try await Stage()
    try await stage.obey("slow", "\(stage.hosts[0]) 600000")
    try await stage.areAnswering(stage.hosts)
    #expect(await stage.isSwallowed(stage.hosts[0]))
    _ = try await stage.ask(stage.hosts[1]).get()
    try await stage.obey("slow", "\(stage.hosts[0]) 300")
    let start = ContinuousClock.now
    #expect(try await stage.ask(stage.hosts[0]).get().host == stage.hosts[0])
    #expect(ContinuousClock.now - start >= .milliseconds(300))
  }

  @Test("a hung host answers nothing until it resumes")
  func hung() async throws {
    let stage = try await Stage()
    try await stage.obey("hang", stage.hosts[0].rawValue)
    #expect(await stage.isSwallowed(stage.hosts[0]))
    try await stage.areAnswering(stage.hosts[1...])
    try await stage.obey("resume", stage.hosts[0].rawValue)
    try await stage.areAnswering(stage.hosts)
  }

  @Test("a stopped host says so, and nobody listens for it any more")
  func stopped() async throws {
    let stage = try await Stage()
    let host = stage.hosts[0]
    let events = try await stage.bus.subscribe(
      to: "wasmbus.evt.default.host_stopped", queue: nil, limit: 10)
    let reply = try await stage.bus.request(
      [], to: "wasmbus.ctl.v1.default.host.stop.\(host)", timeout: .seconds(5))
    #expect(try decodeReply(reply.payload).message == "successfully handled stop host")
    let event = try #require(await events.makeAsyncIterator().next()?.elements.first)
    var decoder = EventDecoder()
    #expect(try decoder.decode(event.payload)?.event == .hostStopped(host))
    try await waitUntil("nobody listens") {
      guard case .failure(let error as NATSError) = await stage.ask(host) else { return false }
      return error == .noResponders(subject: ControlSubject.inventory(of: host, in: "default"))
    }
  }

  @Test("a killed host comes back under its id, with its labels and nothing running")
  func back() async throws {
    let stage = try await Stage()
    let host = stage.hosts[0]
    await stage.lattice.plant(
      SimulatedHost.InstanceSet(claimedImage: "i", code: "i", instances: 1), under: "web", on: host)
    try await stage.obey("kill", host.rawValue)
    try await stage.areAnswering(stage.hosts[1...])
    try await stage.obey("restart", host.rawValue)
    let report = try await stage.ask(host).get()
    #expect(report.actors.isEmpty && report.labels["zone"] == "a")
  }

  @Test("an image that cannot be fetched and a refused command are told apart")
  func refused() async throws {
    let stage = try await Stage()
    let events = try await stage.bus.subscribe(
      to: "wasmbus.evt.default.component_scale_failed", queue: nil, limit: 10)
    try await stage.obey("fail-image", "registry/web:1")
    try await stage.obey("refuse", stage.hosts[0].rawValue)
    let launch = Launch.actor(ActorLaunch(id: "web", image: "registry/web:1"))
    let request = V1().request(
      for: .run(launch, instances: 1, on: stage.hosts[0]), in: "default")
    for isAccepted in [false, true] {
      let reply = try await stage.bus.request(
        request.payload, to: request.subject, timeout: .seconds(5))
      #expect(try decodeReply(reply.payload).isAccepted == isAccepted)
    }
    let event = try #require(await events.makeAsyncIterator().next()?.elements.first)
    var decoder = EventDecoder()
    let failure = LatticeEvent.actorScaleFailed(
      "web", host: stage.hosts[0], image: "registry/web:1",
      error: "failed to fetch component: failed to fetch component under OCI reference "
        + "`registry/web:1`: failed to fetch OCI path: failed to fetch OCI bytes: error sending "
        + "request for url (https://registry/v2/web/manifests/1): client error (Connect): tcp "
        + "connect error: Connection refused (os error 111)")
    #expect(try decoder.decode(event.payload)?.event == failure)
    #expect(await stage.lattice.ledger.map(\.effect) == [.refused, .failed])
  }
}
