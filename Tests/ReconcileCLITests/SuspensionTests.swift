import Diagnostics
import LatticeModel
import ReconcileTestKit
import Testing

@testable import ReconcileCLI

@Suite("Suspensions")
struct SuspensionTests {
  private let now = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
  private let hello = Suspension(.application("hello"), reason: "load test", by: "ann")
  private let shop = Suspension(.repository("shop"), reason: "moves\u{1B}[31m", by: "bob")
  private let everything = Suspension(
    .everything, reason: "night", by: "eve",
    until: Timestamp(nanoseconds: 1_800_000_060_000_000_000))

  /// What a resume of some names says where these suspensions are on record.
  private func resume(_ scopes: Suspension.Scope..., of suspensions: [Suspension]) -> String {
    var change = SuspensionChange(suspensions: suspensions, at: now)
    change.resume(scopes)
    return change.text(resumes: true)
  }

  @Test("a resume says what it lifted and what still stands, with its reason")
  func resumed() {
    #expect(
      resume(.application("hello"), of: [everything, hello, shop]) == """
        resumed: application hello
        still suspended: everything until 2027-01-15T08:01:00.000000000Z: night (eve)
        still suspended: repository shop: moves\\u{1B}[31m (bob)

        """)
    #expect(
      resume(.everything, of: [everything, hello]) == """
        resumed: everything
        still suspended: application hello: load test (ann)

        """)
    #expect(resume(.application("hello"), of: [hello]) == "resumed: application hello\n")
  }

  @Test("a resume of what was not suspended says so, also where its time was over")
  func absent() {
    #expect(
      resume(.application("helo"), .repository("shop"), of: [hello, shop]) == """
        resumed: repository shop
        not suspended: application helo
        still suspended: application hello: load test (ann)

        """)
    var over = hello
    over.until = now
    #expect(resume(.application("hello"), of: [over]) == "not suspended: application hello\n")
  }

  @Test("a name that no application on record has is told, with the nearest")
  func strangers() {
    let applied = AppliedApplication(revision: "1", path: "a.yaml", sync: SyncOptions())
    let record = LatticeRecord(applied: ["hello": applied, "shop": applied])
    let warnings = ReconcileCLI.strangers(among: ["hello", "helo", "other"], to: record)
    #expect(
      warnings.map(\.description) == [
        "warning RUN-11: no application 'helo' is on record as applied; "
          + "if you mean 'hello', suspend that and resume this one",
        "warning RUN-11: no application 'other' is on record as applied; "
          + "it is suspended all the same, and held once it is declared",
      ])
  }

  @Test("what was done is an object too, and a suspension in it is as in a status")
  func data() {
    var change = SuspensionChange(suspensions: [everything, hello], at: now)
    change.suspend([shop])
    let warning = Diagnostic(DiagnosticCode("RUN", 11), .warning, "odd")
    expectGolden(line(change.json(in: "edge", [warning]), isPretty: true), "suspend.json")
    var back = SuspensionChange(suspensions: change.standing, at: now)
    back.resume([.everything, .application("helo")])
    expectGolden(line(back.json(in: "edge", []), isPretty: true), "resume.json")
  }

  @Test("what is over is no longer shown, to the moment")
  func over() {
    var record = LatticeRecord()
    record.suspensions = [hello, everything, shop]
    record.suspensions[2].until = now
    record.forgetPastSuspensions(at: now)
    #expect(record.suspensions == [hello, everything])
  }

  @Test("a suspension replaces the one of its name, and what is over is forgotten")
  func suspended() {
    var (over, again) = (shop, hello)
    over.until = now
    again.reason = "another"
    var change = SuspensionChange(suspensions: [over, hello, everything], at: now)
    change.suspend([again])
    #expect(change.standing == [everything, again])
    #expect(change.text(resumes: false) == "suspended: application hello\n")
  }
}

extension SuspensionChange {
  /// Changes what a record of these suspensions says.
  fileprivate init(suspensions: [Suspension], at now: Timestamp) {
    var record = LatticeRecord()
    record.suspensions = suspensions
    self.init(of: record, at: now)
  }
}
