import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import LatticeObservation

@Suite("Processes that run on without a host")
struct StrayTests {
  private static let own = [
    AnnotationKey.managedBy: AnnotationKey.manager, AnnotationKey.application: "shop",
    AnnotationKey.provider: "kv",
  ]

  @Test("only what is too much in two looks one after the other is stray")
  func twice() {
    var tally = StrayTally()
    var counts: [Int] = []
    for (answers, listed) in [(2, 1), (1, 1), (3, 1), (2, 1), (2, 1), (4, 1), (1, 2), (3, 1)] {
      _ = tally.note(answers, of: listed, "kv")
      counts.append(tally.counts["kv"] ?? 0)
    }
    #expect(counts == [0, 0, 0, 1, 1, 1, 0, 0])
  }

  @Test("it is looked at again only where the number is another one")
  func again() {
    var tally = StrayTally()
    #expect(tally.note(1, of: 1, "kv") == false)
    #expect(tally.note(3, of: 1, "kv") == true)
    #expect(tally.note(3, of: 1, "kv") == false)
    #expect(tally.note(3, of: 1, "kv") == false)
    #expect(tally.note(4, of: 1, "kv") == true)
    tally.keep([])
    #expect(tally.counts.isEmpty)
  }

  /// Two hosts of which one lists the provider and the other is lost, and processes that answer.
  private final class Lattice: Sendable {
    let bus = InProcessBus()
    let lists = Lock<Set<HostID>>(["NA"])
    let questions = Lock(0)
    private let tasks = Lock<[Task<Void, Never>]>([])

    deinit { for task in tasks.withLock({ $0 }) { task.cancel() } }

    /// What the hosts list.
    func report(_ host: HostID) -> HostReport {
      let isListed = lists.withLock { $0.contains(host) }
      return HostReport(
        host: host,
        providers: isListed
          ? [ReportedProvider(id: "shop-kv", image: "r/kv:1", annotations: StrayTests.own)] : [])
    }

    /// An observer that has heard of both hosts, of which one is lost.
    func observer() async -> LatticeObserver {
      let observer = LatticeObserver("default", over: bus)
      await observer.hear(report("NA"))
      await observer.hear(.hostStopped("NB"))
      return observer
    }

    var record: LatticeRecord {
      var record = LatticeRecord()
      for host: HostID in ["NA", "NB"] {
        lists.withLock { _ = $0.insert(host) }
        record.hosts[host] = RecordedHost(report: report(host), lastSeen: .now)
      }
      lists.withLock { $0 = ["NA"] }
      return record
    }

    /// So many processes answer, after a pause each.
    func processes(_ count: Int, after pause: Duration = .zero) async throws {
      for _ in 0..<count {
        try await answer(ControlSubject.health(of: "shop-kv", in: "default")) { [questions] in
          questions.withLock { $0 += 1 }
          if pause > .zero { try? await Task.sleep(for: pause) }
          return #"{"healthy":true}"#
        }
      }
    }

    func inventories(_ change: @escaping @Sendable () -> Void = {}) async throws {
      try await answer(ControlSubject.inventory(of: "NA", in: "default")) { [lists] in
        change()
        let isListed = lists.withLock { $0.contains("NA") }
        let annotations = JSONValue.object(StrayTests.own.mapValues(JSONValue.string))
        let provider: JSONValue = [
          "id": "shop-kv", "image_ref": "r/kv:1", "annotations": annotations,
        ]
        let response: JSONValue = [
          "host_id": "NA", "friendly_name": "a", "labels": [:], "version": "1.9.2",
          "uptime_seconds": 9, "uptime_human": "9s", "components": [],
          "providers": .array(isListed ? [provider] : []), "issuer": "I",
        ]
        let reply: JSONValue = ["success": true, "message": "", "response": response]
        return String(decoding: reply.bytes(), as: UTF8.self)
      }
    }

    private func answer(
      _ subject: String, _ reply: @escaping @Sendable () async -> String
    ) async throws {
      let batches = try await bus.subscribe(to: subject, queue: nil, limit: 1_000)
      let task = Task { [bus] in
        for await batch in batches {
          for message in batch.elements {
            guard let to = message.reply else { continue }
            try? await bus.publish(Array(await reply().utf8), to: to, replyTo: nil)
          }
        }
      }
      tasks.withLock { $0.append(task) }
    }

    func search() async -> [StrayProvider] {
      await observer().findStrays(record.hosts, declared: [])
    }
  }

  @Test("a process beyond those that are listed is told, with the lost host that ran it")
  func found() async throws {
    let lattice = Lattice()
    try await lattice.processes(3)
    try await lattice.inventories()
    #expect(
      await lattice.search() == [StrayProvider("shop-kv", count: 2, hosts: ["NB"])])
    #expect(lattice.questions.withLock { $0 } == 6)
  }

  @Test("as many as are listed are no strays, and cost one question")
  func none() async throws {
    let lattice = Lattice()
    try await lattice.processes(1)
    #expect(await lattice.search() == [])
    #expect(lattice.questions.withLock { $0 } == 1)
  }

  @Test("what starts just now is no stray: the inventory that is read between lists it")
  func starting() async throws {
    let lattice = Lattice()
    try await lattice.processes(1)
    try await lattice.inventories { lattice.lists.withLock { $0 = ["NA"] } }
    let record = lattice.record
    lattice.lists.withLock { $0 = [] }
    let observer = await lattice.observer()
    #expect(await observer.findStrays(record.hosts, declared: []) == [])
    #expect(lattice.questions.withLock { $0 } == 2)
  }

  @Test("nothing is told where an inventory is missing, a host is just back, or processes are slow")
  func unsure() async throws {
    let mute = Lattice()
    try await mute.processes(2)
    #expect(await mute.search() == [])
    let back = Lattice()
    try await back.processes(2)
    try await back.inventories()
    let observer = await back.observer()
    await observer.hear(.hostStarted("NB"))
    #expect(await observer.findStrays(back.record.hosts, declared: []) == [])
    let slow = Lattice()
    try await slow.processes(1, after: .milliseconds(700))
    #expect(await slow.search() == [])
  }

  @Test("an answer for health is read as recorded")
  func recorded() throws {
    #expect(try V1().readHealth(Array(#"{"healthy":true}"#.utf8)))
    #expect(throws: WireError.self) { try V1().readHealth([]) }
    #expect(throws: WireError.self) { try V1().readHealth(Array("[]".utf8)) }
    let question = V1().healthQuestion(to: "bus-a", in: "default")
    #expect(question.subject == "wasmbus.rpc.default.bus-a.health")
    #expect(question.payload == Array("{}".utf8))
  }
}

extension LatticeObserver {
  /// As if a host had said so.
  fileprivate func hear(_ event: LatticeEvent) { observation.hear(event, at: now) }

  fileprivate func hear(_ report: HostReport) { hear(.hostHeartbeat(report)) }
}
