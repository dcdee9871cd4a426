import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Bad input")
struct BadInputTests {
  @Test("what is not there is named with its remedy, and no lattice is asked")
  func absent() async throws {
    let site = try await Site(hosts: 1)
    let empty = try await site.reconcile("--dry-run")
    #expect(empty.status == 1)
    #expect(empty.errors.contains("GIT-"), "\(empty.errors)")
    try await site.commit(["shop": Site.application()])
    let cases: [([String], String)] = [
      (["--repo", "/"], "GIT-1"),
      (["--ref", "mian"], "did you mean \"main\"?"),
      (["--path", "manifest"], "manifest"),
      (["--nats", "nats://127.0.0.1:1"], "NAT-1"),
      (["--lattice", "other"], "OBS-1"),
      (["--lattice", "a.b"], "RUN-4"),
      (["--creds", "/nowhere.creds"], "/nowhere.creds"),
    ]
    for (arguments, part) in cases {
      let run = try await site.reconcile(arguments + ["--dry-run"])
      #expect(run.status == 1, "\(arguments): \(run.output)")
      #expect(run.errors.contains(part), "\(arguments): \(run.errors)")
    }
    #expect(await site.lattice.ledger.isEmpty)
  }

  @Test("a wrong command line ends with 64 and its sentence")
  func usage() async throws {
    let site = try await Site(hosts: 0)
    for (arguments, part) in [
      (["--dryrun"], "Did you mean '--dry-run'?"), (["aply"], "Did you mean 'apply'?"),
      (["--timeout", "5"], "expected a duration"), (["get"], "needs one more word"),
      (["controller", "--config", "/nowhere.yaml"], "CFG-1"),
      (["controller", "--lattice", "a.b"], "CFG-7"),
    ] {
      let run = try await site.reconcile(arguments)
      #expect(run.status == 64)
      #expect(run.errors.contains(part), "\(run.errors)")
    }
  }

  @Test("a broken manifest among good ones: the good are carried out, nothing is removed, exit 1")
  func broken() async throws {
    let site = try await Site()
    try await site.commit([
      "shop": Site.application(prune: true), "blog": Site.application("blog", prune: true),
    ])
    try await site.sync("--expect-hosts", "3")
    for text in [
      "apiVersion: reconcile.dev/v1\nkind: Application\nmetadata: {name: shop}\nspec: [",
      "", "kind: Aplication\n", "\u{0}", "Kind: Application\nMetadata: {name: shop}\n",
    ] {
      try await site.commit([
        "shop": text, "blog": Site.application("blog", instances: text.count % 5 + 4, prune: true),
      ])
      let run = try await site.reconcile("--prune")
      #expect(run.status == (text.isEmpty ? 3 : 1), "\(text): \(run.output)")
      #expect((run.errors + run.output).contains("manifests/shop.yaml"), "\(run.errors)")
      #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 3, "\(text)")
      #expect(await site.instances(of: "blog-web").values.reduce(0, +) == text.count % 5 + 4)
    }
  }

  @Test("an emptied folder and a deleted branch are errors, never a wish to remove everything")
  func nothing() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application(prune: true)])
    try await site.sync("--expect-hosts", "3")
    try site.repository.write("README.md", "empty\n")
    try site.repository.remove("manifests/shop.yaml")
    try await site.repository.commit("Remove everything")
    for arguments in [["--prune"], ["--prune", "--ref", "gone"]] {
      let run = try await site.reconcile(arguments)
      #expect(run.status == 1)
    }
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 3)
  }

  @Test("rewritten history holds the removals and says so")
  func rewritten() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application(prune: true)])
    let first = try await site.repository.git("rev-parse", "HEAD")
    try await site.commit(["blog": Site.application("blog", prune: true)])
    try await site.sync("--expect-hosts", "3")
    try await site.repository.git("reset", "-q", "--hard", first)
    let run = try await site.reconcile("--prune")
    #expect(run.status == 3)
    #expect(run.output.contains("does not descend"))
    #expect(await site.instances(of: "blog-web").values.reduce(0, +) == 3)
  }
}
