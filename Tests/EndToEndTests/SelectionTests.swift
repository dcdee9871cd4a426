import Glibc
import JSONCoding
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("What is read from git", .serialized)
struct SelectionTests {
  /// Two commits: the first wants three instances, the second two.
  private func site() async throws -> (site: Site, first: String) {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let first = try await site.repository.git("rev-parse", "HEAD")
    try await site.sync("--expect-hosts", "3")
    try await site.commit(["shop": Site.application(instances: 2)])
    return (site, first)
  }

  @Test(
    "a tag, an annotated tag, ids long and short, odd branches and a full name mean their commit")
  func references() async throws {
    let (site, first) = try await site()
    try await site.repository.git("tag", "plain", first)
    try await site.repository.git("tag", "-a", "annotated", "-m", "x", first)
    try await site.repository.git("branch", "feature/a-b", first)
    for name in [
      "plain", "annotated", "feature/a-b", first, String(first.prefix(7)), "refs/tags/plain",
      "HEAD~1", "tags/plain", "main^",
    ] {
      let run = try await site.reconcile("diff", "--ref", name)
      #expect(run.status == 0, "\(name): \(run.output)\(run.errors)")
      #expect(run.output.contains("commit   \(first.prefix(7))"))
    }
    #expect(try await site.reconcile("diff").status == 2)
    for name in ["HEAD^{tree}", "a..b", "HEAD@{1}", "--", "x\u{1B}[31m"] {
      let run = try await site.reconcile("diff", "--ref=\(name)")
      #expect(run.status == 1 && run.errors.contains("GIT-4"), "\(name): \(run.errors)")
      #expect(!run.errors.contains("\u{1B}"))
    }
    try await site.repository.git("checkout", "-q", "--detach", first)
    #expect(try await site.reconcile("diff").status == 0)
  }

  @Test("a bare repository, a linked work tree and a folder inside are opened alike")
  func repositories() async throws {
    let (site, first) = try await site()
    let bare = try await GitRepositoryFixture(bareCloneOf: site.repository)
    #expect(try await site.reconcile("diff", "--repo", bare.path).status == 2)
    #expect(try await site.reconcile("diff", "--repo", bare.path, "--ref", first).status == 0)
    let linked = site.repository.folder + "/linked"
    try await site.repository.git("worktree", "add", "-q", "--detach", linked, first)
    #expect(try await site.reconcile("diff", "--repo", linked).status == 0)
    let inside = try await site.reconcile("diff", "--repo", site.repository.path + "/manifests")
    #expect(inside.status == 2, "\(inside.errors)")
    let files = try await site.reconcile("diff", "--repo", bare.path, "--worktree")
    #expect(files.status == 1 && files.errors.contains("GIT-"))
  }

  @Test("what is not committed is named and not read; --worktree reads it and says so")
  func worktree() async throws {
    let (site, _) = try await site()
    try site.repository.write("manifests/shop.yaml", Site.application(instances: 5))
    try site.repository.write("manifests/new.yaml", Site.application("new"))
    let commit = try await site.reconcile("diff", "-o", "json")
    #expect(
      commit.output.contains(
        "not committed, so not read: manifests/new.yaml; 'git add' and commit, or try it with --worktree"
      ))
    #expect(commit.result?["unchanged"]?.int == 2)
    let files = try await site.reconcile("diff", "--worktree")
    #expect(files.output.contains("commit   worktree"))
    #expect(files.output.contains("note: read from the files on disk, not from a commit"))
    #expect(files.output.contains("new  actor web"))
    #expect(files.output.hasSuffix("To do this: reconcile --worktree\n"))
  }

  @Test("links, submodules and odd names under the path are refused by name; nothing is removed")
  func oddPaths() async throws {
    let site = try await Site()
    try await site.commit([
      "shop": Site.application(prune: true), "blog": Site.application("blog", prune: true),
    ])
    try await site.sync("--expect-hosts", "3")
    try site.repository.remove("manifests/blog.yaml")
    #expect(symlink("/etc/passwd", "\(site.repository.path)/manifests/blog.yaml") == 0)
    try await site.commit(["shop": Site.application(instances: 4, prune: true)])
    let run = try await site.reconcile("--prune")
    #expect(run.status == 1, "\(run.output)")
    #expect(run.errors.contains("manifests/blog.yaml"), "\(run.errors)")
    #expect(await site.instances(of: "blog-web").values.reduce(0, +) == 3)
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 4)
    let outside = try await site.reconcile("diff", "--path", "../elsewhere")
    #expect(outside.status == 1 && outside.errors.contains("GIT-"), "\(outside.errors)")
  }

  @Test("as many hosts as are expected must answer; else additions go and removals are held")
  func expectations() async throws {
    let (site, _) = try await site()
    let held = try await site.reconcile("diff", "--expect-hosts", "4")
    #expect(held.status == 4, "\(held.output)")
    #expect(held.output.contains("note: 3 of 4 expected hosts answered"))
    #expect(try await site.reconcile("diff", "--expect-hosts", "2").status == 2)
    try await site.commit(["shop": Site.application(instances: 4)])
    let more = try await site.reconcile("apply", "--expect-hosts", "4")
    #expect(more.status == 0 && more.output.contains("note: 3 of 4"), "\(more.output)")
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 4)
    for wrong in ["0", "-1", "many"] {
      #expect(try await site.reconcile("diff", "--expect-hosts", wrong).status == 64)
    }
  }

  @Test("one host is enough, two share; none is an error")
  func fewHosts() async throws {
    for count in [1, 2] {
      let site = try await Site(hosts: count)
      try await site.commit(["shop": Site.application(instances: 4)])
      try await site.sync("--expect-hosts", "\(count)")
      #expect(await site.instances(of: "shop-web").values.sorted() == (count == 1 ? [4] : [2, 2]))
    }
    let site = try await Site(hosts: 0)
    try await site.commit(["shop": Site.application()])
    let run = try await site.reconcile()
    #expect(run.status == 1 && run.errors.contains("OBS-1"))
  }

  @Test("a pass that only looks exits 0 on request, and errors stay errors")
  func exitZero() async throws {
    let (site, _) = try await site()
    #expect(try await site.reconcile("diff").status == 2)
    #expect(try await site.reconcile("diff", "--exit-zero").status == 0)
    #expect(try await site.reconcile("diff", "--exit-zero", "--ref", "gone").status == 1)
    let json = try await site.reconcile("diff", "--ref", "gone", "-o", "json")
    #expect(json.status == 1 && json.errors.contains("GIT-"))
    #expect(json.json?["exit"]?.int == 1 && json.output.contains("GIT-"), "\(json.output)")
  }

  @Test("what an application holds secret is in no output")
  func secrets() async throws {
    let site = try await Site()
    try await site.commit([
      "shop": Site.application(update: "config: {API_KEY: \"hunter2\"}")
    ])
    for format in ["text", "json", "ndjson"] {
      let run = try await site.reconcile("diff", "-o", format, "--expect-hosts", "3")
      #expect(run.status == 2 && !(run.output + run.errors).contains("hunter2"))
    }
    let apply = try await site.reconcile("apply", "--expect-hosts", "3")
    #expect(apply.status == 0 && !(apply.output + apply.errors).contains("hunter2"))
  }

  @Test("a simulation that cannot be as it was asked for says so")
  func simulation() async throws {
    let site = try await Site(hosts: 0)
    let label = try await site.reconcile("simulate", "--label", "zone")
    #expect(label.status == 64 && label.errors.contains("'zone' is no label"))
    let ledger = try await site.reconcile("simulate", "--ledger", "/nowhere/ledger")
    #expect(ledger.status == 1 && ledger.errors.contains("/nowhere/ledger"))
    #expect(try await site.reconcile("simulate", "--hosts", "0").status == 64)
  }

  @Test("a simulation has other hosts each time, the same ones by seed, and never those of others")
  func ids() async throws {
    let site = try await Site(hosts: 0)
    func hosts(beside others: Int, _ options: String...) async throws -> (ChildProcess, Set<String>)
    {
      let log = "\(site.repository.folder)/simulate-\(UInt64.random(in: 0...UInt64.max))"
      let child = try ChildProcess(
        "/bin/sh",
        [
          "-c",
          "exec \(Site.executable) simulate --hosts 2 \(options.joined(separator: " ")) >\(log)",
        ],
        environment: site.environment, directory: site.repository.path)
      try await waitUntil("hosts are simulated") {
        let text: String = readFile(log)
        return text.hasSuffix("\n")
      }
      let text: String = readFile(log)
      #expect(text.contains("beside \(others) others") == (others > 0), "\(text)")
      let seen = try await site.reconcile("get", "hosts", "-o", "json")
      let ids = (seen.json?.array ?? []).compactMap { $0["host"]?.string }
      #expect(ids.count == 2 + others, "\(seen.output)")
      return (child, Set(ids))
    }
    func end(_ child: ChildProcess) async {
      child.signal(SIGTERM)
      #expect(await child.wait() == .exited(0))
    }
    let (first, firstIDs) = try await hosts(beside: 0)
    await end(first)
    let (second, secondIDs) = try await hosts(beside: 0)
    #expect(firstIDs.isDisjoint(with: secondIDs))
    await end(second)
    let (fixed, fixedIDs) = try await hosts(beside: 0, "--seed", "7")
    let (other, bothIDs) = try await hosts(beside: 2, "--seed", "7")
    #expect(bothIDs.count == 4 && bothIDs.isSuperset(of: fixedIDs))
    await end(other)
    await end(fixed)
    let (again, againIDs) = try await hosts(beside: 0, "--seed", "7")
    #expect(againIDs == fixedIDs)
    await end(again)
  }
}
