import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("A record that is lost, in whole or in part", .serialized)
struct RecordLossTests {
  /// What happens to the record's bucket.
  enum Harm: String, CaseIterable, Sendable {
    case purged, deleted, rolledBack, foreign

    /// What is told of it where this machine has a journal.
    var sentence: String {
      switch self {
      case .purged, .deleted: "the record was gone from its bucket"
      case .rolledBack: "the record was older than this machine's journal"
      case .foreign: "parts of the record could not be read"
      }
    }
  }

  private let shop = Site.application(prune: true)
  private let blog = Site.application(
    "blog", instances: 2, update: "config: {greeting: hello}", prune: true)

  /// A lattice in sync; what the server had stored of the record before `blog` was there.
  private func kept() async throws -> (site: Site, backup: String) {
    let site = try await Site()
    try await site.commit(["shop": shop])
    try await site.sync("--expect-hosts", "3")
    let backup = "\(site.repository.folder)/backup"
    site.server.stop()
    try await copy(stream(site), to: backup)
    try site.server.restart()
    try await site.commit(["blog": blog])
    try await waitUntil("hosts are back") {
      (try? await site.reconcile("get", "hosts").status) == 0
    }
    try await site.sync("--expect-hosts", "3")
    return (site, backup)
  }

  private func stream(_ site: Site) -> String {
    "\(site.server.directory)/store/jetstream/$G/streams/KV_RECONCILE_default"
  }

  private func copy(_ folder: String, to other: String) async throws {
    let end = try await ChildProcess.run(
      "/bin/sh", ["-c", "rm -rf '\(other)' && cp -a '\(folder)' '\(other)'"], environment: [:])
    #expect(end.ending == .exited(0))
  }

  private func inflict(_ harm: Harm, on site: Site, _ backup: String) async throws {
    switch harm {
    case .purged, .deleted:
      let verb = harm == .purged ? "PURGE" : "DELETE"
      _ = try await site.client.request(
        [], to: "$JS.API.STREAM.\(verb).KV_RECONCILE_default", timeout: .seconds(5))
    case .rolledBack:
      site.server.stop()
      try await copy(backup, to: stream(site))
      try site.server.restart()
      try await waitUntil("hosts are back") {
        (try? await site.reconcile("get", "hosts").status) == 0
      }
    case .foreign:
      let store = NATSKeyValue(bucket: "RECONCILE_default", over: site.client)
      for kind in ["ownership", "applied", "hosts"] {
        for part in 0..<16 {
          try await store.put("\(kind).\(String(part, radix: 16))", Array("not ours".utf8))
        }
      }
      for key in ["format", "theme"] { try await store.put(key, Array("not ours".utf8)) }
    }
  }

  @Test(
    "with a journal it is told in one sentence, nothing is sent, and what is ours is known again",
    arguments: Harm.allCases)
  func withJournal(_ harm: Harm) async throws {
    let (site, backup) = try await kept()
    let start = await site.lattice.ledger.count
    try await inflict(harm, on: site, backup)
    for command in ["diff", "status", "apply"] {
      let run = try await site.reconcile(command, "--prune")
      #expect(run.status == 0, "\(command): \(run.output)\(run.errors)")
      #expect((run.output + run.errors).contains(harm.sentence), "\(run.output)\(run.errors)")
    }
    #expect(await site.lattice.ledger.count == start)
    let after = try await site.reconcile("diff", "--prune")
    #expect(after.status == 0 && !(after.output + after.errors).contains(harm.sentence))
    // The config of what goes is known to be ours, though the bucket had lost it.
    try site.repository.remove("manifests/blog.yaml")
    try await site.repository.commit("Remove blog")
    let gone = try await site.reconcile("apply", "--prune", "--yes", "--expect-hosts", "3")
    #expect(gone.status == 0, "\(gone.output)\(gone.errors)")
    #expect(await site.ledger(since: start).contains("delete-config"))
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 3)
    if harm == .foreign {
      let store = NATSKeyValue(bucket: "RECONCILE_default", over: site.client)
      #expect(try await store.get("theme")?.value == Array("not ours".utf8))
    }
  }

  @Test(
    "another lattice's record is refused by name, a controller waits, and nothing is touched meanwhile"
  )
  func anotherLattice() async throws {
    let (site, _) = try await kept()
    let other = SimulatedLattice("other", over: try await site.server.connect(), seed: 9)
    try await other.start()
    try await other.addHost(labels: [:])
    #expect(try await site.reconcile("apply", "--lattice", "other").status == 0)
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3", "--prune"])
    try await controller.rest()
    await controller.end()
    let start = await site.lattice.ledger.count
    let (here, there) = ("RECONCILE_default", "RECONCILE_other")
    let bucket = NATSKeyValue(bucket: here, over: site.client)
    let theirs = NATSKeyValue(bucket: there, over: site.client)
    _ = try await site.client.request(
      [], to: "$JS.API.STREAM.PURGE.KV_\(here)", timeout: .seconds(5))
    for kind in ["ownership", "applied", "hosts"] {
      for part in 0..<16 {
        let key = "\(kind).\(String(part, radix: 16))"
        if let value = try await theirs.get(key)?.value { try await bucket.put(key, value) }
      }
    }
    let format = try #require(try await theirs.get("format")?.value)
    let revision = try await bucket.put("format", format)
    for command in ["diff", "status", "apply", "adopt", "suspend", "record"] {
      let words =
        switch command {
        case "adopt", "suspend": [command, "--all"]
        case "record": [command, "export"]
        default: [command, "--prune"]
        }
      let run = try await site.reconcile(words)
      #expect(run.status != 0, "\(words): \(run.output)\(run.errors)")
      let told = run.output + run.errors
      #expect(told.contains("REC-10") && told.contains("lattice 'other'"), "\(words): \(told)")
    }
    let waiting = try ControllerRun(on: site, ["--expect-hosts", "3", "--prune"], log: "waiting")
    try await waitUntil("the controller says what it waits for") {
      let log: String = readFile(waiting.log)
      return log.contains("REC-10")
    }
    #expect(try await bucket.get("format")?.revision == revision)
    #expect(await site.lattice.ledger.count == start)
    // Put right: the journal has what was on record.
    _ = try await site.client.request(
      [], to: "$JS.API.STREAM.DELETE.KV_\(here)", timeout: .seconds(5))
    try await waiting.wait(forLine: "Lattice is in sync")
    await waiting.end()
    #expect(try await site.reconcile("diff", "--prune").status == 0)
    #expect(await site.lattice.ledger.count == start)
    #expect(try await site.reconcile("diff", "--lattice", "other").status == 0)
  }

  @Test("without a journal an adoption ends the doubt of what is as declared, and of nothing else")
  func adoption() async throws {
    let (site, backup) = try await kept()
    site.forgetJournals()
    let start = await site.lattice.ledger.count
    try await inflict(.purged, on: site, backup)
    try site.repository.remove("manifests/shop.yaml")
    try await site.repository.commit("Remove shop")
    let dry = try await site.reconcile("adopt", "--all", "--dry-run")
    #expect(dry.status == 2 && dry.output.contains("would be doubted no longer: application blog"))
    let adopted = try await site.reconcile("adopt", "--all")
    #expect(adopted.status == 0, "\(adopted.output)\(adopted.errors)")
    #expect(adopted.output.contains("is doubted no longer: application blog"), "\(adopted.output)")
    let told = try await site.reconcile("status", "--prune")
    #expect(told.output.contains("reconcile adopt"), "\(told.output)")
    try site.repository.remove("manifests/blog.yaml")
    try await site.commit(["more": Site.application("more", prune: true)])
    let run = try await site.reconcile("apply", "--prune", "--yes", "--expect-hosts", "3")
    #expect(run.status == 3 && run.output.contains("nothing was on record"), "\(run.output)")
    #expect(await site.instances(of: "blog-web").isEmpty)
    #expect(await site.ledger(since: start).contains("delete-config"))
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 3)
  }

  @Test(
    "without a journal nothing is removed, however many passes there are, until somebody approves it",
    arguments: [Harm.purged, .deleted, .rolledBack])
  func withoutJournal(_ harm: Harm) async throws {
    let (site, backup) = try await kept()
    site.forgetJournals()
    let start = await site.lattice.ledger.count
    try await inflict(harm, on: site, backup)
    try site.repository.remove("manifests/blog.yaml")
    try await site.repository.commit("Remove blog")
    for _ in 1...3 {
      let run = try await site.reconcile("apply", "--prune", "--yes", "--expect-hosts", "3")
      let told =
        harm == .rolledBack
        ? "never heard of what reconcile started of blog" : "nothing was on record"
      #expect(run.status == 3 && run.output.contains(told), "\(run.output)")
      site.forgetJournals()
    }
    #expect(await site.lattice.ledger.count == start)
    let resume = try await site.reconcile("resume", "--all")
    #expect(
      resume.status == 0 && resume.output.contains("may be removed again"), "\(resume.output)")
    let run = try await site.reconcile("apply", "--prune", "--yes", "--expect-hosts", "3")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(await site.instances(of: "blog-web").isEmpty)
    // Whose the config was nobody knows any more.
    #expect(await !site.ledger(since: start).contains("delete-config"))
  }

  @Test("a controller tells of it once, counts it, and goes on", arguments: Harm.allCases)
  func controller(_ harm: Harm) async throws {
    let (site, backup) = try await kept()
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3", "--prune"])
    try await controller.rest()
    let start = await site.lattice.ledger.count
    try await inflict(harm, on: site, backup)
    try await site.commit(["shop": Site.application(instances: 5, prune: true)])
    try await site.wait(for: 5)
    try await controller.rest()
    if harm != .foreign {
      #expect(controller.lines("Record was not as it was written").count == 1)
    }
    await controller.end()
    #expect(await !site.ledger(since: start).contains { $0.contains("delete") })
    let diff = try await site.reconcile("diff", "--prune")
    #expect(diff.status == 0, "\(diff.output)\(diff.errors)")
  }
}

@Suite("A record as a file", .serialized)
struct RecordFileTests {
  private let shop = Site.application(update: "config: {greeting: hello}", prune: true)

  @Test(
    "a record moves through a file: what is ours is known on the other side, and is removed there")
  func move() async throws {
    let site = try await Site()
    try await site.commit(["shop": shop])
    try await site.sync("--expect-hosts", "3")
    let exported = try await site.reconcile("record", "export", "record.json")
    #expect(exported.status == 0 && exported.output.contains("1 application"), "\(exported.errors)")
    #expect(exported.output.contains("1 form, 1 of history"), "\(exported.output)")
    let printed = try await site.reconcile("record", "export")
    #expect(printed.output == readFile("\(site.repository.path)/record.json"))
    #expect(printed.json?["schema"]?.string == "reconcile.record/1")
    let bare = try await site.reconcile("record", "export", "--no-forms")
    #expect(printed.output.contains("hello") && !bare.output.contains("hello"))
    let commit = try await site.repository.git("rev-parse", "HEAD")
    for bucket in ["RECONCILE_default", "RECONCILELEASE_default"] {
      _ = try await site.client.request(
        [], to: "$JS.API.STREAM.DELETE.KV_\(bucket)", timeout: .seconds(5))
    }
    site.forgetJournals()
    let imported = try await site.reconcile("record", "import", "record.json")
    #expect(imported.status == 0 && imported.output.contains("1 config"), "\(imported.errors)")
    #expect(try await site.reconcile("diff", "--prune").status == 0)
    let history = try await site.reconcile("history", "-o", "json")
    #expect(history.result?["entries"]?.array?.count == 1, "\(history.output)")
    let back = try await site.reconcile("rollback", "shop", "--to", commit, "--dry-run")
    #expect(back.status == 0, "\(back.output)\(back.errors)")
    let start = await site.lattice.ledger.count
    try site.repository.remove("manifests/shop.yaml")
    try await site.commit(["blog": Site.application("blog")])
    let gone = try await site.reconcile("apply", "--prune", "--yes", "--expect-hosts", "3")
    #expect(gone.status == 0, "\(gone.output)\(gone.errors)")
    #expect(await site.ledger(since: start).contains("delete-config"))

    // Beside what is on record by now it removes nothing; in its place it is the record.
    let beside = try await site.reconcile("record", "import", "record.json")
    #expect(beside.output.contains("2 applications"), "\(beside.output)")
    #expect(beside.errors.contains("left out: the history"), "\(beside.errors)")
    let replaced = try await site.reconcile("record", "import", "record.json", "--replace")
    #expect(replaced.output.contains("1 application,"), "\(replaced.output)")
    let other = try await site.reconcile(
      "record", "import", "record.json", "--lattice", "other")
    #expect(other.status == 1 && other.errors.contains("REC-9"), "\(other.errors)")
    try site.repository.write("bad.json", #"{"schema": "reconcile.record/2"}"#)
    let bad = try await site.reconcile("record", "import", "bad.json")
    #expect(bad.status == 1 && bad.errors.contains("REC-9"))
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await site.waitForLease()
    let busy = try await site.reconcile("record", "import", "record.json")
    #expect(busy.status == 3 && busy.errors.contains("LEA-1"), "\(busy.errors)")
    await controller.end()
  }
}
