import Diagnostics
import LatticeModel
import Planning
import ReconcileTestKit
import Testing

@Suite("What enters another application")
struct SuccessionTests {
  private static let place = SourcePosition(path: "shop.yaml", line: 1, column: 1)

  /// An application of one actor, in the file `shop.yaml`.
  private func application(
    _ name: ApplicationName, id: ActorID? = nil, image: ImageReference = "r/web:1",
    zone: String? = nil, prune: Bool = true
  ) -> ApplicationSpec {
    var actor = ActorSpec(
      name: "web", id: id ?? ActorID("\(name)-web"), image: image, instances: 2, origin: Self.place)
    if let zone {
      actor.spread = [
        SpreadConstraint(name: "all", requirements: [LabelRequirement("zone", .equals(zone))])
      ]
    }
    return ApplicationSpec(
      name: name, origin: Self.place, actors: [actor], sync: SyncOptions(prune: prune))
  }

  /// Two hosts that run an application as it was applied, by the rules of the record.
  private struct Lattice {
    var observed = ObservedState()
    var context = PlanningContext(lattice: "default")

    init(running application: ApplicationSpec) {
      for host: HostID in ["N0", "N1"] {
        observed.note(HostReport(host: host), at: Timestamp(nanoseconds: 1))
      }
      observed.view = .complete
      observed =
        simulate(
          plan([application]), on: observed, record: context.record
        ).observed
      context.record.applied[application.name] = AppliedApplication(
        revision: "1", path: application.origin.path, sync: application.sync)
      for host in observed.hosts {
        context.record.hosts[host.id] = RecordedHost(
          report: host.report, lastSeen: Timestamp(nanoseconds: 1))
      }
    }

    func plan(_ applications: [ApplicationSpec], frozen: [FrozenApplication] = []) -> Plan {
      Planning.plan(
        from: observed,
        to: DesiredState(revision: "2", applications: applications, frozen: frozen), in: context)
    }
  }

  @Test("an application that gets another name goes down once the new one is up")
  func renamed() {
    let lattice = Lattice(running: application("shop"))
    // Its version may be another one too.
    let plan = lattice.plan([application("store", image: "r/web:2")])
    #expect(plan.successors == ["shop": ["store"]])
    #expect(plan.steps.map(\.unit.application) == ["store", "store", "shop", "shop"])
    // What runs already, is called otherwise, or is something else, takes nobody's place.
    var both = lattice
    both.observed =
      simulate(
        lattice.plan([application("shop"), application("store")]), on: lattice.observed,
        record: LatticeRecord()
      ).observed
    #expect(both.plan([application("store")]).successors.isEmpty)
    #expect(lattice.plan([application("store", image: "r/other:1")]).successors.isEmpty)
  }

  @Test("a link that is to lead to what takes its target's place follows once that is up")
  func link() {
    func calling(_ name: ApplicationName) -> ApplicationSpec {
      var spec = application(name, id: "web")
      let store = ProviderSpec(
        name: "store", id: ProviderID("\(name)-store"), image: "r/store:1", origin: Self.place)
      let link = LinkSpec(
        from: LinkEnd(id: "web", name: "web"), to: LinkEnd(id: store.id.rawValue, name: "store"),
        interface: LinkInterface(contract: "wasi:keyvalue", interfaces: ["store"]),
        origin: Self.place)
      (spec.providers, spec.links) = ([store], [link])
      return spec
    }
    var lattice = Lattice(running: calling("shop"))
    lattice.observed.noteLinks([], of: "web")
    let first = lattice.plan([calling("shop")])
    (lattice.observed, lattice.context.record) = simulate(
      first, on: lattice.observed, record: lattice.context.record)
    let plan = lattice.plan([calling("store")])
    let kinds = plan.steps.map { "\($0.unit.kind.rawValue) \($0.isRemoval)" }
    #expect(kinds == ["provider false", "link false", "provider true"], "\(kinds)")
  }

  @Test("it stays where what has its new name cannot be placed")
  func unplaceable() {
    let lattice = Lattice(running: application("shop"))
    let plan = lattice.plan([application("store", zone: "nowhere")])
    #expect(plan.isEmpty && plan.held.map(\.rule) == [.noReplacement, .noReplacement])
    // In another file it is another application, which may wait for the room.
    var other = application("store", zone: "nowhere")
    other.origin.path = "store.yaml"
    #expect(lattice.plan([other]).steps.count == 2)
  }

  @Test("a thing that another application declares now goes by that one's rules")
  func owners() {
    let shop = application("shop", id: "web")
    let store = application("store", id: "web", prune: false)
    var lattice = Lattice(running: shop)
    let moved = lattice.plan([store])
    #expect(moved.isEmpty && moved.successors == ["shop": ["store"]])
    // What was started for the one and is declared by the other is the other's, on record.
    lattice.context.record.noteOwners(of: [store])
    lattice.context.record.applied["store"] = AppliedApplication(
      revision: "2", path: "store.yaml", sync: store.sync)
    let rest = application("shop", id: "else")
    #expect(lattice.plan([rest]).left.map(\.unit.application) == ["store", "store"])
    #expect(!lattice.plan([rest]).steps.contains { $0.isRemoval })
    let frozen = FrozenApplication(name: "store", origin: Self.place)
    #expect(!lattice.plan([rest], frozen: [frozen]).steps.contains { $0.isRemoval })
    lattice.context.prune = true
    #expect(lattice.plan([rest]).steps.filter(\.isRemoval).count == 2)
    lattice.context.record.suspensions = [
      Suspension(.application("store"), reason: "debugging", by: "ann")
    ]
    #expect(lattice.plan([rest]).held.map(\.rule) == [.suspended, .suspended])
  }

  @Test("links and configs go by the rules of who declares them now")
  func stores() {
    let key = LinkKey(source: "web", contract: "wasi:keyvalue")
    let link = LinkDefinition(key: key, target: "kv", interfaces: ["store"])
    var record = LatticeRecord()
    record.links[key] = OwnedLink(application: "shop", targets: ["kv"])
    record.configs["own"] = OwnedConfig(application: "shop", user: .application)
    var store = application("store")
    store.links = [
      LinkSpec(definition: link, sourceName: "web", targetName: "kv", origin: Self.place)
    ]
    store.configs = [
      ConfigSpec(name: "own", values: [:], origin: Self.place),
      ConfigSpec(name: "theirs", values: [:], origin: Self.place),
    ]
    record.noteOwners(of: [store])
    #expect(record.links[key]?.application == "store")
    #expect(record.configs.mapValues(\.application) == ["own": "store"])
  }
}
