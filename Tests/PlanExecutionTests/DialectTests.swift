import LatticeDialects
import LatticeModel
import LatticeObservation
import LatticeSimulator
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import PlanExecution

/// The executor over hosts of another dialect than 1.x, which share not one word with them.
@Suite("A plan on hosts of another dialect")
struct DialectTests {
  private let bus = InProcessBus()
  private let host = LineHost("NLINE")

  private func launch(_ image: ImageReference) -> Launch {
    .actor(ActorLaunch(id: "web", image: image))
  }

  private func step(_ intent: Intent, found: Found, _ kind: UnitKind = .actor) -> PlannedStep {
    PlannedStep(
      unit: UnitKey(application: "shop", kind: kind, name: "web", host: intent.host),
      intents: [intent], reason: .missing, found: found)
  }

  /// Looks at the lattice, and carries out one step.
  private func execute(_ step: PlannedStep) async throws -> PlanOutcome {
    let answering = try await host.listen(on: bus)
    defer { answering.cancel() }
    let observer = LatticeObserver("default", in: LineDialect(), over: bus)
    try await observer.open()
    try await observer.look(expecting: [:])
    let observed = try await observer.sighting(sources: [], configs: [])
    #expect(observed.hosts.filter(\.isUsable).map(\.id) == ["NLINE"])
    let following = Task { await observer.run() }
    defer { following.cancel() }
    var plan = Plan(lattice: "default", revision: "1")
    plan.stages = [Stage(title: "", steps: [step])]
    return await PlanExecutor("default", in: LineDialect(), over: bus) { .all }.execute(
      plan, watchedBy: observer, until: .now + .seconds(10)
    ) { _ in }
  }

  private let found = Found.actor(
    image: "img:1", instances: 2, ownership: .unowned(manager: nil))

  @Test("where hosts swap in place a replacement is one request, confirmed by what they list")
  func swap() async throws {
    let started = try await execute(
      step(.run(launch("img:1"), instances: 2, on: "NLINE"), found: .nothing))
    #expect(started.results.map(\.result) == [.confirmed])
    let swapped = try await execute(
      step(
        .replace(launch("img:1"), by: launch("img:2"), instances: 3, on: "NLINE"), found: found))
    #expect(swapped.results.map(\.result) == [.confirmed])
    #expect(swapped.sent == 1)
    #expect(await host.heard == ["web img:1 2", "web img:2 3"])
    #expect(await host.running == ["web": "img:2 3"])
  }

  @Test("what ends is gone from their list, and what they refuse fails in their words")
  func refused() async throws {
    let start = step(.run(launch("img:1"), instances: 2, on: "NLINE"), found: .nothing)
    #expect(try await execute(start).isDone)
    let ended = try await execute(step(.end(launch("img:1"), on: "NLINE"), found: found))
    #expect(ended.isDone)
    #expect(await host.running.isEmpty)
    await host.refuse(with: "no room")
    #expect(try await execute(start).results.map(\.result) == [.failed("no room")])
  }

  @Test("a link, which they know nothing of, fails and sends nothing")
  func unknown() async throws {
    let outcome = try await execute(step(.connect(Sample.link()), found: .nothing, .link))
    #expect(outcome.results.map(\.result) == [.failed("these hosts know nothing of the kind")])
    #expect(outcome.sent == 0)
  }

  @Test("how many commands a plan comes to is the dialect's to say")
  func count() {
    var plan = Plan(lattice: "default", revision: "1")
    let replacement = Intent.replace(
      launch("img:1"), by: launch("img:2"), instances: 3, on: "NLINE")
    plan.stages = [
      Stage(
        title: "", steps: [step(replacement, found: .nothing), put(Sample.link()), put("conf")])
    ]
    #expect(V1().commandCount(of: plan) == 4)
    #expect(LineDialect().commandCount(of: plan) == 1)
  }
}
