import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import RecordKeeping
import ServiceRuntime
import Testing

@testable import LatticeObservation

@Suite("A look at a lattice", .serialized)
struct LookTests {
  /// What happens to the first of three hosts, and whether the view is complete then.
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var known: ClosedRange<Int>?
    /// How many hours ago the last pass was.
    var age: Int64 = 0
    /// How many hours before it the first host was seen last.
    var missed: Int64 = 0
    var expected: Int?
    var isForgotten = false
    var happens: Happening = .nothing
    var presence: Presence? = .fresh
    var view: ViewKind
  }

  enum Happening: Sendable { case nothing, hangs, dies, allDie }
  enum ViewKind: Sendable { case unproven, complete, incomplete(silent: Int, Int, of: Int) }

  static let cases: [Case] = [
    Case(description: "nothing on record is unproven", view: .unproven),
    Case(description: "as many as are said to be", expected: 3, view: .complete),
    Case(description: "more than are said to be", expected: 2, view: .complete),
    Case(
      description: "fewer than are said to be", expected: 4,
      view: .incomplete(silent: 0, 3, of: 4)),
    Case(description: "all on record answer", known: 0...2, view: .complete),
    Case(description: "a newcomer does not matter", known: 0...1, view: .complete),
    Case(
      description: "one on record is silent", known: 0...2, happens: .hangs,
      presence: .silent, view: .incomplete(silent: 1, 2, of: 3)),
    Case(
      description: "one on record is silent, but enough others are there", known: 0...2,
      expected: 2, happens: .hangs, presence: .silent, view: .incomplete(silent: 1, 2, of: 3)),
    Case(
      description: "one that is not on record is silent", known: 1...2, happens: .hangs,
      presence: nil, view: .complete),
    Case(
      description: "one on record has no subject any more, others answer", known: 0...2,
      happens: .dies, presence: .lost, view: .complete),
    Case(
      description: "nobody answers, so nobody is taken for lost", known: 0...2,
      happens: .allDie, presence: .silent, view: .incomplete(silent: 3, 0, of: 3)),
    Case(
      description: "a silent one is forgotten", known: 0...2, isForgotten: true,
      happens: .hangs, presence: nil, view: .complete),
    Case(
      description: "a silent one was missed for 25 hours", known: 0...2, missed: 25,
      happens: .hangs, presence: nil, view: .complete),
    Case(
      description: "a silent one was missed for 23 hours", known: 0...2, missed: 23,
      happens: .hangs, presence: .silent, view: .incomplete(silent: 1, 2, of: 3)),
    Case(
      description: "a silent one was seen by the last pass, two days ago", known: 0...2, age: 48,
      happens: .hangs, presence: .silent, view: .incomplete(silent: 1, 2, of: 3)),
    Case(
      description: "a silent one was missed for 25 hours two days ago", known: 0...2, age: 48,
      missed: 25, happens: .hangs, presence: nil, view: .complete),
    Case(
      description: "the last pass is said to be still to come", known: 0...2, age: -48, missed: 96,
      happens: .hangs, presence: .silent, view: .incomplete(silent: 1, 2, of: 3)),
    Case(
      description: "the only one on record is forgotten", known: 0...0, isForgotten: true,
      happens: .hangs, presence: nil, view: .unproven),
  ]

  @Test("complete means that everyone expected answered", arguments: cases)
  func completeness(_ test: Case) async throws {
    let scene = try await Scene()
    switch test.happens {
    case .nothing: break
    case .hangs: await scene.lattice.setFaults(of: scene.hosts[0]) { $0.isHung = true }
    case .dies: await scene.lattice.kill(scene.hosts[0])
    case .allDie: for host in scene.hosts { await scene.lattice.kill(host) }
    }
    let last = Timestamp.now.earlier(by: test.age)
    var record = scene.record(of: test.known.map { Array(scene.hosts[$0]) } ?? [], seen: last)
    record.hosts[scene.hosts[0]]?.lastSeen = last.earlier(by: test.missed)
    let forgotten: Set<HostID> = test.isForgotten ? [scene.hosts[0]] : []
    let observed = try await scene.look(
      record.expected(forgetting: forgotten, at: .now),
      options: ObserverOptions(expectedHosts: test.expected))
    #expect(observed.host(scene.hosts[0])?.presence == test.presence)
    switch (test.view, observed.view) {
    case (.unproven, .unproven), (.complete, .complete): break
    case (
      .incomplete(let silent, let answered, let expected), .incomplete(let who, let all, let here)
    ):
      #expect(who.count == silent && here == answered && all == expected)
    default: Issue.record("\(observed.view)")
    }
  }

  @Test("what the record says of a silent host counts as running there")
  func silentRuns() async throws {
    let scene = try await Scene()
    await scene.lattice.setFaults(of: scene.hosts[0]) { $0.isHung = true }
    var record = scene.record(of: scene.hosts)
    record.hosts[scene.hosts[0]]?.report.actors = [
      ReportedActor(id: "shop-web", image: "i", instances: 3)
    ]
    let observed = try await scene.look(record.hosts)
    #expect(observed.actor("shop-web", on: scene.hosts[0])?.instances == 3)
    #expect(observed.host(scene.hosts[0])?.countsAsRunning == true)
    await scene.lattice.kill(scene.hosts[0])
    let lost = try await scene.look(record.hosts)
    #expect(lost.actor("shop-web", on: scene.hosts[0]) == nil)
  }

  @Test("a host that answers pings alone still runs what is on record of it")
  func lateRuns() async throws {
    let scene = try await Scene(hosts: 1)
    let ping = try await scene.answer(on: ControlSubject.hostPing("default")) { _ in
      ["success": true, "response": ["id": "NLATE", "labels": [:]]]
    }
    defer { ping.cancel() }
    var record = scene.record(of: scene.hosts + ["NLATE"])
    record.hosts["NLATE"]?.report.actors = [
      ReportedActor(id: "shop-web", image: "i", instances: 3)
    ]
    let observed = try await scene.look(record.hosts)
    #expect(observed.actor("shop-web", on: "NLATE")?.instances == 3)
    #expect(observed.silentHosts == ["NLATE"])
  }

  @Test("nobody there and nobody on record is an error")
  func nobody() async throws {
    let scene = try await Scene(hosts: 0)
    await #expect(throws: ObservationError.noHosts("default")) { _ = try await scene.look() }
  }

  @Test("where somebody listens and nobody has answered in time, all are asked once more")
  func lateAnswer() async throws {
    let scene = try await Scene(hosts: 0)
    let asked = Lock(0)
    let ping = try await scene.answer(on: ControlSubject.hostPing("default")) { _ in
      let number = asked.withLock { asked in
        asked += 1
        return asked
      }
      return number == 2 ? ["success": true, "response": ["id": "NLATE", "labels": [:]]] : nil
    }
    defer { ping.cancel() }
    let observed = try await scene.look()
    #expect(observed.hosts.map(\.id) == ["NLATE"])
  }

  @Test("a host that answers only the ping from before 1.0 is listed, not used, not expected")
  func old() async throws {
    let scene = try await Scene(hosts: 1)
    let subject = ControlSubject.oldHostPing("default")
    let task = try await scene.answer(on: subject) { _ in
      ["id": "NOLD", "friendly_name": "old", "labels": ["zone": "a"], "version": "0.82.0"]
    }
    defer { task.cancel() }
    let observed = try await scene.look(scene.record(of: scene.hosts).hosts)
    #expect(observed.host("NOLD")?.presence == .unsupported)
    #expect(observed.view == .complete)
    #expect(observed.hosts.filter(\.isUsable).map(\.id) == scene.hosts)
    #expect(LatticeRecord().seeing(observed, forgetting: [], at: .now).hosts["NOLD"] == nil)
  }

  struct Odd: Sendable, CustomStringConvertible {
    var description: String
    var id = "NODD"
    var inventory: JSONValue?
  }

  static let odd: [Odd] = [
    Odd(description: "an id that is no subject", id: "N O.*"),
    Odd(description: "an id that is a wildcard", id: ">"),
    Odd(description: "no inventory at all"),
    Odd(description: "a refusal", inventory: ["success": false, "message": "no"]),
    Odd(description: "not an inventory", inventory: [1, 2]),
  ]

  @Test("a host that answers oddly is late, and spoils nothing else", arguments: odd)
  func oddAnswers(_ test: Odd) async throws {
    let scene = try await Scene(hosts: 2)
    let ping = try await scene.answer(on: ControlSubject.hostPing("default")) { _ in
      ["success": true, "response": ["id": .string(test.id), "labels": [:]]]
    }
    let get = try await scene.answer(on: "wasmbus.ctl.v1.default.host.get.NODD") { _ in
      test.inventory
    }
    defer {
      ping.cancel()
      get.cancel()
    }
    var options = ObserverOptions()
    options.inventoryTimeout = .seconds(3)
    let observed = try await scene.look(options: options)
    guard case .late? = observed.host(HostID(test.id))?.presence else {
      Issue.record("\(String(describing: observed.host(HostID(test.id))))")
      return
    }
    #expect(observed.hosts.filter(\.isUsable).map(\.id) == scene.hosts)
    guard case .incomplete(let silent, _, _) = observed.view else {
      Issue.record("\(observed.view)")
      return
    }
    #expect(silent == [HostID(test.id)])
  }

  @Test("an inventory that names another host is not believed of either")
  func impostor() async throws {
    let scene = try await Scene(hosts: 1)
    let real = scene.hosts[0]
    await scene.lattice.plant(
      SimulatedHost.InstanceSet(claimedImage: "i", code: "i", instances: 2), under: "web", on: real)
    let ping = try await scene.answer(on: ControlSubject.hostPing("default")) { _ in
      ["success": true, "response": ["id": "NFALSE", "labels": [:]]]
    }
    let get = try await scene.answer(on: "wasmbus.ctl.v1.default.host.get.NFALSE") { _ in
      [
        "success": true,
        "response": [
          "host_id": .string(real.rawValue), "labels": [:], "components": [], "providers": [],
          "friendly_name": "x", "version": "1.9.2", "uptime_seconds": 1,
        ],
      ]
    }
    defer {
      ping.cancel()
      get.cancel()
    }
    let observed = try await scene.look()
    #expect(observed.actor("web", on: real)?.instances == 2)
    #expect(observed.host("NFALSE")?.isUsable == false)
  }

  @Test("the links and configs that are asked for are read, be they there or not")
  func stores() async throws {
    let scene = try await Scene(hosts: 1)
    for intent: Intent in [.keep("conf", ["key": "value"]), .connect(Sample.link())] {
      let request = commandedDialect.request(for: intent, in: "default")
      _ = try await scene.bus.request(request.payload, to: request.subject, timeout: .seconds(5))
    }
    let observed = try await scene.look(
      sources: ["shop-web", "nobody"], configs: ["conf", "none"])
    #expect(observed.links == ["shop-web": [Sample.link()], "nobody": []])
    #expect(observed.configs == ["conf": .values(["key": "value"]), "none": .absent])
  }

  @Test("a link entry that is not one of a host's is an error that says so, never no links")
  func corruptStore() async throws {
    let scene = try await Scene(hosts: 1)
    let bucket = NATSKeyValue(bucket: LatticeStore.components("default"), over: scene.bus)
    try await bucket.put(LatticeStore.key(ofSource: "shop-web"), Array("{{".utf8))
    await #expect(throws: (any Error).self) { _ = try await scene.look(sources: ["shop-web"]) }
  }
}
