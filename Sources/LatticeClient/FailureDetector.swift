public import LatticeModel

/// How the loss of a host is found.
public struct FailureDetection: Hashable, Sendable {
  /// How often all hosts are pinged; never where zero.
  public var probe: Duration
  /// How long a host's heartbeat is waited for where there are no pings, at least two of them.
  public var heartbeatTimeout: Duration
  /// How long a host that only says nothing is waited for.
  public var silence: Duration
  /// How long our own link must have been up before a loss is believed at once.
  public var steadyLink: Duration
  /// The label that tells sites apart, if any.
  public var site: String?

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - probe: How often all hosts are pinged; never where zero.
  ///   - silence: How long a host that only says nothing is waited for.
  ///   - heartbeatTimeout: How long a heartbeat is waited for where there are no pings.
  ///   - steadyLink: How long our own link must have been up before a loss is believed at once.
  ///   - site: The label that tells sites apart.
  public init(
    probe: Duration = .seconds(1), silence: Duration = .seconds(30),
    heartbeatTimeout: Duration = .seconds(70), steadyLink: Duration = .seconds(10),
    site: String? = "region"
  ) {
    self.probe = probe
    self.silence = silence
    self.heartbeatTimeout = max(.seconds(60), heartbeatTimeout)
    self.steadyLink = steadyLink
    self.site = site
  }
}

/// Tells lost hosts from slow ones, cut sites and a broken link of our own; pure.
///
/// Each round pings everybody once. Who stays silent is asked directly: the server's "no
/// responders", twice, is proof of a loss if our own link is steady, others answered in the same
/// round, a neighbour at the same site answered after it, and not most hosts vanished together.
/// Everything else waits for `silence`. A whole site that vanished is never lost, only unreachable;
/// once the first of it is back, the others have as long again.
public struct FailureDetector: Sendable {
  /// What is thought of a host.
  public enum Health: Hashable, Sendable {
    /// It answers.
    case healthy
    /// It does not answer, and nothing is proven.
    case late(reason: String)
    /// It is gone.
    case lost
  }

  private struct Suspect {
    var round: Int
    var refusals = 0
    var refusedAt: ContinuousClock.Instant?
  }

  private struct Watched {
    var site: String?
    var heard: ContinuousClock.Instant
    /// Since when it has answered, but for a round now and then.
    var answersSince: ContinuousClock.Instant
    var suspect: Suspect?
    /// When its whole site was last silent with it.
    var cutAt: ContinuousClock.Instant?
    var isLost = false
  }

  private let settings: FailureDetection
  private var watched: [HostID: Watched] = [:]
  private var linkUpSince: ContinuousClock.Instant?
  private var round = 0
  private var roundStart: ContinuousClock.Instant?

  /// Creates a detector that watches nobody yet.
  ///
  /// - Parameter settings: How the loss of a host is found.
  public init(_ settings: FailureDetection) { self.settings = settings }

  /// The hosts that are watched and not lost.
  public var hosts: [HostID] { watched.filter { !$0.value.isLost }.keys.sorted() }

  /// Notes that our own link is up, or down.
  ///
  /// Whoever was silent before may have spoken meanwhile: all suspicion begins anew.
  ///
  /// - Parameters:
  ///   - isUp: Whether it is up.
  ///   - now: The moment.
  public mutating func noteLink(isUp: Bool, at now: ContinuousClock.Instant) {
    linkUpSince = isUp ? now : nil
    for host in watched.keys { watched[host]?.suspect = nil }
  }

  /// Notes a sign of life.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - labels: Its labels, where they are told.
  ///   - now: The moment.
  /// - Returns: Whether it was thought late or lost.
  @discardableResult
  public mutating func heard(
    _ host: HostID, labels: [String: String]? = nil, at now: ContinuousClock.Instant
  ) -> Bool {
    var entry = watched[host] ?? Watched(heard: now, answersSince: now)
    let wasAway = entry.suspect != nil || entry.isLost
    // One ping may be lost on its way.
    if entry.isLost || round &- (entry.suspect?.round ?? round) >= 2 { entry.answersSince = now }
    if let labels { entry.site = settings.site.flatMap { labels[$0] } }
    entry.heard = now
    entry.suspect = nil
    entry.isLost = false
    watched[host] = entry
    return wasAway
  }

  /// Stops watching a host that said that it stops.
  ///
  /// - Parameter host: The host.
  public mutating func forget(_ host: HostID) { watched[host] = nil }

  /// Begins a round: a ping is about to be sent to everybody.
  ///
  /// - Parameter now: The moment.
  public mutating func beginRound(at now: ContinuousClock.Instant) {
    round &+= 1
    roundStart = now
  }

  /// Ends the wait for answers to the ping.
  ///
  /// - Returns: Whom to ask directly: the silent, and for each a neighbour or two at its site whose
  ///   answer shows that the site is there.
  public mutating func endRound() -> [HostID] {
    guard let roundStart else { return [] }
    var asked: Set<HostID> = []
    for (host, entry) in watched where !entry.isLost && entry.heard < roundStart {
      if entry.suspect == nil { watched[host]?.suspect = Suspect(round: round) }
      asked.insert(host)
      asked.formUnion(neighbours(of: host).filter { watched[$0]?.suspect == nil }.prefix(2))
    }
    return asked.sorted()
  }

  /// Notes that the server says that nobody listens for a host.
  ///
  /// While our own link is young that proves nothing, later either: hosts find their way back too.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - now: The moment.
  /// - Returns: Whether to ask once more, a moment later.
  @discardableResult
  public mutating func refused(_ host: HostID, at now: ContinuousClock.Instant) -> Bool {
    guard var entry = watched[host], !entry.isLost else { return false }
    var suspect = entry.suspect ?? Suspect(round: round)
    entry.suspect = suspect
    watched[host] = entry
    guard isSteady(settings.steadyLink, at: now) else { return false }
    suspect.refusals += 1
    suspect.refusedAt = suspect.refusedAt ?? now
    entry.suspect = suspect
    watched[host] = entry
    return suspect.refusals == 1
  }

  /// What is thought of each host now; a host found lost stays so until it is heard again.
  ///
  /// - Parameter now: The moment.
  /// - Returns: The health of every host that does not simply answer.
  public mutating func verdicts(at now: ContinuousClock.Instant) -> [HostID: Health] {
    var verdicts: [HostID: Health] = [:]
    let suspects = watched.filter { !$0.value.isLost && $0.value.suspect != nil }
    for (host, entry) in suspects {
      guard let suspect = entry.suspect else { continue }
      let group = group(of: host, entry, suspect, among: suspects)
      let health = health(of: host, entry, suspect, in: group, at: now)
      verdicts[host] = health
      if health == .lost { watched[host]?.isLost = true }
      // What was refused while many were away proves nothing about one, once the others are back.
      if group.isSite || group.isMost {
        watched[host]?.suspect = Suspect(round: suspect.round)
      }
      if group.isSite { watched[host]?.cutAt = now }
    }
    return verdicts
  }

  /// Whether a host vanished with its whole site, and whether with most hosts.
  private func group(
    of host: HostID, _ entry: Watched, _ suspect: Suspect, among suspects: [HostID: Watched]
  ) -> (isSite: Bool, isMost: Bool) {
    let neighbours = neighbours(of: host)
    let siteIsGone =
      !neighbours.isEmpty
      && neighbours.allSatisfy { isTogether(watched[$0]?.suspect, suspect) }
    let hasOthers = watched.contains { !$0.value.isLost && $0.value.site != entry.site }
    let together = suspects.values.count { isTogether($0.suspect, suspect) }
    // Whoever was found lost in this round no longer counts: half of all hosts do not vanish at once.
    let living = watched.values.count { !$0.isLost }
    return (
      isSite: siteIsGone && (hasOthers || watched.count > neighbours.count + 1),
      isMost: together > 1 && together * 2 > living
    )
  }

  private func health(
    of host: HostID, _ entry: Watched, _ suspect: Suspect,
    in group: (isSite: Bool, isMost: Bool), at now: ContinuousClock.Instant
  ) -> Health {
    if group.isSite, let site = entry.site {
      return .late(reason: "its whole site '\(site)' does not answer")
    }
    let (neighbours, isMost) = (neighbours(of: host), group.isMost)
    let silentSince = max(entry.heard, entry.cutAt ?? entry.heard)
    let isReached = entry.cutAt.map { now - $0 >= settings.steadyLink } ?? true
    if suspect.refusals >= 2, !isMost, isReached, isSteady(settings.steadyLink, at: now),
      othersAnswered(in: host), neighbours.isEmpty || neighbourAnswered(neighbours, after: suspect)
    {
      return .lost
    }
    // Three pings unanswered: time alone passes too while this process is stopped.
    if now - silentSince >= settings.silence, round &- suspect.round >= 2,
      isSteady(settings.silence, at: now), othersAnswered(in: host),
      anotherAnswered(throughoutThatOf: entry, at: now)
    {
      return .lost
    }
    return .late(reason: isMost ? "most hosts vanished together" : "it does not answer pings")
  }

  private func neighbours(of host: HostID) -> [HostID] {
    guard let site = watched[host]?.site else { return [] }
    return watched.filter { $0.key != host && !$0.value.isLost && $0.value.site == site }
      .keys.sorted()
  }

  /// Together means within three rounds.
  private func isTogether(_ left: Suspect?, _ right: Suspect) -> Bool {
    left.map { abs($0.round - right.round) <= 3 } ?? false
  }

  private func isSteady(_ span: Duration, at now: ContinuousClock.Instant) -> Bool {
    linkUpSince.map { now - $0 >= span } ?? false
  }

  private func othersAnswered(in host: HostID) -> Bool {
    guard let roundStart else { return false }
    return watched.contains { $0.key != host && !$0.value.isLost && $0.value.heard >= roundStart }
  }

  /// Whether another host answered all the time: the first to come back says nothing of the rest.
  private func anotherAnswered(
    throughoutThatOf silent: Watched, at now: ContinuousClock.Instant
  ) -> Bool {
    let latest = max(silent.heard, now - settings.silence)
    return watched.values.contains { other in
      !other.isLost && other.suspect == nil && other.answersSince <= latest
    }
  }

  private func neighbourAnswered(_ neighbours: [HostID], after suspect: Suspect) -> Bool {
    guard let refusedAt = suspect.refusedAt else { return false }
    return neighbours.contains { neighbour in
      watched[neighbour].map { $0.suspect == nil && $0.heard >= refusedAt } ?? false
    }
  }
}
