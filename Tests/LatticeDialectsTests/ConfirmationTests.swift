import LatticeDialects
import LatticeModel
import ReconcileTestKit
import Testing

@Suite("What confirms a request to hosts 1.x, and what fails it")
struct ConfirmationTests {
  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var part: Intent
    var observed: ObservedState
    var isConfirmed: Bool
  }

  static let up = Intent.run(.actor(Sample.launch), instances: 2, on: Sample.host)
  static let elsewhere = Intent.run(.actor(Sample.launch), instances: 2, on: "NOTHER")
  static let down = Intent.end(.actor(Sample.launch), on: Sample.host)
  static let begin = Intent.run(.provider(Sample.provider), instances: 1, on: Sample.host)
  static let end = Intent.end(.provider(Sample.provider), on: Sample.host)
  static var changed: LinkDefinition {
    var changed = Sample.link()
    changed.targetConfig = ["other"]
    return changed
  }

  static let cases: [Case] = [
    Case(
      description: "a set as asked for", part: up, observed: Sample.observed(actor: Sample.set()),
      isConfirmed: true),
    Case(description: "no set", part: up, observed: Sample.observed(), isConfirmed: false),
    Case(
      description: "another count", part: up,
      observed: Sample.observed(actor: Sample.set("img:1", ["a": "b"], 1)), isConfirmed: false),
    Case(
      description: "another image", part: up,
      observed: Sample.observed(actor: Sample.set("img:0")), isConfirmed: false),
    Case(
      description: "other annotations", part: up,
      observed: Sample.observed(actor: Sample.set("img:1", [:])), isConfirmed: false),
    Case(
      description: "an unknown host", part: elsewhere,
      observed: Sample.observed(actor: Sample.set()), isConfirmed: false),
    Case(description: "0 and gone", part: down, observed: Sample.observed(), isConfirmed: true),
    Case(
      description: "0 and still there", part: down, observed: Sample.observed(actor: Sample.set()),
      isConfirmed: false),
    Case(
      description: "a provider whose image lost its scheme", part: begin,
      observed: Sample.observed(provider: Sample.process()), isConfirmed: true),
    Case(
      description: "a provider of another image", part: begin,
      observed: Sample.observed(provider: Sample.process("img:3")), isConfirmed: false),
    Case(
      description: "somebody else's provider", part: begin,
      observed: Sample.observed(provider: Sample.process("img:2", [:])), isConfirmed: false),
    Case(description: "no provider", part: begin, observed: Sample.observed(), isConfirmed: false),
    Case(
      description: "stopped and gone", part: end, observed: Sample.observed(), isConfirmed: true),
    Case(
      description: "stopped and still there", part: end,
      observed: Sample.observed(provider: Sample.process()), isConfirmed: false),
    Case(
      description: "a stored link", part: .connect(Sample.link()),
      observed: Sample.observed(links: [Sample.link("x"), Sample.link()]), isConfirmed: true),
    Case(
      description: "a link stored differently", part: .connect(Sample.link()),
      observed: Sample.observed(links: [changed]), isConfirmed: false),
    Case(
      description: "a source not read", part: .connect(Sample.link()), observed: Sample.observed(),
      isConfirmed: false),
    Case(
      description: "a link gone", part: .disconnect(Sample.link()),
      observed: Sample.observed(links: [Sample.link("x")]), isConfirmed: true),
    Case(
      description: "a link still there", part: .disconnect(Sample.link()),
      observed: Sample.observed(links: [Sample.link()]), isConfirmed: false),
    Case(
      description: "a deleted link whose source was not read", part: .disconnect(Sample.link()),
      observed: Sample.observed(), isConfirmed: false),
    Case(
      description: "stored values", part: .keep("conf", ["k": "v"]),
      observed: Sample.observed(config: .values(["k": "v"])), isConfirmed: true),
    Case(
      description: "other values", part: .keep("conf", ["k": "v"]),
      observed: Sample.observed(config: .values(["k": "w"])), isConfirmed: false),
    Case(
      description: "a config not read", part: .keep("conf", [:]), observed: Sample.observed(),
      isConfirmed: false),
    Case(
      description: "a config gone", part: .drop("conf"),
      observed: Sample.observed(config: .absent), isConfirmed: true),
    Case(
      description: "a deleted config that was not read", part: .drop("conf"),
      observed: Sample.observed(), isConfirmed: false),
  ]

  @Test("what is observed, and nothing else, confirms a request", arguments: cases)
  func confirmed(_ test: Case) {
    #expect(V1().isConfirmed(test.part, by: test.observed) == test.isConfirmed)
  }

  @Test("an event fails the request it is about and no other")
  func failures() {
    let failed = LatticeEvent.actorScaleFailed(
      "web", host: Sample.host, image: "img:1", error: "no disk")
    #expect(V1().failure(of: Self.up, in: failed) == "no disk")
    #expect(V1().failure(of: Self.elsewhere, in: failed) == nil)
    #expect(V1().failure(of: Self.begin, in: failed) == nil)
    let start = LatticeEvent.providerStartFailed("kv", host: Sample.host, error: "no image")
    #expect(V1().failure(of: Self.begin, in: start) == "no image")
    #expect(V1().failure(of: Self.end, in: start) == nil)
    let runs = LatticeEvent.providerStartFailed(
      "kv", host: Sample.host, error: "provider is already running")
    #expect(V1().failure(of: Self.begin, in: runs) == nil)
    let refused = LatticeEvent.linkSetFailed(Sample.link(), error: "no")
    #expect(V1().failure(of: .connect(Sample.link()), in: refused) == "no")
    #expect(V1().failure(of: .connect(Sample.link("x")), in: refused) == nil)
  }

  @Test("what is replaced is ended, and then run; everything else is one request")
  func parts() {
    let new = ActorLaunch(id: "web", image: "img:2")
    #expect(
      V1().parts(
        of: .replace(.actor(Sample.launch), by: .actor(new), instances: 3, on: Sample.host)) == [
          Self.down, .run(.actor(new), instances: 3, on: Sample.host),
        ])
    for intent in [
      Self.up, Self.end, .connect(Sample.link()), .disconnect(Sample.link()), .drop("conf"),
    ] {
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
