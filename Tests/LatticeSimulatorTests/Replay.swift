import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeSimulator
import ReconcileTestKit

/// Something that a host said or wrote, without what differs from run to run.
struct Saying: Hashable, Comparable, CustomStringConvertible {
  /// The step of the request that was the last before it.
  var step: String
  /// Where it went: a subject of events, `reply` or a key of a bucket.
  var place: String
  /// What it was.
  var content: String

  var description: String { "[\(step)] \(place) \(content)" }

  static func < (left: Saying, right: Saying) -> Bool {
    (left.place, left.content) < (right.place, right.content)
  }
}

/// Simulated hosts on the clock of a recording: they get its requests when it has them, and what
/// they do happens in the order of virtual time.
struct Replay {
  private struct Due {
    var time: Int64
    var host: HostID
    var value: [UInt8]?
    var then: StoreContinuation
  }

  /// How long a store takes; requests that come closer together race for a record.
  private static let storeDelay: Int64 = 50_000

  /// The hosts by id.
  var hosts: [HostID: SimulatedHost] = [:]
  /// The buckets by subject.
  var store: [String: [UInt8]] = [:]
  /// Whether hosts learn what is written only when this ends.
  var isWatchBehind = false { didSet { catchUp() } }
  /// Decides how long each start takes.
  var seed: UInt64 = 1
  /// The step that requests belong to.
  var step = ""
  /// What hosts have said and written, heartbeats apart.
  private(set) var sayings: [(time: Int64, subject: String, saying: Saying)] = []
  /// Whether what embedded claims add is left out of them.
  var isUnsigned = false
  /// When each host has beaten, with what.
  private(set) var heartbeats: [(time: Int64, host: HostID, data: JSONValue)] = []
  private var unseen: Set<String> = []
  private var strays: [(provider: String, process: SimulatedHost.ProviderProcess)] = []
  private var due: [Due] = []
  /// The time, in nanoseconds since 1970.
  private(set) var now: Int64 = 0

  /// Adds a host that has started at a time.
  mutating func add(_ id: HostID, labels: [String: String], address: String, at time: Int64) {
    var host = SimulatedHost(
      id: id, lattice: "default", labels: labels, address: address, seed: seed, now: time)
    now = time
    let outputs = host.start(time).filter { output in
      if case .publish = output { return false }
      return true
    }
    hosts[id] = host
    carryOut(outputs, of: id)
  }

  /// Gives a request to a host.
  mutating func give(
    _ verb: String, _ payload: [UInt8], reply: String? = "_INBOX.", to id: HostID
  ) {
    let input = HostInput.request(verb: verb, payload: payload, reply: reply)
    carryOut(hosts[id]?.handle(input, now) ?? [], of: id)
  }

  /// Asks all processes of a provider for their health.
  mutating func askForHealth(of provider: String, reply: String?) {
    for id in hosts.keys.sorted() {
      carryOut(hosts[id]?.handle(.health(provider: provider, reply: reply), now) ?? [], of: id)
    }
    guard let reply else { return }
    for _ in strays.filter({ $0.provider == provider }) {
      say(reply, JSONValue.object(["healthy": true]).bytes())
    }
  }

  /// Ends a host's process; its providers from archives run on.
  mutating func kill(_ id: HostID) {
    for (provider, process) in hosts[id]?.providers ?? [:] where !process.isBuiltin {
      strays.append((provider, process))
    }
    hosts[id] = nil
  }

  /// What the providers that run listen on for others, as the values of their links say.
  var subscribed: [String] {
    let processes = hosts.values.flatMap(\.providers.values) + strays.map(\.process)
    return Set(processes.flatMap(\.links).compactMap { $0.sourceValues["subscriptions"] }).sorted()
  }

  /// Lets time pass.
  mutating func run(until time: Int64) {
    while let next = due.first, next.time <= time {
      due.removeFirst()
      now = next.time
      guard var host = hosts[next.host] else { continue }
      let outputs = next.then(&host, next.value, now)
      hosts[next.host] = host
      carryOut(outputs, of: next.host)
    }
    now = time
  }

  /// Puts a value into a bucket as somebody else would have, seen by all.
  mutating func write(_ subject: String, _ value: [UInt8]?) {
    store[subject] = value
    unseen.insert(subject)
    catchUp()
  }

  private mutating func catchUp() {
    let prefix = "$KV.\(LatticeStore.components("default")).COMPONENT_"
    guard !isWatchBehind else { return }
    for subject in unseen where subject.hasPrefix(prefix) {
      let links = store[subject].flatMap { try? decodeStoredLinks($0) } ?? []
      let source = String(subject.dropFirst(prefix.count))
      for id in hosts.keys {
        carryOut(hosts[id]?.handle(.recordWritten(source: source, links: links), now) ?? [], of: id)
      }
    }
    unseen = []
  }

  private mutating func carryOut(_ outputs: [HostOutput], of id: HostID) {
    for output in outputs {
      switch output {
      case .reply(let subject, let payload), .publish(let subject, let payload):
        say(subject, payload)
      case .read(let bucket, let key, let then):
        wait(Self.storeDelay, id, store["$KV.\(bucket).\(key)"], then)
      case .write(let bucket, let key, let value, let then):
        say("$KV.\(bucket).\(key)", value ?? [])
        write("$KV.\(bucket).\(key)", value)
        wait(Self.storeDelay, id, nil, then)
      case .later(let delay, let then): wait(Int64(delay / .nanoseconds(1)), id, nil, then)
      case .note, .force, .listening: break
      case .leave, .crash: hosts[id] = nil
      }
    }
  }

  private mutating func wait(
    _ delay: Int64, _ host: HostID, _ value: [UInt8]?, _ then: @escaping StoreContinuation
  ) {
    let next = Due(time: now + delay, host: host, value: value, then: then)
    due.insert(next, at: due.firstIndex { $0.time > next.time } ?? due.endIndex)
  }

  /// Passes on what hosts tell the ends of links: providers obey a delete.
  private mutating func passOn(_ subject: String, _ payload: [UInt8]) {
    let words = subject.split(separator: ".")
    guard subject.hasPrefix("wasmbus.rpc."), subject.hasSuffix(".linkdefs.del"), words.count > 5,
      let link = SimulatedHost.link(fromRPC: payload)
    else { return }
    for id in hosts.keys.sorted() {
      let outputs = hosts[id]?.handle(.linkDropped(provider: String(words[3]), link), now)
      carryOut(outputs ?? [], of: id)
    }
  }

  private mutating func say(_ subject: String, _ payload: [UInt8]) {
    passOn(subject, payload)
    var json = try? JSONValue(parsing: payload)
    if isUnsigned { json = json?.unsigned }
    if subject.hasSuffix(".host_heartbeat"), let data = json?["data"] {
      heartbeats.append((now, HostID(json?["source"]?.string ?? ""), data))
    } else {
      sayings.append((now, subject, Saying(step: step, subject: subject, json)))
    }
  }
}

extension Saying {
  /// Takes away ids, times and names that a host makes up, which host answered where any may, and
  /// the order of sources.
  init(step: String, subject: String, _ json: JSONValue?) {
    self.step = step
    place = subject.hasPrefix("_INBOX.") ? "reply" : subject
    guard case .object(var members)? = json?.masked else {
      content = json.map { String(decoding: $0.bytes(), as: UTF8.self) } ?? "nothing"
      return
    }
    if subject.hasPrefix("wasmbus.evt.") {
      let isOfAny = ["linkdef_", "config_"].contains { subject.contains(".default.\($0)") }
      for key in ["id", "time"] + (isOfAny ? ["source"] : []) { members[key] = nil }
    }
    if case .array(let links)? = members["response"], links.first?["source_id"] != nil {
      let bySource = Dictionary(grouping: links) { $0["source_id"]?.string ?? "" }
      members["response"] = .array(bySource.sorted { $0.key < $1.key }.flatMap(\.value))
    }
    content = String(decoding: JSONValue.object(members).bytes(), as: UTF8.self)
  }
}

extension JSONValue {
  /// Without what a host makes up or counts, and the order in which it lists what it runs.
  var masked: JSONValue {
    mapObjects { members in
      for key in ["components", "providers"] {
        guard let running = members[key]?.array else { continue }
        members[key] = .array(
          running.sorted { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") })
      }
      for key in ["friendly_name", "uptime_human", "uptime_seconds"] where members[key] != nil {
        members[key] = "*"
      }
    }
  }

  /// Without what embedded claims add: simulated images are not signed.
  var unsigned: JSONValue {
    mapObjects { members in
      for key in ["claims", "public_key", "instance_id", "link_name"] { members[key] = nil }
      guard members["image_ref"] != nil else { return }
      for key in ["name", "revision"] { members[key] = nil }
    }
  }

  private func mapObjects(_ change: (inout [String: JSONValue]) -> Void) -> JSONValue {
    switch self {
    case .object(var members):
      change(&members)
      return .object(members.mapValues { $0.mapObjects(change) })
    case .array(let elements): return .array(elements.map { $0.mapObjects(change) })
    default: return self
    }
  }
}
