import JSONCoding
import LatticeModel
import ReconcileTestKit
import Testing

@testable import LatticeWire

private let recordings = ["v1.9.2/commands", "v1.9.2/claims-and-archive", "v1.9.2/policy-changes"]

@Suite("What real 1.9.2 hosts said")
struct RecordingTests {
  @Test("every event decodes, with its host and time", arguments: recordings)
  func events(_ name: String) throws {
    var decoder = EventDecoder()
    var count = 0
    for message in try Recording(name).messages where message.subject.hasPrefix("wasmbus.evt.") {
      let event = try #require(try decoder.decode(message.payload), "\(message.step)")
      #expect(event.source.rawValue.hasPrefix("N"))
      #expect(event.time != nil)
      count += 1
    }
    #expect(count >= 7)
  }

  @Test("every reply to a control request decodes", arguments: recordings)
  func replies(_ name: String) throws {
    let recording = try Recording(name)
    for (request, replies) in recording.exchanges("wasmbus.ctl.v1.default.") {
      for reply in replies {
        let isRefused = reply.json?["success"] == false
        #expect(try decodeReply(reply.payload).isAccepted != isRefused, "\(request.step)")
        guard !isRefused else { continue }
        let verb = request.subject.dropFirst("wasmbus.ctl.v1.default.".count)
        if verb == "host.ping" {
          #expect(try decodeAnswer(reply.payload).dialect == .v1)
        } else if verb.hasPrefix("host.get.") {
          let report = try decodeInventory(reply.payload)
          #expect(report.actors.count == reply.json?["response"]?["components"]?.array?.count)
          #expect(report.providers.count == reply.json?["response"]?["providers"]?.array?.count)
        } else if verb == "link.get" {
          #expect(
            try decodeLinks(reply.payload).count == reply.json?["response"]?.array?.count)
        } else if verb.hasPrefix("config.get.") {
          let isThere = reply.json?["response"] != nil
          #expect((try decodeConfig(reply.payload) != .absent) == isThere)
        }
      }
    }
  }

  @Test("malformed requests were refused, in the hosts' words")
  func refusals() throws {
    let exchanges = try Recording("v1.9.2/commands").exchanges("wasmbus.ctl.v1.default.")
    let refusals = Dictionary(
      exchanges.compactMap { request, replies in
        replies.first.flatMap { reply in
          (try? decodeReply(reply.payload)).map { (request.step, $0) }
        }
      }, uniquingKeysWith: { first, _ in first })
    let texts = [
      "scale malformed JSON": "failed to deserialize component scale command",
      "provider start again": "provider with that ID is already running",
      "provider stop unknown": "provider with that ID is not running",
      "unknown verb": "unsupported subject",
      "link put malformed": "failed to deserialize wrpc link definition",
      "config put wrong": "config data should be a map of string -> string",
    ]
    for (step, text) in texts {
      #expect(refusals[step] == ControlReply(isAccepted: false, message: text), "\(step)")
    }
  }

  @Test("links and configs decode from what hosts store")
  func stores() throws {
    var links = 0
    var configs = 0
    for message in try Recording("v1.9.2/commands").messages where !message.payload.isEmpty {
      if message.subject.hasPrefix("$KV.LATTICEDATA_default.COMPONENT_") {
        let stored = try decodeStoredLinks(message.payload)
        #expect(stored.count == message.json?["links"]?.array?.count)
        links += stored.count
      } else if message.subject.hasPrefix("$KV.CONFIGDATA_default.") {
        #expect(try decodeStoredConfig(message.payload).count == message.json?.object?.count)
        configs += 1
      }
    }
    #expect(links > 20 && configs > 5)
  }

  @Test("hosts before 1.0 answer their own ping, and their heartbeats are passed over")
  func oldHosts() throws {
    let recording = try Recording("v0.82.0/commands")
    for (_, replies) in recording.exchanges("wasmbus.ctl.default.ping.hosts") {
      for reply in replies { #expect(try decodeAnswer(reply.payload).dialect == .v0) }
    }
    var decoder = EventDecoder()
    for message in recording.messages where message.subject.contains("host_heartbeat") {
      #expect(try decoder.decode(message.payload) == nil)
    }
  }

  /// The shape of a JSON value: keys and types, without values.
  private func shape(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members): .object(members.mapValues(shape))
    case .array(let elements): .array(elements.prefix(1).map(shape))
    case .string: "text"
    case .int: "number"
    case .double: "fraction"
    case .bool: "boolean"
    case .null: "null"
    }
  }

  @Test("every command has the keys and types of a request that a real host accepted")
  func commands() throws {
    let host = HostID("N")
    let link = LinkDefinition(
      key: LinkKey(source: "a", namespace: "wasi", package: "http"), target: "b",
      interfaces: ["incoming-handler"], targetConfig: ["c"])
    let annotations = ["example.dev/owner": "lab"]
    let plain = ActorLaunch(id: "a", image: "i", annotations: annotations)
    var configured = plain
    configured.configs = ["c"]
    var limited = plain
    limited.memoryLimit = 1
    let provider = ProviderLaunch(id: "p", image: "i", annotations: annotations, configs: ["c"])
    let exchanges = try Recording("v1.9.2/commands").exchanges("wasmbus.ctl.v1.default.")
    for command: Command in [
      .scaleActor(plain, instances: 1, on: host), .scaleActor(plain, instances: 0, on: host),
      .scaleActor(configured, instances: 1, on: host), .scaleActor(limited, instances: 1, on: host),
      .startProvider(provider, on: host), .stopProvider("p", on: host), .putLink(link),
      .deleteLink(link), .putConfig("c", ["k": "v"]), .deleteConfig("c"),
    ] {
      let request = encode(command, for: "default")
      let verb = request.subject.split(separator: ".").prefix(5)
      let accepted = exchanges.filter { exchange in
        exchange.request.subject.split(separator: ".").prefix(5) == verb
          && exchange.replies.contains { $0.json?["success"] == true }
      }
      #expect(!accepted.isEmpty, "\(request.subject)")
      guard case .object(let mine)? = try? JSONValue(parsing: request.payload) else { continue }
      for (key, value) in mine where !isFreeMap(command) {
        // No recorded request has annotations, configs and limits together, so key by key.
        let isKnown = accepted.contains { exchange in
          exchange.request.json?[key].map { keyed(key, $0) == keyed(key, value) } ?? false
        }
        #expect(isKnown, "\(request.subject) \(key)")
      }
    }
  }

  private func isFreeMap(_ command: Command) -> Bool {
    guard case .putConfig = command else { return false }
    return true
  }

  /// The shape of a member; what stands in free maps and lists does not matter.
  private func keyed(_ key: String, _ value: JSONValue) -> JSONValue {
    switch value {
    case .object: "map"
    case .array: "list"
    default: shape(value)
    }
  }
}
