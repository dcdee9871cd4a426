import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@testable import LatticeObservation

@Suite("Whether a step's unit is as its plan found it")
struct StepFreshnessTests {
  static let up = Intent.run(.actor(Sample.launch), instances: 2, on: Sample.host)
  static let down = Intent.end(.actor(Sample.launch), on: Sample.host)
  static let begin = Intent.run(.provider(Sample.provider), instances: 1, on: Sample.host)
  static let end = Intent.end(.provider(Sample.provider), on: Sample.host)
  static var changed: LinkDefinition {
    var changed = Sample.link()
    changed.targetConfig = ["other"]
    return changed
  }

  struct Freshness: Sendable, CustomStringConvertible {
    var description: String
    var intent: Intent
    var found: Found
    var observed: ObservedState
    var isFresh: Bool
  }

  static let none = Ownership.unowned(manager: nil)

  static let freshness: [Freshness] = [
    Freshness(
      description: "still no set", intent: up, found: .nothing, observed: Sample.observed(),
      isFresh: true),
    Freshness(
      description: "somebody started one", intent: up, found: .nothing,
      observed: Sample.observed(actor: Sample.set()), isFresh: false),
    Freshness(
      description: "the set as found", intent: up,
      found: .actor(image: "img:1", instances: 2, ownership: none),
      observed: Sample.observed(actor: Sample.set()), isFresh: true),
    Freshness(
      description: "another count than found", intent: up,
      found: .actor(image: "img:1", instances: 1, ownership: none),
      observed: Sample.observed(actor: Sample.set()), isFresh: false),
    Freshness(
      description: "another owner than found", intent: up,
      found: .actor(
        image: "img:1", instances: 2, ownership: .owned(application: "a", name: "b", spec: "")),
      observed: Sample.observed(actor: Sample.set()), isFresh: false),
    Freshness(
      description: "the set has gone", intent: down,
      found: .actor(image: "img:1", instances: 2, ownership: none), observed: Sample.observed(),
      isFresh: false),
    Freshness(
      description: "the provider as found", intent: end,
      found: .provider(image: "img:2", ownership: none),
      observed: Sample.observed(provider: Sample.process()),
      isFresh: true),
    Freshness(
      description: "the provider has gone", intent: end,
      found: .provider(image: "img:2", ownership: none), observed: Sample.observed(), isFresh: false
    ),
    Freshness(
      description: "somebody started a provider", intent: begin, found: .nothing,
      observed: Sample.observed(provider: Sample.process()), isFresh: false),
    Freshness(
      description: "still no link of that key", intent: .connect(Sample.link()), found: .nothing,
      observed: Sample.observed(links: [Sample.link("x")]), isFresh: true),
    Freshness(
      description: "somebody put the link", intent: .connect(Sample.link()), found: .nothing,
      observed: Sample.observed(links: [changed]), isFresh: false),
    Freshness(
      description: "the source was not read", intent: .connect(Sample.link()), found: .nothing,
      observed: Sample.observed(), isFresh: false),
    Freshness(
      description: "the link as found", intent: .disconnect(Sample.link()),
      found: .link(Sample.link()),
      observed: Sample.observed(links: [Sample.link()]), isFresh: true),
    Freshness(
      description: "the link has changed", intent: .disconnect(Sample.link()),
      found: .link(Sample.link()), observed: Sample.observed(links: [changed]), isFresh: false),
    Freshness(
      description: "still no config", intent: .keep("conf", [:]), found: .nothing,
      observed: Sample.observed(config: .absent), isFresh: true),
    Freshness(
      description: "the config was not read", intent: .keep("conf", [:]),
      found: .nothing, observed: Sample.observed(), isFresh: false),
    Freshness(
      description: "somebody wrote the config", intent: .keep("conf", [:]),
      found: .nothing, observed: Sample.observed(config: .values([:])), isFresh: false),
    Freshness(
      description: "the config as found", intent: .drop("conf"),
      found: .config(["k": "v"]), observed: Sample.observed(config: .values(["k": "v"])),
      isFresh: true),
    Freshness(
      description: "the config has changed", intent: .drop("conf"),
      found: .config(["k": "v"]), observed: Sample.observed(config: .values([:])), isFresh: false),
  ]

  @Test("a step may be carried out while its unit is as the plan found it", arguments: freshness)
  func fresh(_ test: Freshness) {
    #expect(step(test.intent, test.found).isFresh(in: test.observed) == test.isFresh)
  }

  @Test("a host that fell silent is told nothing, and nothing is taken away while one is silent")
  func silent() {
    let report = HostReport(host: Sample.host, providers: [Sample.process()])
    let (run, end) = (step(Self.up, .nothing), step(Self.end, Self.process))
    for (gone, told) in [(HostID("NOTHER"), (true, false)), (Sample.host, (false, false))] {
      var observation = Observation(FailureDetection(), expectedHosts: nil)
      let start = ContinuousClock.now
      observation.connect(at: start)
      for host in [HostReport(host: "NOTHER"), report] {
        observation.hear(
          .hostHeartbeat(host), at: Moment(instant: start, time: Timestamp(nanoseconds: 1)))
      }
      func isFresh(after seconds: Int) -> (Bool, Bool) {
        let now = start + .seconds(seconds)
        return (observation.isFresh(run, at: now), observation.isFresh(end, at: now))
      }
      for second in 1...9 {
        observation.beginRound(at: start + .seconds(second))
        for host in [HostID("NOTHER"), Sample.host] where host != gone {
          observation.hear(
            .hostStarted(host),
            at: Moment(
              instant: start + .seconds(second), time: Timestamp(nanoseconds: 2)))
        }
        _ = observation.endRound()
      }
      #expect(isFresh(after: 5) == (true, true))
      #expect(isFresh(after: 7) == told)
      observation.hear(
        .hostStarted(gone),
        at: Moment(instant: start + .seconds(10), time: Timestamp(nanoseconds: 3)))
      #expect(isFresh(after: 10) == (true, true))
    }
  }

  private static let process = Found.provider(image: "img:2", ownership: none)

  private func step(_ intent: Intent, _ found: Found) -> PlannedStep {
    PlannedStep(
      unit: UnitKey(application: "shop", kind: .actor, name: "web", host: Sample.host),
      intents: [intent], reason: .missing, found: found)
  }
}
