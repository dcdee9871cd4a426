import DesiredSources
import LatticeModel
import Planning
import Testing

@testable import ReconcileLoop

@Suite("What stays on record as applied")
struct AppliedRecordTests {
  /// What is seen of a host while nothing declares an application any more.
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var presence: Presence
    var view: ViewCompleteness
    var isKept: Bool
  }

  static let cases: [Case] = [
    Case(description: "all are seen", presence: .fresh, view: .complete, isKept: false),
    Case(
      description: "one was lost and may bring back what it ran", presence: .lost,
      view: .complete, isKept: true),
    Case(
      description: "one is silent", presence: .silent,
      view: .incomplete(silent: ["NB"], expected: 2, answered: 1), isKept: true),
  ]

  /// What a pass would report of a reading and a look.
  private func report(
    of reading: SourceReading, _ observed: ObservedState, _ record: LatticeRecord
  ) -> PassReport {
    let context = PlanningContext(lattice: "default", record: record)
    let plan = Planning.plan(from: observed, to: reading.desired, in: context)
    return PassReport(plan, of: reading, observed, in: context)
  }

  @Test("an application that is gone is forgotten only where every host is seen", arguments: cases)
  func forgetting(_ test: Case) async throws {
    let commits = Commits()
    commits.commit(Estate.application())
    let reading = try await DesiredSource(SourceOptions(), from: commits).read()
    var observed = ObservedState()
    for host: HostID in ["NA", "NB"] {
      observed.note(HostReport(host: host), at: Timestamp(nanoseconds: 1))
    }
    observed.mark("NB", test.presence)
    observed.view = test.view
    let gone = AppliedApplication(revision: "1", path: "manifests/old.yaml", sync: SyncOptions())
    let record = LatticeRecord(applied: ["old": gone])
    let report = report(of: reading, observed, record)
    let noted = record.noting(report, seen: observed, at: Timestamp(nanoseconds: 2), isDone: true)
    #expect((noted.applied["old"] != nil) == test.isKept)
    #expect(noted.applied["shop"]?.revision == reading.desired.revision)
  }

  @Test("what was started for another application is on record as that of who declares it")
  func owner() async throws {
    let commits = Commits()
    commits.commit(Estate.application())
    let reading = try await DesiredSource(SourceOptions(), from: commits).read()
    var observed = ObservedState()
    let annotations = [
      AnnotationKey.managedBy: AnnotationKey.manager, AnnotationKey.application: "old",
    ]
    func see(_ instances: Int, at time: Int64) {
      observed.note(
        HostReport(
          host: "NA",
          actors: [
            ReportedActor(
              id: "shop-web", image: "registry.example.com/web:1", annotations: annotations,
              instances: instances)
          ]), at: Timestamp(nanoseconds: time))
    }
    func note(_ record: LatticeRecord, at time: Int64) -> LatticeRecord {
      record.noting(
        report(of: reading, observed, record), seen: observed, at: Timestamp(nanoseconds: time),
        isDone: false)
    }
    see(6, at: 1)
    let noted = note(LatticeRecord(), at: 1)
    #expect(noted.owners(on: "NA") == ["shop-web": "shop"])
    // A pass in which nothing is different writes nothing, and one in which something is knows it.
    #expect(note(noted, at: 2) == noted)
    see(7, at: 3)
    #expect(note(noted, at: 3).owners(on: "NA") == ["shop-web": "shop"])
  }
}
