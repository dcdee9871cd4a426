import JSONCoding
import LatticeDialects
import LatticeModel
import ReconcileTestKit

/// A recorded message and what our decoders make of such a one.
struct RecordedReading {
  /// What a decoder said: a value, or that it cannot be read.
  typealias Result = Swift.Result<AnyHashable, WireError>

  /// What it is: an event by type, a reply by the request's verb, or something stored.
  var kind: String
  /// The message.
  var json: JSONValue
  /// Gives the message, or a changed one, to our decoders.
  var read: @Sendable ([UInt8]) -> [Result]

  /// All messages of the recordings of 1.9.2 that have a JSON payload.
  static func all() throws -> [RecordedReading] {
    try recordings.flatMap { name -> [RecordedReading] in
      let recording = try Recording(name)
      let verbs = Dictionary(
        recording.messages.compactMap { message in
          message.reply.flatMap { reply in verb(message.subject).map { (reply, $0) } }
        }, uniquingKeysWith: { first, _ in first })
      return recording.messages.compactMap { message in
        message.json.map { RecordedReading(message.subject, $0, verbs: verbs) }
      }
    }
  }

  private static func verb(_ subject: String) -> String? {
    let prefix = "wasmbus.ctl.v1.default."
    guard subject.hasPrefix(prefix) else { return nil }
    return subject.dropFirst(prefix.count).split(separator: ".").prefix(2).joined(separator: ".")
  }

  private init(_ subject: String, _ json: JSONValue, verbs: [String: String]) {
    self.json = json
    let words = subject.split(separator: ".").map(String.init)
    if subject.hasPrefix("wasmbus.evt.") {
      kind = "event \(words.last ?? "")"
      read = { payload in
        [
          Self.result { () throws(WireError) in
            var decoder = EventDecoder()
            return try decoder.decode(payload)
          }
        ]
      }
    } else if let verb = verbs[subject] {
      kind = "reply \(verb)"
      read = { payload in
        [Self.result { () throws(WireError) in try decodeReply(payload) }]
          + Self.body(of: verb, payload)
      }
    } else if subject.hasPrefix("$KV.LATTICEDATA_default.COMPONENT_") {
      kind = "stored links"
      read = { payload in [Self.result { () throws(WireError) in try decodeStoredLinks(payload) }] }
    } else if subject.hasPrefix("$KV.CONFIGDATA_default.") {
      kind = "stored config"
      read = { payload in
        [Self.result { () throws(WireError) in try decodeStoredConfig(payload) }]
      }
    } else {
      // Between others: requests that we might send, policy, providers, JetStream.
      kind = Self.foreign(words)
      read = { _ in [] }
    }
  }

  private static func foreign(_ words: [String]) -> String {
    switch words.first {
    case "wasmbus": words[1] == "ctl" ? "request" : "rpc"
    case "$KV": "stored claims"
    case "$JS": "jetstream"
    case "lab": "policy"
    default: "foreign reply"
    }
  }

  private static func body(of verb: String, _ payload: [UInt8]) -> [Result] {
    switch verb {
    case "host.ping": [result { () throws(WireError) in try decodeAnswer(payload) }]
    case "host.get": [result { () throws(WireError) in try decodeInventory(payload) }]
    case "link.get": [result { () throws(WireError) in try decodeLinks(payload) }]
    case "config.get": [result { () throws(WireError) in try decodeConfig(payload) }]
    default: []
    }
  }

  private static func result(_ decode: () throws(WireError) -> some Hashable) -> Result {
    do throws(WireError) {
      return .success(AnyHashable(try decode()))
    } catch {
      return .failure(error)
    }
  }
}

/// The recordings of 1.9.2.
let recordings = ["v1.9.2/commands", "v1.9.2/claims-and-archive", "v1.9.2/policy-changes"]
