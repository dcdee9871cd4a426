import DesiredSources
import LatticeModel
import LatticeObservation
import Planning
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import ReconcileLoop

@Suite("How a lattice stands, and on whose word")
struct LatticeStatusTests {
  /// A lattice of two hosts that run what one manifest declares, and what happened since.
  struct Stage {
    var observed = ObservedState()
    var context = PlanningContext(lattice: "default")
    var report: PassReport
    var reading: SourceReading

    /// Declares nothing where there is no text.
    init(_ text: String? = Estate.application(), on hosts: [HostID] = ["NA", "NB"]) async throws {
      let commits = Commits()
      commits.commit(text ?? Estate.application())
      reading = try await DesiredSource(SourceOptions(), from: commits).read()
      if text == nil { reading.desired.applications = [] }
      for host in hosts { observed.note(HostReport(host: host), at: LatticeStatusTests.now) }
      observed.view = hosts.isEmpty ? .unproven : .complete
      report = PassReport(
        Planning.plan(from: observed, to: reading.desired, in: context), of: reading, observed,
        in: context)
      (observed, context.record) = simulate(report.plan, on: observed, record: context.record)
    }

    /// Plans anew for what is observed now.
    mutating func plan() {
      report = PassReport(
        Planning.plan(from: observed, to: reading.desired, in: context), of: reading, observed,
        in: context)
    }

    /// Has a host say the same again, or for the first time nothing, some seconds before now.
    mutating func see(_ host: HostID, ago seconds: Int64) {
      observed.note(
        observed.host(host)?.report ?? HostReport(host: host), at: .now(minus: seconds))
    }

    func status(failures: [StepFailure] = []) -> LatticeStatus {
      LatticeStatus(
        of: report, seen: observed, record: context.record, failures: failures,
        resync: .seconds(60), at: LatticeStatusTests.now)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var text: String? = Estate.application()
    var hosts: [HostID] = ["NA", "NB"]
    /// How many seconds after the look it is asked for.
    var later: Int64 = 0
    var expected: String
    /// How the application stands.
    var application: String?
    /// Happens before the pass.
    var before: @Sendable (inout Stage) -> Void = { _ in }
    /// Happens to the plan.
    var change: @Sendable (inout PassReport) -> Void = { _ in }
  }

  static let now = Timestamp(nanoseconds: 1_000_000_000_000)
  private static let nowhere = Estate.application(requirements: "zone: nowhere")
  private static let broken = """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: shop}
    spec: {actors: 5}
    """

  static let cases = [
    Case(testDescription: "fresh", expected: "in sync, seen 0 s ago"),
    Case(testDescription: "a moment later", later: 4, expected: "in sync, seen 4 s ago"),
    Case(testDescription: "two resyncs later", later: 120, expected: "in sync, seen 2m ago"),
    Case(
      testDescription: "after two resyncs", later: 121,
      expected: "unknown: host NA was last seen 2m1s ago"),
    Case(
      testDescription: "one host is older", expected: "in sync, seen 1m30s ago",
      before: { $0.see("NB", ago: 90) }),
    Case(
      testDescription: "one host is silent for long",
      expected: "unknown: host NB was last seen 3m ago"
    ) {
      $0.see("NB", ago: 180)
      $0.observed.mark("NB", .late(reason: "it does not answer"))
    },
    Case(
      testDescription: "a host that runs nothing is silent for long",
      expected: "unknown: host NC was last seen 3m ago", application: "in sync, seen 0 s ago",
      before: { $0.see("NC", ago: 180) }),
    Case(
      testDescription: "a silent host stands on record",
      expected: "unknown: host NC was last seen 1h ago, as the record has it",
      application: "in sync, seen 0 s ago"
    ) {
      let report = HostReport(host: "NC")
      $0.observed.noteSilent(report)
      $0.context.record.hosts["NC"] = RecordedHost(report: report, lastSeen: .now(minus: 3_600))
    },
    Case(
      testDescription: "something is being started on a host that was not heard since",
      expected: "unknown: host NC has not said what it runs since it was sent more",
      application: "in sync, seen 0 s ago"
    ) {
      let report = HostReport(host: "NC")
      $0.observed.noteSilent(report)
      $0.context.record.hosts["NC"] = RecordedHost(report: report, lastSeen: .now(minus: 5))
      let unit = UnitKey(application: "shop", kind: .actor, name: "web", host: "NC")
      $0.context.record.starting[unit] = .now(minus: 4)
    },
    Case(
      testDescription: "a silent host was sent more, and nobody knows whether it runs that",
      expected: "unknown: host NB has not said what it runs since it was sent more"
    ) {
      let sent = $0.observed.host("NB")?.report ?? HostReport(host: "NB")
      $0.observed.note(HostReport(host: "NB"), at: .now(minus: 5))
      $0.observed.mark("NB", .late(reason: "it does not answer pings"))
      $0.observed.noteRecorded(sent)
    },
    Case(
      testDescription: "a silent host was sent more, and has said since that it runs it",
      expected: "in sync, seen 5 s ago"
    ) {
      let sent = $0.observed.host("NB")?.report ?? HostReport(host: "NB")
      $0.observed.note(HostReport(host: "NB"), at: .now(minus: 9))
      $0.observed.noteRecorded(sent)
      $0.observed.note(sent, at: .now(minus: 5))
    },
    Case(
      testDescription: "a host says nothing yet",
      expected: "unknown: host NC never said what it runs", application: "in sync, seen 0 s ago",
      before: { $0.observed.mark("NC", .late(reason: "its inventory is still to come")) }),
    Case(
      testDescription: "a host is lost", expected: "in sync, seen 0 s ago",
      before: {
        $0.see("NC", ago: 180)
        $0.observed.mark("NC", .lost)
      }),
    Case(
      testDescription: "a host of before 1.0", expected: "in sync, seen 0 s ago",
      before: { $0.observed.note(HostAnswer(host: "NC", isSupported: false), at: now) }),
    Case(
      testDescription: "no hosts, no applications", text: nil, hosts: [], later: 100,
      expected: "in sync, seen 1m40s ago"),
    Case(
      testDescription: "no hosts, no applications, and nobody looks", text: nil, hosts: [],
      later: 121, expected: "unknown: it was last compared with the commit 2m1s ago"),
    Case(
      testDescription: "no hosts", hosts: [], expected: "differs, seen 0 s ago",
      application: "6 instances without a place"),
    Case(testDescription: "no applications", text: nil, expected: "in sync, seen 0 s ago"),
    Case(
      testDescription: "something is to be done", expected: "differs, seen 0 s ago",
      application: "1 step to do",
      before: { $0.observed.note(HostReport(host: "NB"), at: now) }),
    Case(
      testDescription: "something waits", expected: "differs, seen 0 s ago",
      application: "1 step waiting",
      before: { $0.observed.note(HostReport(host: "NB"), at: now) },
      change: {
        $0.plan.waiting = $0.plan.steps
        $0.plan.stages = []
        $0.remaining = $0.plan
      }),
    Case(
      testDescription: "something is held", expected: "differs, seen 0 s ago",
      application: "1 step held"
    ) {
      $0.observed.note(HostReport(host: "NB"), at: now)
      $0.context.record.halt = "why"
    },
    Case(
      testDescription: "something has no place", text: nowhere, expected: "differs, seen 0 s ago",
      application: "6 instances without a place"),
    Case(
      testDescription: "a manifest is broken", text: broken, expected: "differs, seen 0 s ago",
      application: "cannot be read, left alone"),
    Case(
      testDescription: "it differs, and one host is silent for long",
      text: nowhere, expected: "differs, seen 0 s ago", application: "6 instances without a place",
      before: { $0.see("NB", ago: 180) }),
    Case(
      testDescription: "it differed, and nobody is heard", text: nowhere, later: 121,
      expected: "unknown: nothing was heard of it for 2m1s"),
  ]

  private func status(_ example: Case) async throws -> LatticeStatus {
    var stage = try await Stage(example.text, on: example.hosts)
    example.before(&stage)
    stage.plan()
    example.change(&stage.report)
    return stage.status()
  }

  @Test("what is said of it rests on whoever was not seen for longest", arguments: cases)
  func verdicts(_ example: Case) async throws {
    let status = try await status(example)
    let moment = Timestamp.now(minus: -example.later)
    let verdict = status.sync(at: moment)
    #expect(verdict.sentence == example.expected)
    #expect(verdict.evidence.planID == status.planID)
    guard let application = status.applications.first else { return }
    let own = status.sync(of: application, at: moment)
    let text = own.sync == .differs ? application.sentence : own.sentence
    #expect(text == example.application ?? example.expected)
  }

  @Test("a pass and its status mean the same by in sync", arguments: cases)
  func definition(_ example: Case) async throws {
    var stage = try await Stage(example.text, on: example.hosts)
    example.before(&stage)
    stage.plan()
    example.change(&stage.report)
    let status = stage.status()
    #expect(status.wasInSync == stage.report.isInSync)
    #expect(!status.wasInSync || status.applications.allSatisfy(\.wasInSync))
  }

  @Test("hosts that say the same again renew it, each for itself")
  func renewal() async throws {
    var stage = try await Stage()
    stage.plan()
    var status = stage.status()
    let later = Timestamp.now(minus: -100)
    stage.see("NA", ago: -100)
    status.renew(with: LastReports(of: stage.observed), at: later)
    #expect(status.sync(at: later).sentence == "in sync, seen 1m40s ago")
    stage.see("NB", ago: -90)
    status.renew(with: LastReports(of: stage.observed), at: later)
    #expect(status.sync(at: later).evidence.hosts == ["NA", "NB"])
    #expect(status.sync(at: later).evidence.oldest?.id == "NB")
    #expect(status.sync(at: later).sentence == "in sync, seen 10 s ago")
    // However fresh its hosts are, it has to be compared with the commit again.
    let end = Timestamp.now(minus: -130)
    #expect(
      status.sync(at: end).sentence == "unknown: it was last compared with the commit 2m10s ago")
  }

  @Test("what is no longer as the plan found it is not renewed by those who say so")
  func change() async throws {
    var stage = try await Stage()
    stage.plan()
    var status = stage.status()
    stage.observed.note(HostReport(host: "NA"), at: .now(minus: -10))
    stage.see("NB", ago: -10)
    status.renew(with: LastReports(of: stage.observed), at: .now(minus: -10))
    for seconds: Int64 in [20, 130] {
      stage.observed.note(HostReport(host: "NA"), at: .now(minus: -seconds))
      stage.see("NB", ago: -seconds)
      status.renew(with: LastReports(of: stage.observed), at: .now(minus: -seconds))
    }
    #expect(status.sync(at: .now(minus: -20)).sentence == "in sync, seen 10 s ago")
    #expect(
      status.sync(at: .now(minus: -131)).sentence
        == "unknown: it changed 2m1s ago and was not compared with the commit since")
  }

  @Test("reports from before the plan change nothing")
  func outOfOrder() async throws {
    var stage = try await Stage()
    stage.see("NB", ago: 90)
    let before = LastReports(of: stage.observed)
    stage.observed.note(HostReport(host: "NC"), at: Self.now)
    stage.see("NB", ago: 0)
    stage.plan()
    var status = stage.status()
    status.renew(with: before, at: Self.now)
    #expect(status.sync(at: Self.now).evidence.seenAt == Self.now)
  }

  @Test("only what is still to be done counts as failing")
  func failures() async throws {
    var stage = try await Stage()
    stage.observed.note(HostReport(host: "NB"), at: Self.now)
    stage.plan()
    let step = try #require(stage.report.plan.steps.first)
    var other = step
    other.unit.name = "gone"
    let failures = [step, other].map {
      StepFailure(step: $0, word: "failed", sentence: "failed: why", count: 1, since: Self.now)
    }
    #expect(stage.status(failures: failures).failures.map(\.step.unit) == [step.unit])
  }

  @Test("a clock that was set back makes nothing younger than just seen")
  func clock() async throws {
    let status = try await status(Self.cases[0])
    #expect(status.sync(at: .now(minus: 50)).sentence == "in sync, seen 0 s ago")
  }

  @Test("a controller tells once that its hosts were not seen for two resyncs, and that they are")
  func controller() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    try await workshop.wait(for: 3)
    try await workshop.wait(forLine: "Lattice is in sync")
    let before = workshop.count(of: "Lattice is in sync")
    // A heartbeat may come at any moment, by which a host was seen after all.
    try await waitUntil("nothing is known", within: .seconds(60)) {
      workshop.ahead.withLock { $0 += 7_260_000_000_000 }
      return workshop.count(of: "Lattice is unknown") > 0
    }
    let line = try #require(workshop.log.lines.first { $0.message == "Lattice is unknown" })
    #expect("\(line.metadata["reason"], default: "")".contains("was last seen "), "\(line)")
    let now = Timestamp(nanoseconds: workshop.clock.now)
    #expect(workshop.health.current.sync(at: now)?.word == "unknown")
    workshop.ahead.withLock { $0 = 0 }
    try await workshop.wait(forLine: "Lattice is in sync", times: before + 1)
    #expect(workshop.count(of: "Lattice is unknown") == 1)
    await workshop.stop()
  }
}

extension Timestamp {
  /// Some seconds before the moment of these tests.
  fileprivate static func now(minus seconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: LatticeStatusTests.now.nanoseconds - seconds * 1_000_000_000)
  }
}
