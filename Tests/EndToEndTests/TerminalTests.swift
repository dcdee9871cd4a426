import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import RecordKeeping
import ServiceRuntime
import Testing

@Suite("Before a terminal", .serialized)
struct TerminalTests {
  /// Three instances run, and two are wanted.
  private func site() async throws -> Site {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    try await site.sync("--expect-hosts", "3")
    try await site.commit(["shop": Site.application(instances: 2)])
    return site
  }

  private func count(_ site: Site) async -> Int {
    await site.instances(of: "shop-web").values.reduce(0, +)
  }

  @Test("a removal is asked for once; the plan is on the screen, data alone is in the output")
  func question() async throws {
    let site = try await site()
    for answer in ["n\n", "\n", "what\n", "\u{4}"] {
      let terminal = try Terminal(site, ["-o", "json"])
      try await terminal.wait(for: "Remove 1 thing? [y/N]")
      terminal.type(answer)
      let run = try await terminal.end()
      #expect(run.status == 2)
      #expect(run.result?["commands_sent"]?.int == 0, "\(run.output)")
      #expect(run.errors.contains("actors down"))
      #expect(await count(site) == 3)
    }
    let terminal = try Terminal(site, ["-o", "json"])
    try await terminal.wait(for: "Remove 1 thing? [y/N]")
    terminal.type("y\n")
    let run = try await terminal.end()
    #expect(run.status == 0 && run.result?["in_sync"]?.bool == true, "\(run.output)")
    #expect(await count(site) == 2)
  }

  @Test("a finding has its line below it, with a mark, unless a value of a config stands there")
  func lines() async throws {
    let site = try await Site(hosts: 0)
    let text = """
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata: {name: shop}
      spec:
        actors:
          - name: web
            imege: r/web:1
            config: {password: [s3cret]}
      """
    try await site.commit(["shop": text])
    let run = try await Terminal(site, ["validate"]).end()
    let lines = run.errors.split(separator: "\r\n").map(String.init)
    #expect(run.status == 1)
    #expect(lines.first?.contains(":7:7: error MAN-5: the actor has no key 'imege'") == true)
    #expect(
      lines.dropFirst().prefix(2) == ["  7 |       imege: …", "    |       ^^^^^"], "\(run.errors)")
    #expect(run.errors.contains(":8:26: error MAN-4") && !run.errors.contains("s3cret"))
  }

  @Test(
    "a bar is drawn in place while it works, and a dumb terminal has lines",
    arguments: [false, true])
  func bar(_ isDumb: Bool) async throws {
    let site = try await Site(hosts: 1)
    let host = try #require(await site.lattice.truth.keys.first)
    await site.lattice.setFaults(of: host) { $0.neverActs = true }
    try await site.commit(["shop": Site.application()])
    let terminal = try Terminal(
      site, ["--expect-hosts", "1"], environment: ["TERM": isDumb ? "dumb" : "xterm"])
    try await terminal.wait(for: " s for host \(host.rawValue.prefix(8)): actor web")
    terminal.signal(SIGINT)
    try await terminal.wait(for: "stopping:")
    terminal.signal(SIGINT)
    let run = try await terminal.end()
    #expect(run.status == 130)
    #expect(run.output.contains("actors up"), "the plan is first: \(run.output)")
    let line = "\r\u{1B}[K[----------] 0 of 1 confirmed, "
    #expect(run.errors.contains(line) == !isDumb, "\(run.errors)")
    #expect(run.errors.contains("\u{1B}") == !isDumb, "\(run.errors)")
  }

  @Test("what was stopped, or committed, while a person thought is obeyed")
  func meanwhile() async throws {
    let site = try await site()
    let suspended = try Terminal(site, [])
    try await suspended.wait(for: "[y/N]")
    #expect(try await site.reconcile("suspend", "--app", "shop", "--reason", "wait").status == 0)
    suspended.type("y\n")
    let run = try await suspended.end()
    #expect(run.status == 3, "\(run.output)")
    #expect(run.output.contains("1 step held (suspended: wait"), "\(run.output)")
    #expect(await count(site) == 3)
    #expect(try await site.reconcile("resume", "--app", "shop").status == 0)
    let outdated = try Terminal(site, [])
    try await outdated.wait(for: "[y/N]")
    try await site.commit(["shop": Site.application()])
    outdated.type("y\n")
    let refused = try await outdated.end()
    #expect(refused.status == 5 && refused.errors.contains("RUN-10"), "\(refused.errors)")
    #expect(await count(site) == 3)
  }

  @Test("a pass obeys a halt that is written while it carries a plan out")
  func halted() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    for host in await site.lattice.truth.keys {
      await site.lattice.setFaults(of: host) { $0.neverActs = true }
    }
    let subject = "wasmbus.ctl.v1.default.component.scale.*"
    let commands = try await site.client.subscribe(to: subject, queue: nil, limit: 100)
    let terminal = try Terminal(site, ["--expect-hosts", "3"])
    for await _ in commands { break }
    let record = NATSKeyValue(bucket: RecordStore.bucket("default"), over: site.client)
    _ = try await record.write("halt", Array("stop".utf8), expecting: 0)
    let run = try await terminal.end()
    #expect(run.status == 3, "\(run.output)")
    #expect(run.output.contains("held (all commanding is halted: stop)"), "\(run.output)")
  }

  @Test("nobody is asked with --yes, nor where nobody sits")
  func answered() async throws {
    let site = try await site()
    let run = try await Terminal(site, ["--yes"]).end()
    #expect(run.status == 0 && !run.errors.contains("[y/N]"))
    #expect(await count(site) == 2)
    try await site.commit(["shop": Site.application(instances: 1)])
    #expect(try await site.reconcile().status == 0)
    #expect(await count(site) == 1)
  }

  @Test("a signal answers the question with no, at once", arguments: [SIGINT, SIGTERM])
  func signalled(_ number: Int32) async throws {
    let site = try await site()
    let terminal = try Terminal(site, [])
    try await terminal.wait(for: "[y/N]")
    terminal.signal(number)
    let run = try await terminal.end()
    #expect(run.status == 128 + number)
    #expect(run.output.contains("nothing was sent"))
    #expect(await count(site) == 3)
    let after = try await site.reconcile()
    #expect(after.status == 0, "the lease was given back: \(after.errors)")
  }

  @Test("the second signal ends it at once")
  func twice() async throws {
    let site = try await Site(hosts: 1)
    let host = try #require(await site.lattice.truth.keys.first)
    await site.lattice.setFaults(of: host) { $0.neverActs = true }
    try await site.commit(["shop": Site.application()])
    let terminal = try Terminal(site, ["--expect-hosts", "1"])
    try await site.waitForLease()
    terminal.signal(SIGINT)
    try await terminal.wait(for: "stopping:")
    terminal.signal(SIGINT)
    #expect(try await terminal.end().status == 130)
  }

  @Test("a reader that goes away ends nothing but the writing")
  func brokenPipe() async throws {
    let site = try await site()
    for command in [["diff"], ["get", "actors"], ["validate", "-o", "json"], ["--help"]] {
      var ends: [Int32] = [0, 0]
      #expect(pipe(&ends) == 0)
      close(ends[0])
      let child = try ChildProcess(
        Site.executable, command, environment: site.environment,
        directory: site.repository.path, output: ends[1])
      close(ends[1])
      #expect(await child.wait() == .exited(command == ["diff"] ? 2 : 0), "\(command)")
    }
  }

  @Test("data that cannot be written is an error, and why is said")
  func fullDisk() async throws {
    let site = try await site()
    for command in [["diff"], ["get", "actors", "-o", "json"], ["validate"], ["--help"]] {
      let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
      var ends: [Int32] = [0, 0]
      #expect(full >= 0 && pipe(&ends) == 0)
      let child = try ChildProcess(
        Site.executable, command, environment: site.environment,
        directory: site.repository.path, output: full, errorOutput: ends[1])
      close(full)
      close(ends[1])
      #expect(await child.wait() == .exited(1), "\(command)")
      var bytes = [UInt8](repeating: 0, count: 4_096)
      let count = read(ends[0], &bytes, bytes.count)
      close(ends[0])
      let errors = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
      #expect(errors.contains("RUN-12: the standard output cannot be written"), "\(errors)")
    }
    #expect(try await site.reconcile("diff").status == 2)
  }

  @Test("NO_COLOR and a file as output are never coloured, a word forces it")
  func color() async throws {
    let site = try await site()
    let forced = try await site.reconcile(
      ["diff", "--color", "always"], environment: ["NO_COLOR": "1"])
    #expect(forced.output.contains("\u{1B}["))
    let plain = try await Terminal(site, ["diff"]).end()
    #expect(!plain.output.contains("\u{1B}"))
  }
}
