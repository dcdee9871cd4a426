import Diagnostics
import LatticeModel
import Planning
import ReconcileTestKit
import Testing

/// What a plan says on hosts that can do something else than those it was first made for.
@Suite("What hosts can do")
struct AbilityTests {
  private static let place = SourcePosition(path: "shop.yaml", line: 1, column: 1)

  private func desired(_ image: ImageReference) -> DesiredState {
    let link = LinkDefinition(
      key: LinkKey(source: "shop-web", contract: "wasi:keyvalue"), target: "kv",
      interfaces: ["store"])
    return DesiredState(
      revision: "r",
      applications: [
        ApplicationSpec(
          name: "shop", origin: Self.place,
          actors: [ActorSpec(name: "web", id: "shop-web", image: image, origin: Self.place)],
          links: [
            LinkSpec(
              definition: link, sourceName: "web", targetName: "kv", origin: Self.place)
          ],
          configs: [
            ConfigSpec(name: "conf", values: ["a": "1"], user: .application, origin: Self.place)
          ])
      ])
  }

  private func observed(_ actors: [ReportedActor] = []) -> ObservedState {
    var observed = ObservedState()
    observed.note(HostReport(host: "NA", actors: actors), at: Timestamp(nanoseconds: 1))
    observed.noteLinks([], of: "shop-web")
    observed.noteConfig(.absent, named: "conf")
    observed.view = .complete
    return observed
  }

  private func context(_ abilities: HostAbilities) -> PlanningContext {
    var context = PlanningContext(lattice: "default")
    context.abilities = abilities
    return context
  }

  @Test("without stores neither links nor configs are planned, and that is said")
  func stores() {
    let without = context(HostAbilities(keepsStores: false))
    let first = plan(from: observed(), to: desired("r/web:1"), in: without)
    #expect(first.steps.map(\.unit.kind) == [.actor])
    #expect(
      first.notes.map(\.text) == ["1 link and 1 config declared, which these hosts do not keep"])
    #expect(first.held.isEmpty)
    let after = simulate(first, on: observed(), record: LatticeRecord())
    #expect(plan(from: after.observed, to: desired("r/web:1"), in: without).isEmpty)
    let with = plan(from: observed(), to: desired("r/web:1"), in: context(HostAbilities()))
    #expect(Set(with.steps.map(\.unit.kind)) == [.config, .link, .actor])
  }

  @Test("a gap is told where there is one")
  func gap() {
    let before = simulate(
      plan(from: observed(), to: desired("r/web:1"), in: context(HostAbilities())),
      on: observed(), record: LatticeRecord()
    ).observed
    let through = plan(from: before, to: desired("r/web:2"), in: context(HostAbilities()))
    let swapped = plan(
      from: before, to: desired("r/web:2"), in: context(HostAbilities(swapsInPlace: true)))
    #expect(through.notes.map(\.text).contains { $0.contains("calls fail until it is up") })
    #expect(swapped.notes.isEmpty)
    #expect(swapped.steps.map(\.intents) == through.steps.map(\.intents))
  }
}
