import JSONCoding
import LatticeDialects
import LatticeModel
import ReconcileTestKit
import Testing

/// A command with the ids of a request that a real host accepted.
private struct CommandCase: Sendable, CustomStringConvertible {
  var recording = "v1.9.2/commands"
  /// The step of the request.
  var step: String
  /// The intent that comes to the same.
  var intent: Intent

  var description: String { step }

  private static let host = HostID("NBWQ5DX76XNTIHAJWHVBFKA2YOPZJR4MJS3WAUOEY6EFKBAADS3FND2D")
  private static let policyHost = HostID(
    "NDCTY44MBFNXU7JXKSZXMF2P3DSKAQYEZRXEPCZ6RCGT7ST7TCGWSNQX")
  private static let annotations = ["example.dev/owner": "lab"]

  private static func actor(
    _ annotations: [String: String] = [:], _ configs: [ConfigName] = []
  ) -> ActorLaunch {
    ActorLaunch(
      id: "lab-a", image: "file:///lab/a.wasm", annotations: annotations, configs: configs)
  }

  private static func link(
    _ target: String = "lab-http", name: String = "default",
    _ interfaces: [String] = ["incoming-handler"], _ targetConfig: [ConfigName] = []
  ) -> LinkDefinition {
    LinkDefinition(
      key: LinkKey(source: "lab-a", name: name, contract: "wasi:http"),
      target: target, interfaces: interfaces, targetConfig: targetConfig)
  }

  static let all = [
    CommandCase(
      step: "scale absent to 0", intent: .end(.actor(actor()), on: host)),
    CommandCase(
      step: "scale start 1", intent: .run(.actor(actor(annotations)), instances: 1, on: host)),
    CommandCase(
      step: "scale max unbounded",
      intent: .run(.actor(actor()), instances: 4_294_967_295, on: host)),
    CommandCase(
      step: "scale other config",
      intent: .run(.actor(actor([:], ["lab-c1"])), instances: 2, on: host)),
    CommandCase(
      step: "provider start",
      intent: .run(
        .provider(
          ProviderLaunch(
            id: "lab-http", image: "wasmcloud+builtin://http-server", annotations: annotations,
            configs: ["lab-http"])), instances: 1, on: host)),
    CommandCase(
      recording: "v1.9.2/policy-changes", step: "policy provider, link, component",
      intent: .run(
        .provider(ProviderLaunch(id: "pol-http", image: "wasmcloud+builtin://http-server")),
        instances: 1, on: policyHost)),
    CommandCase(
      step: "provider stop",
      intent: .end(.provider(ProviderLaunch(id: "lab-nats", image: "lab/nats:1")), on: host)),
    CommandCase(step: "link put", intent: .connect(link())),
    CommandCase(step: "link put other name", intent: .connect(link("lab-nats", name: "second"))),
    CommandCase(
      step: "link put other interfaces",
      intent: .connect(link("lab-http", ["incoming-handler", "types"]))),
    CommandCase(
      step: "link put other config",
      intent: .connect(link("lab-http", ["incoming-handler"], ["lab-http"]))),
    CommandCase(
      recording: "v1.9.2/policy-changes", step: "policy provider, link, component",
      intent: .connect(
        LinkDefinition(
          key: LinkKey(source: "pol-http", contract: "wasi:http"), target: "pol-app",
          interfaces: ["incoming-handler"], sourceConfig: ["pol-http"]))),
    CommandCase(step: "link delete", intent: .disconnect(link())),
    CommandCase(
      step: "link delete others", intent: .disconnect(link("lab-nats", name: "second"))),
    CommandCase(step: "config put", intent: .keep("lab-c2", ["a": "1", "b": "ü"])),
    CommandCase(step: "config put empty map", intent: .keep("lab-c2", [:])),
    CommandCase(step: "config delete", intent: .drop("lab-c2")),
  ]
}

@Suite("Encoded commands beside requests that real 1.9.2 hosts accepted")
struct CommandTests {
  /// The requests that were accepted, by recording.
  private static let accepted = Result {
    try Dictionary(
      uniqueKeysWithValues: recordings.map { name in
        let exchanges = try Recording(name).exchanges("wasmbus.ctl.v1.default.")
        return (
          name,
          exchanges.compactMap { request, replies in
            replies.contains { $0.json?["success"] == true } ? request : nil
          }
        )
      })
  }

  @Test("each form of a command equals one of them to the letter", arguments: CommandCase.all)
  fileprivate func letter(_ given: CommandCase) throws {
    let request = V1().request(for: given.intent, in: "default")
    let accepted = try #require(Self.accepted.get()[given.recording]).filter {
      $0.step == given.step && $0.subject == request.subject
    }
    #expect(accepted.contains { $0.payload == request.payload }, "\(request.subject)")
  }

  @Test("with all that it can carry, a command has only keys and types that hosts accepted")
  func full() throws {
    let annotations = ["a": "b"]
    let actor = ActorLaunch(
      id: "a", image: "i", annotations: annotations, configs: ["c", "d"], memoryLimit: 1)
    let provider = ProviderLaunch(id: "p", image: "i", annotations: annotations, configs: ["c"])
    let link = LinkDefinition(
      key: LinkKey(source: "a", name: "n", contract: "wasi:http"), target: "b",
      interfaces: ["x", "y"], sourceConfig: ["c"], targetConfig: ["d"])
    let known = Set(
      try Self.accepted.get().values.joined().flatMap { keys($0.subject, $0.json ?? .null) })
    for intent: Intent in [
      .run(.actor(actor), instances: 1, on: "N"), .run(.provider(provider), instances: 1, on: "N"),
      .connect(link), .disconnect(link), .end(.provider(provider), on: "N"),
    ] {
      let request = V1().request(for: intent, in: "default")
      let mine = keys(request.subject, try JSONValue(parsing: request.payload))
      #expect(mine.count > 1)
      #expect(Set(mine).subtracting(known) == [], "\(request.subject)")
    }
  }

  /// The verb of a request with each key and its type; limits have keys of their own.
  private func keys(_ subject: String, _ body: JSONValue) -> [String] {
    let verb = subject.split(separator: ".").dropFirst(4).prefix(2).joined(separator: ".")
    return (body.object ?? [:]).flatMap { key, value -> [String] in
      let limits = key == "component_limits" ? value.object ?? [:] : [:]
      return ["\(verb) \(key): \(type(value))"]
        + limits.map { "\(verb) \(key).\($0.key): \(type($0.value))" }
    }
  }

  private func type(_ value: JSONValue) -> String {
    switch value {
    case .object: "map"
    case .array(let elements): elements.allSatisfy { $0.string != nil } ? "texts" : "list"
    case .string: "text"
    case .int, .double: "number"
    case .bool: "flag"
    case .null: "null"
    }
  }
}
