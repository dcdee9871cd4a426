import JSONCoding
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
      (["--creds", "/nowhere.creds"], "/nowhere.creds"),
    ]
    for (arguments, part) in cases {
      let run = try await site.reconcile(arguments + ["--dry-run"])
      #expect(run.status == 1, "\(arguments): \(run.output)")
      #expect(run.errors.contains(part), "\(arguments): \(run.errors)")
    }
    #expect(await site.lattice.ledger.isEmpty)
  }

  @Test(
    "a repository elsewhere that cannot be reached is told as that; what opens it is shown by nothing"
  )
  func elsewhere() async throws {
    let site = try await Site(hosts: 1)
    let words = try await site.reconcile(
      "controller", "--print-config", "--repo", "user:canary@example.com:x")
    #expect(words.output.contains("***@example.com:x"), "\(words.output)")
    for (address, shown) in [
      ("https://user:canary@localhost:1/x", "GIT-19: https://localhost:1/x cannot be reached"),
      ("https://user:can/canary@example.com/x", "GIT-18: https://example.com/x is no address"),
    ] {
      for command in ["diff", "apply", "validate", "status", "render"] {
        for format in ["text", "json", "ndjson"] where command != "render" || format == "text" {
          let output = command == "render" ? [] : ["-o", format]
          let run = try await site.reconcile([command, "--repo", address] + output)
          let told = run.output + run.errors
          #expect(run.status == 1 && told.contains(shown.prefix(6)), "\(command): \(told)")
          #expect(told.contains(shown.dropFirst(8)), "\(told)")
          #expect(!told.contains("canary"), "\(command): \(told)")
        }
      }
      let run = try await site.reconcile("validate", environment: ["RECONCILE_REPO": address])
      #expect(!(run.output + run.errors).contains("canary"), "\(run.output)\(run.errors)")
      for words in [
        ["controller", "--print-config", "--repo", address], ["diff", address], [address],
        ["diff", "--worktree=\(address)"],
      ] {
        let run = try await site.reconcile(words)
        #expect(!(run.output + run.errors).contains("canary"), "\(run.output)\(run.errors)")
      }
    }
  }

  @Test("with no server and a wrong reference or path, both are named")
  func both() async throws {
    let site = try await Site(hosts: 0)
    try await site.commit(["shop": Site.application()])
    for (option, code) in [(["--ref", "mian"], "GIT-5"), (["--path", "manifest"], "GIT-9")] {
      for command in ["diff", "apply", "status"] {
        let run = try await site.reconcile([command, "--nats", "nats://127.0.0.1:1"] + option)
        #expect(run.status == 1)
        #expect(run.errors.contains(code) && run.errors.contains("NAT-1"), "\(run.errors)")
      }
    }
  }

  @Test("an expression is no reference, and what is one is said")
  func expression() async throws {
    let site = try await Site(hosts: 0)
    try await site.commit(["shop": Site.application()])
    let run = try await site.reconcile("validate", "--ref", "HEAD@{1}")
    #expect(run.status == 1)
    #expect(run.errors.contains("give a branch, a tag, a commit id"), "\(run.errors)")
    #expect(run.errors.contains("git rev-parse"))
  }

  @Test("an error is data too where data is asked for, with its code, words and remedy")
  func errorsAsData() async throws {
    let site = try await Site(hosts: 0)
    try await site.commit(["shop": Site.application()])
    let run = try await site.reconcile("diff", "-o", "json", "--nats", "nats://127.0.0.1:1")
    #expect(run.status == 1 && run.errors.contains("NAT-1"))
    #expect(run.json?["schema"]?.string == "reconcile.error/2", "\(run.output)")
    #expect(run.json?["exit"]?.int == 1)
    let found = try #require(run.json?["errors"]?.array?.first)
    #expect(found["code"]?.string == "NAT-1" && found["severity"]?.string == "error")
    #expect(found["message"]?.string?.contains("127.0.0.1:1") == true)
    #expect(found["remedy"]?.string?.contains("--nats") == true)
    let lines = try await site.reconcile("status", "-o", "ndjson", "--ref", "gone")
    let objects = try lines.output.split(separator: "\n").map {
      try JSONValue(parsing: Array($0.utf8))
    }
    #expect(objects.map { $0["type"]?.string } == ["diagnostic", "error"], "\(lines.output)")
    let usage = try await site.reconcile("suspend", "-o", "json")
    #expect(usage.json?["exit"]?.int == 64, "\(usage.output)")
  }

  @Test("a wrong command line ends with 64 and its sentence")
  func usage() async throws {
    let site = try await Site(hosts: 0)
    for (arguments, part) in [
      (["--dryrun"], "Did you mean '--dry-run'?"), (["aply"], "Did you mean 'apply'?"),
      (["--timeout", "5"], "expected a duration"), (["get"], "needs one more word"),
      (["get", "links", "--host", "N"], "'--host' is not for 'get links' but for 'get hosts'"),
      (["suspend"], "RUN-6"), (["resume", "--nats", "nats://127.0.0.1:1"], "RUN-6"),
      (["suspend", "--all", "--until", "soon"], "'soon' is invalid for '--until"),
      (["suspend", "--all", "--until=-5m"], "is invalid for '--until"),
      (["suspend", "--all", "--until", "2020-01-01T00:00:00Z"], "RUN-7"),
      (["controller", "--config", "/nowhere.yaml"], "CFG-1"),
      (["controller", "--config", "/dev/null"], "CFG-14"),
      (["controller", "--lattice", "a.b"], "CFG-7"),
      (["--lattice", "a.b"], "RUN-4"), (["get", "hosts", "--lattice", "a b"], "RUN-4"),
      (["suspend", "--all", "--lattice", "v1"], "RUN-4"),
      (["--path", ""], "'--path <path>' is empty"), (["diff", "--repo="], "is empty"),
      (["validate", "--ref", ""], "is empty"), (["status", "--lattice", ""], "is empty"),
      (["--app", ""], "'--app <name>' is empty"),
      (["init"], "Missing expected argument '<application>'."),
      (["init", "My_App"], "expected lower-case letters, digits and '-'"),
      (["schema", "Polcy"], "HostProfile, Lattice, Stream. Did you mean 'Policy'?"),
      (["schema", "Pod"], "expected one of Application, Policy, HostProfile, Lattice, Stream."),
      (["schema", "Policy", "Stream"], "Unexpected argument 'Stream'"),
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

  @Test("a lattice is not in sync with a commit whose manifests have errors")
  func errors() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    try await site.sync("--expect-hosts", "3")
    try await site.commit(["shop": Site.application().replacing("image:", with: "imag:")])
    let text = try await site.reconcile()
    #expect(text.status == 1)
    #expect(text.output.contains("not in sync: 1 error in manifests, what cannot be read stays"))
    let data = try await site.reconcile("diff", "-o", "json").result
    #expect(data?["in_sync"]?.bool == false && data?["commands"]?.int == 0)
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
