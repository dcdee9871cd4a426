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

  @Test("what git takes for a commit is taken: short names under refs/, steps back, odd letters")
  func otherNames() async throws {
    let (fixture, first, second, side) = try await makeHistory()
    try await fixture.git("tag", "hello@1.2.0", second)
    try await fixture.git("branch", "a{b", second)
    try await fixture.git("update-ref", "refs/remotes/origin/main", second)
    try await fixture.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    try await fixture.git("merge", "-q", "--no-ff", "-m", "Merge", "main")
    try await fixture.git("update-ref", "ORIG_HEAD", first)
    let merge = try await fixture.git("rev-parse", "HEAD")
    let mirror = try GitMirror(path: fixture.path)
    let expected = [
      "refs/tags/hello@1.2.0": second, "hello@1.2.0": second, "a{b": second, "heads/main": second,
      "tags/v1": first, "remotes/origin/main": second, "origin/main": second, "origin": second,
      "@": merge, "ORIG_HEAD": first, "HEAD~1": side, "HEAD^": side, "HEAD^2": second,
      "@^2~1": first, "HEAD~2": first, "main^0": second, "v2^{}": second, "v2^{commit}~": first,
      "\(second)^": first, "v1-1-g\(second.prefix(7))": second,
    ]
    for (name, id) in expected {
      #expect(try await fixture.git("rev-parse", "\(name)^{commit}") == id, "\(name)")
      #expect(try await mirror.resolve(GitReference(name)).id == id, "\(name)")
    }
    for name in ["HEAD~9", "main^2", "v1^"] {
      #expect(
        await finding { _ = try await mirror.resolve(GitReference(name)) }.contains(
          "GIT-17: \"\(name)\" leads nowhere: commit "), "\(name)")
    }
  }

  @Test("what is no commit is told as what it is")
  func otherKinds() async throws {
    let (fixture, _, _, _) = try await makeHistory()
    let tree = try await fixture.git("rev-parse", "main^{tree}")
    let blob = try await fixture.git("rev-parse", "main:manifests/shop.yaml")
    try await fixture.git("tag", "light", tree)
    try await fixture.git("tag", "-a", "-m", "tree", "heavy", tree)
    try await fixture.git("tag", "file", blob)
    let mirror = try GitMirror(path: fixture.path)
    for (name, kind) in [
      ("light", "tree"), ("heavy", "tree"), ("refs/tags/file", "blob"), (tree, "tree"),
      (String(blob.prefix(10)), "blob"),
    ] {
      let told = await finding { _ = try await mirror.resolve(GitReference(name)) }
      #expect(told.contains("GIT-15") && told.contains("is the name of a \(kind)"), "\(told)")
    }
    try await fixture.git("symbolic-ref", "refs/heads/alias", "refs/heads/gone")
    let told = await finding { _ = try await mirror.resolve(GitReference("alias")) }
    #expect(
      told.contains(
        "GIT-16: \"refs/heads/alias\" leads to \"refs/heads/gone\", which is not there"),
      "\(told)")
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

  @Test("a repository is told from others by its origin, without who asked, else by its folder")
  func identity() async throws {
    let (fixture, _, _, _) = try await makeHistory()
    let clone = try await GitRepositoryFixture(bareCloneOf: fixture)
    let home = await (try GitMirror(path: fixture.path)).identity
    #expect(await (try GitMirror(path: fixture.path + "/manifests")).identity == home)
    #expect(await (try GitMirror(path: clone.path)).identity == home)
    for (url, identity) in [
      ("https://me:secret@example.com/edge.git", "https://example.com/edge"),
      ("ssh://git@example.com:2222/a@b/edge/", "ssh://example.com:2222/a@b/edge"),
      ("git@example.com:edge.git", "git@example.com:edge"), ("file:///srv/edge/.git", "/srv/edge"),
      ("https://me:sec@ret@example.com/edge", "https://example.com/edge"),
      ("https://example.com/edge.git?token=secret", "https://example.com/edge"),
    ] {
      try await clone.git("config", "remote.origin.url", url)
      #expect(await (try GitMirror(path: clone.path)).identity == identity)
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
    for (path, words) in [
      ("/", "is not a git repository"), ("/nonexistent/x", "is not there: No such file"),
      ("/etc/passwd/x", "is not there: Not a directory"),
    ] {
      let told = await finding { _ = try GitMirror(path: path) }
      #expect(told.hasPrefix("error GIT-1: \(path) \(words)"), "\(told)")
    }
  }

  @Test(
    "a repository elsewhere is told as that, and never with what opens it",
    arguments: [
      ("https://user:secret@example.com/x.git", "https://example.com/x.git"),
      ("https://secret@example.com/x", "https://example.com/x"),
      ("HTTPS://user:sec@ret@example.com:443/x", "HTTPS://example.com:443/x"),
      ("https://user:sec/secret@example.com/a@b", "https://b"),
      ("https://example.com/a@b?token=secret#secret", "https://example.com/a@b"),
      ("ssh://git:secret@example.com:22/x", "ssh://example.com:22/x"),
      ("git@example.com:edge.git", "git@example.com:edge.git"),
      ("user:secret@example.com:edge", "example.com:edge"),
      ("example.com:edge", "example.com:edge"),
      ("ext::sh -c secret", "ext::…"), ("git://example.com/x", "git://example.com/x"),
    ])
  func elsewhere(_ address: String, _ shown: String) async {
    let told = await finding { _ = try GitMirror(path: address) }
    #expect(told.hasPrefix("error GIT-18: \(shown) is "), "\(told)")
    #expect(!told.contains("secret"), "\(told)")
  }

  @Test(
    "expressions and odd names are no references",
    arguments: [
      "HEAD^{tree}", "HEAD^{/x}", "main~x", "HEAD~99999999999999999999", "main:shop.yaml",
      "HEAD@{1}", "@{u}", "a..b", "", "~1", "-x", "a b", "a\nb",
      "/main", "main/", "re*", ":/fix", "a\\b",
    ])
  func expressions(_ text: String) {
    #expect(throws: GitError.unsupportedReference(text)) { try GitReference(text) }
  }

  @Test("ancestry is told: a commit stands on itself and its parents, not on its children")
  func ancestry() async throws {
    let (fixture, first, second, side) = try await makeHistory()
    let mirror = try GitMirror(path: fixture.path)
    #expect(try await mirror.ancestry(of: second, from: first) == .descends)
    #expect(try await mirror.ancestry(of: second, from: second) == .descends)
    #expect(try await mirror.ancestry(of: first, from: second) == .unrelated)
    #expect(try await mirror.ancestry(of: side, from: second) == .unrelated)
    #expect(await mirror.commitExists(first))
    #expect(await mirror.commitExists(String(first.prefix(8))) == false)
    #expect(await mirror.commitExists(String(repeating: "0", count: 40)) == false)
    #expect(await mirror.commitExists(try await fixture.git("rev-parse", "main^{tree}")) == false)
  }

  @Test("in a shallow clone parents are proof, and what may lie beyond its end is unknown")
  func shallowAncestry() async throws {
    let origin = try await GitRepositoryFixture()
    var line: [String] = []
    for number in 0..<5 {
      try origin.write("a.yaml", "a: \(number)\n")
      line.append(try await origin.commit("Change \(number)"))
    }
    let clone = origin.folder + "/shallow"
    try await origin.git("clone", "-q", "--depth", "2", "file://\(origin.path)", clone)
    let mirror = try GitMirror(path: clone)
    let elsewhere = String(repeating: "5", count: 40)
    // Commits 4 and 3 are there, and 3 names 2.
    for (number, ancestry) in [(4, true), (3, true), (2, true), (1, false), (0, false)] {
      let seen = try await mirror.ancestry(of: line[4], from: line[number])
      guard ancestry else {
        let end = line[2].prefix(7)
        #expect(seen == .unknown("the clone is shallow and ends before commit \(end)"))
        continue
      }
      #expect(seen == .descends, "\(number)")
    }
    guard case .unknown = try await mirror.ancestry(of: line[4], from: elsewhere) else {
      Issue.record("a commit that is not there may lie beyond the end")
      return
    }
    let full = try GitMirror(path: origin.path)
    #expect(try await full.ancestry(of: line[4], from: elsewhere) == .unrelated)
    #expect(try await full.ancestry(of: line[4], from: line[0]) == .descends)
    try await origin.git("-C", clone, "fetch", "-q", "--unshallow")
    #expect(try await mirror.ancestry(of: line[4], from: line[0]) == .descends)
    #expect(try await mirror.ancestry(of: line[4], from: elsewhere) == .unrelated)
  }
}
