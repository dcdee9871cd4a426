import LatticeModel
import Testing

@testable import ReconcileCLI

@Suite("Which form is gone back to")
struct RollbackFormTests {
  private static func form(_ number: Int) -> KeptForm {
    KeptForm(
      "shop", at: Revision("\(number)000abcd"), digest: "\(number)fff",
      time: Timestamp(nanoseconds: 0),
      path: "shop.yaml", text: "")
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The forms that are kept, the newest first.
    var kept: [Int] = [3, 2, 1]
    /// The commit and the form in force.
    var commit = "3000abcd"
    var form: String? = "3fff"
    var wanted: String?
    var expected: Int?
  }

  private static let cases = [
    Case(testDescription: "the one before that in force", expected: 2),
    Case(
      testDescription: "the one before that in force, which is older", form: "2fff", expected: 1),
    Case(testDescription: "the newest where that in force is not good", form: "9fff", expected: 3),
    Case(
      testDescription: "of an earlier program the commit tells", commit: "3000abcd", form: nil,
      expected: 2),
    Case(testDescription: "of another commit the newest", commit: "9000", form: nil, expected: 3),
    Case(testDescription: "none before the first", form: "1fff"),
    Case(testDescription: "none where none is kept", kept: []),
    Case(testDescription: "that of a commit", wanted: "1000", expected: 1),
    Case(testDescription: "that of a digest", wanted: "2FFF", expected: 2),
    Case(testDescription: "that in force, where it is named", wanted: "3000abcd", expected: 3),
    Case(testDescription: "none of a commit that is not kept", wanted: "4000"),
    Case(testDescription: "none of too short a name", wanted: "100"),
  ]

  @Test("the form", arguments: cases)
  func choice(_ row: Case) {
    var record = LatticeRecord()
    record.applied["shop"] = AppliedApplication(
      revision: Revision(row.commit), path: "shop.yaml", sync: SyncOptions())
    record.applied["shop"]?.form = row.form
    let forms: [ApplicationName: [KeptForm]] = ["shop": row.kept.map(Self.form)]
    let found = try? rollbackForm(of: "shop", in: forms, record, to: row.wanted)
    #expect(found == row.expected.map(Self.form))
  }
}
