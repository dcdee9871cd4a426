import Diagnostics
import LatticeModel
import Planning
import Testing

@Suite("Guards")
struct GuardTests {
  static let place = SourcePosition(path: "shop.yaml", line: 1, column: 1)

  private func application(_ name: ApplicationName) -> ApplicationSpec {
    ApplicationSpec(
      name: name, origin: Self.place,
      actors: [
        ActorSpec(
          name: "web", id: ActorID("\(name)-web"), image: "r/web:1", instances: 2,
          origin: Self.place)
      ])
  }

  private var empty: ObservedState {
    var state = ObservedState()
    for host in ["N0", "N1"] {
      state.note(HostReport(host: HostID(host)), at: Timestamp(nanoseconds: 1))
    }
    state.view = .complete
    return state
  }

  /// The applications that a plan from nothing commands.
  private func commanded(_ context: PlanningContext) -> [ApplicationName] {
    let desired = DesiredState(
      revision: "r", applications: [application("blog"), application("shop")])
    let plan = plan(from: empty, to: desired, in: context)
    let names = Set(plan.steps.map(\.unit.application))
    let held = Set(plan.held.map(\.step.unit.application))
    #expect(names.isDisjoint(with: held) && names.union(held) == ["blog", "shop"])
    #expect(plan.steps.count + plan.held.count == 4)
    return names.sorted()
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var scope: Suspension.Scope
    var until: Int64?
    var now: Int64?
    var commanded: [ApplicationName]
  }

  @Test(
    "a suspension holds what it covers, as long as it lasts",
    arguments: [
      Case(testDescription: "everything", scope: .everything, commanded: []),
      Case(testDescription: "one", scope: .application("shop"), commanded: ["blog"]),
      Case(testDescription: "this repository", scope: .repository("apps"), commanded: []),
      Case(
        testDescription: "another repository", scope: .repository("other"),
        commanded: ["blog", "shop"]),
      Case(
        testDescription: "not over yet", scope: .everything, until: 5, now: 4, commanded: []),
      Case(
        testDescription: "over", scope: .everything, until: 5, now: 5,
        commanded: ["blog", "shop"]),
      Case(testDescription: "no clock", scope: .everything, until: 5, commanded: []),
    ])
  func suspension(_ test: Case) {
    var context = PlanningContext(lattice: "default")
    context.repository = "apps"
    context.now = test.now.map { Timestamp(nanoseconds: $0) }
    context.record.suspensions = [
      Suspension(
        test.scope, reason: "a migration runs", by: "ann",
        until: test.until.map { Timestamp(nanoseconds: $0) })
    ]
    #expect(commanded(context) == test.commanded)
  }

  @Test("a halt holds every application")
  func halt() {
    var context = PlanningContext(lattice: "default")
    context.record.halt = "a person said so"
    #expect(commanded(context) == [])
  }

  @Test("rewritten history holds everything where it is refused, else nothing that is added")
  func history() {
    var context = PlanningContext(lattice: "default")
    context.doubts = ["blog": HistoryDoubt(of: "r", after: "q")]
    #expect(commanded(context) == ["blog", "shop"])
    context.refusesRewrittenHistory = true
    #expect(commanded(context) == [])
    context.doubts["blog"]?.isPast = true
    #expect(commanded(context) == ["blog", "shop"])
    context.doubts = ["blog": HistoryDoubt(of: "r", after: "q", "the clone is shallow")]
    #expect(commanded(context) == ["blog", "shop"])
  }

  @Test("a unit that flaps is held, its neighbour is not")
  func flapping() {
    var context = PlanningContext(lattice: "default")
    let unit = UnitKey(application: "shop", kind: .actor, name: "web", host: "N0")
    context.flapping = [unit]
    let plan = plan(
      from: empty, to: DesiredState(revision: "r", applications: [application("shop")]),
      in: context)
    #expect(plan.held.map(\.step.unit) == [unit])
    #expect(plan.held.map(\.rule) == [.flapping])
    #expect(plan.steps.map(\.unit.host) == ["N1"])
  }

  @Test("a scale down needs a complete view, a scale up does not")
  func counts() {
    let desired = DesiredState(revision: "r", applications: [application("shop")])
    let context = PlanningContext(lattice: "default")
    for (count, isHeld) in [(3, true), (1, false)] {
      var state = simulate(
        plan(from: empty, to: desired, in: context), on: empty, record: context.record
      ).observed
      guard var report = state.host("N0")?.report else { return }
      report.actors[0].instances = count
      state.note(report, at: Timestamp(nanoseconds: 2))
      state.mark("N1", .lost)
      state.view = .unproven
      let plan = plan(from: state, to: desired, in: context)
      #expect(plan.steps.count == (isHeld ? 0 : 1))
      #expect(plan.held.map(\.rule) == (isHeld ? [.incompleteView] : []))
    }
  }

  @Test("what goes down stays where fewer than wanted would run, as another rule has no host")
  func otherRule() {
    let context = PlanningContext(lattice: "default")
    var desired = DesiredState(revision: "r", applications: [application("shop")])
    desired.applications[0].actors[0].instances = 4
    let state = simulate(
      plan(from: empty, to: desired, in: context), on: empty, record: context.record
    ).observed
    #expect(state.hosts.map { $0.report.actors.map(\.instances) } == [[2], [2]])
    desired.applications[0].actors[0].spread = [
      SpreadConstraint(name: "here", requirements: [LabelRequirement("zone", .doesNotExist)]),
      SpreadConstraint(name: "west", requirements: [LabelRequirement("zone", .equals("west"))]),
    ]
    // Half of four have no host, so that all four stay; of two wanted, two must run on.
    for (wanted, steps, left) in [(4, 0, 4), (2, 1, 3)] {
      desired.applications[0].actors[0].instances = wanted
      let plan = plan(from: state, to: desired, in: context)
      let after = simulate(plan, on: state, record: context.record).observed
      #expect(plan.steps.count == steps)
      #expect(plan.held.allSatisfy { $0.rule == .noReplacement } && !plan.held.isEmpty)
      #expect(after.hosts.flatMap(\.report.actors).reduce(0) { $0 + $1.instances } == left)
    }
  }

  @Test("a host that is late is named with the reason for it")
  func late() {
    let context = PlanningContext(lattice: "default")
    var desired = DesiredState(revision: "r", applications: [application("shop")])
    var state = simulate(
      plan(from: empty, to: desired, in: context), on: empty, record: context.record
    ).observed
    state.mark("N0", .late(reason: "two hosts answer to this id"))
    desired.applications[0].actors[0].image = "r/web:2"
    let plan = plan(from: state, to: desired, in: context)
    #expect(plan.steps.map(\.unit.host) == ["N1"])
    #expect(
      plan.held.map(\.detail)
        == ["host N0 cannot be told to change: two hosts answer to this id"])
    #expect(plan.notes.count == 1)
  }

  @Test("what an application waits for is what is declared, and never in a circle")
  func dependencies() {
    var first = application("blog")
    var second = application("shop")
    first.dependsOn = ["gone", "shop"]
    func waits() -> [ApplicationName: [ApplicationName]] {
      plan(
        from: empty, to: DesiredState(revision: "r", applications: [first, second]),
        in: PlanningContext(lattice: "default")
      ).dependencies
    }
    #expect(waits() == ["blog": ["shop"]])
    second.dependsOn = ["blog"]
    #expect(waits().values.reduce(0) { $0 + $1.count } == 1)
  }
}
