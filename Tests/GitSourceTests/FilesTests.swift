import Diagnostics
import Foundation
import GitSource
import ReconcileTestKit
import Testing

/// Reads a path at `HEAD`.
func read(
  _ fixture: GitRepositoryFixture, under folder: String = "", limits: GitLimits = .init()
) async throws -> GitSelection {
  let mirror = try GitMirror(path: fixture.path, limits: limits)
  return try await mirror.files(at: mirror.resolve(.head), under: folder)
}

@Suite("Reading the files of a commit") struct FilesTests {
  @Test("the files under a folder come sorted by bytes, with contents and ids")
  func files() async throws {
    let fixture = try await GitRepositoryFixture()
    for path in [
      "m/b.yaml", "m/a/z.yml", "m/a.yaml", "m/a-b.json", "m/é.yaml", "m/x.txt", "o.yaml",
    ] {
      try fixture.write(path, "path: \(path)\n")
    }
    try await fixture.commit("Add")
    try fixture.write("m/b.yaml", "changed on disk only\n")
    for folder in ["m", "m/", "./m", "m/."] {
      let selection = try await read(fixture, under: folder)
      #expect(
        selection.files.map(\.path) == [
          "m/a-b.json", "m/a.yaml", "m/a/z.yml", "m/b.yaml", "m/é.yaml",
        ])
      #expect(
        selection.files.map { String(decoding: $0.bytes, as: UTF8.self) }
          == selection.files.map { "path: \($0.path)\n" })
      #expect(selection.isComplete)
    }
    let root = try await read(fixture)
    #expect(root.files.count == 6)
    #expect(
      root.files.first { $0.path == "o.yaml" }?.blob
        == (try await fixture.git("rev-parse", "HEAD:o.yaml")))
  }

  @Test("endings count in capitals too, and what looks like a manifest beside ours is noted")
  func endings() async throws {
    let fixture = try await GitRepositoryFixture()
    let manifest = "# ours\n---\napiVersion: reconcile.dev/v1\n"
    for path in ["m/A.YAML", "m/b.Yml", "m/c.JSON", "m/d.yaml.bak", "m/e.yam", "m/sub/f.txt"] {
      try fixture.write(path, manifest)
    }
    try fixture.write("m/g.txt", "{\"apiVersion\": \"reconcile.dev/v1\"}\n")
    try fixture.write("m/README.md", "# Ours\n\nWrite `apiVersion: reconcile.dev/v1`.\n")
    try await fixture.commit("Add")
    let mirror = try GitMirror(path: fixture.path)
    for selection in [
      try await read(fixture, under: "m"), try await mirror.worktreeFiles(under: "m"),
    ] {
      #expect(selection.files.map(\.path) == ["m/A.YAML", "m/b.Yml", "m/c.JSON"])
      #expect(selection.passedOver == ["m/d.yaml.bak", "m/e.yam", "m/g.txt"])
      #expect(selection.isComplete)
    }
  }

  @Test("one file, an executable one, an empty one and an empty selection are told apart")
  func shapes() async throws {
    let fixture = try await GitRepositoryFixture()
    try fixture.write("run.yaml", "")
    try fixture.write("docs/notes.txt", "n\n")
    try await fixture.git("add", "-A")
    try await fixture.git("update-index", "--chmod=+x", "run.yaml")
    try await fixture.git("commit", "-qm", "Add")
    #expect(try await read(fixture, under: "run.yaml").files.map(\.bytes) == [[]])
    #expect(
      try await read(fixture, under: "docs/notes.txt").files.map(\.path) == ["docs/notes.txt"])
    #expect(try await read(fixture, under: "docs") == GitSelection())
  }

  @Test("a path that is not there is an error, and so is one that leads out")
  func missing() async throws {
    let (fixture, _, _, side) = try await makeHistory()
    let place = "commit \(side.prefix(12))"
    for path in ["manifest", "manifests/shop.yaml/x", "manifests/none.yaml"] {
      await #expect(throws: GitError.pathNotFound(path, where: place)) {
        try await read(fixture, under: path)
      }
    }
    for path in ["../x", "/etc", "a/../b", ".git", "a\0b"] {
      await #expect(throws: GitError.invalidPath(path)) { try await read(fixture, under: path) }
    }
  }

  @Test("a later commit is read through what the earlier one left: only the change differs")
  func unchangedFiles() async throws {
    let (fixture, first, second, _) = try await makeHistory()
    let mirror = try GitMirror(path: fixture.path)
    for (id, text) in [(first, "a: 1\n"), (second, "a: 2\n"), (first, "a: 1\n")] {
      let selection = try await mirror.files(at: mirror.resolve(GitReference(id)), under: "")
      #expect(selection.files.map { String(decoding: $0.bytes, as: UTF8.self) } == [text])
    }
  }

  @Test("links, submodules and large files are refused by name, and the others are read")
  func refusals() async throws {
    let fixture = try await GitRepositoryFixture()
    try fixture.write("m/good.yaml", "a: 1\n")
    try fixture.write("m/large.yaml", Data(repeating: 0x61, count: (1 << 20) + 1))
    try fixture.write("m/fits.yaml", Data(repeating: 0x61, count: 1 << 20))
    try fixture.write("m/large.bin", Data(repeating: 0x61, count: (1 << 20) + 1))
    for (link, target) in [("m/l.yaml", "good.yaml"), ("m/folder", "/etc"), ("m/l.png", "x.png")] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(fixture.path)/\(link)", withDestinationPath: target)
    }
    try await fixture.git("add", "-A")
    let id = String(repeating: "1", count: 40)
    try await fixture.git("update-index", "--add", "--cacheinfo", "160000,\(id),m/sub")
    try await fixture.git("commit", "-qm", "Add")
    let selection = try await read(fixture, under: "m")
    #expect(selection.files.map(\.path) == ["m/fits.yaml", "m/good.yaml"])
    #expect(
      selection.refused == [
        GitRefusal(path: "m/folder", reason: .symbolicLink),
        GitRefusal(path: "m/l.yaml", reason: .symbolicLink),
        GitRefusal(path: "m/large.yaml", reason: .tooLarge((1 << 20) + 1, limit: 1 << 20)),
        GitRefusal(path: "m/sub", reason: .submodule),
      ])
    #expect(selection.isComplete == false)
    #expect(
      selection.refused[2].diagnostic.description
        == "m/large.yaml:1:1: error GIT-14: the file has 1048577 bytes, more than 1048576; split it"
    )
    #expect(
      try await read(fixture, under: "m/l.yaml").refused == [
        GitRefusal(path: "m/l.yaml", reason: .symbolicLink)
      ])
  }

  @Test("a file is read that is kept as what differs from a larger one, which is refused")
  func deltas() async throws {
    let fixture = try await GitRepositoryFixture()
    let lines = (0..<80_000).map { "key\($0): \($0 &* 2_654_435_761 % 1_000_003)\n" }
    try fixture.write("m/a.yaml", lines.joined())
    try await fixture.commit("Add")
    let part = lines[..<10_000].joined()
    try fixture.write("m/a.yaml", part)
    try await fixture.commit("Shorten")
    try await fixture.git("repack", "-adfq")
    let pack = try #require(
      try FileManager.default.contentsOfDirectory(atPath: "\(fixture.path)/.git/objects/pack")
        .first { $0.hasSuffix(".idx") })
    let blob = try await fixture.git("rev-parse", "HEAD:m/a.yaml")
    let kept = try await fixture.git("verify-pack", "-v", ".git/objects/pack/\(pack)")
    let fields = kept.split(separator: "\n").first { $0.hasPrefix(blob) }?.split(separator: " ")
    try #require(fields?.count == 7, "a delta names what it is one of")

    #expect(try await read(fixture).files.map(\.bytes) == [Array(part.utf8)])
    let mirror = try GitMirror(path: fixture.path)
    let before = try await mirror.files(at: mirror.resolve(GitReference("HEAD~1")), under: "")
    let size = lines.joined().utf8.count
    #expect(
      before.refused == [GitRefusal(path: "m/a.yaml", reason: .tooLarge(size, limit: 1 << 20))])
  }

  @Test(
    "names that mean something else elsewhere are refused, as a file and as a folder",
    arguments: [
      ".git", ".GIT", "git~1", ".git.", ".git::$DATA", ".g\u{200C}it", "..", "a\\b", "a\u{1}b",
    ])
  func oddNames(_ name: String) async throws {
    let fixture = try await GitRepositoryFixture()
    let blob = try await fixture.object("blob", Array("a: 1\n".utf8))
    let inner = try await fixture.object("tree", treeEntry("100644", Array("x.yaml".utf8), blob))
    let root =
      treeEntry("40000", Array(name.utf8), inner)
      + treeEntry("100644", Array("ok.yaml".utf8), blob)
    try await fixture.point("main", atTree: fixture.object("tree", root))
    let selection = try await read(fixture)
    #expect(selection.files.map(\.path) == ["ok.yaml"])
    #expect(selection.refused == [GitRefusal(path: name, reason: .oddName)])
  }

  @Test("a file name that is no UTF-8 is refused, and no other")
  func notUTF8() async throws {
    let fixture = try await GitRepositoryFixture()
    let blob = try await fixture.object("blob", Array("a: 1\n".utf8))
    let odd = treeEntry("100644", [0xFF] + Array(".yaml".utf8), blob)
    try await fixture.point(
      "main",
      atTree: fixture.object("tree", treeEntry("100644", Array("ok.yaml".utf8), blob) + odd))
    let selection = try await read(fixture)
    #expect(selection.files.map(\.path) == ["ok.yaml"])
    #expect(selection.refused == [GitRefusal(path: "\u{FFFD}.yaml", reason: .oddName)])
  }

  @Test("a broken file is refused by name; a broken folder too; a broken commit is an error")
  func corruption() async throws {
    let fixture = try await GitRepositoryFixture()
    try fixture.write("m/good.yaml", "a: 1\n")
    try fixture.write("m/broken.yaml", "b: 1\n")
    try fixture.write("n/x.yaml", "c: 1\n")
    try await fixture.commit("Add")
    try await fixture.truncate(try await fixture.git("rev-parse", "HEAD:m/broken.yaml"))
    try await fixture.truncate(try await fixture.git("rev-parse", "HEAD:n"))
    let selection = try await read(fixture)
    #expect(selection.files.map(\.path) == ["m/good.yaml"])
    #expect(selection.refused.map(\.path) == ["m/broken.yaml", "n"])
    #expect(await finding { _ = try await read(fixture, under: "n/x.yaml") }.contains("GIT-8"))

    try fixture.remove(
      ".git/objects/" + fixture.objectPath(await fixture.git("rev-parse", "HEAD:m")))
    #expect(try await read(fixture).refused.map(\.path) == ["m", "n"])
    #expect(await finding { _ = try await read(fixture, under: "m/good.yaml") }.contains("GIT-8"))
    let head = try await fixture.git("rev-parse", "HEAD")
    try await fixture.truncate(head)
    for name in ["main", head, String(head.prefix(7))] {
      let mirror = try GitMirror(path: fixture.path)
      #expect(
        await finding { _ = try await mirror.resolve(GitReference(name)) }.contains("GIT-8"))
    }
  }

  @Test("each limit ends the reading with a sentence")
  func limits() async throws {
    let fixture = try await GitRepositoryFixture()
    for path in ["a.yaml", "b.yaml", "c/d/e.yaml"] { try fixture.write(path, "text\n") }
    try await fixture.commit("Add")
    let cases: [(GitLimits, String)] = [
      (GitLimits(files: 2), "more than 2 files are selected"),
      (GitLimits(totalBytes: 14), "the selected files have more than 14 bytes"),
      (GitLimits(entries: 4), "there are more than 4 files and folders"),
      (GitLimits(depth: 2), "the folder c/d lies more than 2 deep"),
    ]
    for (limits, sentence) in cases {
      await #expect(throws: GitError.limitExceeded(sentence)) {
        try await read(fixture, limits: limits)
      }
    }
    #expect(
      try await read(
        fixture, limits: GitLimits(files: 3, totalBytes: 15, entries: 5, depth: 3)
      ).files.count == 3)
  }

  @Test("a cancelled task gets the cancelled error")
  func cancelled() async throws {
    let (fixture, _, _, _) = try await makeHistory()
    let mirror = try GitMirror(path: fixture.path)
    let commit = try await mirror.resolve(.head)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await mirror.files(at: commit, under: "")
    }
    await #expect(throws: GitError.cancelled) { try await task.value }
  }
}

/// One entry of a tree object in git's own form.
func treeEntry(_ mode: String, _ name: [UInt8], _ id: String) -> [UInt8] {
  let digits = Array(id)
  let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
    UInt8(String(digits[$0...($0 + 1)]), radix: 16)
  }
  return Array(mode.utf8) + [0x20] + name + [0] + bytes
}

extension GitRepositoryFixture {
  /// Stores an object that git itself would not make, and returns its id.
  func object(_ type: String, _ contents: [UInt8]) async throws -> String {
    try write(".git/object", Data(contents))
    return try await git("hash-object", "-t", type, "--literally", "-w", ".git/object")
  }

  /// Makes a branch point at a new commit with this tree.
  func point(_ branch: String, atTree tree: String) async throws {
    let commit = try await git("commit-tree", "-m", "Add", tree)
    try await git("update-ref", "refs/heads/\(branch)", commit)
  }

  /// The path of a loose object below the folder of objects.
  func objectPath(_ id: String) -> String { "\(id.prefix(2))/\(id.dropFirst(2))" }

  /// Cuts a loose object short.
  func truncate(_ id: String) async throws {
    let file = "\(path)/.git/objects/\(objectPath(id))"
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    try bytes.prefix(8).write(to: URL(fileURLWithPath: file))
  }
}
