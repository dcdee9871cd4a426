import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("How failures are told")
struct FailureTests {
  private static let linked = """
      providers:
        - {name: server, image: "registry.example.com/http:1"}
    """
  private static let cause = "tcp connect error: Connection refused (os error 111)"

  private func siteWithBadImage() async throws -> Site {
    let site = try await Site()
    for host in await site.lattice.truth.keys {
      await site.lattice.setFaults(of: host) { $0.failingImages = ["registry.example.com/http:1"] }
    }
    try await site.commit(["shop": Site.application(more: Self.linked)])
    return site
  }

  @Test("a pass tells a failure once, on one line, with how often and since when, and why it ended")
  func once() async throws {
    let site = try await siteWithBadImage()
    let run = try await site.reconcile(
      "--expect-hosts", "3", "--timeout", "12s", "--progress", "none")
    #expect(run.status == 6)
    #expect(run.errors == "", "\(run.errors)")
    let lines = run.output.split(separator: "\n").map(String.init)
    let told = lines.filter { $0.contains(Self.cause) }
    #expect(told.count == 1, "\(run.output)")
    let line = told.first ?? ""
    #expect(line.contains("shop  provider server on ") && line.contains(" failed: "), "\(line)")
    #expect(
      line.contains(#/; (1 attempt at|\d+ attempts since) \d\d:\d\d:\d\dZ; HST-3: /#), "\(line)")
    #expect(line.contains("cannot be reached") && line.contains("WASMCLOUD_OCI_ALLOWED_INSECURE"))
    #expect(run.output.contains("3 steps: an earlier step that it builds on failed"))
    #expect(
      lines.last?.contains(
        #/^not in sync: gave up after \d+(\.\d)? m?s of 12s: nothing more can be done now: every step/#
      )
        == true, "\(run.output)")
    #expect(
      lines.last?.contains(#/has failed (once|\d times), or waits for one that has$/#) == true)
    expectNoSwiftText(in: run.output)
  }

  @Test("what a host refuses thrice is one failure of three attempts")
  func refused() async throws {
    let site = try await Site(hosts: 1)
    let host = try #require(await site.lattice.truth.keys.first)
    await site.lattice.setFaults(of: host) { $0.refusals = 100 }
    try await site.commit(["shop": Site.application()])
    let run = try await site.reconcile("--expect-hosts", "1", "--progress", "none")
    #expect(run.status == 6 && run.errors == "", "\(run.errors)")
    #expect(run.output.contains("; 3 attempts since "), "\(run.output)")
    #expect(run.output.contains("every step left has failed 3 times\n"), "\(run.output)")
  }

  @Test("as data a failure has its words, number and time, and the end its reason")
  func data() async throws {
    let site = try await siteWithBadImage()
    let run = try await site.reconcile("--timeout", "12s", "-o", "json")
    #expect(run.status == 6)
    let failures = run.result?["failures"]?.array ?? []
    #expect(failures.count == 1, "\(run.output)")
    #expect(failures.first?["result"]?.string == "failed")
    #expect(failures.first?["attempts"]?.int ?? 0 > 0)
    #expect(failures.first?["since"]?.string?.hasSuffix("Z") == true)
    #expect(failures.first?["detail"]?.string?.hasSuffix(Self.cause) == true)
    #expect(failures.first?["explanation"]?["code"]?.string == "HST-3")
    #expect(run.result?["end"]?["reason"]?.string == "nothing-more")
    #expect(run.result?["end"]?["timeout_ms"]?.int == 12_000)
  }

  @Test("a pass whose time is over says so")
  func timeout() async throws {
    let site = try await Site()
    for host in await site.lattice.truth.keys {
      await site.lattice.setFaults(of: host) { $0.neverActs = true }
    }
    try await site.commit(["shop": Site.application()])
    let run = try await site.reconcile("--expect-hosts", "3", "--timeout", "1s")
    #expect(run.status == 6)
    #expect(
      run.output.contains("not in sync: gave up after 1s: the time is over"), "\(run.output)")
    #expect(run.output.contains("was not seen to take effect in time; 3 attempts since "))
  }

  @Test("elsewhere than on a terminal progress is lines, or data; quiet is how it ended alone")
  func progress() async throws {
    let site = try await Site(hosts: 1)
    let host = try #require(await site.lattice.truth.keys.first)
    await site.lattice.setFaults(of: host) { $0.neverActs = true }
    try await site.commit(["shop": Site.application()])
    let words = ["--expect-hosts", "1", "--timeout"]
    let plain = try await site.reconcile(words + ["3s"])
    let start = "0 of 1 confirmed, [0-9]+ s, waiting [0-9]+ s for host "
    let line = try Regex(start + "\(host.rawValue.prefix(8)): actor web\n")
    #expect(plain.status == 6)
    #expect(try line.prefixMatch(in: plain.errors) != nil, "\(plain.errors)")
    let data = try await site.reconcile(words + ["3s", "--progress", "json"])
    let lines = try data.errors.split(separator: "\n").map {
      try JSONValue(parsing: Array($0.utf8))
    }
    #expect(!lines.isEmpty && data.output.contains("actors up"))
    for line in lines {
      #expect(line["schema"]?.string == "reconcile.progress/1" && line["steps"]?.int == 1)
      #expect(line["longest"]?["host"]?.string == host.rawValue, "\(data.errors)")
    }
    let quiet = try await site.reconcile(words + ["1s", "--quiet"])
    #expect(quiet.status == 6 && quiet.errors == "", "\(quiet.errors)")
    #expect(!quiet.output.contains("actors up") && quiet.output.contains("\nnot in sync: "))
  }

  @Test("the controller tells a bad image once, and once that it fails no longer")
  func controller() async throws {
    let site = try await siteWithBadImage()
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await waitUntil("it has failed again and again", within: .seconds(60)) {
      await site.lattice.ledger.count { $0.effect == .failed } >= 4
    }
    let told = controller.lines("Command failed")
    #expect(told.count == 1)
    #expect(told.first?["error"]?.string?.hasSuffix(Self.cause) == true)
    #expect(told.first?["count"]?.int == 1)
    #expect(told.first?["since"]?.string?.hasSuffix("Z") == true)
    #expect(controller.lines("Command is tried again").isEmpty)
    try await site.commit([
      "shop": Site.application(more: Self.linked.replacing("http:1", with: "http:2"))
    ])
    try await controller.wait(forLine: "Lattice is in sync")
    #expect(controller.lines("Command fails no longer").count == 1)
    // What becomes of hosts has its words too.
    let host = try #require(await site.lattice.truth.keys.sorted().first)
    await site.lattice.setFaults(of: host) { $0.isHung = true }
    try await waitUntil("a host is late", within: .seconds(60)) {
      controller.lines("Host has changed").contains { $0["presence"]?.string == "late" }
    }
    let late = controller.lines("Host has changed").last { $0["presence"]?.string == "late" }
    #expect(late?["reason"]?.string == "it does not answer pings")
    await controller.end()
    expectNoSwiftText(in: readFile(controller.log))
  }

  @Test("no golden holds a value as Swift would write it")
  func goldens() throws {
    let rooms = ["ControlPlane", "EndToEnd", "Manifests", "ReconcileCLI"]
    let files = try rooms.flatMap { try repositoryFiles("Tests/\($0)Tests/Golden") }
    #expect(files.count > 50)
    for (path, bytes) in files {
      expectNoSwiftText(in: String(decoding: bytes, as: UTF8.self), of: path)
    }
    #expect(swiftText(in: "presence=late(reason: \"x\")") == ["late(reason: "])
  }

  private func expectNoSwiftText(
    in text: String, of name: String = "", at place: SourceLocation = #_sourceLocation
  ) {
    #expect(swiftText(in: text) == [], "\(name)", sourceLocation: place)
  }

  /// What looks like the description of an enumeration's case or of an optional.
  private func swiftText(in text: String) -> [String] {
    text.matches(of: #/\w+\([a-z]\w*: |\.some\(|\.none\b|Optional\(|\w+Error\.\w+/#)
      .map { String($0.output) }
  }
}
