import JSONCoding
import LatticeModel
import LatticeSimulator
import ServiceRuntime

/// Holds everything that is sent against the truth, and notes what should not have been.
///
/// The truth is kept here, from what hosts did and what was done to them, so that it can be asked
/// at any moment without waiting.
final class Judge: Sendable {
  /// A set of instances that runs.
  struct Running: Hashable, Sendable {
    var count: Int
    var image: String
    var since: ContinuousClock.Instant
  }

  /// A host, as it really is.
  struct Host: Sendable {
    var labels: [String: String]
    var actors: [String: Running] = [:]
    var providers: Set<String> = []
    /// What was stopped last of each actor, to be started anew with another image or config.
    var stopped: [String: Running] = [:]
    var diedAt: ContinuousClock.Instant?
    /// Since when it answers nobody.
    var mutedAt: ContinuousClock.Instant?
    /// When it may be taken for lost meanwhile.
    var loss = Loss.afterSilence
    /// Until when it may still be taken for lost, having been so.
    var doubtedUntil: ContinuousClock.Instant?

    var isAlive: Bool { diedAt == nil }
  }

  /// When a host that answers nobody may be taken for lost.
  enum Loss: Sendable {
    case never
    case afterSilence
    case atOnce
  }

  struct Commit: Sendable {
    var wanted: Wanted
    var time: ContinuousClock.Instant
  }

  struct State: Sendable {
    var hosts: [String: Host] = [:]
    var commits: [Commit] = []
    var lease: (process: Int, until: ContinuousClock.Instant)?
    var complaints: [String] = []
    var commands = 0
    var lastCommand: ContinuousClock.Instant?
  }

  /// How long a loss may go unnoticed.
  static let notice = Duration.seconds(3)
  /// How long a commit may go unnoticed.
  static let lag = Duration.seconds(15)

  let silence: Duration
  let state = Lock(State())
  private let lattice: LatticeName
  private let log: @Sendable (String) -> Void

  init(_ lattice: LatticeName, silence: Duration, log: @escaping @Sendable (String) -> Void) {
    self.lattice = lattice
    self.silence = silence
    self.log = log
  }

  // MARK: Truth

  func committed(_ wanted: Wanted) {
    state.withLock { $0.commits.append(Commit(wanted: wanted, time: .now)) }
  }

  func started(_ host: HostID, _ labels: [String: String]) {
    state.withLock { $0.hosts[host.rawValue] = Host(labels: labels) }
  }

  func change(_ host: HostID, _ change: (inout Host) -> Void) {
    state.withLock { state in
      guard var entry = state.hosts[host.rawValue] else { return }
      change(&entry)
      state.hosts[host.rawValue] = entry
    }
  }

  func unmuted(_ host: HostID) {
    change(host) { host in
      if mayBeLost(host, .now) { host.doubtedUntil = .now + .seconds(5) }
      host.mutedAt = nil
    }
  }

  /// Notes what a command did.
  func done(_ entry: LedgerEntry) {
    log(
      "host \(entry.host.prefix(5)) \(entry.verb) \(entry.subject) "
        + "\(entry.count.map(String.init) ?? "") \(entry.effect.rawValue)")
    state.withLock { state in
      guard var host = state.hosts[entry.host] else { return }
      switch (entry.verb, entry.effect) {
      case ("component.scale", .started), ("component.scale", .rescaled):
        let image = entry.effect == .started ? entry.image : host.actors[entry.subject]?.image
        let since = entry.effect == .started ? nil : host.actors[entry.subject]?.since
        host.actors[entry.subject] = Running(
          count: entry.count ?? 0, image: image ?? "", since: since ?? .now)
      case ("component.scale", .stopped):
        host.stopped[entry.subject] = host.actors.removeValue(forKey: entry.subject)
        host.stopped[entry.subject]?.since = .now
      case ("provider.start", .started): host.providers.insert(entry.subject)
      case ("provider.stop", .stopped): host.providers.remove(entry.subject)
      default: break
      }
      state.hosts[entry.host] = host
    }
  }

  /// Notes a write to the lease's bucket that succeeded.
  func leaseWritten(by process: Int, isDeletion: Bool) {
    state.withLock { state in
      state.lease = isDeletion ? nil : (process, .now + .seconds(4))
    }
  }

  func complain(_ text: String) {
    log("COMPLAINT \(text)")
    state.withLock { $0.complaints.append(text) }
  }

  // MARK: Commands

  /// Judges a message that a controller sends, if it is a command.
  func sent(by process: Int, _ subject: String, _ payload: [UInt8]) {
    let words = subject.split(separator: ".").map(String.init)
    guard words.count > 5, words[1] == "ctl", words[3] == lattice.rawValue,
      ["scale", "start", "stop", "put", "del"].contains(words[5])
    else { return }
    let body = (try? JSONValue(parsing: payload)) ?? .null
    let command = Command(verb: "\(words[4]).\(words[5])", host: words.last ?? "", body: body)
    log("controller \(process) sends \(command)")
    let complaints = state.withLock { state -> [String] in
      state.commands += 1
      state.lastCommand = .now
      return judge(command, by: process, state)
    }
    for complaint in complaints { complain("\(complaint): controller \(process) sent \(command)") }
  }

  struct Command: CustomStringConvertible {
    var verb: String
    var host: String
    var body: JSONValue

    var id: String {
      body["component_id"]?.string ?? body["provider_id"]?.string ?? body["source_id"]?.string ?? ""
    }
    var count: Int { body["count"]?.int ?? 0 }
    var description: String { "\(verb) \(id) \(count) on \(host.prefix(5))" }
  }

  private func judge(_ command: Command, by process: Int, _ state: State) -> [String] {
    var complaints: [String] = []
    let now = ContinuousClock.now
    if state.lease?.process != process || state.lease.map({ $0.until <= now }) ?? true {
      complaints.append("somebody else may have the lease")
    }
    let running = state.hosts[command.host]?.actors[command.id]
    let isScale = command.verb == "component.scale"
    let isRemoval =
      isScale
      ? running.map { command.count < $0.count } ?? false
      : ["provider.stop", "link.del", "config.del"].contains(command.verb)
    if isRemoval, let host = state.hosts.first(where: { isMissed($0.value, state, now) }) {
      complaints.append("removes although \(host.key.prefix(5)) is not to be seen")
    }
    if isRemoval, isScale, let running, let lack = lack(command, running, state, now) {
      complaints.append("removes without cause, \(lack)")
    }
    let before = state.hosts[command.host]?.stopped[command.id].map {
      now - $0.since < Self.notice ? $0.count : 0
    }
    if isScale, command.count > max(running?.count ?? 0, before ?? 0),
      let excess = excess(command, state, now)
    {
      complaints.append("starts too many, \(excess)")
    }
    return complaints
  }

  /// Whether a host is silent and cannot be taken for lost, so that nobody sees all.
  private func isMissed(
    _ host: Host, _ state: State, _ now: ContinuousClock.Instant
  ) -> Bool {
    guard host.isAlive, let mutedAt = host.mutedAt, now - mutedAt > Self.notice else {
      return false
    }
    return !mayBeLost(host, now)
  }

  /// Whether a host that is alive may be taken for lost.
  private func mayBeLost(_ host: Host, _ now: ContinuousClock.Instant) -> Bool {
    if let until = host.doubtedUntil, now < until { return true }
    guard let mutedAt = host.mutedAt else { return false }
    return switch host.loss {
    case .never: false
    case .afterSilence: now - mutedAt > silence - Self.notice
    case .atOnce: true
    }
  }

  /// The states that may be followed now: the newest, and those that it replaced just now.
  private func followed(_ state: State, _ now: ContinuousClock.Instant) -> [Wanted] {
    let old = state.commits.lastIndex { now - $0.time > Self.lag } ?? 0
    return state.commits[old...].map(\.wanted)
  }

  /// What a removal leaves too few of, or `nil` where it is justified.
  private func lack(
    _ command: Command, _ running: Running, _ state: State, _ now: ContinuousClock.Instant
  ) -> String? {
    let followed = followed(state, now)
    let wanted = followed.map { $0.instances[command.id] ?? 0 }
    guard let least = wanted.min(), least > 0 else { return nil }
    if followed.contains(where: { $0.images[command.id] != running.image }) { return nil }
    let first = state.commits.lastIndex { $0.time <= running.since - Self.lag } ?? 0
    let settings = state.commits[first...].map { $0.wanted.actor(command.id)?.setting }
    if Set(settings).count > 1 { return nil }
    let elsewhere = state.hosts.reduce(0) { sum, entry in
      let host = entry.value
      let died = host.diedAt.map { now - $0 > Self.notice } ?? false
      guard entry.key != command.host, !died else { return sum }
      return sum + (host.actors[command.id]?.count ?? 0)
    }
    let left = elsewhere + command.count
    return left < least ? "\(left) of \(least) would be left" : nil
  }

  /// What a start makes too many of, or `nil` where it is justified.
  private func excess(
    _ command: Command, _ state: State, _ now: ContinuousClock.Instant
  ) -> String? {
    let followed = followed(state, now)
    guard let most = followed.map({ $0.instances[command.id] ?? 0 }).max(),
      // What moves to another zone runs there before it ends here.
      Set(followed.map { $0.actor(command.id)?.isSpread }).count == 1
    else { return nil }
    // Of what is spread over two zones, half runs in each, whatever still runs in the other.
    let isSpread = followed.last?.actor(command.id)?.isSpread ?? false
    let zone = state.hosts[command.host]?.labels["zone"]
    let others = state.hosts.reduce(0) { sum, entry in
      guard entry.key != command.host, entry.value.isAlive, !mayBeLost(entry.value, now),
        !isSpread || entry.value.labels["zone"] == zone
      else { return sum }
      return sum + (entry.value.actors[command.id]?.count ?? 0)
    }
    let total = (others + command.count) * (isSpread ? 2 : 1)
    return total > most ? "\(total) of \(most) would run" : nil
  }
}

extension Wanted {
  func actor(_ id: String) -> Actor? {
    let words = id.split(separator: "-").map(String.init)
    return words.count == 2 ? applications[words[0]]?.actors[words[1]] : nil
  }
}
