import DesiredSources
import LatticeModel
import PlanExecution
import Planning
import Testing

@testable import ReconcileLoop

/// What may be sent while something else is under way.
@Suite("Admission")
struct AdmissionTests {
  private let start = ContinuousClock.now

  private static let manifest = """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: shop}
    spec:
      actors: [{name: web, image: "r/web:1", instances: 1, config: {key: value}}]
    ---
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: till}
    spec:
      dependsOn: [shop]
      actors: [{name: web, image: "r/web:1", instances: 1}]
    ---
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: news}
    spec:
      actors: [{name: web, image: "r/web:1", instances: 1}]
    """

  private struct Scene {
    var desired: DesiredState
    var observed = ObservedState()
    var context = PlanningContext(lattice: "default")

    init(zones: [HostID: String] = ["NA": "a", "NB": "a"]) async throws {
      let commits = Commits()
      commits.commit(AdmissionTests.manifest)
      desired = try await DesiredSource(SourceOptions(), from: commits).read().desired
      for (host, zone) in zones {
        observed.note(HostReport(host: host, labels: ["zone": zone]), at: Timestamp(nanoseconds: 1))
      }
      observed.view = .complete
      observed.noteConfig(.absent, named: "shop-web")
    }

    var plan: Plan { Planning.plan(from: observed, to: desired, in: context) }

    func admitted(by backoff: Backoff, at now: ContinuousClock.Instant) -> [PlannedStep] {
      var (backoff, context) = (backoff, context)
      context.pending = backoff.pending(in: observed, at: now)
      return Planning.plan(from: observed, to: desired, in: context).steps
    }
  }

  private func steps(_ plan: Plan, _ application: ApplicationName, _ kind: UnitKind) throws
    -> PlannedStep
  {
    try #require(
      plan.steps.first { $0.unit.application == application && $0.unit.kind == kind })
  }

  @Test("what builds on a config that is under way waits, in its application and its dependants")
  func builtOn() async throws {
    let scene = try await Scene()
    var backoff = Backoff()
    backoff.note(
      .underWay, of: try steps(scene.plan, "shop", .config), at: start, fraction: 0)
    #expect(Set(scene.admitted(by: backoff, at: start).map(\.unit.application)) == ["news"])
  }

  @Test("a config that a link under way writes too waits for it")
  func writtenAlongside() async throws {
    var scene = try await Scene()
    scene.desired.applications = scene.desired.applications.filter { $0.name == "shop" }
    let config = try steps(scene.plan, "shop", .config)
    scene.context.record =
      simulate(
        scene.plan, on: scene.observed, record: LatticeRecord()
      ).record
    let link = PlannedStep(
      unit: UnitKey(application: "shop", kind: .link, name: "http -> web"),
      intents: [.keep("shop-web", ["key": "former"])], reason: config.reason, found: .nothing,
      alongside: config.changes)
    var backoff = Backoff()
    backoff.note(.unanswered, of: link, at: start, fraction: 0)
    #expect(scene.admitted(by: backoff, at: start).isEmpty)
    let later = start + Backoff.patience
    #expect(try scene.admitted(by: backoff, at: later).first == steps(scene.plan, "shop", .config))
  }

  @Test("what moves is not taken away because of something under way that would make up for it")
  func moved() async throws {
    var scene = try await Scene(zones: ["NA": "a", "NB": "a", "NC": "b", "ND": "b"])
    scene.desired.applications = scene.desired.applications.filter { $0.name == "news" }
    scene.desired.applications[0].actors[0].instances = 6
    scene.desired.applications[0].actors[0].spread = ["a", "b"].map {
      SpreadConstraint(name: $0, requirements: [LabelRequirement("zone", .equals($0))])
    }
    scene.observed = simulate(scene.plan, on: scene.observed, record: LatticeRecord()).observed
    for (host, instances): (HostID, Int) in [("NA", 3), ("NB", 1), ("NC", 1), ("ND", 0)] {
      var report = try #require(scene.observed.host(host)?.report)
      if instances == 0 { report.actors = [] } else { report.actors[0].instances = instances }
      scene.observed.note(report, at: Timestamp(nanoseconds: 2))
    }
    let moves = scene.plan.steps.map(\.takesAway)
    #expect(moves.contains(true) && moves.contains(false), "something is to move")
    var more = try #require(scene.plan.steps.first { !$0.takesAway })
    guard case .run(let launch, _, _)? = more.intents.first else { return }
    more.unit.host = "NC"
    more.intents = [.run(launch, instances: 3, on: "NC")]
    var backoff = Backoff()
    backoff.note(.underWay, of: more, at: start, fraction: 0)
    #expect(scene.admitted(by: backoff, at: start).filter(\.takesAway).isEmpty)
  }

  @Test("what is being ended counts as there until it is seen gone")
  func ending() async throws {
    var scene = try await Scene()
    scene.desired.applications = scene.desired.applications.filter { $0.name == "news" }
    scene.desired.applications[0].actors[0].instances = 4
    scene.observed = simulate(scene.plan, on: scene.observed, record: LatticeRecord()).observed
    scene.desired.applications[0].actors[0].instances = 2
    let down = try #require(scene.plan.steps.first)
    scene.desired.applications[0].actors[0].instances = 4
    var backoff = Backoff()
    backoff.note(.underWay, of: down, at: start, fraction: 0)
    scene.observed.mark(try #require(down.unit.host), .late(reason: "it does not answer pings"))
    #expect(scene.admitted(by: backoff, at: start).isEmpty)
  }

  @Test("what is being ended on one host is not ended on another in its stead")
  func endedOnce() async throws {
    var scene = try await Scene()
    scene.desired.applications = scene.desired.applications.filter { $0.name == "news" }
    scene.desired.applications[0].actors[0].instances = 4
    scene.observed = simulate(scene.plan, on: scene.observed, record: LatticeRecord()).observed
    scene.desired.applications[0].actors[0].instances = 3
    let chosen = try #require(scene.plan.steps.first)
    #expect(scene.admitted(by: Backoff(), at: start) == [chosen])
    var other = chosen
    other.unit.host = chosen.unit.host == "NA" ? "NB" : "NA"
    other.intents = chosen.intents.map { intent in
      let host = other.unit.host ?? ""
      return switch intent {
      case .run(let launch, let instances, _): .run(launch, instances: instances, on: host)
      case .end(let launch, _): .end(launch, on: host)
      default: intent
      }
    }
    var backoff = Backoff()
    backoff.note(.underWay, of: other, at: start, fraction: 0)
    #expect(scene.admitted(by: backoff, at: start).isEmpty)
  }

  @Test("a host that is silent gets nothing else because something is under way there")
  func silentHost() async throws {
    var scene = try await Scene()
    let step = try steps(scene.plan, "news", .actor)
    let host = try #require(step.unit.host)
    var backoff = Backoff()
    backoff.note(.underWay, of: step, at: start, fraction: 0)
    for host: HostID in ["NA", "NB"] { scene.observed.mark(host, .late(reason: "")) }
    #expect(scene.observed.host(host)?.isUsable == false)
    let sent = scene.admitted(by: backoff, at: start).filter { $0.unit.host != nil }
    #expect(sent.isEmpty)
  }

  @Test("what is under way on a host is not started on another when that host falls silent")
  func elsewhere() async throws {
    var scene = try await Scene()
    let step = try steps(scene.plan, "news", .actor)
    var backoff = Backoff()
    backoff.note(.underWay, of: step, at: start, fraction: 0)
    scene.observed.mark(try #require(step.unit.host), .late(reason: "it does not answer pings"))
    func news(_ steps: [PlannedStep]) -> [PlannedStep] {
      steps.filter { $0.unit.application == "news" }
    }
    #expect(news(scene.plan.steps).count == 1)
    #expect(news(scene.admitted(by: backoff, at: start)).isEmpty)
    #expect(news(scene.admitted(by: backoff, at: start + Backoff.patience)).count == 1)
  }
}
