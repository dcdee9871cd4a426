import Diagnostics
import Foundation
import GitSource
import ReconcileTestKit
import Testing

/// A repository that is read, and what is told of it once something has happened to it.
@Suite("What happens to a repository while it is read") struct DamageTests {
  struct Harm: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What is told beside the code.
    var words: String
    var code = "GIT-8"
    /// Whether it is only seen by whoever opens the repository anew: the commit itself is remembered.
    var isSeenAnew = false
    var body: @Sendable (GitRepositoryFixture) async throws -> Void
  }

  static let harms = [
    Harm(testDescription: "the branch's file is empty", words: "refs/heads/main") {
      try $0.write(".git/refs/heads/main", "")
    },
    Harm(testDescription: "the branch's file is garbled", words: "refs/heads/main") {
      try $0.write(".git/refs/heads/main", "0123456\u{0}\u{0}")
    },
    Harm(testDescription: "the branch's file leads round in a circle", words: "refs/heads/main") {
      let file = "\($0.path)/.git/refs/heads/main"
      try FileManager.default.removeItem(atPath: file)
      try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "main")
    },
    Harm(testDescription: "the branch names a commit that is not there", words: "0123456") {
      try $0.write(".git/refs/heads/main", String(repeating: "0123456789", count: 4) + "\n")
    },
    Harm(testDescription: "the branch names no commit at all", words: "refs/heads/main") {
      try $0.write(".git/refs/heads/main", String(repeating: "0", count: 40) + "\n")
    },
    Harm(testDescription: "all objects are gone", words: "it is not there", isSeenAnew: true) {
      try $0.remove(".git/objects")
      try $0.write(".git/objects/info/alternates", "")
    },
    Harm(testDescription: "the objects' folder is gone", words: "no objects", isSeenAnew: true) {
      try $0.remove(".git/objects")
    },
    Harm(testDescription: "names lead round in a circle", words: "refs/heads/other, round") {
      try await $0.git("symbolic-ref", "refs/heads/other", "refs/heads/main")
      try await $0.git("symbolic-ref", "refs/heads/main", "refs/heads/other")
    },
    Harm(testDescription: "HEAD is empty", words: "HEAD cannot be read") {
      try $0.write(".git/HEAD", "")
    },
    Harm(testDescription: "packed references are garbled", words: "references") {
      try await $0.git("pack-refs", "--all")
      try $0.write(".git/packed-refs", "garbage\n")
    },
    Harm(testDescription: "the references are gone", words: "refs cannot be read") {
      try $0.remove(".git/refs")
    },
    Harm(testDescription: "every reference is removed", words: "though there were commits") {
      try $0.remove(".git/refs/heads/main")
    },
    Harm(testDescription: "the folder is emptied", words: "there is no HEAD") {
      try $0.remove(".git")
      try FileManager.default.createDirectory(
        atPath: "\($0.path)/.git", withIntermediateDirectories: false)
    },
    Harm(testDescription: "the folder is moved away", words: "no repository in it any more") {
      try FileManager.default.moveItem(atPath: "\($0.path)/.git", toPath: "\($0.folder)/away")
    },
    Harm(testDescription: "all is moved away", words: "No such file or directory") {
      try FileManager.default.moveItem(atPath: $0.path, toPath: "\($0.folder)/away")
    },
    Harm(
      testDescription: "its references are moved to another format",
      words: "git refs migrate --ref-format=files", code: "GIT-3"
    ) {
      try await $0.git("config", "core.repositoryFormatVersion", "1")
      try await $0.git("config", "extensions.refStorage", "reftable")
      try $0.write(".git/HEAD", "ref: refs/heads/.invalid\n")
    },
    Harm(testDescription: "the branch is deleted", words: "no branch, tag", code: "GIT-5") {
      try await $0.git("checkout", "-q", "-b", "other")
      try await $0.git("branch", "-q", "-D", "main")
    },
  ]

  @Test("what cannot be read is told as that, and what is not there as that", arguments: harms)
  func harm(_ harm: Harm) async throws {
    let fixture = try await GitRepositoryFixture()
    try fixture.write("m/a.yaml", "a: 1\n")
    try await fixture.commit("Add")
    // A folder above that is a repository too is not to be taken for the one that was lost.
    try await fixture.git("init", "-q", fixture.folder)
    let mirror = try GitMirror(path: fixture.path)
    let name = harm.words == "HEAD cannot be read" ? "HEAD" : "main"
    let commit = try await mirror.resolve(GitReference(name))
    try await harm.body(fixture)
    func resolve(_ name: String) async throws {
      let mirror = harm.isSeenAnew ? try GitMirror(path: fixture.path) : mirror
      _ = try await mirror.resolve(GitReference(name))
    }
    let told = await finding { try await resolve(name) }
    #expect(told.contains("\(harm.code):") && told.contains(harm.words), "\(told)")
    #expect(!told.contains("push or commit first"), "\(told)")
    let head = await finding { try await resolve("HEAD") }
    if harm.code == "GIT-8" {
      #expect(head.contains("GIT-8:") && head.contains(harm.words), "\(head)")
      #expect(!head.contains("peel") && !head.contains("last read"), "\(head)")
    }
    if harm.code == "GIT-8", harm.words != "No such file or directory" {
      let anew = await finding {
        _ = try await GitMirror(path: fixture.path).resolve(GitReference(name))
      }
      #expect(anew.contains("GIT-8:") || harm.words.contains("any more"), "\(anew)")
    }
    // What was found before is read from what is still there.
    _ = try? await mirror.files(at: commit, under: "m")
  }

  @Test("a link to the repository is followed at each look, whoever else still reads the old one")
  func link() async throws {
    let fixture = try await GitRepositoryFixture()
    try fixture.write("m/a.yaml", "a: 1\n")
    let first = try await fixture.commit("Add")
    let files = FileManager.default
    let (one, two) = (fixture.folder + "/1", fixture.folder + "/2")
    let current = fixture.folder + "/current"
    func lead(to target: String) throws {
      try files.createSymbolicLink(atPath: current + ".new", withDestinationPath: target)
      #expect(rename(current + ".new", current) == 0)
    }
    try await fixture.git("worktree", "add", "-q", "--detach", one)
    try lead(to: one)
    let mirror = try GitMirror(path: current)
    let old = try await mirror.resolve(.head)
    #expect(old.id == first)
    try fixture.write("m/a.yaml", "a: 2\n")
    let second = try await fixture.commit("Change")
    try await fixture.git("worktree", "add", "-q", "--detach", two)
    try lead(to: two)
    #expect(try await mirror.resolve(.head).id == second)
    try await fixture.git("worktree", "remove", one)
    #expect(try await mirror.files(at: old, under: "m").files.map(\.path) == ["m/a.yaml"])
    #expect(try await mirror.resolve(.head).id == second)

    // A clone in its place, by a rename of the folder itself.
    try fixture.write("m/a.yaml", "a: 3\n")
    let third = try await fixture.commit("Change again")
    let clone = fixture.folder + "/clone"
    try await fixture.git("clone", "-q", fixture.path, clone)
    try lead(to: clone)
    #expect(try await mirror.resolve(.head).id == third)
    try fixture.write("m/a.yaml", "a: 4\n")
    let fourth = try await fixture.commit("Change once more")
    try await fixture.git("clone", "-q", fixture.path, clone + ".new")
    let former = await mirror.identity
    try files.moveItem(atPath: clone, toPath: clone + ".old")
    try files.moveItem(atPath: clone + ".new", toPath: clone)
    #expect(try await mirror.resolve(.head).id == fourth)
    #expect(await mirror.identity == former)
  }
}

@Suite("Formats of repositories") struct FormatTests {
  @Test("what the library cannot read is named, with the command that helps")
  func unreadable() async throws {
    for (name, value, remedy) in [
      ("refStorage", "reftable", "git refs migrate --ref-format=files"),
      ("objectFormat", "sha256", "SHA-1"), ("somethingNew", "1", "without that extension"),
    ] {
      let (fixture, _, _, _) = try await makeHistory()
      try await fixture.git("config", "core.repositoryFormatVersion", "1")
      try await fixture.git("config", "extensions.\(name)", value)
      let told = await finding { _ = try GitMirror(path: fixture.path) }
      #expect(told.contains("GIT-3:") && told.contains(remedy), "\(told)")
      #expect(told.lowercased().contains("extensions.\(name.lowercased())"), "\(told)")
    }
  }

  @Test("a configuration, a .git file and a version that cannot be read each have their own remedy")
  func openings() async throws {
    let (fixture, _, _, _) = try await makeHistory()
    for (file, text, words) in [
      (".git/config", "[core\n", "git config --list"),
      (".git/config", "[core]\nrepositoryformatversion = 2\n", "a later git"),
      ("inner/.git", "nonsense\n", "gitdir: "),
    ] {
      try fixture.write(file, text)
      let folder = file.hasPrefix("inner") ? "\(fixture.path)/inner" : fixture.path
      let told = await finding { _ = try GitMirror(path: folder) }
      #expect(told.contains("GIT-3:") && told.contains(words), "\(told)")
      #expect(!told.contains("git fsck"), "\(told)")
    }
  }

  @Test("extensions that change nothing about reading are allowed")
  func harmless() async throws {
    let (fixture, _, second, _) = try await makeHistory()
    try await fixture.git("config", "core.repositoryFormatVersion", "1")
    let configuration = try String(contentsOfFile: "\(fixture.path)/.git/config", encoding: .utf8)
    let extensions = """
      [extensions]
        worktreeConfig = true
        relativeWorktrees = true
        partialClone = origin
        objectFormat = sha1
        refStorage = files
        compatObjectFormat = sha256
        preciousObjects = true
      """
    try fixture.write(".git/config", configuration + extensions)
    let mirror = try GitMirror(path: fixture.path)
    let commit = try await mirror.resolve(GitReference("main"))
    #expect(commit.id == second)
    #expect(try await mirror.files(at: commit, under: "manifests").files.count == 1)
  }

  @Test("what a partial clone left behind is told as that")
  func partial() async throws {
    let (fixture, _, _, _) = try await makeHistory()
    try await fixture.git("config", "uploadpack.allowFilter", "true")
    for filter in ["blob:none", "tree:0"] {
      let clone = "\(fixture.folder)/\(filter.prefix(4))"
      try await fixture.git(
        "clone", "-q", "--bare", "--filter=\(filter)", "file://\(fixture.path)", clone)
      let mirror = try GitMirror(path: clone)
      let told = await finding {
        let selection = try await mirror.files(
          at: mirror.resolve(GitReference("main")), under: "manifests")
        let refusals = selection.refused.map(\.diagnostic)
        if !refusals.isEmpty { throw Refused(diagnostics: refusals) }
      }
      #expect(told.contains("git fetch --refetch"), "\(told)")
    }
  }

  @Test("a bare repository with a sparse work tree has no files on disk of its own")
  func sparseBare() async throws {
    let (fixture, _, _, _) = try await makeHistory()
    let bare = try await GitRepositoryFixture(bareCloneOf: fixture)
    let tree = bare.folder + "/tree"
    try await bare.git("worktree", "add", "-q", tree, "main")
    try await bare.git("-C", tree, "sparse-checkout", "set", "side")
    let told = await finding {
      _ = try await GitMirror(path: bare.path).worktreeFiles(under: "")
    }
    #expect(told.contains("GIT-12"), "\(told)")
  }
}

private struct Refused: DiagnosticError {
  var diagnostics: [Diagnostic]
  var disposition: Disposition { .stalled }
}
