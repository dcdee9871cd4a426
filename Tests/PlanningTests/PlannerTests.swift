import Diagnostics
import LatticeModel
import Testing

@testable import Planning

@Suite("Planner")
struct PlannerTests {
  private let place = SourcePosition(path: "shop.yaml", line: 1, column: 1)

  private func actor(_ image: ImageReference = "r/web:1", instances: Int = 3) -> ActorSpec {
    ActorSpec(
      name: "web", id: "shop-web", image: image, instances: instances, origin: place)
  }

  private func desired(_ actors: [ActorSpec], prune: Bool = false) -> DesiredState {
    DesiredState(
      revision: "r",
      applications: [
        ApplicationSpec(
          name: "shop", origin: place, actors: actors, sync: SyncOptions(prune: prune))
      ])
  }

  private func lattice(hosts: Int, _ view: ViewCompleteness = .complete) -> ObservedState {
    var state = ObservedState()
    for index in 0..<hosts {
      state.note(HostReport(host: HostID("N\(index)")), at: Timestamp(nanoseconds: 1))
    }
    state.view = view
    return state
  }

  private let context = PlanningContext(lattice: "default")

  /// The lattice once a plan for a desired state was carried out.
  private func settled(_ desired: DesiredState, hosts: Int = 3) -> ObservedState {
    let start = lattice(hosts: hosts)
    return simulate(
      plan(from: start, to: desired, in: context), on: start, record: LatticeRecord()
    ).observed
  }

  @Test("an equal state gives an empty plan")
  func equal() {
    let desired = desired([actor()])
    #expect(
      plan(from: lattice(hosts: 3), to: desired, in: context).steps.flatMap(\.intents).count == 3)
    let again = plan(from: settled(desired), to: desired, in: context)
    #expect(again.isEmpty && again.held.isEmpty && again.counts.equal == 3)
  }

  @Test("an image is replaced, one host at a time")
  func image() {
    let before = settled(desired([actor()]))
    let change = plan(from: before, to: desired([actor("r/web:2")]), in: context)
    #expect(change.stages.count == 3)
    for step in change.steps {
      guard case .replace(let old, let launch, 1, step.unit.host)? = step.intents.first else {
        Issue.record("not replaced: \(step.intents)")
        return
      }
      #expect(old.image == "r/web:1" && launch.image == "r/web:2")
    }
    #expect(change.notes.count == 1)
  }

  @Test("nothing is taken away from an incomplete view, and additions go")
  func incomplete() {
    var before = settled(desired([actor()]))
    before.view = .unproven
    let fewer = plan(from: before, to: desired([actor(instances: 1)]), in: context)
    #expect(fewer.isEmpty)
    #expect(Set(fewer.held.map(\.rule)) == [.incompleteView])
    let more = plan(from: before, to: desired([actor(instances: 6)]), in: context)
    #expect(more.steps.flatMap(\.intents).count == 3 && more.held.isEmpty)
  }

  @Test("what is no longer declared is left without prune and removed with it")
  func prune() {
    let before = settled(desired([actor()]))
    let left = plan(from: before, to: desired([]), in: context)
    #expect(left.isEmpty && left.left.count == 3)
    let pruned = plan(from: before, to: desired([], prune: true), in: context)
    #expect(pruned.steps.flatMap(\.intents).count == 3 && pruned.steps.allSatisfy(\.isRemoval))
  }

  @Test("a set of somebody else under our id holds ours and is left alone")
  func unowned() {
    var before = lattice(hosts: 2)
    before.note(
      HostReport(
        host: "N0",
        actors: [
          ReportedActor(
            id: "shop-web", image: "r/other:1", annotations: [AnnotationKey.managedBy: "wadm"],
            instances: 1)
        ]), at: Timestamp(nanoseconds: 2))
    let held = plan(from: before, to: desired([actor()]), in: context)
    #expect(held.isEmpty)
    #expect(held.held.map(\.rule) == [.notOurs])
    #expect(held.unowned.map(\.manager) == ["wadm"])
  }

  @Test(
    "what wadm started with configs counts as declared, with a note; what others started is held")
  func unownedWithConfigs() {
    var actor = actor(instances: 1)
    actor.configs = ["c"]
    for (manager, isTaken) in [("wadm", true), ("somebody", false)] {
      var before = lattice(hosts: 1)
      before.note(
        HostReport(
          host: "N0",
          actors: [
            ReportedActor(
              id: actor.id, image: actor.image,
              annotations: [AnnotationKey.managedBy: manager], instances: 1)
          ]), at: Timestamp(nanoseconds: 2))
      let plan = plan(from: before, to: desired([actor]), in: context)
      #expect(plan.unowned.map(\.isEqual) == [isTaken])
      #expect(plan.held.map(\.rule) == (isTaken ? [] : [.notOurs]))
      #expect(
        plan.notes.map(\.text)
          == (isTaken
            ? ["actor web was started by wadm; hosts do not tell with which configs"] : []))
    }
  }

  @Test("an application that cannot be read is not touched")
  func frozen() {
    let before = settled(desired([actor()]))
    let frozen = DesiredState(
      revision: "r", frozen: [FrozenApplication(name: "shop", origin: place)])
    var forced = context
    forced.prune = true
    let untouched = plan(from: before, to: frozen, in: forced)
    #expect(untouched.isEmpty && untouched.left.isEmpty && untouched.held.isEmpty)
  }

  @Test("the digest of what is started is fixed")
  func digest() {
    #expect(
      launchDigest(image: "r/web:1", configs: ["a", "b"], memoryLimit: 64)
        != launchDigest(image: "r/web:1", configs: ["b", "a"], memoryLimit: 64))
    #expect(launchDigest(image: "r/web:1", configs: []).count == 12)
  }
}
