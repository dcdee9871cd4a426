import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Lattices that are not as one would wish")
struct LatticeTests {
  @Test("a killed host's instances run elsewhere after the next pass")
  func killed() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application(instances: 6)])
    try await site.sync("--expect-hosts", "3")
    let victim = try #require(await site.lattice.truth.keys.sorted().first)
    await site.lattice.kill(victim)
    try await site.sync()
    let running = await site.instances(of: "shop-web")
    #expect(running[victim] == nil && running.values.reduce(0, +) == 6)

    try await site.lattice.restart(victim)
    #expect(try await site.reconcile().status == 0)
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 6)
  }

  @Test("a host that comes back with its old instances is settled, never below the wanted count")
  func back() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application(instances: 6)])
    try await site.sync("--expect-hosts", "3")
    let victim = try #require(await site.lattice.truth.keys.sorted().first)
    let old = try #require(await site.lattice.truth[victim]?.actors["shop-web"])
    await site.lattice.kill(victim)
    try await site.sync()
    try await site.lattice.restart(victim)
    await site.lattice.plant(old, under: "shop-web", on: victim)
    let start = await site.lattice.ledger.count
    var count = await site.instances(of: "shop-web").values.reduce(0, +)
    #expect(count == 8)
    #expect(try await site.reconcile().status == 0)
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 6)
    for entry in await site.lattice.ledger.dropFirst(start) {
      #expect(entry.verb == "component.scale")
      count = min(count, await site.instances(of: "shop-web").values.reduce(0, +))
      #expect(count >= 6)
    }
  }

  @Test("what others run, linked and stored stays untouched, even with our image, id or prefix")
  func foreign() async throws {
    let site = try await Site()
    let hosts = await site.lattice.truth.keys.sorted()
    let wadm = SimulatedHost.InstanceSet(
      claimedImage: "registry.example.com/web:1", code: "registry.example.com/web:1",
      annotations: ["wasmcloud.dev/managed-by": "wadm", "wasmcloud.dev/appspec": "shop"],
      instances: 2, configs: [], limits: nil)
    var bare = wadm
    bare.annotations = [:]
    await site.lattice.plant(wadm, under: "shop-api", on: hosts[0])
    await site.lattice.plant(bare, under: "someone", on: hosts[1])
    let link = LinkDefinition(
      key: LinkKey(source: "shop-web", name: "theirs", contract: "wasi:keyvalue"),
      target: "their-store", interfaces: ["store"], sourceConfig: [], targetConfig: [])
    try await site.send(.connect(link))
    try await site.send(.keep("shop-web-theirs", ["a": "b"]))
    let start = await site.lattice.ledger.count
    try await site.commit(["shop": Site.application(image: "registry.example.com/web:1")])
    try await site.sync("--expect-hosts", "3", "--prune")
    try await site.commit(["shop": Site.application(image: "registry.example.com/web:2")])
    try await site.sync("--prune")
    try site.repository.remove("manifests/shop.yaml")
    try await site.commit(["blog": Site.application("blog")])
    try await site.sync("--prune")
    #expect(await site.lattice.truth[hosts[0]]?.actors["shop-api"] == wadm)
    #expect(await site.lattice.truth[hosts[1]]?.actors["someone"] == bare)
    let touched = await site.lattice.ledger.dropFirst(start).map(\.verb)
    #expect(Set(touched) == ["component.scale"])
  }

  @Test(
    "what another program scales up on demand and down again is left, and nothing is held for it")
  func onDemand() async throws {
    let site = try await Site()
    let image = "registry.example.com/web:1"
    let manifest = Site.application(image: image, instances: 0)
    try await site.commit(["shop": manifest])
    #expect(try await site.reconcile("--expect-hosts", "3").status == 0)
    let host = try #require(await site.lattice.truth.keys.sorted().first)
    let job = Launch.actor(ActorLaunch(id: "shop-web", image: ImageReference(image)))
    try await site.send(.run(job, instances: 2, on: host))
    let held = try await site.reconcile()
    #expect(held.status == 3 && held.output.contains("held"), "\(held.output)")
    let lenient = manifest.replacing(
      "instances: 0", with: "instances: 0\n      sync: {ignore: [instances]}")
    #expect(lenient != manifest)
    try await site.commit(["shop": lenient])
    let before = await site.lattice.ledger.count
    let left = try await site.reconcile()
    #expect(left.status == 0, "\(left.output)\(left.errors)")
    #expect(left.output.contains("actor web runs 2 instances where 0 are declared"))
    #expect(await site.lattice.ledger.count == before)
    try await site.send(.end(job, on: host))
    #expect(try await site.reconcile().status == 0)
    #expect(await site.instances(of: "shop-web").isEmpty)
  }

  @Test("a config that others tune is left where its actor says so, and put where it is gone")
  func tuned() async throws {
    let site = try await Site(hosts: 1)
    try await site.commit([
      "shop": Site.application(
        instances: 1, update: "config: {level: info}\n      sync: {ignore: [config]}")
    ])
    try await site.sync()
    try await site.send(.keep("shop-web", ["level": "debug"]))
    let before = await site.lattice.ledger.count
    let left = try await site.reconcile()
    #expect(left.status == 0, "\(left.output)\(left.errors)")
    #expect(left.output.contains("config shop-web has other level, which its 'sync.ignore' leaves"))
    #expect(await site.lattice.ledger.count == before)
    try await site.send(.drop("shop-web"))
    #expect(try await site.reconcile().status == 0)
    #expect(await site.ledger(since: before + 1).contains("put-config"))
  }

  @Test("a reference to a secret is stored before it is used, and another one means another start")
  func secrets() async throws {
    let site = try await Site(hosts: 1)
    func manifest(_ version: Int) -> String {
      Site.application(
        instances: 1,
        update: "secrets: [{name: db, properties: {policy: vault, key: db, version: \(version)}}]",
        more: "  secretStores: [{name: vault, backend: nats-kv}]\n")
    }
    try await site.commit(["shop": manifest(1)])
    let blind = try await site.reconcile("--timeout", "3s")
    #expect(
      blind.status == 6 && blind.output.contains("secret store not configured"), "\(blind.output)")
    await site.lattice.giveSecretStore()
    #expect(try await site.reconcile().status == 0)
    #expect(await site.instances(of: "shop-web").values.sorted() == [1])
    try await site.commit(["shop": manifest(2)])
    let plan = try await site.sync()
    #expect(plan.announced.contains("put-config") && plan.announced.count == 3, "\(plan.announced)")
    let stored = try await site.client.request(
      [], to: "wasmbus.ctl.v1.default.config.get.SECRET_shop-db", timeout: .seconds(5))
    #expect(
      try JSONValue(parsing: stored.payload)["response"] == [
        "name": "db", "type": "secret.wasmcloud.dev/v1alpha1", "backend": "nats-kv", "key": "db",
        "version": "2",
        "policy": #"{"type":"properties.secret.wasmcloud.dev/v1alpha1","properties":{}}"#,
      ])
  }

  @Test("a failed image, a refused command and a host that never acts are named, with exit 6")
  func faults() async throws {
    let site = try await Site(hosts: 1)
    let host = try #require(await site.lattice.truth.keys.first)
    try await site.commit(["shop": Site.application(image: "registry.example.com/web:broken")])
    await site.lattice.setFaults(of: host) {
      $0.failingImages = ["registry.example.com/web:broken"]
    }
    let failed = try await site.reconcile("--expect-hosts", "1", "--timeout", "60s")
    #expect(failed.status == 6)
    #expect(failed.output.contains("not in sync") && failed.output.contains("web:broken"))

    try await site.commit(["shop": Site.application()])
    await site.lattice.setFaults(of: host) { $0.refusals = 1 }
    #expect(try await site.reconcile("--timeout", "20s").status == 0)

    try await site.commit(["shop": Site.application(instances: 5)])
    await site.lattice.setFaults(of: host) { $0.neverActs = true }
    let idle = try await site.reconcile("--timeout", "2s")
    #expect(idle.status == 6)
    #expect(idle.output.contains("not in sync"))
    #expect(await site.instances(of: "shop-web")[host] == 3)
  }

  @Test("a silent host is named, its instances count as running, and nothing is removed")
  func silent() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application(instances: 6)])
    try await site.sync("--expect-hosts", "3")
    let victim = try #require(await site.lattice.truth.keys.sorted().first)
    await site.lattice.setFaults(of: victim) { $0.isHung = true }
    try await site.commit(["shop": Site.application(instances: 3)])
    let before = await site.lattice.ledger.count
    let run = try await site.reconcile()
    #expect(run.status == 4)
    #expect(run.output.contains(String(victim.rawValue.prefix(8))))
    #expect(await site.lattice.ledger.count == before)
    let forgotten = try await site.reconcile("--forget-host", victim.rawValue)
    #expect(forgotten.status == 0)
  }

  @Test("two passes at once: one works, the other ends with 3 and names it")
  func lease() async throws {
    let site = try await Site(hosts: 1)
    let host = try #require(await site.lattice.truth.keys.first)
    await site.lattice.setFaults(of: host) { $0.neverActs = true }
    try await site.commit(["shop": Site.application()])
    async let first = site.reconcile("--expect-hosts", "1", "--timeout", "4s")
    try await site.waitForLease()
    let second = try await site.reconcile("--expect-hosts", "1")
    #expect(second.status == 3)
    #expect(second.errors.contains("LEA-1") && second.errors.contains("pid "))
    #expect(try await site.reconcile("diff", "--expect-hosts", "1").status == 2)
    #expect(try await first.status == 6)
  }

  @Test("a dry run needs no permission but to ask, and makes no stream")
  func permissions() async throws {
    let may = [
      "wasmbus.ctl.v1.default.host.ping", "wasmbus.ctl.default.ping.hosts",
      "wasmbus.ctl.v1.default.host.get.*", "wasmbus.ctl.v1.default.link.get",
      "wasmbus.ctl.v1.default.config.get.*", "wasmbus.ctl.v1.default.claims.get",
      "$JS.API.DIRECT.GET.KV_RECONCILE_default.>", "$JS.API.DIRECT.GET.KV_LATTICEDATA_default.>",
      "$JS.API.DIRECT.GET.KV_CONFIGDATA_default.>", "$JS.API.STREAM.INFO.KV_RECONCILE_default",
    ].map { "\"\($0)\"" }.joined(separator: ", ")
    let site = try await Site(
      configuration: """
        authorization { users: [
          {user: admin, password: secret},
          {user: reader, password: secret, permissions: {
            publish: [\(may)], subscribe: ["_INBOX.>", "wasmbus.evt.default.>"]}}
        ]}
        """, user: "admin:secret")
    let reader = ["RECONCILE_NATS": "nats://reader:secret@127.0.0.1:\(site.server.port)"]
    let admin = ["RECONCILE_NATS": "nats://admin:secret@127.0.0.1:\(site.server.port)"]
    try await site.commit(["shop": Site.application()])
    let first = try await site.reconcile(["--dry-run", "--expect-hosts", "3"], environment: reader)
    #expect(first.status == 2, "\(first.errors)")
    let streams = try await site.client.request(
      [], to: "$JS.API.STREAM.NAMES", timeout: .seconds(5))
    #expect(!String(decoding: streams.payload, as: UTF8.self).contains("RECONCILE"))
    #expect(try await site.reconcile(["--expect-hosts", "3"], environment: admin).status == 0)
    let second = try await site.reconcile(["--dry-run"], environment: reader)
    #expect(second.status == 0, "\(second.errors)")
    #expect(!readFile("\(site.server.directory)/server.log").contains("Violation"))
    #expect(!(first.errors + second.errors).contains("ermission"))
  }

  @Test("without JetStream the record lies in a file, which is announced")
  func withoutJetStream() async throws {
    let site = try await Site(jetStream: false)
    try await site.commit(["shop": Site.application()])
    let run = try await site.reconcile(
      "--expect-hosts", "3", "--state-dir", "\(site.repository.folder)/state")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("the server has no JetStream; the record lies in"))
    #expect(readFile("\(site.repository.folder)/state/default.json").contains("shop"))
    let again = try await site.reconcile("diff", "--state-dir", "\(site.repository.folder)/state")
    #expect(again.status == 0)
  }

  @Test("a signal ends a pass with its status after what is in flight, and the lease is given back")
  func signals() async throws {
    let site = try await Site(hosts: 1)
    let host = try #require(await site.lattice.truth.keys.first)
    try await site.commit(["shop": Site.application()])
    await site.lattice.setFaults(of: host) { $0.neverActs = true }
    let child = try ChildProcess(
      Site.executable, ["--expect-hosts", "1", "--timeout", "3s"],
      environment: site.environment, directory: site.repository.path)
    try await site.waitForLease()
    child.signal(SIGTERM)
    #expect(await child.wait() == .exited(143))
    #expect(try await !site.isLeased)
  }
}
