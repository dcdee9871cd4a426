import Diagnostics
import HTTPRequesting
import JSONCoding
import Testing

@testable import Forges

@Suite("Requests of forges")
struct RequestTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var forge: Forge
    var statuses: String
    var words: [CommitStatus.State: String]
    var name = "context"
    var comments: String
    var page = ""
    var edit: String
    var editMethod = OutgoingRequest.Method.patch
    var secret: [String: String]
    var link: String
    var testDescription: String { "\(forge.kind) at \(forge.url)" }
  }

  static let plain: [CommitStatus.State: String] = [
    .pending: "pending", .success: "success", .failure: "failure", .error: "error",
  ]
  static let cases = [
    Case(
      forge: Forge(.github, at: "https://github.com", project: "example/edge"),
      statuses: "https://api.github.com/repos/example/edge/statuses/abc", words: plain,
      comments: "https://api.github.com/repos/example/edge/issues/7/comments",
      page: "?per_page=100&page=2",
      edit: "https://api.github.com/repos/example/edge/issues/comments/31",
      secret: ["Authorization": "Bearer t"],
      link: "https://github.com/example/edge/pull/7#issuecomment-31"),
    Case(
      forge: Forge(.github, at: "https://git.test/", project: "example/edge"),
      statuses: "https://git.test/api/v3/repos/example/edge/statuses/abc", words: plain,
      comments: "https://git.test/api/v3/repos/example/edge/issues/7/comments",
      page: "?per_page=100&page=2",
      edit: "https://git.test/api/v3/repos/example/edge/issues/comments/31",
      secret: ["Authorization": "Bearer t"],
      link: "https://git.test/example/edge/pull/7#issuecomment-31"),
    Case(
      forge: Forge(.gitlab, at: "https://gitlab.com", project: "group/part/edge"),
      statuses: "https://gitlab.com/api/v4/projects/group%2Fpart%2Fedge/statuses/abc",
      words: [.pending: "pending", .success: "success", .failure: "failed", .error: "failed"],
      name: "name",
      comments: "https://gitlab.com/api/v4/projects/group%2Fpart%2Fedge/merge_requests/7/notes",
      page: "?sort=asc&per_page=100&page=2",
      edit: "https://gitlab.com/api/v4/projects/group%2Fpart%2Fedge/merge_requests/7/notes/31",
      editMethod: .put, secret: ["PRIVATE-TOKEN": "t"],
      link: "https://gitlab.com/group/part/edge/-/merge_requests/7#note_31"),
    Case(
      forge: Forge(.gitea, at: "https://a.test/gitea", project: "example/edge box"),
      statuses: "https://a.test/gitea/api/v1/repos/example/edge%20box/statuses/abc", words: plain,
      comments: "https://a.test/gitea/api/v1/repos/example/edge%20box/issues/7/comments",
      edit: "https://a.test/gitea/api/v1/repos/example/edge%20box/issues/comments/31",
      secret: ["Authorization": "token t"],
      link: "https://a.test/gitea/example/edge box/pulls/7#issuecomment-31"),
  ]

  @Test("each forge is told in its own words", arguments: cases)
  func words(_ item: Case) throws {
    let forge = item.forge
    for state in CommitStatus.State.allCases {
      let request = forge.request(
        for: CommitStatus(
          of: "abc", "reconcile/edge", state, "two\nlines", target: "https://look.test"),
        token: "t")
      #expect(request.method == .post && request.url == item.statuses)
      #expect(request.secrets == item.secret)
      #expect(request.fields["Content-Type"] == "application/json")
      let body = try JSONValue(parsing: request.body)
      #expect(
        body == [
          "state": .string(item.words[state] ?? ""), item.name: "reconcile/edge",
          "description": "two lines", "target_url": "https://look.test",
        ])
    }
    let list = forge.request(forCommentsOn: 7, page: 2, token: "t")
    #expect(list.method == .get && list.url == item.comments + item.page && list.body.isEmpty)
    let new = forge.request(toComment: "text", on: 7, token: "t")
    #expect(new.method == .post && new.url == item.comments)
    #expect(try JSONValue(parsing: new.body) == ["body": "text"])
    let edit = forge.request(toEdit: 31, on: 7, into: "text", token: "t")
    #expect(edit.method == item.editMethod && edit.url == item.edit)
    #expect(try JSONValue(parsing: edit.body) == ["body": "text"])
    #expect(forge.link(to: ForgeComment(id: 31, body: ""), on: 7) == item.link)
    for request in [list, new, edit] { #expect(request.secrets == item.secret) }
  }

  @Test("a description is one line of 140 characters at most")
  func short() throws {
    let long = String(repeating: "x", count: 500) + "\u{1B}[31m"
    let request = Self.cases[0].forge.request(
      for: CommitStatus(of: "abc", "c", .failure, long), token: "t")
    let text = try #require(JSONValue(parsing: request.body)["description"]?.string)
    #expect(text.count == 140 && text.hasSuffix("..."))
  }

  @Test(
    "an answer says whether to go on, to come back or to stop",
    arguments: [
      (201, [:], "{}", "done"), (500, [:], "", "later"),
      (502, ["retry-after": "7"], "", "later 7.0"),
      (429, ["retry-after": "99999"], "", "later 3600.0"),
      (429, ["retry-after": "soon"], "", "later"),
      (403, ["retry-after": "60"], "", "later 60.0"), (403, [:], "", "denied FRG-3"),
      (401, [:], "", "denied FRG-2"), (404, [:], "", "denied FRG-4"),
      (422, [:], #"{"message":"too long"}"#, "refused FRG-5"), (302, [:], "", "denied FRG-7"),
      (
        400, [:], #"{"message":"Cannot transition status via :run from :running"}"#, "refused FRG-5"
      ),
    ] as [(Int, [String: String], String, String)])
  func verdict(_ status: Int, _ fields: [String: String], _ body: String, _ expected: String) {
    let answer = HTTPAnswer(status, fields: fields, body: Array(body.utf8))
    let verdict = Verdict(answer, of: Self.cases[0].forge, about: "project", hiding: "t0ken")
    let code = verdict.error?.diagnostics.first.map { "\($0.code)" } ?? ""
    let word =
      switch verdict {
      case .done: "done"
      case .later(let span, _): "later" + (span.map { " \($0 / .seconds(1))" } ?? "")
      case .denied: "denied \(code)"
      case .refused: "refused \(code)"
      }
    #expect(word == expected)
  }

  @Test("GitLab refuses a status that a commit has already; that is none of our concern")
  func same() {
    let answer = HTTPAnswer(
      400,
      body: Array(#"{"message":"Cannot transition status via :enqueue from :pending"}"#.utf8))
    #expect(Verdict(answer, of: Self.cases[2].forge, about: "project", hiding: "t0ken") == .done)
  }

  @Test("what a forge repeats of a token is not shown")
  func echo() {
    let answer = HTTPAnswer(422, body: Array(#"{"message":"no t0ken here"}"#.utf8))
    let verdict = Verdict(answer, of: Self.cases[0].forge, about: "project", hiding: "t0ken")
    #expect(verdict.error?.sentence == "https://github.com answers 422: 'no *** here'")
  }
}
