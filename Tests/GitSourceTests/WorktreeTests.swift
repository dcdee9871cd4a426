import Diagnostics
import Foundation
import GitSource
import ReconcileTestKit
import Testing

@Suite("Reading the files on disk") struct WorktreeTests {
  @Test("changed and new files are read as they are, ignored and removed ones are not")
  func files() async throws {
    let fixture = try await GitRepositoryFixture()
    try fixture.write(".gitignore", "ignored.yaml\nbuild/\n")
    try fixture.write("m/kept.yaml", "k: 1\n")
    try fixture.write("m/changed.yaml", "c: 1\n")
    try fixture.write("m/removed.yaml", "r: 1\n")
    try await fixture.commit("Add")
    try fixture.write("m/changed.yaml", "c: 2\n")
    try fixture.write("m/new/new.yaml", "n: 1\n")
    try fixture.write("m/ignored.yaml", "i: 1\n")
    try fixture.write("build/x.yaml", "x: 1\n")
    try fixture.remove("m/removed.yaml")
    let mirror = try GitMirror(path: fixture.path + "/m")
    let selection = try await mirror.worktreeFiles(under: "")
    #expect(selection.files.map(\.path) == ["m/changed.yaml", "m/kept.yaml", "m/new/new.yaml"])
    #expect(selection.files.first?.bytes == Array("c: 2\n".utf8))
    #expect(selection.files[1].blob == (try await fixture.git("rev-parse", "HEAD:m/kept.yaml")))
    #expect(selection.isComplete)
    #expect(
      try await changes(mirror, under: "m")
        == GitChanges(
          changed: ["m/new/new.yaml"], deleted: ["m/removed.yaml"], touched: ["m/changed.yaml"]))
    try fixture.write("m/changed.yaml", "c: 22\n")
    try fixture.write("m/kept.yaml", "k: 2\n")
    try await fixture.git("add", "m/kept.yaml")
    #expect(
      try await changes(mirror, under: "")
        == GitChanges(
          changed: ["m/changed.yaml", "m/kept.yaml", "m/new/new.yaml"],
          deleted: ["m/removed.yaml"]))
    try await fixture.git("rm", "-q", "--cached", "-f", "m/kept.yaml")
    #expect(try await changes(mirror, under: "m/kept.yaml") == GitChanges(deleted: ["m/kept.yaml"]))
  }

  /// What is not committed under a path that the commit has.
  private func changes(_ mirror: GitMirror, under path: String) async throws -> GitChanges {
    let selection = try await mirror.files(at: mirror.resolve(.head), under: path)
    return try await mirror.uncommittedChanges(under: path, beside: selection)
  }

  @Test("no file is read to tell what is not committed, and an index in any form is no obstacle")
  func costs() async throws {
    let fixture = try await GitRepositoryFixture()
    try fixture.write("m/a.yaml", "a: 1\n")
    try fixture.write("large.yaml", "l: 1\n")
    try await fixture.commit("Add")
    #expect(truncate("\(fixture.path)/large.yaml", 1 << 40) == 0)
    #expect(truncate("\(fixture.path)/m/a.yaml", 0) == 0)
    let mirror = try GitMirror(path: fixture.path)
    #expect(
      try await changes(mirror, under: "") == GitChanges(changed: ["large.yaml", "m/a.yaml"]))
    for (text, cause) in [("", "it is empty"), ("DIRC garbage", "index"), (nil, "there is none")] {
      try fixture.remove(".git/index")
      if let text { try fixture.write(".git/index", text) }
      let told = await finding { _ = try await changes(mirror, under: "") }
      #expect(told.contains("the index of") && told.contains("git reset"), "\(told)")
      #expect(told.contains("cannot be read: ") && told.contains(cause), "\(told)")
      #expect(try await mirror.files(at: mirror.resolve(.head), under: "").files.count == 2)
    }
  }

  @Test("what a sparse work tree leaves out is named, whether or not the index can be read")
  func sparse() async throws {
    let fixture = try await GitRepositoryFixture()
    for path in ["m/a.yaml", "m/b/b.yaml", "m/c/c.yaml", "m/c/c.txt"] {
      try fixture.write(path, "a: 1\n")
    }
    try await fixture.commit("Add")
    try await fixture.git("sparse-checkout", "set", "m/b")
    try fixture.remove("m/a.yaml")
    let selection = try await GitMirror(path: fixture.path).worktreeFiles(under: "m")
    #expect(selection.files.map(\.path) == ["m/b/b.yaml"])
    #expect(selection.absent == ["m/c/c.yaml"])
    #expect(try await changes(GitMirror(path: fixture.path), under: "m").deleted == ["m/a.yaml"])
    try await fixture.git("sparse-checkout", "set", "--sparse-index", "m/b")
    let blind = try await GitMirror(path: fixture.path).worktreeFiles(under: "m")
    #expect(blind.files.map(\.path) == ["m/b/b.yaml"])
    #expect(blind.absent.contains("m/c/c.yaml"))
  }

  @Test("a path is meant from where one stands in the work tree, else from the root")
  func standing() async throws {
    let fixture = try await GitRepositoryFixture()
    try fixture.write("one/m/a.yaml", "a: 1\n")
    let mirror = try GitMirror(path: fixture.path)
    let inside = fixture.path + "/one"
    for (path, folder, expected) in [
      (".", inside, "one"), ("m", inside, "one/m"), ("./m/", inside, "one/m"),
      ("..", inside, ""), ("../two", inside, "two"), ("m", fixture.path, "m"),
      ("m", fixture.folder, "m"), ("one/./m", nil, "one/m"), ("\(inside)/m", nil, "one/m"),
    ] {
      #expect(try await mirror.path(path, standingIn: folder) == expected, "\(path)")
    }
    for path in ["../..", "/etc", "../../x", ".git"] {
      await #expect(throws: GitError.invalidPath(path)) {
        try await mirror.path(path, standingIn: path == ".git" ? nil : inside)
      }
    }
  }

  @Test("links, pipes, other repositories and large files are refused by name")
  func refusals() async throws {
    let fixture = try await GitRepositoryFixture()
    try fixture.write("m/good.yaml", "a: 1\n")
    try fixture.write("m/large.yaml", Data(repeating: 0x61, count: (1 << 20) + 1))
    try fixture.write("m/sub/.git", "gitdir: elsewhere\n")
    try fixture.write("m/sub/x.yaml", "a: 1\n")
    try FileManager.default.createSymbolicLink(
      atPath: "\(fixture.path)/m/link.yaml", withDestinationPath: "/etc/passwd")
    try FileManager.default.createSymbolicLink(
      atPath: "\(fixture.path)/out", withDestinationPath: "/etc")
    #expect(mkfifo("\(fixture.path)/m/pipe.yaml", 0o600) == 0)
    let mirror = try GitMirror(path: fixture.path)
    let selection = try await mirror.worktreeFiles(under: "m")
    #expect(selection.files.map(\.path) == ["m/good.yaml"])
    #expect(
      selection.refused.map(\.path) == ["m/large.yaml", "m/link.yaml", "m/pipe.yaml", "m/sub"])
    #expect(
      selection.refused.map(\.reason) == [
        .tooLarge((1 << 20) + 1, limit: 1 << 20), .symbolicLink, .notAFile, .submodule,
      ])
    #expect(
      try await mirror.worktreeFiles(under: "out").refused == [
        GitRefusal(path: "out", reason: .symbolicLink)
      ])
    await #expect(throws: GitError.self) { try await mirror.worktreeFiles(under: "out/passwd") }
    await #expect(throws: GitError.self) { try await mirror.worktreeFiles(under: "none") }
    #expect(try await mirror.worktreeFiles(under: "m/good.yaml").files.count == 1)
  }

  @Test("a bare repository has no files on disk, and says so")
  func bare() async throws {
    let fixture = try await GitRepositoryFixture(isBare: true)
    let mirror = try GitMirror(path: fixture.path)
    await #expect(throws: GitError.noWorktree(path: fixture.path)) {
      try await mirror.worktreeFiles(under: "")
    }
    #expect(
      try await mirror.uncommittedChanges(under: "", beside: GitSelection()) == GitChanges())
  }
}
