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
      try await mirror.uncommittedChanges(under: "m") == [
        "m/changed.yaml", "m/new/new.yaml", "m/removed.yaml",
      ])
    #expect(try await mirror.uncommittedChanges(under: "m/new") == ["m/new/new.yaml"])
    #expect(try await mirror.uncommittedChanges(under: "build").isEmpty)
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
    #expect(try await mirror.uncommittedChanges(under: "").isEmpty)
  }
}
