import LatticeModel
import LatticeSimulator
import Testing

@testable import LatticeClient

private let host: HostID = "NHOST"
private let launch = ActorLaunch(id: "web", image: "img:1", annotations: ["a": "b"])
private let provider = ProviderLaunch(id: "kv", image: "oci://img:2", annotations: ["a": "b"])

/// What is there, in few words.
private func observed(
  actor: ReportedActor? = nil, provider: ReportedProvider? = nil,
  links: [LinkDefinition]? = nil, config: StoredConfig? = nil
) -> ObservedState {
  var observed = ObservedState()
  observed.note(
    HostReport(
      host: host, actors: actor.map { [$0] } ?? [], providers: provider.map { [$0] } ?? []),
    at: Timestamp(nanoseconds: 1))
  if let links { observed.noteLinks(links, of: "shop-web") }
  if let config { observed.noteConfig(config, named: "conf") }
  return observed
}

private func set(
  _ image: ImageReference = "img:1", _ annotations: [String: String] = ["a": "b"],
  _ instances: Int = 2
) -> ReportedActor {
  ReportedActor(id: "web", image: image, annotations: annotations, instances: instances)
}

private func process(
  _ image: ImageReference = "img:2", _ annotations: [String: String] = ["a": "b"]
) -> ReportedProvider {
  ReportedProvider(id: "kv", image: image, annotations: annotations)
}

@Suite("Whether a step's unit is as its plan found it")
struct StepFreshnessTests {
  static let up = Intent.run(.actor(launch), instances: 2, on: host)
  static let down = Intent.end(.actor(launch), on: host)
  static let begin = Intent.run(.provider(provider), instances: 1, on: host)
  static let end = Intent.end(.provider(provider), on: host)
  static var changed: LinkDefinition {
    var changed = link()
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
      description: "still no set", intent: up, found: .nothing, observed: observed(),
      isFresh: true),
    Freshness(
      description: "somebody started one", intent: up, found: .nothing,
      observed: observed(actor: set()), isFresh: false),
    Freshness(
      description: "the set as found", intent: up,
      found: .actor(image: "img:1", instances: 2, ownership: none),
      observed: observed(actor: set()), isFresh: true),
    Freshness(
      description: "another count than found", intent: up,
      found: .actor(image: "img:1", instances: 1, ownership: none),
      observed: observed(actor: set()), isFresh: false),
    Freshness(
      description: "another owner than found", intent: up,
      found: .actor(
        image: "img:1", instances: 2, ownership: .owned(application: "a", name: "b", spec: "")),
      observed: observed(actor: set()), isFresh: false),
    Freshness(
      description: "the set has gone", intent: down,
      found: .actor(image: "img:1", instances: 2, ownership: none), observed: observed(),
      isFresh: false),
    Freshness(
      description: "the provider as found", intent: end,
      found: .provider(image: "img:2", ownership: none), observed: observed(provider: process()),
      isFresh: true),
    Freshness(
      description: "the provider has gone", intent: end,
      found: .provider(image: "img:2", ownership: none), observed: observed(), isFresh: false),
    Freshness(
      description: "somebody started a provider", intent: begin, found: .nothing,
      observed: observed(provider: process()), isFresh: false),
    Freshness(
      description: "still no link of that key", intent: .connect(link()), found: .nothing,
      observed: observed(links: [link("x")]), isFresh: true),
    Freshness(
      description: "somebody put the link", intent: .connect(link()), found: .nothing,
      observed: observed(links: [changed]), isFresh: false),
    Freshness(
      description: "the source was not read", intent: .connect(link()), found: .nothing,
      observed: observed(), isFresh: false),
    Freshness(
      description: "the link as found", intent: .disconnect(link()), found: .link(link()),
      observed: observed(links: [link()]), isFresh: true),
    Freshness(
      description: "the link has changed", intent: .disconnect(link()),
      found: .link(link()), observed: observed(links: [changed]), isFresh: false),
    Freshness(
      description: "still no config", intent: .keep("conf", [:]), found: .nothing,
      observed: observed(config: .absent), isFresh: true),
    Freshness(
      description: "the config was not read", intent: .keep("conf", [:]),
      found: .nothing, observed: observed(), isFresh: false),
    Freshness(
      description: "somebody wrote the config", intent: .keep("conf", [:]),
      found: .nothing, observed: observed(config: .values([:])), isFresh: false),
    Freshness(
      description: "the config as found", intent: .drop("conf"),
      found: .config(["k": "v"]), observed: observed(config: .values(["k": "v"])), isFresh: true),
    Freshness(
      description: "the config has changed", intent: .drop("conf"),
      found: .config(["k": "v"]), observed: observed(config: .values([:])), isFresh: false),
  ]

  @Test("a step may be carried out while its unit is as the plan found it", arguments: freshness)
  func fresh(_ test: Freshness) {
    let step = PlannedStep(
      unit: UnitKey(application: "shop", kind: .actor, name: "web", host: host),
      intents: [test.intent], reason: .missing, found: test.found)
    #expect(step.isFresh(in: test.observed) == test.isFresh)
  }
}
