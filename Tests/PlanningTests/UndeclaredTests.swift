import Diagnostics
import LatticeModel
import Planning
import ReconcileTestKit
import Testing

@Suite("What nothing declares")
struct UndeclaredTests {
  private static let place = SourcePosition(path: "shop.yaml", line: 1, column: 1)
  private static let key = LinkKey(source: "web", contract: "wasi:keyvalue")
  private static let link = LinkDefinition(key: key, target: "kv", interfaces: ["store"])

  /// A lattice with a link and two configs of an application `shop`, which declares nothing.
  private struct Lattice {
    var observed = ObservedState()
    var context = PlanningContext(lattice: "default")
    var application = ApplicationSpec(
      name: "shop", origin: place,
      actors: [ActorSpec(name: "web", id: "web", image: "r/web:1", instances: 0, origin: place)],
      sync: SyncOptions(prune: true))

    init() {
      observed.view = .complete
      observed.noteLinks([link], of: "web")
      observed.noteConfig(.values(["a": "1"]), named: "own")
      observed.noteConfig(.values(["a": "1"]), named: "served")
      context.record.links[key] = OwnedLink(application: "shop", targets: ["kv"])
      context.record.configs["own"] = OwnedConfig(application: "shop", user: .application)
      context.record.configs["served"] = OwnedConfig(application: "shop", user: .actor("web"))
    }

    var plan: Plan {
      Planning.plan(
        from: observed, to: DesiredState(revision: "r", applications: [application]), in: context)
    }

    /// What is removed, by name.
    var removed: [String] { plan.steps.map(\.unit.name) }
  }

  @Test("with prune, links and configs of ours go, those of others stay")
  func prune() {
    var lattice = Lattice()
    lattice.observed.noteConfig(.values(["a": "1"]), named: "shop-theirs")
    #expect(lattice.removed == ["web -> kv", "own", "served"])
    lattice.context.record.links[Self.key]?.targets = ["other"]
    #expect(lattice.removed == ["own", "served"])
    lattice.observed.noteConfig(.absent, named: "own")
    #expect(lattice.removed == ["served"])
  }

  @Test("what the reading could not have seen stays, what it declares is pruned all the same")
  func unseen() {
    var lattice = Lattice()
    lattice.context.unseen = ["shop"]
    #expect(lattice.removed == ["web -> kv", "own", "served"])
    lattice.application = ApplicationSpec(name: "blog", origin: Self.place)
    lattice.context.prune = true
    #expect(lattice.plan.isEmpty && lattice.plan.held.isEmpty && lattice.plan.left.isEmpty)
    lattice.context.unseen = []
    #expect(lattice.removed == ["web -> kv", "own", "served"])
  }

  @Test("what waits for proof of history is held with both commits, application by application")
  func doubted() {
    var lattice = Lattice()
    lattice.context.doubts = ["blog": HistoryDoubt(of: "r", after: "q")]
    #expect(lattice.removed.count == 3)
    for (obstacle, remedy) in [
      (nil, "--allow-non-fast-forward"), ("it is shallow", "--unshallow"),
    ] {
      lattice.context.doubts = [
        "shop": HistoryDoubt(of: "rrrrrrrrr", after: "qqqqqqqqq", obstacle)
      ]
      #expect(lattice.plan.isEmpty)
      for held in lattice.plan.held {
        #expect(held.rule == .history && held.remedy.contains(remedy))
        #expect(held.detail.contains("rrrrrrr ") && held.detail.contains(" qqqqqqq,"))
      }
      #expect(lattice.plan.held.count == 3)
    }
  }

  @Test("without prune only a config goes that something declared no longer uses")
  func left() {
    var lattice = Lattice()
    lattice.application.sync.prune = false
    #expect(lattice.removed == ["served"])
    #expect(lattice.plan.left.map(\.unit.name) == ["own", "web -> kv"])
    lattice.application.actors = []
    #expect(lattice.plan.isEmpty)
    #expect(lattice.plan.left.map(\.unit.name) == ["own", "served", "web -> kv"])
  }

  @Test("a config serves whoever is on record, as long as that is declared")
  func users() {
    var lattice = Lattice()
    lattice.application.sync.prune = false
    lattice.application.providers = [
      ProviderSpec(name: "kv", id: "kv", image: "r/kv:1", instances: 0, origin: Self.place)
    ]
    lattice.application.links = [
      LinkSpec(definition: Self.link, sourceName: "web", targetName: "kv", origin: Self.place)
    ]
    for (user, isServed) in [
      (.provider("kv"), true), (.provider("gone"), false), (.link(Self.key), true),
      (.link(LinkKey(source: "gone", contract: "wasi:http")), false),
      (.actor("gone"), false), (.application, false),
    ] as [(ConfigUser, Bool)] {
      lattice.context.record.configs["served"]?.user = user
      #expect(lattice.removed == (isServed ? ["served"] : []), "\(user)")
    }
  }

  @Test("a config that anything declared starts with stays")
  func inUse() {
    var lattice = Lattice()
    lattice.context.record.links = [:]
    let actor = lattice.application.actors[0]
    lattice.application.actors[0].configs = ["own"]
    #expect(lattice.removed == ["served"])
    lattice.application.actors[0] = actor
    lattice.application.providers = [
      ProviderSpec(
        name: "kv", id: "kv", image: "r/kv:1", instances: 0, configs: ["own"], origin: Self.place)
    ]
    #expect(lattice.removed == ["served"])
    lattice.application.providers = []
    lattice.application.configs = [
      ConfigSpec(name: "own", values: ["a": "1"], origin: Self.place)
    ]
    #expect(lattice.removed == ["served"])
    lattice.application.configs = []
    var link = Self.link
    lattice.observed.noteLinks([], of: "web")
    link.sourceConfig = ["own"]
    link.targetConfig = ["served"]
    lattice.application.links = [
      LinkSpec(definition: link, sourceName: "web", targetName: "kv", origin: Self.place)
    ]
    #expect(lattice.removed == ["web -> kv wasi:keyvalue"])
  }

  @Test("a link that shares its key is held with prune, and left without")
  func ambiguous() {
    var lattice = Lattice()
    let second = LinkDefinition(key: Self.key, target: "a", interfaces: ["batch"])
    lattice.observed.noteLinks([second, Self.link], of: "web")
    #expect(lattice.plan.held.map(\.rule) == [.ambiguousLink])
    #expect(lattice.removed == ["own", "served"])
    lattice.application.sync.prune = false
    #expect(lattice.plan.held.isEmpty)
    #expect(lattice.plan.left.map(\.unit.name) == ["own", "web -> kv"])
  }

  @Test("what could not be read is held with prune, and left without")
  func unread() {
    var lattice = Lattice()
    lattice.observed.apply(.configSet("own"), at: Timestamp(nanoseconds: 1))
    lattice.observed.apply(.linkDeleted(Self.key), at: Timestamp(nanoseconds: 1))
    #expect(lattice.plan.held.map(\.rule) == [.unknownStore, .unknownStore])
    #expect(lattice.removed == ["served"])
    lattice.application.sync.prune = false
    #expect(lattice.plan.held.isEmpty)
    #expect(lattice.plan.left.map(\.unit.name) == ["own", "web -> kv"])
  }

  @Test("nothing of an application goes whose manifest cannot be read")
  func frozen() {
    var lattice = Lattice()
    lattice.context.prune = true
    lattice.observed.note(
      HostReport(
        host: "N",
        actors: [
          ReportedActor(
            id: "web", image: "r/web:1",
            annotations: [
              AnnotationKey.managedBy: AnnotationKey.manager, AnnotationKey.application: "shop",
            ], instances: 1)
        ]), at: Timestamp(nanoseconds: 1))
    let frozen = DesiredState(
      revision: "r", frozen: [FrozenApplication(name: "shop", origin: Self.place)])
    let plan = plan(from: lattice.observed, to: frozen, in: lattice.context)
    #expect(plan.isEmpty && plan.held.isEmpty && plan.left.isEmpty)
    let gone = DesiredState(revision: "r")
    #expect(
      Planning.plan(from: lattice.observed, to: gone, in: lattice.context).steps.flatMap(\.intents)
        .count == 4)
  }

  @Test("a removed application is pruned as it last said, unless this pass says so")
  func lastSaid() {
    var lattice = Lattice()
    let gone = DesiredState(revision: "r")
    for (last, pass, removed) in [
      (true, false, 3), (false, false, 0), (nil, false, 0), (false, true, 3),
    ] as [(Bool?, Bool, Int)] {
      lattice.context.prune = pass
      lattice.context.record.applied["shop"] = last.map {
        AppliedApplication(revision: "q", path: "shop.yaml", sync: SyncOptions(prune: $0))
      }
      let plan = plan(from: lattice.observed, to: gone, in: lattice.context)
      #expect(plan.steps.flatMap(\.intents).count == removed)
      #expect(plan.steps.allSatisfy { $0.reason == .applicationRemoved })
    }
  }
}
