import JSONCoding
import LatticeModel
import ServiceRuntime

/// What must hold of every command.
extension Judge {
  /// A command as it is on the wire.
  struct Command: CustomStringConvertible {
    var verb: String
    /// What stands last on its subject: a host, or the name of a config.
    var target: String
    var body: JSONValue

    /// The actor, provider, link or config that it is about.
    var id: String {
      if let source = body["source_id"]?.string { return "\(source)/\(body["name"]?.string ?? "")" }
      return body["component_id"]?.string ?? body["provider_id"]?.string ?? target
    }
    var count: Int { body["count"]?.int ?? 0 }
    var isScale: Bool { verb == "component.scale" }
    var description: String {
      "\(verb) \(id)\(isScale ? " \(count)" : "") on \(target.prefix(5))"
    }
  }

  /// Judges a message that a controller sends, if it is a command; returns whether it is.
  func sent(by process: Int, _ subject: String, _ payload: [UInt8]) -> Bool {
    guard subject.hasPrefix("wasmbus.ctl.") else { return false }
    let words = subject.utf8.split(separator: UInt8(ascii: ".")).map { String(Substring($0)) }
    guard words.count > 5, words[3] == lattice.rawValue,
      ["scale", "start", "stop", "put", "del"].contains(words[5])
    else { return false }
    let body = (try? JSONValue(parsing: payload)) ?? .null
    let command = Command(verb: "\(words[4]).\(words[5])", target: words.last ?? "", body: body)
    log("controller \(process) sends \(command)")
    let complaints = state.withLock { state -> [String] in
      state.lastCommand = .now
      let complaints = judge(command, by: process, state)
      state.note(command)
      return complaints
    }
    for complaint in complaints { complain("\(complaint): controller \(process) sent \(command)") }
    return true
  }

  private func judge(_ command: Command, by process: Int, _ state: State) -> [String] {
    let now = ContinuousClock.now
    var complaints: [String] = []
    if state.lease?.process != process || state.lease.map({ $0.until <= now }) ?? true {
      complaints.append("somebody else may have the lease")
    }
    if command.id.hasPrefix(Strangers.id) || command.target.hasPrefix(Strangers.id) {
      complaints.append("touches what is somebody else's")
    }
    let host = state.hosts[command.target]
    if takesAway(command, from: host) {
      if let host = state.hosts.first(where: { isMissed($0.value, now) }) {
        complaints.append("removes although \(host.key.prefix(5)) is not to be seen")
      }
      if let lack = lack(command, host, state, now) {
        complaints.append("removes without cause, \(lack)")
      }
    }
    if adds(command, to: host, now), let excess = excess(command, state, now) {
      complaints.append("starts too many, \(excess)")
    }
    return complaints
  }

  private func takesAway(_ command: Command, from host: Host?) -> Bool {
    switch command.verb {
    case "component.scale": host?.actors[command.id].map { command.count < $0.count } ?? false
    case "provider.stop", "link.del", "config.del": true
    default: false
    }
  }

  /// Whether it starts more than runs on its host, or ran there just now before it was taken to 0.
  private func adds(
    _ command: Command, to host: Host?, _ now: ContinuousClock.Instant
  ) -> Bool {
    switch command.verb {
    case "component.scale":
      let stopped = host?.stopped[command.id]
      let before = stopped.map { now - $0.since < Self.notice ? $0.count : 0 } ?? 0
      return command.count > max(host?.actors[command.id]?.count ?? 0, before)
    case "provider.start":
      let stopped = host?.stoppedProviders[command.id].map { now - $0 < Self.notice } ?? false
      return host?.providers[command.id] == nil && !stopped
    default: return false
    }
  }

  // MARK: What is known

  /// Whether a host is silent and cannot be taken for lost, so that nobody sees all.
  private func isMissed(_ host: Host, _ now: ContinuousClock.Instant) -> Bool {
    // Whom no commander has heard since it started, nobody can miss.
    guard host.isAlive, host.isKnown, let mutedAt = host.mutedAt else { return false }
    // Whoever hangs as it starts something has just been heard; a plan under way goes on meanwhile.
    guard now - mutedAt > Self.notice * (host.isFelled ? 4 : 2) else { return false }
    return !mayBeLost(host, now)
  }

  /// Whether a host that is alive may be taken for lost.
  func mayBeLost(_ host: Host, _ now: ContinuousClock.Instant) -> Bool {
    if let until = host.doubtedUntil, now < until || !host.isKnown { return true }
    guard host.mutedAt != nil, let unheardSince = host.unheardSince else { return false }
    return switch host.loss {
    case .never: false
    case .afterSilence: now - unheardSince > silence - Self.notice
    case .atOnce: true
    }
  }

  /// The states that may be followed now: the newest, and those that it replaced just now; and where
  /// something is broken, those that were followed before it was.
  private func followed(_ state: State, _ now: ContinuousClock.Instant) -> [Wanted] {
    // While commits are hidden, no time passes in which the last could be followed.
    let now = min(now, state.hiddenSince ?? now)
    var old = state.commits.lastIndex { now - $0.time > Self.lag } ?? 0
    if state.commits[old...].contains(where: \.wanted.isBroken) {
      let whole = state.commits[..<old].lastIndex { !$0.wanted.isBroken } ?? 0
      let broken = state.commits[min(whole + 1, state.commits.count - 1)].time
      old = min(old, state.commits.lastIndex { broken - $0.time > Self.lag } ?? 0)
    }
    return state.commits[old...].map(\.wanted)
  }

  // MARK: Too few, too many

  /// What a removal leaves too few of, or `nil` where it is justified.
  private func lack(
    _ command: Command, _ host: Host?, _ state: State, _ now: ContinuousClock.Instant
  ) -> String? {
    let followed = followed(state, now)
    switch command.verb {
    case "component.scale":
      guard let running = host?.actors[command.id] else { return nil }
      return lack(command, running, followed, state, now)
    case "provider.stop":
      guard let running = host?.providers[command.id],
        followed.allSatisfy({ $0.providers[command.id] == running })
      else { return nil }
      let isElsewhere = others(than: command, state, now).contains {
        $0.providers[command.id] != nil
      }
      return isElsewhere ? nil : "none would be left"
    case "link.del":
      // What is wanted is put again at once; at the end it must be in force.
      return nil
    default:
      return followed.allSatisfy { $0.configs.contains(command.id) } ? "the config is wanted" : nil
    }
  }

  private func lack(
    _ command: Command, _ running: Running, _ followed: [Wanted], _ state: State,
    _ now: ContinuousClock.Instant
  ) -> String? {
    let wanted = followed.map { $0.instances[command.id] ?? 0 }
    guard let least = wanted.min(), least > 0 else { return nil }
    if followed.contains(where: { $0.images[command.id] != running.image }) { return nil }
    let first = state.commits.lastIndex { $0.time <= running.since - Self.lag } ?? 0
    let settings = state.commits[first...].map { $0.wanted.actor(command.id)?.setting }
    if Set(settings).count > 1 { return nil }
    let left = others(than: command, state, now).reduce(command.count) {
      $0 + ($1.believable(command.id, now).max() ?? 0)
    }
    return left < least ? "\(left) of \(least) would be left" : nil
  }

  /// The other hosts, but for those that died so long ago that everybody knows.
  private func others(
    than command: Command, _ state: State, _ now: ContinuousClock.Instant
  ) -> [Host] {
    state.hosts.filter { id, host in
      id != command.target && !(host.diedAt.map { now - $0 > Self.notice } ?? false)
    }.map(\.value)
  }

  /// What a start makes too many of, or `nil` where it is justified.
  private func excess(
    _ command: Command, _ state: State, _ now: ContinuousClock.Instant
  ) -> String? {
    let followed = followed(state, now)
    let living = state.hosts.filter { id, host in
      id != command.target && host.isAlive && !mayBeLost(host, now)
    }.map(\.value)
    guard command.isScale else {
      let total = 1 + living.count { $0.providers[command.id] != nil }
      let most = followed.contains { $0.providers[command.id] != nil } ? 1 : 0
      return total > most ? "\(total) of \(most) would run" : nil
    }
    guard let most = followed.map({ $0.instances[command.id] ?? 0 }).max(),
      // What moves to another zone runs there before it ends here.
      Set(followed.map { $0.actor(command.id)?.isSpread }).count == 1
    else { return nil }
    // Of what is spread over two zones, half runs in each, whatever still runs in the other.
    let isSpread = followed.last?.actor(command.id)?.isSpread ?? false
    let zone = state.hosts[command.target]?.labels["zone"]
    let others = living.filter { !isSpread || $0.labels["zone"] == zone }.reduce(0) {
      $0 + ($1.believable(command.id, now).min() ?? 0)
    }
    let total = (others + command.count) * (isSpread ? 2 : 1)
    return total > most ? "\(total) of \(most) would run" : nil
  }
}

extension Judge.State {
  /// Notes how often a set was turned from more to fewer instances or back for the same commit.
  fileprivate mutating func note(_ command: Judge.Command) {
    guard command.isScale else { return }
    let key = "\(command.id) on \(command.target)"
    guard var turn = turns[key] else {
      turns[key] = Judge.Turn(count: command.count, commits: commits.count)
      return
    }
    guard command.count != turn.count else { return }
    if commits.count != turn.commits { (turn.commits, turn.times) = (commits.count, 0) }
    let isUp = command.count > turn.count
    if let before = turn.isUp, before != isUp { turn.times += 1 }
    turn.most = max(turn.most, turn.times)
    (turn.count, turn.isUp) = (command.count, isUp)
    turns[key] = turn
  }
}

extension Wanted {
  /// Whether the manifest of an application cannot be read.
  var isBroken: Bool { applications.values.contains(where: \.isBroken) }

  func actor(_ id: String) -> Actor? {
    let words = id.split(separator: "-").map(String.init)
    return words.count == 2 ? applications[words[0]]?.actors[words[1]] : nil
  }
}
