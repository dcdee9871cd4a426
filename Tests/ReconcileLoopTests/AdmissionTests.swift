import LatticeClient
import LatticeModel
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
    let context = PlanningContext(lattice: "default")

    init() async throws {
      let commits = Commits()
      commits.commit(AdmissionTests.manifest)
      desired = try await DesiredSource(Configuration(), from: commits).read().desired
      for host: HostID in ["NA", "NB"] {
        observed.note(HostReport(host: host), at: Timestamp(nanoseconds: 1))
      }
      observed.view = .complete
      observed.noteConfig(.absent, named: "shop-web")
    }

    var plan: Plan { Planning.plan(from: observed, to: desired, in: context) }

    func admitted(by backoff: Backoff, at now: ContinuousClock.Instant) -> [PlannedStep] {
      var backoff = backoff
      return backoff.admitted(plan, to: desired, from: observed, in: context, at: now).plan.steps
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
