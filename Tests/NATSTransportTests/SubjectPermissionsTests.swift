import JSONCoding
import Testing

@testable import NATSTransport

@Suite("Permissions of a user")
struct SubjectPermissionsTests {
  @Test(
    "a subject is allowed where a pattern covers it and none denies it",
    arguments: [
      ("a.b", nil, [], true), ("a.b", [], [], false), ("a.b", ["a.b"], [], true),
      ("a.b", ["a.*"], [], true), ("a.b", ["*.b"], [], true), ("a.b", [">"], [], true),
      ("a.b", ["a"], [], false), ("a.b", ["a.b.c"], [], false), ("a", ["a.>"], [], false),
      ("a.b.c", ["a.>"], [], true), ("a.*", ["a.*"], [], true), ("a.*", ["a.b"], [], false),
      ("a.>", ["a.*"], [], false), ("a.>", ["a.>"], [], true), ("a.b", [">"], ["a.*"], false),
      ("a.b", nil, ["a.c"], true), ("a.b", nil, [">"], false),
    ] as [(String, [String]?, [String], Bool)])
  func table(_ subject: String, _ allowed: [String]?, _ denied: [String], _ isAllowed: Bool) {
    #expect(SubjectPermissions(allowed: allowed, denied: denied).allow(subject) == isAllowed)
  }

  @Test("what a server tells is read, and what it leaves out is not told")
  func report() throws {
    let json = try JSONValue(
      parsing: Array(
        """
        {"server": {"ver": "2.15.1", "time": "2026-11-30T19:35:01Z"},
         "data": {"user": "a", "account": "$G",
          "permissions": {"publish": {"allow": ["foo.>"], "deny": ["foo.bar"]}}}}
        """.utf8))
    let report = ServerReport(json, clockLead: .seconds(3))
    #expect(report.version == "2.15.1" && report.account == "$G")
    #expect(report.publishing?.allow("foo.x") == true && report.publishing?.allow("x") == false)
    #expect(report.subscribing?.allow("anything") == true)
    let other = ServerReport(.object(["data": "none"]), clockLead: nil)
    #expect(other == ServerReport())
  }
}
