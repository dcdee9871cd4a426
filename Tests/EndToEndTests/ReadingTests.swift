import Foundation
import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("What is concluded from a reading of git", .serialized)
struct ReadingTests {
  /// Three applications, one a file, that prune, applied.
  private func site() async throws -> Site {
    let site = try await Site()
    try await site.commit([
      "a": Site.application("a", prune: true), "b": Site.application("b", prune: true),
      "c": Site.application("c", prune: true),
    ])
    try await site.sync("--expect-hosts", "3")
    return site
  }

  private func running(_ site: Site, _ name: String) async -> Int {
    await site.instances(of: "\(name)-web").values.reduce(0, +)
  }

  @Test("a narrower path, another repository and another application leave what they do not see")
  func narrower() async throws {
    let site = try await site()
    let path = try await site.reconcile("apply", "--path", "manifests/a.yaml", "--prune")
    #expect(path.status == 0, "\(path.output)\(path.errors)")
    #expect(path.output.contains("path     manifests/a.yaml"), "\(path.output)")
    #expect(path.output.contains("left alone: b, c: they were applied from 'manifests'"))
    let other = try await GitRepositoryFixture()
    try other.write("manifests/d.yaml", Site.application("d", prune: true))
    try await other.commit("Add")
    let foreign = try await site.reconcile("apply", "--repo", other.path, "--prune")
    #expect(foreign.status == 0, "\(foreign.output)\(foreign.errors)")
    #expect(foreign.output.contains("left alone: a, b, c: they were applied from another rep"))
    for name in ["a", "b", "c", "d"] { #expect(await running(site, name) == 3, "\(name)") }

    // Whatever saw them sees that they are gone; the other repository's is none of its business.
    try site.repository.remove("manifests/b.yaml")
    try site.repository.remove("manifests/c.yaml")
    try await site.repository.commit("Remove two")
    let one = try await site.reconcile("apply", "--app", "b", "--prune")
    #expect(one.status == 0, "\(one.output)\(one.errors)")
    #expect(await running(site, "b") == 0)
    #expect(await running(site, "c") == 3)
    // Its own wish to be pruned is still on record.
    let rest = try await site.reconcile("apply")
    #expect(rest.status == 0, "\(rest.output)\(rest.errors)")
    #expect(await running(site, "c") == 0)
    #expect(await running(site, "d") == 3)
  }

  @Test("a controller whose path is narrower leaves the others alone and says so")
  func narrowerController() async throws {
    let site = try await site()
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--path", "manifests/a.yaml", "--prune"])
    try await controller.wait(forLine: "Lattice is in sync")
    #expect(
      controller.lines("Application is left alone").compactMap { $0["application"]?.string }
        == ["b", "c"])
    try await site.commit(["a": Site.application("a", instances: 4, prune: true)])
    try await site.wait(for: 4, of: "a-web")
    await controller.end()
    for name in ["b", "c"] { #expect(await running(site, name) == 3, "\(name)") }
    #expect(controller.lines("Application is left alone").count == 2)
  }

  @Test("what is deleted and not committed is still read, and told so; so is what cannot be seen")
  func deleted() async throws {
    let site = try await Site()
    try await site.commit(["a": Site.application("a"), "b": Site.application("b")])
    try site.repository.write("manifests/c.yml.bak", Site.application("c"))
    try await site.repository.commit("Keep an old one")
    try site.repository.remove("manifests/b.yaml")
    let diff = try await site.reconcile("diff")
    #expect(diff.output.contains("note: deleted, but not in a commit, so still read: manifests/b"))
    #expect(!diff.output.contains("so not read"), "\(diff.output)")
    #expect(diff.output.contains("+ b  actor web x3"), "\(diff.output)")
    try site.repository.remove(".git/index")
    let blind = try await site.reconcile("diff")
    #expect(blind.output.contains("note: what is not committed could not be seen: "))
    #expect(!blind.output.contains("not read: manifests"), "\(blind.output)")
    for format in ["text", "json"] {
      let check = try await site.reconcile("validate", "-o", format)
      let told = check.output + check.errors
      #expect(check.status == 0 && told.contains("not read for its ending: manifests/c.yml.bak"))
      #expect(told.contains("not committed could not be seen"), "\(told)")
    }
  }

  @Test("files on disk need no commit: they are checked, shown and applied before the first one")
  func beforeTheFirstCommit() async throws {
    let site = try await Site()
    try site.repository.write("manifests/a.yaml", Site.application("a"))
    let plain = try await site.reconcile("validate")
    #expect(plain.status == 1 && plain.errors.contains("GIT-7"), "\(plain.errors)")
    let check = try await site.reconcile("validate", "--worktree")
    #expect(check.status == 0, "\(check.output)\(check.errors)")
    let diff = try await site.reconcile("diff", "--worktree")
    #expect(diff.status == 2, "\(diff.output)\(diff.errors)")
    #expect(diff.output.contains("commit   worktree  nothing is committed yet"))
    try await site.sync("--expect-hosts", "3", "--worktree")
    #expect(await running(site, "a") == 3)
    try await site.repository.commit("Add")
    let full = try await site.reconcile("diff")
    #expect(full.status == 0, "\(full.output)\(full.errors)")
  }

  @Test("what is not checked out is not gone")
  func sparse() async throws {
    let site = try await Site()
    for name in ["a", "b"] {
      try site.repository.write(
        "manifests/\(name)/\(name).yaml", Site.application(name, prune: true))
    }
    try await site.repository.commit("Add")
    try await site.sync("--expect-hosts", "3", "--worktree")
    try await site.repository.git("sparse-checkout", "set", "manifests/a")
    let run = try await site.reconcile("apply", "--worktree", "--prune")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("not checked out, so not read: manifests/b/b.yaml"))
    #expect(await running(site, "b") == 3)
    let full = try await site.reconcile("diff", "--prune")
    #expect(full.status == 0, "\(full.output)\(full.errors)")
  }

  @Test("what an earlier version applied is left until it was declared once more")
  func withoutScope() async throws {
    let site = try await site()
    let record = NATSKeyValue(bucket: "RECONCILE_default", over: site.client)
    let members: Set = ["repository", "scope"]
    for number in 0..<16 {
      let key = "applied.\(String(number, radix: 16))"
      guard let entry = try await record.get(key), let value = entry.value,
        var part = try JSONValue(parsing: value).object
      else { continue }
      part["applications"] = .array(
        (part["applications"]?.array ?? []).compactMap(\.object).map { application in
          .object(application.filter { !members.contains($0.key) })
        })
      try await record.put(key, JSONValue.object(part).bytes())
    }
    try site.repository.remove("manifests/b.yaml")
    try await site.repository.commit("Remove b")
    let run = try await site.reconcile("apply", "--prune")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("left alone: b: an earlier version applied them"))
    #expect(await running(site, "b") == 3)
    try await site.commit(["b": Site.application("b", prune: true)])
    #expect(try await site.reconcile("apply").status == 0)
    try site.repository.remove("manifests/b.yaml")
    try await site.repository.commit("Remove b again")
    #expect(try await site.reconcile("apply", "--prune").status == 0)
    #expect(await running(site, "b") == 0)
  }

  @Test("in a shallow clone only removals wait for proof, and what is proof counts")
  func shallow() async throws {
    let site = try await site()
    func clone(_ depth: Int) async throws -> String {
      let path = "\(site.repository.folder)/depth-\(UUID())"
      try await site.repository.git(
        "clone", "-q", "--depth", "\(depth)", "file://\(site.repository.path)", path)
      return path
    }
    try site.repository.remove("manifests/b.yaml")
    try await site.repository.commit("Remove b")
    let child = try await site.reconcile("apply", "--repo", try await clone(1))
    #expect(child.status == 0, "\(child.output)\(child.errors)")
    #expect(await running(site, "b") == 0)

    let last = try await site.repository.git("rev-parse", "--short=7", "HEAD")
    try site.repository.remove("manifests/c.yaml")
    try await site.repository.commit("Remove c")
    try await site.commit(["a": Site.application("a", instances: 4, prune: true)])
    let path = try await clone(1)
    let blind = try await site.reconcile("apply", "--repo", path)
    #expect(blind.status == 3, "\(blind.output)\(blind.errors)")
    #expect(blind.output.contains("descends from \(last), which was last applied, cannot be seen"))
    #expect(blind.output.contains("git fetch --unshallow"), "\(blind.output)")
    #expect(await running(site, "a") == 4)
    #expect(await running(site, "c") == 3)
    try await site.repository.git("-C", path, "fetch", "-q", "--unshallow")
    let seen = try await site.reconcile("apply", "--repo", path)
    #expect(seen.status == 0, "\(seen.output)\(seen.errors)")
    #expect(await running(site, "c") == 0)
  }

  @Test("a controller on a shallow clone follows each pull")
  func shallowController() async throws {
    let site = try await site()
    let path = "\(site.repository.folder)/shallow"
    try await site.repository.git(
      "clone", "-q", "--depth", "1", "file://\(site.repository.path)", path)
    var controller = try ControllerRun(on: site, ["--expect-hosts", "3", "--repo", path])
    try await controller.wait(forLine: "Lattice is in sync")
    try await site.commit(["a": Site.application("a", instances: 4, prune: true)])
    try await site.repository.git("-C", path, "pull", "-q")
    try await site.wait(for: 4, of: "a-web")
    await controller.end()
    try await site.commit(["a": Site.application("a", instances: 5, prune: true)])
    try await site.commit(["b": Site.application("b", instances: 4, prune: true)])
    try await site.repository.git("-C", path, "fetch", "-q", "--depth", "1")
    try await site.repository.git("-C", path, "reset", "-q", "--hard", "origin/main")
    controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--repo", path], log: "controller-2")
    try await site.wait(for: 5, of: "a-web")
    try await site.wait(for: 4, of: "b-web")

    try site.repository.remove("manifests/b.yaml")
    try await site.repository.commit("Remove b")
    try await site.commit(["a": Site.application("a", instances: 6, prune: true)])
    try await site.repository.git("-C", path, "fetch", "-q", "--depth", "1")
    try await site.repository.git("-C", path, "reset", "-q", "--hard", "origin/main")
    try await site.wait(for: 6, of: "a-web")
    try await controller.wait(forLine: "Steps are held")
    #expect(await running(site, "b") == 4)
    try await site.repository.git("-C", path, "fetch", "-q", "--unshallow")
    _ = try await site.client.request(
      [], to: "reconcile.trigger.default.default", timeout: .seconds(10))
    try await site.wait(for: 0, of: "b-web")
    await controller.end()
  }

  @Test("after an amended commit removals go on request, and both commits are named until then")
  func amended() async throws {
    let site = try await site()
    let last = try await site.repository.git("rev-parse", "--short=7", "HEAD")
    try site.repository.remove("manifests/b.yaml")
    try await site.repository.git("add", "-A")
    try await site.repository.git("commit", "-q", "--amend", "-m", "Two are enough")
    for _ in 0..<2 {
      let commit = try await site.repository.git("rev-parse", "--short=7", "HEAD")
      let held = try await site.reconcile("apply", "--prune")
      #expect(held.status == 3, "\(held.output)\(held.errors)")
      #expect(held.output.contains("commit \(commit) does not descend from \(last)"))
      #expect(held.output.contains("--allow-non-fast-forward"))
      #expect(await running(site, "b") == 3)
      try await site.repository.git("commit", "-q", "--allow-empty", "-m", "More")
    }
    let forced = try await site.reconcile("apply", "--prune", "--allow-non-fast-forward")
    #expect(forced.status == 0, "\(forced.output)\(forced.errors)")
    #expect(await running(site, "b") == 0)
    #expect(try await site.reconcile("diff", "--prune").status == 0)
  }

  @Test("what is undeclared within an application waits for the same proof, again and again")
  func amendedWithin() async throws {
    let site = try await Site()
    let second = "    - {name: side, image: \"registry.example.com/side:1\"}"
    try await site.commit(["shop": Site.application(prune: true, more: second)])
    try await site.sync("--expect-hosts", "3")
    try site.repository.write("manifests/shop.yaml", Site.application(prune: true))
    try await site.repository.git("commit", "-q", "-a", "--amend", "-m", "Without it")
    for _ in 0..<2 {
      #expect(try await site.reconcile("apply").status == 3)
      #expect(await site.instances(of: "shop-side").values.reduce(0, +) == 1)
    }
    // A controller goes on from what was applied; what was held stays held.
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await site.commit(["shop": Site.application(instances: 4, prune: true)])
    try await site.wait(for: 4)
    try await controller.wait(forLine: "Steps are held")
    await controller.end()
    #expect(await site.instances(of: "shop-side").values.reduce(0, +) == 1)
    #expect(try await site.reconcile("apply", "--allow-non-fast-forward").status == 0)
    #expect(await site.instances(of: "shop-side").isEmpty)
  }

  @Test("an index that cannot be read keeps nobody from reading the commit")
  func index() async throws {
    let site = try await site()
    for text in ["", "DIRC", "garbage"] {
      try site.repository.write(".git/index", text)
      let run = try await site.reconcile("diff")
      #expect(run.status == 0, "\(run.output)\(run.errors)")
      #expect(run.output.contains("note: what is not committed could not be seen"), "\(text)")
    }
  }

  @Test("standing in a folder, a path is meant from there and the default from the root")
  func standing() async throws {
    let site = try await Site(hosts: 0)
    try site.repository.write("team/one/a.yaml", Site.application("a"))
    try site.repository.write("team/two/b.yaml", Site.application("b"))
    try site.repository.write("manifests/c.yaml", Site.application("c"))
    try await site.repository.commit("Add")
    for (path, folder, count) in [
      (["--path", "."], "team/one", 1), (["--path", ".."], "team/one", 2),
      (["--path", "one/a.yaml"], "team", 1), ([], "team/one", 1), (["--path", "."], "", 3),
    ] {
      let run = try await site.reconcile(
        ["validate", "-o", "json"] + path, in: "\(site.repository.path)/\(folder)")
      #expect(run.json?["applications"]?.int == count, "\(path): \(run.output)\(run.errors)")
    }
  }

  @Test("a file that is renamed to capitals stays, one that loses its ending is noted")
  func endings() async throws {
    let site = try await site()
    let manifests = site.repository.path + "/manifests"
    #expect(rename("\(manifests)/a.yaml", "\(manifests)/A.YAML") == 0)
    #expect(rename("\(manifests)/b.yaml", "\(manifests)/b.yaml.off") == 0)
    try await site.repository.commit("Rename")
    let run = try await site.reconcile("diff", "-o", "json")
    #expect(run.output.contains("not read for its ending: manifests/b.yaml.off"), "\(run.output)")
    let changes = run.result?["changes"]?.array?.compactMap { $0["application"]?.string }
    #expect(Set(changes ?? []) == ["b"], "\(run.output)")
  }

  @Test("a link to the repository is followed, and where it leads nowhere that is told in time")
  func link() async throws {
    let site = try await site()
    let folder = site.repository.folder
    let current = folder + "/current"
    func lead(to target: String) throws {
      #expect(symlink(target, current + ".new") == 0)
      #expect(rename(current + ".new", current) == 0)
    }
    try await site.repository.git("worktree", "add", "-q", "--detach", folder + "/1")
    try lead(to: "1")
    let controller = try ControllerRun(
      on: site,
      [
        "--expect-hosts", "3", "--repo", current, "--listen", "127.0.0.1:0", "--stale-after", "1s",
      ])
    try await controller.wait(forLine: "Lattice is in sync")
    #expect(try await controller.page("/readyz").hasPrefix("HTTP/1.1 200"))
    try await site.commit(["a": Site.application("a", instances: 4, prune: true)])
    try await site.repository.git("worktree", "add", "-q", "--detach", folder + "/2")
    try lead(to: "2")
    try await site.repository.git("worktree", "remove", folder + "/1")
    try await site.wait(for: 4, of: "a-web")

    try await site.repository.git("worktree", "remove", folder + "/2")
    try await waitUntil("it is not ready", within: .seconds(30)) {
      let page = try await controller.page("/readyz")
      return page.hasPrefix("HTTP/1.1 503") && page.contains("source: the repository is neither")
    }
    #expect(try await controller.page("/livez").hasPrefix("HTTP/1.1 200"))
    try await waitUntil("a metric says for how long", within: .seconds(30)) {
      let line = try await controller.page("/metrics").split(separator: "\n").first {
        $0.hasPrefix("reconcile_source_stale_seconds{")
      }
      return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0 >= 1
    }
    let told = try #require(
      controller.lines("Repository cannot be read, the last good revision stands").last)
    #expect(told["error.code"]?.string == "GIT-8", "\(told)")
    let blind = try await site.reconcile("status", "--repo", current)
    #expect(blind.status == 1, "\(blind.output)\(blind.errors)")
    let status = try await site.reconcile("status")
    #expect(status.output.contains("stale       the controller has not followed git for "))
    let data = try await site.reconcile("status", "-o", "json").json?["stale"]
    #expect(data?["reason"]?.string?.contains("cannot be read") == true, "\(status.output)")
    await site.lattice.kill(try #require(await site.instances(of: "b-web").keys.sorted().first))
    try await site.wait(for: 3, of: "b-web")

    try await site.repository.git("worktree", "add", "-q", "--detach", folder + "/3")
    try lead(to: "3")
    try await waitUntil("it is ready again", within: .seconds(30)) {
      try await controller.page("/readyz").hasPrefix("HTTP/1.1 200")
    }
    #expect(try await site.reconcile("status").output.contains("stale ") == false)
    await controller.end()
  }
}
