import Diagnostics
import LatticeModel
import Planning
import Testing

@Suite("Strange states of a lattice")
struct StrangeStateTests {
  @Test("a count below zero, as hosts tell it, is brought to what is declared")
  func countBelowZero() {
    var place = Place()
    place.actors[0].instances = 4_294_967_291
    #expect(place.told == ["actor count-changed: r/web:1 x3"])
    place.actor.instances = 0
    #expect(place.told == ["actor not-wanted-here: end r/web:1"])
    place.actor.instances = 3
    place.actors[0].annotations = [AnnotationKey.managedBy: "wadm"]
    #expect(place.told == ["actor count-changed held: not-ours"])
  }

  @Test("as many instances as a host can count are placed without room and without a crash")
  func unbounded() {
    var place = Place()
    place.actors = []
    place.actor.instances = 4_294_967_295
    #expect(place.told == ["actor missing: r/web:1 x4294967295"])
    place.actor.resources = ResourceRequest(cpu: .max, memory: .max)
    #expect(place.told == ["actor missing: r/web:1 x4294967295"])
  }

  @Test("wadm's set of our id counts where it is as declared and holds ours where it is not")
  func wadm() {
    var place = Place()
    place.actors[0].annotations = [
      AnnotationKey.managedBy: "wadm", AnnotationKey.application: "shop",
    ]
    #expect(place.told == ["actor is another's"])
    place.actors[0].image = "r/web:0"
    #expect(place.told == ["actor image-changed held: not-ours"])
  }

  @Test("our annotations of another application under a declared id stay as they are")
  func renamed() {
    var place = Place()
    place.actors[0].annotations[AnnotationKey.application] = "before"
    #expect(place.told == [])
  }

  @Test("our mark without an application is nobody's of ours")
  func markOnly() {
    var place = Place()
    place.actors[0].annotations = [AnnotationKey.managedBy: AnnotationKey.manager]
    #expect(place.told == ["actor is another's"])
  }

  private static let origin = SourcePosition(path: "shop.yaml", line: 1, column: 1)

  /// A provider on the first of two hosts, and a second host.
  private func provider(on presence: Presence) -> Plan {
    let place = Place()
    var state = ObservedState()
    let report = HostReport(host: "N0", providers: place.providers)
    state.note(report, at: Timestamp(nanoseconds: 1))
    state.note(HostReport(host: "N1"), at: Timestamp(nanoseconds: 1))
    state.view = .complete
    state.mark("N0", presence)
    let desired = DesiredState(
      revision: "r",
      applications: [
        ApplicationSpec(name: "shop", origin: Self.origin, providers: [place.provider])
      ])
    return plan(from: state, to: desired, in: PlanningContext(lattice: "default"))
  }

  @Test("a provider on a host that is silent or late counts, and is started nowhere else")
  func silentProvider() {
    for presence in [.silent, .late(reason: "it errs")] as [Presence] {
      let plan = provider(on: presence)
      #expect(plan.isEmpty && plan.held.isEmpty && plan.counts.equal == 1)
    }
  }

  @Test("a provider on a lost or unsupported host is started elsewhere")
  func lostProvider() {
    for presence in [.lost, .unsupported] as [Presence] {
      #expect(provider(on: presence).steps.map(\.unit.host) == ["N1"])
    }
  }

  @Test("where every host is late, what is not there is missing, and nothing is in sync")
  func nothingButLate() {
    var place = Place()
    place.actors = []
    place.providers = []
    var state = ObservedState()
    for host in ["N0", "N1"] as [HostID] {
      state.note(HostReport(host: host), at: Timestamp(nanoseconds: 1))
      state.mark(host, .late(reason: "most hosts vanished together"))
    }
    let desired = DesiredState(
      revision: "r",
      applications: [
        ApplicationSpec(name: "shop", origin: Self.origin, actors: [place.actor])
      ])
    var context = PlanningContext(lattice: "default")
    #expect(plan(from: state, to: desired, in: context).unplaceable.first?.missing == 3)
    var fresh = state
    for host in ["N0", "N1"] as [HostID] { fresh.mark(host, .fresh) }
    context.pending.underWay = plan(from: fresh, to: desired, in: context).steps
    #expect(context.pending.underWay.count == 2)
    for seen in [fresh, state] {
      let plan = plan(from: seen, to: desired, in: context)
      #expect(!plan.isEmpty || !plan.unplaceable.isEmpty || !plan.unreached.isEmpty)
    }
  }

  @Test("a start that is under way takes nothing from a host that runs more by now")
  func runsMore() {
    let place = Place()
    var desired = DesiredState(
      revision: "r",
      applications: [
        ApplicationSpec(name: "shop", origin: Self.origin, actors: [place.actor])
      ])
    var context = PlanningContext(lattice: "default")
    var state = ObservedState()
    for host in ["N0", "N1"] as [HostID] {
      state.note(HostReport(host: host), at: Timestamp(nanoseconds: 1))
    }
    state.view = .complete
    desired.applications[0].actors[0].instances = 1
    let sent = plan(from: state, to: desired, in: context).steps
    #expect(sent.map(\.unit.host) == ["N0"])
    desired.applications[0].actors[0].instances = 3
    state =
      simulate(
        plan(from: state, to: desired, in: context), on: state, record: context.record
      ).observed
    state.note(HostReport(host: "N2"), at: Timestamp(nanoseconds: 1))
    #expect(plan(from: state, to: desired, in: context).isEmpty)
    context.pending.underWay = sent
    #expect(plan(from: state, to: desired, in: context).isEmpty)
  }
}
