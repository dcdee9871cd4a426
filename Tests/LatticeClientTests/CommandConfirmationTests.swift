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

@Suite("CommandConfirmation")
struct CommandConfirmationTests {
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var command: Command
    var observed: ObservedState
    var isConfirmed: Bool
  }

  static let up = Command.scaleActor(launch, instances: 2, on: host)
  static let down = Command.scaleActor(launch, instances: 0, on: host)
  static let begin = Command.startProvider(provider, on: host)
  static let end = Command.stopProvider("kv", on: host)
  static var changed: LinkDefinition {
    var changed = link()
    changed.targetConfig = ["other"]
    return changed
  }

  static let cases: [Case] = [
    Case(
      description: "a set as asked for", command: up, observed: observed(actor: set()),
      isConfirmed: true),
    Case(description: "no set", command: up, observed: observed(), isConfirmed: false),
    Case(
      description: "another count", command: up,
      observed: observed(actor: set("img:1", ["a": "b"], 1)), isConfirmed: false),
    Case(
      description: "another image", command: up,
      observed: observed(actor: set("img:0")), isConfirmed: false),
    Case(
      description: "other annotations", command: up,
      observed: observed(actor: set("img:1", [:])), isConfirmed: false),
    Case(
      description: "an unknown host", command: .scaleActor(launch, instances: 2, on: "NOTHER"),
      observed: observed(actor: set()), isConfirmed: false),
    Case(description: "0 and gone", command: down, observed: observed(), isConfirmed: true),
    Case(
      description: "0 and still there", command: down, observed: observed(actor: set()),
      isConfirmed: false),
    Case(
      description: "a provider whose image lost its scheme", command: begin,
      observed: observed(provider: process()), isConfirmed: true),
    Case(
      description: "a provider of another image", command: begin,
      observed: observed(provider: process("img:3")), isConfirmed: false),
    Case(
      description: "somebody else's provider", command: begin,
      observed: observed(provider: process("img:2", [:])), isConfirmed: false),
    Case(description: "no provider", command: begin, observed: observed(), isConfirmed: false),
    Case(description: "stopped and gone", command: end, observed: observed(), isConfirmed: true),
    Case(
      description: "stopped and still there", command: end,
      observed: observed(provider: process()), isConfirmed: false),
    Case(
      description: "a stored link", command: .putLink(link()),
      observed: observed(links: [link("x"), link()]), isConfirmed: true),
    Case(
      description: "a link stored differently", command: .putLink(link()),
      observed: observed(links: [changed]), isConfirmed: false),
    Case(
      description: "a source not read", command: .putLink(link()), observed: observed(),
      isConfirmed: false),
    Case(
      description: "a link gone", command: .deleteLink(link()),
      observed: observed(links: [link("x")]), isConfirmed: true),
    Case(
      description: "a link still there", command: .deleteLink(link()),
      observed: observed(links: [link()]), isConfirmed: false),
    Case(
      description: "a deleted link whose source was not read", command: .deleteLink(link()),
      observed: observed(), isConfirmed: false),
    Case(
      description: "stored values", command: .putConfig("conf", ["k": "v"]),
      observed: observed(config: .values(["k": "v"])), isConfirmed: true),
    Case(
      description: "other values", command: .putConfig("conf", ["k": "v"]),
      observed: observed(config: .values(["k": "w"])), isConfirmed: false),
    Case(
      description: "a config not read", command: .putConfig("conf", [:]), observed: observed(),
      isConfirmed: false),
    Case(
      description: "a config gone", command: .deleteConfig("conf"),
      observed: observed(config: .absent), isConfirmed: true),
    Case(
      description: "a deleted config that was not read", command: .deleteConfig("conf"),
      observed: observed(), isConfirmed: false),
  ]

  @Test("what is observed, and nothing else, confirms a command", arguments: cases)
  func confirmed(_ test: Case) {
    #expect(test.command.isConfirmed(by: test.observed) == test.isConfirmed)
  }

  @Test("an event fails the command it is about and no other")
  func failures() {
    let failed = LatticeEvent.actorScaleFailed("web", host: host, image: "img:1", error: "no disk")
    #expect(Self.up.failure(in: failed) == "no disk")
    #expect(Command.scaleActor(launch, instances: 2, on: "NOTHER").failure(in: failed) == nil)
    #expect(Self.begin.failure(in: failed) == nil)
    let start = LatticeEvent.providerStartFailed("kv", host: host, error: "no image")
    #expect(Self.begin.failure(in: start) == "no image")
    #expect(Self.end.failure(in: start) == nil)
    let runs = LatticeEvent.providerStartFailed(
      "kv", host: host, error: "provider is already running")
    #expect(Self.begin.failure(in: runs) == nil)
    let refused = LatticeEvent.linkSetFailed(link(), error: "no")
    #expect(Command.putLink(link()).failure(in: refused) == "no")
    #expect(Command.putLink(link("x")).failure(in: refused) == nil)
  }

  struct Freshness: Sendable, CustomStringConvertible {
    var description: String
    var command: Command
    var found: Found
    var observed: ObservedState
    var isFresh: Bool
  }

  static let none = Ownership.unowned(manager: nil)

  static let freshness: [Freshness] = [
    Freshness(
      description: "still no set", command: up, found: .nothing, observed: observed(),
      isFresh: true),
    Freshness(
      description: "somebody started one", command: up, found: .nothing,
      observed: observed(actor: set()), isFresh: false),
    Freshness(
      description: "the set as found", command: up,
      found: .actor(image: "img:1", instances: 2, ownership: none),
      observed: observed(actor: set()), isFresh: true),
    Freshness(
      description: "another count than found", command: up,
      found: .actor(image: "img:1", instances: 1, ownership: none),
      observed: observed(actor: set()), isFresh: false),
    Freshness(
      description: "another owner than found", command: up,
      found: .actor(
        image: "img:1", instances: 2, ownership: .owned(application: "a", name: "b", spec: "")),
      observed: observed(actor: set()), isFresh: false),
    Freshness(
      description: "the set has gone", command: down,
      found: .actor(image: "img:1", instances: 2, ownership: none), observed: observed(),
      isFresh: false),
    Freshness(
      description: "the provider as found", command: end,
      found: .provider(image: "img:2", ownership: none), observed: observed(provider: process()),
      isFresh: true),
    Freshness(
      description: "the provider has gone", command: end,
      found: .provider(image: "img:2", ownership: none), observed: observed(), isFresh: false),
    Freshness(
      description: "somebody started a provider", command: begin, found: .nothing,
      observed: observed(provider: process()), isFresh: false),
    Freshness(
      description: "still no link of that key", command: .putLink(link()), found: .nothing,
      observed: observed(links: [link("x")]), isFresh: true),
    Freshness(
      description: "somebody put the link", command: .putLink(link()), found: .nothing,
      observed: observed(links: [changed]), isFresh: false),
    Freshness(
      description: "the source was not read", command: .putLink(link()), found: .nothing,
      observed: observed(), isFresh: false),
    Freshness(
      description: "the link as found", command: .deleteLink(link()), found: .link(link()),
      observed: observed(links: [link()]), isFresh: true),
    Freshness(
      description: "the link has changed", command: .deleteLink(link()),
      found: .link(link()), observed: observed(links: [changed]), isFresh: false),
    Freshness(
      description: "still no config", command: .putConfig("conf", [:]), found: .nothing,
      observed: observed(config: .absent), isFresh: true),
    Freshness(
      description: "the config was not read", command: .putConfig("conf", [:]),
      found: .nothing, observed: observed(), isFresh: false),
    Freshness(
      description: "somebody wrote the config", command: .putConfig("conf", [:]),
      found: .nothing, observed: observed(config: .values([:])), isFresh: false),
    Freshness(
      description: "the config as found", command: .deleteConfig("conf"),
      found: .config(["k": "v"]), observed: observed(config: .values(["k": "v"])), isFresh: true),
    Freshness(
      description: "the config has changed", command: .deleteConfig("conf"),
      found: .config(["k": "v"]), observed: observed(config: .values([:])), isFresh: false),
  ]

  @Test("a step may be carried out while its unit is as the plan found it", arguments: freshness)
  func fresh(_ test: Freshness) {
    let step = PlannedStep(
      unit: UnitKey(application: "shop", kind: .actor, name: "web", host: host),
      commands: [test.command], reason: .missing, found: test.found)
    #expect(step.isFresh(in: test.observed) == test.isFresh)
  }
}
