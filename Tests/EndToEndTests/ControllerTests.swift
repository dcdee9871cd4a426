import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

/// A controller as a process of its own, with its log.
struct ControllerRun {
  let child: ChildProcess
  let log: String

  init(
    on site: Site, _ arguments: [String] = [], log name: String = "controller",
    environment extra: [String: String] = [:]
  ) throws {
    log = "\(site.repository.folder)/\(name).log"
    let command = ["controller"] + arguments.map { "'\($0)'" }
    child = try ChildProcess(
      "/bin/sh",
      ["-c", "exec '\(Site.executable)' \(command.joined(separator: " ")) 2>'\(log)'"],
      environment: [
        "RECONCILE_NATS": site.server.address, "HOME": site.repository.folder,
        "RECONCILE_LOG_FORMAT": "json",
      ].merging(extra) { $1 },
      directory: site.repository.path)
  }

  /// The lines of its log that have a message.
  func lines(_ message: String) -> [JSONValue] {
    readFile(log).split(separator: "\n").compactMap { try? JSONValue(parsing: Array($0.utf8)) }
      .filter { $0["message"]?.string == message }
  }

  func wait(
    forLine message: String, times: Int = 1, at place: SourceLocation = #_sourceLocation
  ) async throws {
    try await waitUntil("the log says '\(message)'", within: .seconds(60), at: place) {
      lines(message).count >= times
    }
  }

  /// A page that it serves, as a client of HTTP/1.1 gets it.
  func page(_ target: String) async throws -> String {
    let address = try #require(lines("HTTP server listens").first?["address"]?.string)
    return try await EndToEndTests.page(target, at: address)
  }

  /// Asks it to end, and expects that it does so well.
  func end(at place: SourceLocation = #_sourceLocation) async {
    child.signal(SIGTERM)
    let ending = await child.wait()
    let text: String = readFile(log)
    #expect(ending == .exited(0), "\(text)", sourceLocation: place)
  }
}

/// A page as a client of HTTP/1.1 gets it.
func page(_ target: String, at address: String) async throws -> String {
  let parts = address.split(separator: ":")
  let request =
    "exec 3<>/dev/tcp/\(parts[0])/\(parts[1]); printf 'GET \(target) HTTP/1.1\\r\\nHost: a\\r\\n"
    + "Connection: close\\r\\n\\r\\n' >&3; cat <&3"
  let run = try await ChildProcess.run("/bin/bash", ["-c", request], deadline: .seconds(10))
  return String(decoding: run.output, as: UTF8.self)
}

@Suite("The controller")
struct ControllerTests {
  @Test("it follows commits, ends on SIGTERM with 0, and leaves the workloads running")
  func follows() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await site.wait(for: 3)
    try await site.commit(["shop": Site.application(instances: 5)])
    try await site.wait(for: 5)
    try await controller.wait(forLine: "Lattice is in sync")
    await controller.end()
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 5)
    #expect(try await site.reconcile("diff").status == 0)
  }

  @Test("what is suspended is left alone until it is resumed, by name or by everything")
  func suspended() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application(), "blog": Site.application("blog")])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await site.wait(for: 3)
    try await site.wait(for: 3, of: "blog-web")
    let suspended = try await site.reconcile("suspend", "--app", "shop", "--reason", "load test")
    #expect(suspended.status == 0 && suspended.output == "suspended: application shop\n")
    #expect(suspended.errors.isEmpty, "\(suspended.errors)")
    let misspelt = try await site.reconcile("suspend", "blgo")
    #expect(misspelt.status == 0 && misspelt.output == "suspended: application blgo\n")
    #expect(misspelt.errors.contains("RUN-11") && misspelt.errors.contains("'blog'"))
    let lifted = try await site.reconcile("resume", "blgo", "-o", "json")
    #expect(lifted.status == 0 && lifted.json?["schema"]?.string == "reconcile.suspension/1")
    #expect(lifted.json?["resumed"]?.array?.first?["scope"]?.string == "application blgo")
    #expect(lifted.json?["suspensions"]?.array?.first?["reason"]?.string == "load test")
    try await site.commit([
      "shop": Site.application(instances: 5), "blog": Site.application("blog", instances: 4),
    ])
    try await site.wait(for: 4, of: "blog-web")
    let status = try await site.reconcile("status", "-o", "json")
    #expect(status.status == 3, "\(status.output)\(status.errors)")
    #expect(status.json?["controller"]?.string?.hasPrefix("pid ") == true)
    #expect(status.output.contains("load test"))
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 3)
    let resumed = try await site.reconcile("resume", "--app", "shop")
    #expect(resumed.status == 0 && resumed.output == "resumed: application shop\n")
    try await site.wait(for: 5)
    await controller.end()
    #expect(try await site.reconcile("suspend", "--app", "shop", "--until", "1ms").status == 0)
    let alone = try await site.reconcile("status")
    #expect(alone.status == 0 && !alone.output.contains("suspended"), "\(alone.output)")
    #expect(alone.output.contains("none, computed now"))
  }

  @Test("a one-shot beside it ends with 3 and names it; a dry run needs no lease")
  func oneShot() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--holder", "night shift"])
    try await site.wait(for: 3)
    let pass = try await site.reconcile()
    #expect(pass.status == 3)
    #expect(pass.errors.contains("LEA-1: a controller (night shift)"), "\(pass.errors)")
    #expect(try await site.reconcile("--dry-run").status == 0)
    await controller.end()
    #expect(try await site.reconcile().status == 0)
  }

  @Test("whatever is written under 'halt' stops all commanding, and its removal lets it go on")
  func halted() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await site.wait(for: 3)
    try await controller.wait(forLine: "Lattice is in sync")
    let record = NATSKeyValue(bucket: "RECONCILE_default", over: site.client)
    try await record.put("halt", Array("stop, for heaven's sake".utf8))
    try await waitUntil("status says so") {
      try await site.reconcile("status").output.contains("for heaven's sake")
    }
    let before = await site.lattice.ledger.count
    try await site.commit(["shop": Site.application(instances: 5)])
    try await controller.wait(forLine: "Steps are held")
    #expect(await site.lattice.ledger.count == before)
    try await record.purge("halt")
    try await site.wait(for: 5)
    await controller.end()
  }

  @Test("a halt in the middle of a plan stops the rest of it, and its removal lets that go on")
  func haltedMidway() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await site.wait(for: 3)
    let before = await site.lattice.ledger.count
    let actors = (0..<400).map { "    - {name: a\($0), image: \"registry.example.com/a:1\"}\n" }
    try await site.commit([
      "fleet": """
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata: {name: fleet}
      spec:
        actors:
      \(actors.joined())
      """
    ])
    try await waitUntil("it is in the middle") { await site.lattice.ledger.count >= before + 8 }
    let record = NATSKeyValue(bucket: "RECONCILE_default", over: site.client)
    try await record.put("halt", Array("stop".utf8))
    try await controller.wait(forLine: "Steps are held")
    #expect(try await site.reconcile("status").output.contains("stop"))
    // What was in flight may have come to its end meanwhile, and nothing else.
    #expect(await site.lattice.ledger.count < before + actors.count)
    try await record.purge("halt")
    try await waitUntil("the rest runs", within: .seconds(60)) {
      await site.lattice.ledger.count == before + actors.count
    }
    await controller.end()
  }

  @Test("a broken commit, an empty one and a deleted branch remove nothing, and the rest goes on")
  func nothings() async throws {
    let site = try await Site()
    try await site.commit([
      "shop": Site.application(prune: true), "blog": Site.application("blog", prune: true),
    ])
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--prune", "--ref", "main"])
    try await site.wait(for: 3)
    try await site.wait(for: 3, of: "blog-web")
    let start = await site.lattice.ledger.count
    try await site.commit(["shop": "spec: [", "blog": "kind: Aplication\n"])
    try await controller.wait(forLine: "Manifest has an error")
    // What was last applied stands: what dies is still replaced.
    let victims = await site.lattice.truth.keys.sorted()
    await site.lattice.kill(victims[0])
    try await site.wait(for: 3)
    try await site.wait(for: 3, of: "blog-web")
    try await site.commit(["shop": "", "blog": Site.application("blog", instances: 4, prune: true)])
    try await site.wait(for: 4, of: "blog-web")
    try site.repository.remove("manifests/shop.yaml")
    try site.repository.remove("manifests/blog.yaml")
    try site.repository.write("README.md", "nothing here\n")
    try await site.repository.commit("Remove everything")
    try await controller.wait(forLine: "Repository cannot be read, the last good revision stands")
    try await site.repository.git("checkout", "-q", "--orphan", "other")
    try await site.repository.git("commit", "-q", "--allow-empty", "-m", "Empty")
    try await site.repository.git("branch", "-D", "main")
    // A person takes something away; nobody but us puts it back.
    let (host, set) = try #require(
      await site.lattice.truth.first { $1.actors["blog-web"]?.instances == 2 }.flatMap { truth in
        truth.value.actors["blog-web"].map { (truth.key, $0) }
      })
    let launch = Launch.actor(
      ActorLaunch(
        id: "blog-web", image: ImageReference(set.claimedImage), annotations: set.annotations))
    let before = await site.lattice.ledger.count
    try await site.send(.run(launch, instances: 1, on: host))
    try await waitUntil("it is put back") { await site.lattice.ledger.count >= before + 2 }
    try await site.wait(for: 4, of: "blog-web")
    for entry in await site.lattice.ledger.dropFirst(start) {
      #expect(entry.verb == "component.scale" && entry.count != 0, "\(entry)")
    }
    await controller.end()
  }

  @Test("health and metrics are served where it is asked to listen, and mean something")
  func pages() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--listen", "127.0.0.1:0"])
    try await controller.wait(forLine: "Lattice is in sync")
    #expect(try await controller.page("/livez").hasPrefix("HTTP/1.1 200"))
    let ready = try await controller.page("/readyz?verbose")
    #expect(ready.contains("revision: ok") && ready.contains("/sync: in sync, seen "), "\(ready)")
    let metrics = try await controller.page("/metrics")
    // Three instances; on fewer hosts where the first look found fewer.
    let sets = await site.instances(of: "shop-web").count
    for line in [
      "reconcile_commands_total{lattice=\"default\",kind=\"actor\",outcome=\"confirmed\"} \(sets)",
      "reconcile_hosts{lattice=\"default\",health=\"healthy\"} 3",
      "reconcile_differences{lattice=\"default\",kind=\"equal\"} \(sets)",
      "reconcile_lease_held{lattice=\"default\"} 1",
      "reconcile_observed_age_seconds{lattice=\"default\"} ",
      "reconcile_revision_to_sync_seconds_count{lattice=\"default\"} 1",
    ] { #expect(metrics.contains(line), "\(metrics)") }
    site.server.stop()
    try await waitUntil("it is not ready without a server", within: .seconds(30)) {
      try await controller.page("/readyz").hasPrefix("HTTP/1.1 503")
    }
    #expect(try await controller.page("/livez").hasPrefix("HTTP/1.1 200"))
    await controller.end()
  }

  @Test("two repositories and lattices stand alone, and a reload changes only what differs")
  func fleet() async throws {
    let site = try await Site()
    let other = SimulatedLattice("other", over: try await site.server.connect())
    try await other.start()
    try await other.addHost(labels: [:])
    try await site.commit(["shop": Site.application()])
    let file = "\(site.repository.folder)/reconcile.yaml"
    func configure(_ path: String?) throws {
      var (repository, lattice) = ("", "")
      if let path {
        repository = "  - {name: two, url: \(path), lattice: other}"
        lattice = "  - {name: other, nats: \"\(site.server.address)\", expectHosts: 1}"
      }
      try writeFile(
        file,
        """
        listen: 127.0.0.1:0
        repositories:
          - {name: one, url: \(site.repository.path), lattice: default}
        \(repository)
        lattices:
          - {name: default, nats: "\(site.server.address)", expectHosts: 3}
        \(lattice)
        """)
    }
    try configure("/nowhere")
    let controller = try ControllerRun(on: site, ["--config", file])
    try await site.wait(for: 3)
    try await controller.wait(forLine: "Controller cannot work, tries again")
    try configure(site.repository.path)
    controller.child.signal(SIGHUP)
    try await waitUntil("the other lattice runs it too", within: .seconds(60)) {
      await other.truth.values.contains { $0.actors["shop-web"]?.instances == 3 }
    }
    #expect(controller.lines("Commands the lattice").count == 2)
    let refused = "Configuration is not valid, the last one stands"
    for (text, code) in [("repositries: []\n", "CFG-2"), ("", "CFG-14")] {
      try writeFile(file, text)
      controller.child.signal(SIGHUP)
      try await waitUntil("it is refused with \(code)") {
        controller.lines(refused).contains { $0["error.code"]?.string == code }
      }
    }
    let shop = Site.application(instances: 4)
    try await site.commit(["shop": shop])
    try await site.wait(for: 4)
    // What is dropped from the configuration leaves no trace on any page.
    let traces = ["lattice=\"other\"", "repository=\"two\"", "two/"]
    func pages() async throws -> String {
      var text = ""
      for target in ["/metrics", "/readyz?verbose", "/livez?verbose"] {
        text += try await controller.page(target)
      }
      return text
    }
    let before = try await pages()
    for trace in traces { #expect(before.contains(trace), "\(trace)") }
    try configure(nil)
    controller.child.signal(SIGHUP)
    try await waitUntil("it is gone from every page") {
      let after = try await pages()
      return !traces.contains { after.contains($0) }
    }
    let after = try await pages()
    #expect(after.contains("reconcile_lease_held{lattice=\"default\"} 1"), "\(after)")
    await controller.end()
  }
}
