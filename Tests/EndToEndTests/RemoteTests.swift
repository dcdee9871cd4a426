import Diagnostics
import Foundation
import GitSource
import Glibc
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("A repository on another machine")
struct RemoteTests {
  /// A way to ask for a repository, and what comes of it.
  struct Way: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The path below the server's root, or an address with `PORT` in it.
    var path = "shop.git"
    var options: [String] = []
    /// The code and words of the error; none where it is read.
    var told: [String] = []
  }

  private static let mine = ["--git-ca", "CA"]

  static let open = [
    Way(testDescription: "its authority is given", options: mine),
    Way(testDescription: "its authority is not trusted", told: ["GIT-23", "--git-ca"]),
    Way(
      testDescription: "the authority's file is not there", options: ["--git-ca", "./none.pem"],
      told: ["GIT-26"]),
    Way(
      testDescription: "the certificate is for another name",
      path: "https://127.0.0.1:PORT/shop.git",
      options: mine, told: ["GIT-23", "127.0.0.1"]),
    Way(testDescription: "nothing was pushed", path: "empty.git", options: mine, told: ["GIT-28"]),
    Way(testDescription: "it is not there", path: "none.git", options: mine, told: ["GIT-27"]),
    Way(
      testDescription: "it is at another path of the server", path: "moved/shop.git", options: mine),
    Way(
      testDescription: "the server leads away", path: "away/shop.git", options: mine,
      told: ["GIT-29", "example.invalid"]),
    Way(
      testDescription: "the server says nothing", path: "hang/shop.git",
      options: mine + ["--fetch-timeout", "1s"], told: ["GIT-20", "in 1s", "--fetch-timeout"]),
    Way(
      testDescription: "the server says a byte a second", path: "trickle/shop.git",
      options: mine + ["--fetch-timeout", "1s"], told: ["GIT-20"]),
    Way(
      testDescription: "nobody listens", path: "https://localhost:1/shop.git", told: ["GIT-19"]),
    Way(
      testDescription: "http is for this machine", path: "http://example.com/shop.git",
      told: ["GIT-18", "use https://"]),
    Way(testDescription: "git:// proves nothing", path: "git://example.com/x", told: ["GIT-18"]),
    Way(testDescription: "an address may hold a command", path: "ext::sh -c x", told: ["GIT-18"]),
    Way(testDescription: "file:// is a folder", path: "file://WORK"),
    Way(
      testDescription: "a branch that is not there", options: mine + ["--ref", "mian"],
      told: ["GIT-5"]),
  ]

  static let closed = [
    Way(testDescription: "a token", options: mine + ["--git-token", "env:TOKEN"]),
    Way(testDescription: "a token in a file", options: mine + ["--git-token", "./token"]),
    Way(
      testDescription: "a user and a password",
      options: mine + ["--git-username", "ann", "--git-password", "env:PASSWORD"]),
    Way(
      testDescription: "both in the address",
      path: "https://ann:password-canary@localhost:PORT/shop.git", options: mine),
    Way(testDescription: "nothing", options: mine, told: ["GIT-25", "--git-token"]),
    Way(
      testDescription: "a token that is none",
      options: mine + ["--git-token", "env:PASSWORD"], told: ["GIT-24"]),
    Way(
      testDescription: "another user's password",
      options: mine + ["--git-username", "bob", "--git-password", "env:PASSWORD"],
      told: ["GIT-24"]),
    Way(
      testDescription: "a wrong password in the address",
      path: "https://bob:password-canary@localhost:PORT/shop.git", options: mine,
      told: ["GIT-24"]),
    Way(
      testDescription: "a variable that is not set", options: mine + ["--git-token", "env:NONE"],
      told: ["GIT-26", "NONE"]),
    Way(
      testDescription: "a file that is not there", options: mine + ["--git-token", "./none"],
      told: ["GIT-26", "./none"]),
  ]

  private func validate(_ way: Way, at place: RemotePlace) async throws -> Run {
    let address =
      way.path.contains(":")
      ? way.path.replacing("PORT", with: String(place.server.port))
        .replacing("WORK", with: place.work.path) : place.server.address(way.path)
    let options = way.options.map { $0 == "CA" ? place.server.authority : $0 }
    return try await place.reconcile(["validate", "--repo", address] + options)
  }

  private func check(_ ways: [Way], at place: RemotePlace) async throws {
    for way in ways {
      let run = try await validate(way, at: place)
      #expect(run.status == (way.told.isEmpty ? 0 : 1), "\(way): \(run.output)\(run.errors)")
      for words in way.told { #expect(run.errors.contains(words), "\(way): \(run.errors)") }
      for canary in RemotePlace.canaries {
        #expect(!(run.output + run.errors).contains(canary), "\(way)")
      }
    }
  }

  @Test("https: whoever may be asked is read, and all else is named with a remedy")
  func https() async throws { try await check(Self.open, at: RemotePlace()) }

  @Test("https: who is let in, who is not, and no secret is told")
  func logins() async throws {
    let place = try await RemotePlace(logins: ["*:token-canary", "ann:password-canary"])
    try await check(Self.closed, at: place)
    for command in ["doctor", "diff", "status", "render"] {
      let run = try await place.reconcile([
        command, "--repo", place.server.address("shop.git", user: "ann:password-canary@"),
        "--git-ca", place.server.authority, "--nats", "nats://127.0.0.1:1",
      ])
      #expect(run.output.contains("shop") || run.errors.contains("NAT-1"), "\(run.errors)")
      #expect(!(run.output + run.errors).contains("canary"), "\(command): \(run.output)")
    }
  }

  @Test("a secret stands in no command line, environment or file of the process that fetches")
  func hidden() async throws {
    let place = try await RemotePlace()
    let child = try ChildProcess(
      Site.executable,
      [
        "validate", "--repo", place.server.address("hang/shop.git"), "--git-ca",
        place.server.authority, "--git-token", "env:TOKEN",
      ], environment: ["HOME": place.work.folder, "TOKEN": "token-canary"])
    var seen: [(pid: Int32, arguments: String, environment: String)] = []
    try await waitUntil("it fetches") {
      seen = children(of: child.pid)
      return place.server.looks > 0 && !seen.isEmpty
    }
    for process in seen {
      #expect(!process.arguments.contains("canary") && !process.environment.contains("canary"))
    }
    child.signal(SIGTERM)
    _ = await child.wait()
    // What was fetched for is ended with whoever wanted it.
    try await waitUntil("nobody fetches any more") {
      seen.allSatisfy { kill($0.pid, 0) != 0 }
    }
    let kept = try await ChildProcess.run("grep", ["-r", "token-canary", place.mirrors])
    #expect(kept.output.isEmpty)
  }

  @Test("what is new is fetched, what is gone is forgotten, and equal references cost one request")
  func follows() async throws {
    let place = try await RemotePlace()
    let options = ["--repo", place.server.address("shop.git"), "--git-ca", place.server.authority]
    func read(_ reference: String) async throws -> Run {
      try await place.reconcile(["validate", "--ref", reference] + options)
    }
    try await place.work.git("push", "-q", "origin", "main:other", "main:a")
    #expect(try await read("other").status == 0)
    let requests = readFile(place.server.directory + "/log").split(separator: "\n").count
    #expect(try await read("HEAD").status == 0)
    #expect(
      readFile(place.server.directory + "/log").split(separator: "\n").count == requests + 1)
    // A branch may take the place of a folder of branches.
    try await place.work.git("push", "-q", "origin", ":other", ":a", "main:a/b")
    try place.work.write("manifests/shop.yaml", "spec: [")
    try await place.work.commit("Break it")
    try await place.work.git("push", "-q", "origin", "main")
    #expect(try await read("other").errors.contains("GIT-5"))
    #expect(try await read("a/b").status == 0)
    #expect(try await read("HEAD").errors.contains("YAM-1"))
    // `HEAD` is what the server's leads to.
    try await place.work.git(
      "-C", place.root + "/shop.git", "symbolic-ref", "HEAD", "refs/heads/a/b")
    #expect(try await read("HEAD").status == 0)
    // A repository that has lost everything is no reason to forget anything.
    for name in ["main", "a/b"] {
      try await place.work.git(
        "-C", place.root + "/shop.git", "update-ref", "-d", "refs/heads/\(name)")
    }
    #expect(try await read("HEAD").errors.contains("GIT-28"))
  }

  @Test("what is kept has a bound: of memory, of the disk, and of what a mirror grows to")
  func bounds() async throws {
    let place = try await RemotePlace()
    let address = place.server.address("shop.git")
    let options = ["--repo", address, "--git-ca", place.server.authority]
    let unwritable = try await place.reconcile(
      ["validate", "--state-dir", "/dev/null/state"] + options)
    #expect(unwritable.status == 1 && unwritable.errors.contains("GIT-31"), "\(unwritable.errors)")
    var small = RemoteOptions()
    (small.folder, small.authority) = (place.mirrors, place.server.authority)
    (small.program, small.memoryLimit) = (Site.executable, 30_000_000)
    let mirror = try #require(try RemoteMirror.shared(address, small))
    let told = await #expect(throws: GitError.self) { try await mirror.follow() }
    #expect("\(try #require(told?.diagnostics.first).code)" == "GIT-30")

    #expect(try await place.reconcile(["validate"] + options).status == 0)
    let random = try #require(FileHandle(forReadingAtPath: "/dev/urandom"))
    try place.work.write("large", try #require(try random.read(upToCount: 17 << 20)))
    try await place.work.commit("Add something large")
    try await place.work.git("push", "-q", "origin", "main")
    #expect(try await place.reconcile(["validate"] + options).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: place.mirrors)
    let folder = "\(place.mirrors)/\(try #require(names.first))"
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/mirror") == "clone-2")
    // What was read before is left for whoever still reads it, until the next look.
    #expect(FileManager.default.fileExists(atPath: folder + "/clone-1"))
    #expect(try await place.reconcile(["validate"] + options).status == 0)
    #expect(!FileManager.default.fileExists(atPath: folder + "/clone-1"))
  }

  @Test("a proxy stands between us and https where it is told, and no variable tells it")
  func proxy() async throws {
    let place = try await RemotePlace()
    let proxy = try await GitProxy()
    let options = [
      "validate", "--repo", place.server.address("shop.git"), "--git-ca", place.server.authority,
    ]
    #expect(
      try await place.reconcile(
        options, ["https_proxy": proxy.address, "ALL_PROXY": proxy.address]
      )
      .status == 0)
    #expect(proxy.targets.isEmpty)
    #expect(try await place.reconcile(options + ["--git-proxy", proxy.address]).status == 0)
    #expect(proxy.targets.first == "localhost:\(place.server.port)")
  }

  @Test("a mirror that is damaged is cloned anew, and what a killed fetch left is removed")
  func damaged() async throws {
    let place = try await RemotePlace()
    let options = ["--repo", place.server.address("shop.git"), "--git-ca", place.server.authority]
    #expect(try await place.reconcile(["validate"] + options).status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: place.mirrors)
    let mirror = "\(place.mirrors)/\(try #require(names.first))"
    let draft = "\(mirror)/mirror/objects/pack/pack_git2_0123456789abcdef"
    try writeFile(draft, "half")
    #expect(try await place.reconcile(["validate"] + options).status == 0)
    #expect(!FileManager.default.fileExists(atPath: draft))
    // All its objects are gone.
    try FileManager.default.removeItem(atPath: "\(mirror)/mirror/objects")
    try FileManager.default.createDirectory(
      atPath: "\(mirror)/mirror/objects/pack", withIntermediateDirectories: true)
    let run = try await place.reconcile(["validate"] + options)
    #expect(run.status == 0, "\(run.errors)")
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: mirror + "/mirror")
    #expect(link == "clone-2")
  }
}
