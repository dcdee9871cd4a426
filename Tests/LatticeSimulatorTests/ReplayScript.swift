import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit

/// One recording to be replayed, and what stood around its hosts.
struct ReplayScript: Sendable, CustomStringConvertible {
  /// What the hosts said in the recording, and what simulated hosts say.
  struct Outcome {
    var recorded: [Saying]
    var simulated: [Saying]
    /// What providers listened on for others after each step, where the recording says so.
    var seen: [(after: String, recorded: [String], simulated: [String])] = []
    var replay: Replay
  }

  /// The recording's name.
  var name: String
  /// Images that could not be fetched there.
  var failingImages: Set<String> = []
  /// Ids that a policy or bad claims denied all the time.
  var denied: Set<String> = []
  /// An id that was denied from a step on, and permitted again at another.
  var deniedBetween: (id: String, from: String, to: String)?
  /// Whether images were signed, which simulated ones are not.
  var isSigned = false
  /// Whether the recording has what hosts wrote.
  var hasWrites = true
  /// How long images took to come there, where somebody looked meanwhile.
  var slowImages: [String: Duration] = [:]
  /// Decides how long each start takes, where that matters.
  var seed: UInt64 = 1
  /// The host that was killed there, and at which step.
  var killed: (host: HostID, at: String)?

  var description: String { name }

  static let all = [
    ReplayScript(
      name: "v1.9.2/commands",
      failingImages: [
        "file:///lab/missing.wasm", "127.0.0.1:1/lab/missing:1.0.0", "file:///lab/missing.par.gz",
      ], denied: ["lab-p-deny", "lab-q-deny", "lab-p-silent", "lab-q-silent"]),
    ReplayScript(
      name: "v1.9.2/claims-and-archive",
      denied: ["bad-hash", "bad-signature", "bad-expired", "bad-not-yet"], isSigned: true),
    ReplayScript(
      name: "v1.9.2/policy-changes", denied: ["pol-denied"],
      deniedBetween: (
        "pol-app", "policy change: start denied", "policy change: start permitted again"
      ), isSigned: true, hasWrites: false),
    ReplayScript(
      name: "v1.9.2/links-and-providers", isSigned: true,
      slowImages: ["file:///lab/b.par.gz": .microseconds(936_500)], seed: 2,
      killed: (
        "NBWZYIVQHYZ7YSAJJVHTLJYY4DOG2OHCVNERM4LNXLX6J7EAA6JZVYVS",
        "host killed: its providers run on"
      )),
  ]

  /// Steps whose requests ran beside one another: the order of what came of them, and which link
  /// puts were lost, was a matter of luck.
  private static let races: Set<String> = [
    "scale two at once for one id", "scale ten ids at once", "scale ten ids to 0",
    "provider start two at once", "link put ten at once, one source", "link delete ten at once",
    "policy provider, link, component", "builtin provider and link",
  ]
  /// Of two requests at once the second was carried out first.
  private static let secondFirst = "scale two at once for one id"
  /// A read was answered by a host that had not seen the write.
  private static let behind = "link put disjoint interfaces"
  private static let toAll = ["host.ping", "component.auction", "provider.auction", "registry.put"]
  private static let prefix = "wasmbus.ctl.v1.default."

  /// Gives all recorded requests to simulated hosts.
  func play() async throws -> Outcome {
    let recording = try Recording(name)
    var replay = Replay()
    replay.isUnsigned = isSigned
    replay.seed = seed
    addHosts(recording, &replay)
    let requests = recording.messages.filter(isPlayed)
    var seen: [(after: String, recorded: [String], simulated: [String])] = []
    let main = requests.lazy.compactMap { host($0) }.first { replay.hosts[$0] != nil }
    var rest = requests[...]
    while let first = rest.first {
      await Task.yield()  // Other tests have deadlines.
      let step = rest.prefix { $0.step == first.step }
      rest = rest.dropFirst(step.count)
      setFaults(first.step, recording, &replay)
      replay.isWatchBehind = first.step == Self.behind
      for request in first.step == Self.secondFirst ? step.reversed() : Array(step) {
        replay.run(until: max(replay.now, Self.time(request)))
        replay.step = first.step
        if request.subject == Self.seen {
          let recorded = request.json?["subscribed"]?.array?.compactMap(\.string) ?? []
          let after = request.json?["after"]?.string ?? ""
          if after == "host killed", let killed { replay.kill(killed.host) }
          seen.append((after, recorded, replay.subscribed))
        } else {
          give(request, to: main, &replay)
        }
      }
      if Self.races.contains(first.step) { adopt(first.step, recording, &replay) }
    }
    let end = recording.messages.map(Self.time).max() ?? 0
    replay.run(until: max(replay.now, end) + 1_000_000_000)
    return Outcome(
      recorded: compared(said(in: recording)),
      simulated: compared(replay.sayings.map { ($0.subject, $0.saying) }), seen: seen,
      replay: replay)
  }

  /// The time of a message by the clock of the replay.
  static func time(_ message: Recording.Message) -> Int64 { Int64((1_000 + message.time) * 1e9) }

  /// Adds the hosts that the recording shows, started when their uptime says.
  private func addHosts(_ recording: Recording, _ replay: inout Replay) {
    for message in recording.messages {
      let body = message.json?["response"] ?? message.json?["data"]
      guard let body, let id = (body["host_id"] ?? body["id"])?.string.map({ HostID($0) }),
        let uptime = body["uptime_seconds"]?.int, replay.hosts[id] == nil
      else { continue }
      let beat = recording.messages.first {
        $0.subject.hasSuffix("host_heartbeat") && $0.json?["source"]?.string == id.rawValue
      }
      let start =
        beat.map {
          Self.time($0) - 1_000_000_000 * Int64($0.json?["data"]?["uptime_seconds"]?.int ?? 0)
        }
        ?? Self.time(message) - 1_000_000_000 * Int64(uptime)
      let labels = body["labels"]?.object?.compactMapValues(\.string) ?? [:]
      replay.add(
        id, labels: labels, address: body["ctl_host"]?.string ?? "", at: start)
    }
  }

  private func give(_ request: Recording.Message, to main: HostID?, _ replay: inout Replay) {
    if let provider = Self.provider(asked: request) {
      return replay.askForHealth(of: provider, reply: request.reply)
    }
    let target = host(request)
    let ending = target.map { ".\($0)" } ?? ""
    let verb = String(request.subject.dropFirst(Self.prefix.count).dropLast(ending.count))
    let receivers =
      Self.toAll.contains(verb) ? replay.hosts.keys.sorted() : [target ?? main].compactMap { $0 }
    for id in receivers { replay.give(verb, request.payload, reply: request.reply, to: id) }
  }

  /// The host that a request names.
  private func host(_ request: Recording.Message) -> HostID? {
    let last = request.subject.split(separator: ".").last.map(String.init) ?? ""
    return last.count == 56 && last.hasPrefix("N") ? HostID(last) : nil
  }

  /// Where a recording says what is subscribed.
  private static let seen = "lab.seen"

  /// The provider that somebody asks for its health; hosts themselves send no body.
  private static func provider(asked request: Recording.Message) -> String? {
    let words = request.subject.split(separator: ".")
    guard request.subject.hasPrefix("wasmbus.rpc."), words.count == 5, words[4] == "health",
      request.json != nil
    else { return nil }
    return String(words[3])
  }

  /// Claims are those of signed images.
  private func isPlayed(_ message: Recording.Message) -> Bool {
    let subject = message.subject
    return subject == Self.seen || Self.provider(asked: message) != nil
      || subject.hasPrefix(Self.prefix) && !(isSigned && subject.hasSuffix("claims.get"))
  }

  // MARK: What stood around the hosts

  private func setFaults(_ step: String, _ recording: Recording, _ replay: inout Replay) {
    var denied = denied
    if let between = deniedBetween, isWithin(step, between.from, between.to, recording) {
      denied.insert(between.id)
    }
    // Why something was denied is for the policy to say.
    let errors = recording.messages.compactMap { message -> (id: String, error: String)? in
      guard message.subject.hasSuffix("_failed"), let data = message.json?["data"],
        let id = (data["component_id"] ?? data["provider_id"])?.string, denied.contains(id),
        let error = data["error"]?.string
      else { return nil }
      return (id, error)
    }
    for id in replay.hosts.keys {
      replay.hosts[id]?.faults.failingImages = failingImages
      replay.hosts[id]?.faults.slowImages = slowImages
      replay.hosts[id]?.faults.denied = Dictionary(errors, uniquingKeysWith: { first, _ in first })
    }
  }

  private func isWithin(_ step: String, _ from: String, _ to: String, _ recording: Recording)
    -> Bool
  {
    let steps = recording.messages.map(\.step)
    guard let here = steps.firstIndex(of: step), let from = steps.firstIndex(of: from),
      let to = steps.firstIndex(of: to)
    else { return false }
    return from <= here && here < to
  }

  /// After a race, the records are what they came to be in the recording.
  private func adopt(_ step: String, _ recording: Recording, _ replay: inout Replay) {
    replay.run(until: replay.now + 1_000_000_000)
    for message in recording.messages
    where message.step == step && message.subject.hasPrefix("$KV.LATTICEDATA_default.COMPONENT_") {
      replay.write(message.subject, message.payload)
    }
  }

  // MARK: Comparing

  /// What hosts said and wrote; deliveries by a watch are not their doing.
  private func said(in recording: Recording) -> [(subject: String, saying: Saying)] {
    let replies = Set(recording.messages.filter(isPlayed).compactMap(\.reply))
    return recording.messages.compactMap { message in
      let subject = message.subject
      let isEvent =
        subject.hasPrefix("wasmbus.evt.") && !subject.hasSuffix("host_heartbeat")
        && !subject.contains(".health_check_")
      let isWrite = subject.hasPrefix("$KV.") && message.reply?.hasPrefix("_INBOX.") ?? false
      guard isEvent || isWrite || replies.contains(subject) else { return nil }
      let json = isSigned ? message.json?.unsigned : message.json
      return (subject, Saying(step: message.step, subject: subject, json))
    }
  }

  /// What is compared, where order was luck in one order.
  private func compared(_ said: [(subject: String, saying: Saying)]) -> [Saying] {
    let kept = said.filter { subject, saying in
      guard !subject.hasPrefix("wasmbus.rpc.") else { return false }
      return !subject.hasPrefix("$KV.")
        || hasWrites && !Self.races.contains(saying.step) && !subject.contains(".CLAIMS_")
    }
    var rest = kept[...]
    var sayings: [Saying] = []
    while let first = rest.first {
      let isRace = Self.races.contains(first.saying.step)
      // Of one request that all hosts answer, any may answer first.
      let group = rest.prefix {
        isRace ? $0.saying.step == first.saying.step : $0.subject == first.subject
      }
      rest = rest.dropFirst(group.count)
      let isOrdered = !isRace && first.saying.place != "reply"
      sayings += isOrdered ? group.map(\.saying) : group.map(\.saying).sorted()
    }
    return sayings
  }
}
