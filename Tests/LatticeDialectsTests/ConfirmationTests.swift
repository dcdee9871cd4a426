import LatticeDialects
import LatticeModel
import Testing

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

private func link(_ name: String = "default") -> LinkDefinition {
  LinkDefinition(
    key: LinkKey(source: "shop-web", name: name, contract: "wasi:keyvalue"),
    target: "store", interfaces: ["atomics", "store"])
}

@Suite("What confirms a request to hosts 1.x, and what fails it")
struct ConfirmationTests {
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var part: Intent
    var observed: ObservedState
    var isConfirmed: Bool
  }

  static let up = Intent.run(.actor(launch), instances: 2, on: host)
  static let elsewhere = Intent.run(.actor(launch), instances: 2, on: "NOTHER")
  static let down = Intent.end(.actor(launch), on: host)
  static let begin = Intent.run(.provider(provider), instances: 1, on: host)
  static let end = Intent.end(.provider(provider), on: host)
  static var changed: LinkDefinition {
    var changed = link()
    changed.targetConfig = ["other"]
    return changed
  }

  static let cases: [Case] = [
    Case(
      description: "a set as asked for", part: up, observed: observed(actor: set()),
      isConfirmed: true),
    Case(description: "no set", part: up, observed: observed(), isConfirmed: false),
    Case(
      description: "another count", part: up,
      observed: observed(actor: set("img:1", ["a": "b"], 1)), isConfirmed: false),
    Case(
      description: "another image", part: up,
      observed: observed(actor: set("img:0")), isConfirmed: false),
    Case(
      description: "other annotations", part: up,
      observed: observed(actor: set("img:1", [:])), isConfirmed: false),
    Case(
      description: "an unknown host", part: elsewhere,
      observed: observed(actor: set()), isConfirmed: false),
    Case(description: "0 and gone", part: down, observed: observed(), isConfirmed: true),
    Case(
      description: "0 and still there", part: down, observed: observed(actor: set()),
      isConfirmed: false),
    Case(
      description: "a provider whose image lost its scheme", part: begin,
      observed: observed(provider: process()), isConfirmed: true),
    Case(
      description: "a provider of another image", part: begin,
      observed: observed(provider: process("img:3")), isConfirmed: false),
    Case(
      description: "somebody else's provider", part: begin,
      observed: observed(provider: process("img:2", [:])), isConfirmed: false),
    Case(description: "no provider", part: begin, observed: observed(), isConfirmed: false),
    Case(description: "stopped and gone", part: end, observed: observed(), isConfirmed: true),
    Case(
      description: "stopped and still there", part: end,
      observed: observed(provider: process()), isConfirmed: false),
    Case(
      description: "a stored link", part: .connect(link()),
      observed: observed(links: [link("x"), link()]), isConfirmed: true),
    Case(
      description: "a link stored differently", part: .connect(link()),
      observed: observed(links: [changed]), isConfirmed: false),
    Case(
      description: "a source not read", part: .connect(link()), observed: observed(),
      isConfirmed: false),
    Case(
      description: "a link gone", part: .disconnect(link()),
      observed: observed(links: [link("x")]), isConfirmed: true),
    Case(
      description: "a link still there", part: .disconnect(link()),
      observed: observed(links: [link()]), isConfirmed: false),
    Case(
      description: "a deleted link whose source was not read", part: .disconnect(link()),
      observed: observed(), isConfirmed: false),
    Case(
      description: "stored values", part: .keep("conf", ["k": "v"]),
      observed: observed(config: .values(["k": "v"])), isConfirmed: true),
    Case(
      description: "other values", part: .keep("conf", ["k": "v"]),
      observed: observed(config: .values(["k": "w"])), isConfirmed: false),
    Case(
      description: "a config not read", part: .keep("conf", [:]), observed: observed(),
      isConfirmed: false),
    Case(
      description: "a config gone", part: .drop("conf"),
      observed: observed(config: .absent), isConfirmed: true),
    Case(
      description: "a deleted config that was not read", part: .drop("conf"),
      observed: observed(), isConfirmed: false),
  ]

  @Test("what is observed, and nothing else, confirms a request", arguments: cases)
  func confirmed(_ test: Case) {
    #expect(V1().isConfirmed(test.part, by: test.observed) == test.isConfirmed)
  }

  @Test("an event fails the request it is about and no other")
  func failures() {
    let failed = LatticeEvent.actorScaleFailed("web", host: host, image: "img:1", error: "no disk")
    #expect(V1().failure(of: Self.up, in: failed) == "no disk")
    #expect(V1().failure(of: Self.elsewhere, in: failed) == nil)
    #expect(V1().failure(of: Self.begin, in: failed) == nil)
    let start = LatticeEvent.providerStartFailed("kv", host: host, error: "no image")
    #expect(V1().failure(of: Self.begin, in: start) == "no image")
    #expect(V1().failure(of: Self.end, in: start) == nil)
    let runs = LatticeEvent.providerStartFailed(
      "kv", host: host, error: "provider is already running")
    #expect(V1().failure(of: Self.begin, in: runs) == nil)
    let refused = LatticeEvent.linkSetFailed(link(), error: "no")
    #expect(V1().failure(of: .connect(link()), in: refused) == "no")
    #expect(V1().failure(of: .connect(link("x")), in: refused) == nil)
  }

  @Test("what is replaced is ended, and then run; everything else is one request")
  func parts() {
    let new = ActorLaunch(id: "web", image: "img:2")
    #expect(
      V1().parts(of: .replace(.actor(launch), by: .actor(new), instances: 3, on: host)) == [
        Self.down, .run(.actor(new), instances: 3, on: host),
      ])
    for intent in [Self.up, Self.end, .connect(link()), .disconnect(link()), .drop("conf")] {
      #expect(V1().parts(of: intent) == [intent])
    }
  }

  @Test("that a provider is not running is acceptance of its end, and of nothing else")
  func already() throws {
    let refusal = Array(
      #"{"success":false,"message":"provider with that ID is not running"}"#.utf8)
    #expect(try V1().readReply(refusal, to: Self.end).isAccepted)
    #expect(try !V1().readReply(refusal, to: Self.begin).isAccepted)
    #expect(try !V1().readReply(refusal, to: Self.down).isAccepted)
  }
}
