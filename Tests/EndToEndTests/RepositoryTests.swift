import Foundation
import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("What a repository may do to a running controller", .serialized)
struct RepositoryTests {
  /// Something that happens to the repository, and what is told of it.
  struct Harm: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The code of the finding, in the log and on the terminal of whoever asks.
    var code: String
    /// The message of the line in the log.
    var line = "Repository cannot be read, the last good revision stands"
    /// Whether the rest of that commit is carried out, so that the next one must stand on it.
    var isFollowed: Bool
    /// What the controller is told beside.
    var options: [String] = []
    var body: @Sendable (GitRepositoryFixture) async throws -> Void

    init(
      _ what: String, _ code: String, line: String? = nil, isFollowed: Bool = false,
      options: [String] = [],
      _ body: @escaping @Sendable (GitRepositoryFixture) async throws -> Void
    ) {
      (testDescription, self.code, self.isFollowed, self.body) = (what, code, isFollowed, body)
      self.options = options
      if let line { self.line = line }
    }
  }

  private static let badManifest = "Manifest has an error"

  static let harms = [
    Harm("every manifest is broken", "YAM-1", line: badManifest) { repository in
      try repository.write("manifests/shop.yaml", "spec: [")
      try repository.write("manifests/blog.yaml", "kind: {")
      try await repository.commit("Break everything")
    },
    Harm("no manifest declares anything", "RUN-2") { repository in
      try repository.write("manifests/shop.yaml", "# nothing\n")
      try repository.write("manifests/blog.yaml", "")
      try await repository.commit("Empty everything")
    },
    Harm("the folder is deleted", "GIT-9") { repository in
      try repository.remove("manifests")
      try repository.write("README.md", "nothing here\n")
      try await repository.commit("Delete the folder")
    },
    Harm("the commit has no file at all", "GIT-9") { repository in
      try repository.remove("manifests")
      try await repository.commit("Delete everything")
    },
    Harm("the branch is deleted", "GIT-5") { repository in
      try await repository.git("checkout", "-q", "-b", "other")
      try await repository.git("branch", "-q", "-D", "main")
    },
    Harm("history is rewritten, and one application is not in it", "RUN-5") { repository in
      try await repository.git("checkout", "-q", "--orphan", "rewritten")
      try await repository.git("rm", "-q", "--cached", "manifests/blog.yaml")
      try repository.remove("manifests/blog.yaml")
      try await repository.commit("Begin anew")
      try await repository.git("branch", "-q", "-f", "main")
    },
    Harm("a manifest's object is broken", "GIT-14", line: badManifest, isFollowed: true) {
      repository in
      try await repository.commitBroken("HEAD:manifests/shop.yaml")
    },
    Harm("a folder's object is broken", "GIT-14", line: badManifest) { repository in
      try await repository.commitBroken("HEAD:manifests")
    },
    Harm("a commit's object is broken", "GIT-8") { repository in
      try await repository.commitBroken("HEAD")
    },
    Harm("whoever reads the branch waits for ever", "GIT-34", options: ["--fetch-timeout", "2s"]) {
      repository in
      let file = "\(repository.path)/.git/refs/heads/main"
      try FileManager.default.removeItem(atPath: file)
      try #require(mkfifo(file, 0o600) == 0)
    },
    Harm("the whole repository is gone", "GIT-8") { repository in
      try FileManager.default.moveItem(
        atPath: "\(repository.path)/.git", toPath: "\(repository.folder)/away")
    },
  ]

  private func site() async throws -> Site {
    let site = try await Site()
    try await site.commit([
      "shop": Site.application(prune: true), "blog": Site.application("blog", prune: true),
    ])
    return site
  }

  @Test(
    "it is named with a remedy, nothing is removed, the last good state heals",
    arguments: harms)
  func harm(_ harm: Harm) async throws {
    let site = try await site()
    let good = try await site.repository.git("rev-parse", "HEAD")
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--prune", "--ref", "main"] + harm.options)
    try await controller.rest()
    let start = await site.lattice.ledger.count
    try await harm.body(site.repository)
    try await waitUntil("the log names \(harm.code)", within: .seconds(60)) {
      controller.lines(harm.line).contains { $0["error.code"]?.string == harm.code }
    }
    for line in controller.lines(harm.line) where line["error.code"]?.string == harm.code {
      #expect(line["remedy"]?.string?.isEmpty == false, "\(line)")
    }
    let victim = try #require(await site.instances(of: "blog-web").keys.sorted().first)
    await site.lattice.kill(victim)
    try await site.wait(for: 3)
    try await site.wait(for: 3, of: "blog-web")

    try await site.repository.restore(
      harm.isFollowed ? site.repository.git("rev-parse", "main") : good)
    try await site.commit([
      "shop": Site.application(instances: 5, prune: true),
      "blog": Site.application("blog", prune: true),
    ])
    try await site.wait(for: 5)
    await controller.end()
    #expect(await site.instances(of: "blog-web").values.reduce(0, +) == 3)
    for entry in await site.lattice.ledger.dropFirst(start) {
      #expect(entry.verb == "component.scale" && entry.count != 0, "\(entry)")
      #expect(entry.effect == .started || entry.effect == .rescaled, "\(entry)")
    }
  }

  @Test("a commit that changes nothing is followed, and nothing is sent")
  func emptyCommit() async throws {
    let site = try await site()
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--prune", "--ref", "main"])
    try await controller.rest()
    let start = await site.lattice.ledger.count
    try await site.repository.git("commit", "-q", "--allow-empty", "-m", "Nothing")
    let empty = try await site.repository.git("rev-parse", "HEAD")
    try await waitUntil("it has compared the lattice with that commit", within: .seconds(60)) {
      let answer = try await site.client.request(
        [], to: "reconcile.trigger.default.default", timeout: .seconds(10))
      let cycle = try JSONValue(parsing: answer.payload)
      return cycle["revision"]?.string == empty && cycle["in_sync"]?.bool == true
    }
    await controller.end()
    #expect(await site.lattice.ledger.count == start)
  }
}

extension GitRepositoryFixture {
  /// Commits a change beside `main`, breaks one of its objects, and then moves `main` there.
  fileprivate func commitBroken(_ object: String) async throws {
    try await git("checkout", "-q", "-b", "side")
    try write("manifests/shop.yaml", Site.application(instances: 4, prune: true))
    let commit = try await commit("Change on the side")
    let id = try await git("rev-parse", object)
    let file = "\(path)/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))"
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    try Data("broken".utf8).write(to: URL(fileURLWithPath: file))
    try writeFile("\(path)/.git/refs/heads/main", "\(commit)\n")
  }

  /// Brings `main` back to a commit, whatever lies in the folder.
  fileprivate func restore(_ commit: String) async throws {
    let away = "\(folder)/away"
    if FileManager.default.fileExists(atPath: away) {
      try FileManager.default.moveItem(atPath: away, toPath: "\(path)/.git")
    }
    let branch = "\(path)/.git/refs/heads/main"
    try? FileManager.default.removeItem(atPath: branch)
    try writeFile(branch, "\(commit)\n")
    try await git("symbolic-ref", "HEAD", "refs/heads/main")
    try await git("reset", "-q", commit)
  }
}
