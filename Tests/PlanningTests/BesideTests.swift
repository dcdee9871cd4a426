import Diagnostics
import LatticeModel
import ReconcileTestKit
import Testing

@testable import Planning

@Suite("Servers beside whom they serve")
struct BesideTests {
  private let origin = SourcePosition(path: "m.yaml", line: 1, column: 1)

  private func application(
    _ name: String, instances: Int = 1, address: String = ":80", spread: [SpreadConstraint] = [],
    serverSpread: [SpreadConstraint] = []
  ) -> ApplicationSpec {
    let key = LinkKey(source: "\(name)-http", contract: "wasi:http")
    let config = ConfigName("\(name)-values")
    return ApplicationSpec(
      name: ApplicationName(name), origin: origin,
      actors: [
        ActorSpec(
          name: "web", id: ActorID("\(name)-web"), image: "r/web:1", instances: instances,
          spread: spread, origin: origin)
      ],
      providers: [
        ProviderSpec(
          name: "http", id: ProviderID("\(name)-http"), image: "wasmcloud+builtin://http-server",
          spread: serverSpread, origin: origin)
      ],
      links: [
        LinkSpec(
          definition: LinkDefinition(
            key: key, target: "\(name)-web", interfaces: ["incoming-handler"],
            sourceConfig: [config]), sourceName: "http", targetName: "web", origin: origin)
      ],
      configs: [ConfigSpec(name: config, values: ["address": address], origin: origin)])
  }

  /// A lattice in which something was carried out again and again.
  private struct Lattice {
    var observed = ObservedState()
    var record = LatticeRecord()

    init(hosts: [HostID], zones: [String] = []) {
      for (index, host) in hosts.enumerated() {
        let labels = zones.isEmpty ? [:] : ["zone": zones[index % zones.count]]
        observed.note(HostReport(host: host, labels: labels), at: Timestamp(nanoseconds: 1))
      }
      observed.view = .complete
    }

    mutating func plan(_ applications: [ApplicationSpec]) -> Plan {
      let desired = DesiredState(revision: "r", applications: applications)
      for application in applications {
        for link in application.links where observed.links[link.source.id] == nil {
          observed.noteLinks([], of: link.source.id)
        }
        for config in application.configs where observed.configs[config.name] == nil {
          observed.noteConfig(.absent, named: config.name)
        }
      }
      return Planning.plan(
        from: observed, to: desired, in: PlanningContext(lattice: "default", record: record))
    }

    /// Plans and carries out until nothing is left; returns the last plan.
    mutating func sync(_ applications: [ApplicationSpec]) -> Plan {
      for _ in 1...5 {
        let plan = plan(applications)
        if plan.isEmpty { return plan }
        (observed, record) = simulate(plan, on: observed, record: record)
      }
      return plan(applications)
    }

    /// The hosts that run an id.
    func hosts(of id: String) -> [HostID] {
      observed.hosts.filter { host in
        host.report.actors.contains { $0.id.rawValue == id }
          || host.report.providers.contains { $0.id.rawValue == id }
      }.map(\.id)
    }
  }

  private static let hosts: [HostID] = ["NA", "NB", "NC", "ND", "NE"]

  @Test("each of twelve servers is on the hosts of its actor, as many as that takes")
  func placed() {
    var lattice = Lattice(hosts: Self.hosts)
    let applications = (1...12).map {
      application("app-\($0)", instances: $0 % 3 + 1, address: ":\(8000 + $0)")
    }
    let last = lattice.sync(applications)
    #expect(last.isEmpty && last.unreached.isEmpty && last.unplaceable.isEmpty)
    for number in 1...12 {
      let servers = lattice.hosts(of: "app-\(number)-http")
      #expect(servers == lattice.hosts(of: "app-\(number)-web") && !servers.isEmpty)
    }
  }

  @Test("where the actor goes, its server goes too, and nothing stays behind")
  func moves() throws {
    var lattice = Lattice(hosts: Self.hosts)
    let shop = [application("shop", instances: 2)]
    _ = lattice.sync(shop)
    let victim = try #require(lattice.hosts(of: "shop-web").first)
    lattice.observed.mark(victim, .lost)
    let last = lattice.sync(shop)
    #expect(last.isEmpty && last.unreached.isEmpty)
    #expect(lattice.hosts(of: "shop-web").count == 2)
    #expect(lattice.hosts(of: "shop-http") == lattice.hosts(of: "shop-web"))
    _ = lattice.sync([application("shop", instances: 1)])
    #expect(lattice.hosts(of: "shop-http") == lattice.hosts(of: "shop-web"))
    #expect(lattice.hosts(of: "shop-http").count == 1)
  }

  @Test(
    "rules that part a server from its actor are told, with both places and how many it concerns")
  func parted() {
    func zone(_ name: String) -> [SpreadConstraint] {
      [SpreadConstraint(name: name, requirements: [LabelRequirement("zone", .equals(name))])]
    }
    var lattice = Lattice(hosts: ["NA", "NB"], zones: ["a", "b"])
    let last = lattice.sync([
      application("shop", instances: 3, spread: zone("a"), serverSpread: zone("b"))
    ])
    #expect(last.isEmpty && last.unreachedInstances == 3)
    #expect(
      last.unreached.map(\.sentence) == [
        "3 of 3 instances of actor web are not reached by http: it serves its own host alone; it "
          + "runs on NB, they on NA"
      ])
  }

  @Test("of two servers of one address on one host the second is not reached")
  func address() {
    var lattice = Lattice(hosts: ["NA"])
    let last = lattice.sync([application("blog", address: ":80"), application("shop")])
    #expect(last.unreached.map(\.application) == ["shop"])
    #expect(last.unreached[0].reason.contains("taken on NA by the link http -> web of blog"))
    #expect(
      lattice.sync([application("blog", address: ":81"), application("shop")]).unreached == [])
  }

  @Test("kinds mix: the providers of eight applications are spread over the hosts")
  func mix() {
    var lattice = Lattice(hosts: ["NA", "NB", "NC"])
    let applications = (1...8).map { number in
      var application = application("app-\(number)")
      application.providers[0].image = "r/http:1"
      return application
    }
    _ = lattice.sync(applications)
    let counts = lattice.observed.hosts.map(\.providers.count)
    #expect(counts.reduce(0, +) == 8)
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1, "\(counts)")
  }

  @Test("nothing that runs ends for a start that is held on suspicion")
  func suspected() {
    func zone(_ name: String) -> [SpreadConstraint] {
      [SpreadConstraint(name: name, requirements: [LabelRequirement("zone", .equals(name))])]
    }
    var lattice = Lattice(hosts: ["NA", "NB"], zones: ["a", "b"])
    func shop(_ zone: [SpreadConstraint]) -> ApplicationSpec {
      ApplicationSpec(
        name: "shop", origin: origin,
        actors: [
          ActorSpec(name: "web", id: "shop-web", image: "r/web:1", spread: zone, origin: origin)
        ])
    }
    _ = lattice.sync([shop(zone("a"))])
    let moved = shop(zone("b"))
    let web = UnitKey(application: "shop", kind: .actor, name: "web")
    let form = StartForms(of: DesiredState(revision: "r", applications: [moved])).digest(of: web)
    let losses = ["NC", "ND"].map {
      Suspect.Loss(host: HostID($0), time: Timestamp(nanoseconds: 1))
    }
    lattice.record.suspects[web] = Suspect(form: form ?? "", losses: losses)
    let plan = lattice.plan([moved])
    #expect(plan.isEmpty && plan.held.map(\.rule) == [.noReplacement, .takesHostsDown])
  }

  @Test("a builtin that inventories call by another name is as declared")
  func name() {
    var lattice = Lattice(hosts: ["NA"])
    let shop = application("shop")
    _ = lattice.sync([shop])
    var report = lattice.observed.hosts[0].report
    report.providers[0].image = "http-server"
    lattice.observed.note(report, at: Timestamp(nanoseconds: 2))
    #expect(lattice.plan([shop]).isEmpty)
    #expect(ImageReference("http-server").asDeclared == "wasmcloud+builtin://http-server")
    #expect(ImageReference("r/http-server").asDeclared == "r/http-server")
  }
}
