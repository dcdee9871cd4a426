import Foundation
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import GitSource

@Suite("What a .reconcileignore leaves out") struct IgnoreTests {
  private static let rules = """
    # Other tools'.
    charts/
    !charts/ours
    *.values.yaml
    /top.yaml
    m/**/old
    !kept.values.yaml

    """

  private func fixture() async throws -> GitRepositoryFixture {
    let fixture = try await GitRepositoryFixture()
    try fixture.write(".reconcileignore", Self.rules)
    try fixture.write("m/.reconcileignore", "extra.yaml\n")
    for path in [
      "top.yaml", "m/top.yaml", "m/a.yaml", "m/b.values.yaml", "m/kept.values.yaml", "m/extra.yaml",
      "m/charts/c.yaml", "m/charts/ours/d.yaml", "m/x/y/old/e.yaml", "m/x/extra.yaml", "extra.yaml",
    ] {
      try fixture.write(path, "a: 1\n")
    }
    try await fixture.commit("Add")
    return fixture
  }

  @Test(
    "it is left out of a commit and of the files on disk alike, and named",
    arguments: [false, true])
  func selections(_ isOnDisk: Bool) async throws {
    let fixture = try await fixture()
    let mirror = try GitMirror(path: fixture.path)
    func read(_ path: String) async throws -> GitSelection {
      isOnDisk
        ? try await mirror.worktreeFiles(under: path)
        : try await mirror.files(at: mirror.resolve(.head), under: path)
    }
    let all = try await read("")
    #expect(
      all.files.map(\.path) == ["extra.yaml", "m/a.yaml", "m/kept.values.yaml", "m/top.yaml"])
    #expect(
      all.ignored == [
        "m/b.values.yaml", "m/charts", "m/extra.yaml", "m/x/extra.yaml", "m/x/y/old", "top.yaml",
      ])
    #expect(all.isComplete)
    let part = try await read("m/x")
    #expect(part.files.isEmpty && part.ignored == ["m/x/extra.yaml", "m/x/y/old"])
    // Who names it wants it.
    #expect(try await read("m/extra.yaml").files.map(\.path) == ["m/extra.yaml"])
  }

  @Test("a path may be a pattern; one that is there as written is none", arguments: [false, true])
  func patterns(_ isOnDisk: Bool) async throws {
    let fixture = try await GitRepositoryFixture()
    for path in [
      "c/eu/apps/a.yaml", "c/eu/apps/x/b.yaml", "c/us/apps/c.yaml", "c/us/infra/d.yaml", "c/e.yaml",
      "other/apps/f.yaml", "c/[x]/g.yaml", "c/x/h.yaml",
    ] {
      try fixture.write(path, "a: 1\n")
    }
    try FileManager.default.createSymbolicLink(
      atPath: "\(fixture.path)/c/link", withDestinationPath: "eu")
    try FileManager.default.createSymbolicLink(
      atPath: "\(fixture.path)/c/us/infra/link", withDestinationPath: "../apps")
    try await fixture.commit("Add")
    let mirror = try GitMirror(path: fixture.path)
    func read(_ path: String) async throws -> GitSelection {
      isOnDisk
        ? try await mirror.worktreeFiles(under: path)
        : try await mirror.files(at: mirror.resolve(.head), under: path)
    }
    let apps = try await read("c/*/apps")
    #expect(
      apps.files.map(\.path) == ["c/eu/apps/a.yaml", "c/eu/apps/x/b.yaml", "c/us/apps/c.yaml"])
    // It may stand for a folder that fits.
    #expect(apps.refused.map(\.path) == ["c/link"])
    #expect(try await read("**/apps").files.count == 4)
    #expect(try await read("c/?.yaml").files.map(\.path) == ["c/e.yaml"])
    #expect(try await read("c/[x]").files.map(\.path) == ["c/[x]/g.yaml"])
    #expect(try await read("c/[xy]").files.map(\.path) == ["c/x/h.yaml"])
    await #expect(throws: GitError.self) { _ = try await read("none/*") }
  }

  @Test("a pattern is held against what is not committed too")
  func patternChanges() async throws {
    let fixture = try await fixture()
    try fixture.write("n/b/new.yaml", "n: 1\n")
    try fixture.write("m/x/b/new.yaml", "n: 1\n")
    try fixture.write("m/x/a.yaml", "n: 1\n")
    let mirror = try GitMirror(path: fixture.path)
    let selection = try await mirror.files(at: mirror.resolve(.head), under: "m/*/b")
    let changes = try await mirror.uncommittedChanges(under: "m/*/b", beside: selection)
    #expect(changes.changed == ["m/x/b/new.yaml"])
  }

  @Test("what is left out is no change that waits for a commit")
  func changes() async throws {
    let fixture = try await fixture()
    try fixture.write("m/charts/new.yaml", "n: 1\n")
    try fixture.write("m/extra.yaml", "n: 22\n")
    try fixture.write("m/new.yaml", "n: 1\n")
    let mirror = try GitMirror(path: fixture.path)
    let selection = try await mirror.files(at: mirror.resolve(.head), under: "")
    let changes = try await mirror.uncommittedChanges(under: "", beside: selection)
    #expect(changes.changed == ["m/new.yaml"])
  }

  @Test("one that cannot be read might leave out anything, so the reading is not complete")
  func unreadable() async throws {
    let fixture = try await fixture()
    try fixture.remove("m/.reconcileignore")
    try FileManager.default.createSymbolicLink(
      atPath: "\(fixture.path)/m/.reconcileignore", withDestinationPath: "../.reconcileignore")
    try await fixture.commit("Link")
    let mirror = try GitMirror(path: fixture.path)
    for selection in [
      try await mirror.files(at: mirror.resolve(.head), under: "m"),
      try await mirror.worktreeFiles(under: "m"),
    ] {
      #expect(selection.refused.map(\.path) == ["m/.reconcileignore"])
    }
  }

  @Test("its patterns leave out what git leaves out by the same patterns")
  func agreement() async throws {
    let names = ["a", "b.yaml", "ab", "c-d", "[x]", "*", "a b", "é", "!a", "#b"]
    var paths: [String] = []
    for one in names {
      paths.append(one)
      for two in names {
        paths.append("\(one)/\(two)")
        for three in names.prefix(4) { paths.append("\(one)/\(two)/\(three)/z") }
      }
    }
    let fixture = try await GitRepositoryFixture()
    var random = Numbers(state: 7)
    for _ in 0..<60 {
      let lines = (0..<random.below(5) + 1).map { _ in Self.pattern(&random) }
      let text = lines.joined(separator: "\n") + "\n"
      try fixture.write(".gitignore", text)
      let run = try await ChildProcess.run(
        "git", ["-c", "core.quotePath=false", "check-ignore", "--no-index", "--stdin", "-z"],
        environment: ProcessInfo.processInfo.environment, directory: fixture.path,
        input: Array(paths.joined(separator: "\0").utf8), deadline: .seconds(60))
      let theirs = Set(run.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
      var rules = IgnoreRules()
      rules.add(Array(text.utf8), in: "")
      let ours = Set(paths.filter { rules.leavesOut(file: $0) })
      let difference = ours.symmetricDifference(theirs).sorted().prefix(5)
      #expect(difference.isEmpty, "\(lines) \(theirs.count) \(ours.count)")
    }
  }

  @Test("stars beside letters stay within a name, as git's manual says")
  func stars() {
    var rules = IgnoreRules()
    rules.add(Array("a**/b\n".utf8), in: "")
    #expect(["a/b", "ab/b", "a/x/b"].map { rules.leavesOut(file: $0) } == [true, true, false])
  }

  private static func pattern(_ random: inout Numbers) -> String {
    let parts = [
      "a", "b.yaml", "*", "**", "?", "a*", "*b*", "[a-c]", "[!a]", "[^b]*", "\\*", "[[]x]", "c-d",
      "[]x]", "a\\ ", "é", "*.yaml", "***", "a**", "z", "[\\]a-b]", "\\#b", "#b", "",
    ]
    let count = random.below(3) + 1
    let path = (0..<count).map { _ in parts[random.below(parts.count)] }.joined(separator: "/")
    let before = ["", "", "", "!", "/", "\\", " "][random.below(7)]
    let behind = ["", "", "", "/", " ", "  ", "\r"][random.below(7)]
    return before + path + behind
  }

  private struct Numbers {
    var state: UInt64
    mutating func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
  }
}
