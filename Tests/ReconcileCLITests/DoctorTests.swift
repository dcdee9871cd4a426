import Diagnostics
import JSONCoding
import LatticeModel
import NATSTransport
import ReconcileTestKit
import RecordKeeping
import Testing

@testable import ReconcileCLI
@testable import ReconcileLoop

@Suite("What 'doctor' makes of what it found")
struct DoctorTests {
  /// A way in which something is not well, and the codes that are told of it.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var codes: [String]
    var isFailure = false
    var change: @Sendable (inout DoctorFacts, inout DoctorFacts.Lattice) -> Void

    var testDescription: String { name }
  }

  /// Two hosts, a server that tells all, and a lattice in sync.
  private static func healthy() throws -> (DoctorFacts, DoctorFacts.Lattice) {
    var server = ServerReport()
    server.version = "2.15.1"
    server.clockLead = .milliseconds(3)
    var observed = ObservedState()
    for id in ["NALPHA", "NBETA"] {
      observed.note(
        HostReport(
          host: HostID(id), friendlyName: "\(id) host", labels: ["zone": "a"], version: "1.9.2"),
        at: Timestamp(nanoseconds: 1))
    }
    var lattice = DoctorFacts.Lattice(
      server: server, jetStream: .success(JetStreamUse(storage: 10, streams: 4)),
      record: .known(DoctorFacts.Record(record: LatticeRecord(), place: "the bucket R")),
      hosts: .known(observed))
    lattice.accesses = [
      SubjectAccess(subject: "ping", purpose: .looking, isAllowed: true),
      SubjectAccess(subject: "put", purpose: .commanding, isAllowed: true),
    ]
    lattice.plan = .known(try scene("in-sync"))
    let facts = DoctorFacts(
      target: "lattice default", lattice: "default",
      git: .known(DoctorFacts.Git(commit: "13e615b Declare", path: "manifests", applications: 2)),
      connection: .missing([]), now: Timestamp(nanoseconds: 5))
    return (facts, lattice)
  }

  private static func scene(_ name: String) throws -> PassReport {
    try #require(Scene.all.first { $0.name == name }).report
  }

  private static func lines(_ one: Case) throws -> [CheckLine] {
    var (facts, lattice) = try healthy()
    one.change(&facts, &lattice)
    if case .missing(let findings) = facts.connection, findings.isEmpty {
      facts.connection = .known(lattice)
    }
    return facts.lines()
  }

  private static let cases = [
    Case(name: "healthy", codes: []) { _, _ in },
    Case(name: "server down", codes: ["NAT-1", "DOC-1"], isFailure: true) { facts, _ in
      facts.connection = .missing(
        NATSError.unreachable(servers: ["nats://x"], detail: "refused").diagnostics)
    },
    Case(name: "broken manifest", codes: ["MAN-4"], isFailure: true) { facts, _ in
      facts.git = .known(
        DoctorFacts.Git(
          commit: "a", path: "b", applications: 0,
          findings: [Diagnostic(DiagnosticCode("MAN", 4), .error, "bad")]))
    },
    Case(name: "uncommitted", codes: ["DOC-2"]) { facts, _ in
      facts.git = .known(
        DoctorFacts.Git(commit: "a", path: "b", applications: 0, notes: ["not committed: x"]))
    },
    Case(name: "old server", codes: ["DOC-3"]) { $1.server.version = "2.8.4" },
    Case(name: "odd version", codes: ["DOC-3"]) { $1.server.version = "unknown" },
    Case(name: "silent server", codes: []) { $1.server = ServerReport() },
    Case(name: "clock ahead", codes: ["DOC-4"]) { $1.server.clockLead = .seconds(90) },
    Case(name: "clock behind", codes: ["DOC-4"]) { $1.server.clockLead = .seconds(-3) },
    Case(name: "JetStream full", codes: ["DOC-5", "DOC-5"]) {
      $1.jetStream = .success(
        JetStreamUse(storage: 95, storageLimit: 100, streams: 4, streamLimit: 5))
    },
    Case(name: "no JetStream", codes: ["DOC-6"]) {
      $1.jetStream = .failure(.noResponders(subject: "$JS.API.INFO"))
    },
    Case(name: "may not ask JetStream", codes: []) {
      $1.jetStream = .failure(.permissionDenied(subject: "$JS.API.INFO"))
    },
    Case(name: "may not look", codes: ["DOC-7"], isFailure: true) {
      $1.accesses[0].isAllowed = false
    },
    Case(name: "may not command", codes: ["DOC-8"]) { $1.accesses[1].isAllowed = false },
    Case(name: "not told", codes: []) { $1.accesses[1].isAllowed = nil },
    Case(name: "lease unknown, record in a file", codes: ["DOC-9", "DOC-10"]) {
      var record = DoctorFacts.Record(record: LatticeRecord(), place: "/x")
      (record.holder, record.notes) = (.unknown("denied"), ["the server has no JetStream"])
      $1.record = .known(record)
    },
    Case(name: "halted and suspended", codes: ["DOC-11", "DOC-11"]) {
      var record = LatticeRecord(halt: "stop")
      record.suspensions = [
        Suspension(.everything, reason: "debugging", by: "ada"),
        Suspension(.everything, reason: "over", by: "ada", until: Timestamp(nanoseconds: 4)),
      ]
      $1.record = .known(DoctorFacts.Record(record: record, place: "R"))
    },
    Case(name: "pinned", codes: ["DOC-11"]) {
      var record = LatticeRecord()
      record.pins = [
        Pin(
          "shop", to: "5ce4e5", form: "f0", reason: "night", by: "ada",
          at: Timestamp(nanoseconds: 1))
      ]
      $1.record = .known(DoctorFacts.Record(record: record, place: "R"))
    },
    Case(name: "record unreadable", codes: ["NAT-19"], isFailure: true) {
      $1.record = .missing(
        NATSError.storeUnreadable(bucket: "R", detail: "d", remedy: "r").diagnostics)
    },
    Case(name: "no host", codes: ["NAT-5"], isFailure: true) {
      ($1.hosts, $1.plan) = (.missing(NATSError.noResponders(subject: "x").diagnostics), nil)
    },
    Case(name: "silent host, one that is gone", codes: ["DOC-14", "DOC-13"]) {
      guard var observed = $1.hosts.value else { return }
      observed.mark("NBETA", .silent)
      $1.hosts = .known(observed)
      let gone = RecordedHost(
        report: HostReport(host: "NGONE"), lastSeen: Timestamp(nanoseconds: 1))
      $1.record = .known(
        DoctorFacts.Record(record: LatticeRecord(hosts: ["NGONE": gone]), place: "R"))
    },
    Case(name: "a host that fails starts", codes: ["DOC-14"]) {
      var record = LatticeRecord()
      record.troubles["NBETA"] = HostTrouble(
        reason: "starts fail there: shop", isUnhealthy: true, until: Timestamp(nanoseconds: 9))
      $1.record = .known(DoctorFacts.Record(record: record, place: "R"))
    },
  ]

  @Test(
    "what is not well is told with its code, and fails where nothing can go on", arguments: cases)
  func codes(_ one: Case) throws {
    let lines = try Self.lines(one)
    #expect(lines.compactMap { $0.code.map { "\($0)" } } == one.codes, "\(lines)")
    #expect(lines.contains { $0.level == .failed } == one.isFailure)
    #expect(lines.allSatisfy { ($0.level == .ok) == ($0.code == nil) })
    #expect(lines.allSatisfy { $0.level == .ok || $0.remedy != nil || $0.code?.area == "MAN" })
  }

  @Test(
    "what a plan holds and cannot place is told",
    arguments: [
      ("unplaceable", ["HST-10", "HST-8"]), ("held-not-ours", ["DOC-15"]),
      ("held-takes-hosts-down", ["DOC-15"]), ("held-history", ["DOC-15", "DOC-19"]),
    ])
  func plans(_ scene: String, _ codes: [String]) throws {
    let report = try Self.scene(scene)
    let lines = try Self.lines(Case(name: scene, codes: []) { $1.plan = .known(report) })
    #expect(Set(lines.compactMap { $0.code.map { "\($0)" } }) == Set(codes), "\(lines)")
  }

  @Test("many findings are counted, and the page reads as its golden")
  func page() throws {
    let many = Case(name: "many", codes: []) { facts, lattice in
      facts.git = .known(
        DoctorFacts.Git(
          commit: "a", path: "b", applications: 0,
          findings: (0..<50).map { Diagnostic(DiagnosticCode("MAN", 4), .warning, "bad \($0)") }))
      lattice.accesses[1].isAllowed = false
      lattice.accesses[1].subject = "ctl.scale.\(SubjectAccess.nobody)"
    }
    let lines = try Self.lines(many)
    #expect(lines.count { $0.area == .git } == 22 && lines.contains { $0.message == "and 30 more" })
    let few = lines.filter { $0.area != .git }
    expectGolden(renderText(few), "doctor.text")
    expectGolden(renderJSON(few, exit: .inSync), "doctor.json")
  }
}
