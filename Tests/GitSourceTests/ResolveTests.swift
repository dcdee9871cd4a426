import Diagnostics
import Foundation
import GitSource
import ReconcileTestKit
import Testing

/// A repository with two commits on `main`, a branch, two tags and `HEAD` at the branch.
func makeHistory() async throws -> (
  GitRepositoryFixture, first: String, second: String, side: String
) {
  let fixture = try await GitRepositoryFixture()
  try fixture.write("manifests/shop.yaml", "a: 1\n")
  let first = try await fixture.commit("Add shop")
  try await fixture.git("tag", "v1")
  try fixture.write("manifests/shop.yaml", "a: 2\n")
  let second = try await fixture.commit("Change shop\n\nBecause.")
  try await fixture.git("tag", "-a", "-m", "two", "v2")
  try await fixture.git("checkout", "-q", "-b", "feature/side", first)
  try fixture.write("side.yaml", "s: 1\n")
  let side = try await fixture.commit("Add side")
  return (fixture, first, second, side)
}

/// What a call throws, as the first finding's one line.
func finding(_ body: () async throws -> Void) async -> String {
  do {
    try await body()
    return "nothing thrown"
  } catch {
    return (error as? any DiagnosticError)?.diagnostics.first?.description ?? "\(error)"
  }
}

@Suite("Finding a commit") struct ResolveTests {
  @Test("a branch, a tag, an annotated tag, an id, its beginning and HEAD each find their commit")
  func names() async throws {
    let (fixture, first, second, side) = try await makeHistory()
    let mirror = try GitMirror(path: fixture.path)
    let expected = [
      "main": second, "refs/heads/main": second, "v1": first, "v2": second, "refs/tags/v2": second,
      "feature/side": side, "HEAD": side, first: first, String(first.prefix(7)): first,
      second.uppercased(): second,
    ]
    for (name, id) in expected {
      #expect(try await mirror.resolve(GitReference(name)).id == id, "\(name)")
    }
  }

  @Test("a commit tells its tree, time, summary and parents")
  func commit() async throws {
    let (fixture, first, second, _) = try await makeHistory()
    let commit = try await GitMirror(path: fixture.path).resolve(GitReference("main"))
    #expect(commit.id == second)
    #expect(commit.parents == [first])
    #expect(commit.summary == "Change shop")
    #expect(commit.authorTime == 1_767_323_045 && commit.committerTime == 1_767_323_045)
    #expect(commit.tree == (try await fixture.git("rev-parse", "main^{tree}")))
  }

  @Test("a detached HEAD is the commit it stands at")
  func detached() async throws {
    let (fixture, first, _, _) = try await makeHistory()
    try await fixture.git("checkout", "-q", "--detach", first)
    #expect(try await GitMirror(path: fixture.path).resolve(.head).id == first)
  }

  @Test("bare and packed repositories, and folders inside a work tree, are opened alike")
  func openings() async throws {
    let (fixture, _, second, _) = try await makeHistory()
    let bare = try await GitRepositoryFixture(bareCloneOf: fixture)
    try await bare.git("gc", "-q", "--prune=now")
    for path in [fixture.path, fixture.path + "/manifests", fixture.path + "/.git", bare.path] {
      let mirror = try GitMirror(path: path)
      let commit = try await mirror.resolve(GitReference("main"))
      #expect(commit.id == second, "\(path)")
      #expect(try await mirror.files(at: commit, under: "").files.map(\.path).count == 1)
    }
  }

  @Test("a misspelt branch is told with the nearest known one")
  func misspelt() async throws {
    let (fixture, _, _, _) = try await makeHistory()
    let mirror = try GitMirror(path: fixture.path)
    #expect(
      await finding { _ = try await mirror.resolve(GitReference("mian")) }
        == "error GIT-5: there is no branch, tag or commit \"mian\"; did you mean \"main\"?")
    #expect(
      await finding { _ = try await mirror.resolve(GitReference("production-east")) }
        == "error GIT-5: there is no branch, tag or commit \"production-east\"; "
        + "known are feature/side, main, v1, v2")
    let absent = String(repeating: "0", count: 40)
    #expect(
      await finding { _ = try await mirror.resolve(GitReference(absent)) }
        .hasPrefix("error GIT-5: there is no branch, tag or commit \"\(absent)\""))
  }

  @Test("one name for a branch and another commit's tag is refused, the full name is not")
  func ambiguous() async throws {
    let (fixture, _, second, _) = try await makeHistory()
    try await fixture.git("branch", "v1", "main")
    let mirror = try GitMirror(path: fixture.path)
    #expect(
      await finding { _ = try await mirror.resolve(GitReference("v1")) }.hasPrefix(
        "error GIT-6: \"v1\" may mean several commits: refs/heads/v1, refs/tags/v1"))
    #expect(try await mirror.resolve(GitReference("refs/heads/v1")).id == second)
  }

  @Test("a repository without a commit says so, for every name")
  func empty() async throws {
    for isBare in [false, true] {
      let fixture = try await GitRepositoryFixture(isBare: isBare)
      let mirror = try GitMirror(path: fixture.path)
      for name in ["HEAD", "main", "0123456789abcdef"] {
        #expect(
          await finding { _ = try await mirror.resolve(GitReference(name)) }.hasPrefix(
            "error GIT-7: the repository \(fixture.path) has no commit yet"))
      }
    }
  }

  @Test("a folder without a repository is refused")
  func noRepository() async throws {
    for path in ["/", "/nonexistent/x"] {
      #expect(
        await finding { _ = try GitMirror(path: path) }.hasPrefix(
          "error GIT-1: \(path) is not a git repository"))
    }
  }

  @Test(
    "expressions and odd names are no references",
    arguments: [
      "HEAD~1", "main^", "main:shop.yaml", "HEAD@{1}", "@{u}", "a..b", "", "-x", "a b", "a\nb",
      "/main", "main/", "re*", ":/fix", "a\\b",
    ])
  func expressions(_ text: String) {
    #expect(throws: GitError.unsupportedReference(text)) { try GitReference(text) }
  }

  @Test("ancestry is told: a commit stands on itself and its parents, not on its children")
  func ancestry() async throws {
    let (fixture, first, second, side) = try await makeHistory()
    let mirror = try GitMirror(path: fixture.path)
    #expect(try await mirror.isDescendant(second, of: first))
    #expect(try await mirror.isDescendant(second, of: second))
    #expect(try await mirror.isDescendant(first, of: second) == false)
    #expect(try await mirror.isDescendant(side, of: second) == false)
    #expect(await mirror.commitExists(first))
    #expect(await mirror.commitExists(String(first.prefix(8))) == false)
    #expect(await mirror.commitExists(String(repeating: "0", count: 40)) == false)
    #expect(await mirror.commitExists(try await fixture.git("rev-parse", "main^{tree}")) == false)
  }
}
