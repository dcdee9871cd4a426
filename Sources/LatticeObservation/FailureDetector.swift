import LatticeModel

/// Tells lost hosts from slow ones, cut sites and a broken link of our own; pure.
///
/// Each round pings everybody once. Who stays silent is asked directly: the server's "no
/// responders", twice, is proof of a loss if our own link is steady or it was heard since that came
/// up, others answered in the same round, a neighbour at the same site answered what it was asked
/// after that, and not most hosts vanished together.
/// Everything else waits for `silence`. A whole site that vanished is never lost, only unreachable;
/// once the first of it is back, the others have as long again.
struct FailureDetector: Sendable {
  /// What is thought of a host.
  enum Health: Hashable, Sendable {
    /// It answers.
    case healthy
    /// It does not answer, and nothing is proven.
    case late(reason: String)
    /// It is gone.
    case lost
  }

  struct Suspect {
    var round: Int
    /// When the first ping was sent that it did not answer.
    var since: ContinuousClock.Instant
    var refusals = 0
    var refusedAt: ContinuousClock.Instant?
    /// Whether it was asked with all the time that a slow line may take.
    var isAskedPatiently = false
  }

  struct Watched {
    var site: String?
    var heard: ContinuousClock.Instant
    /// When it was last heard by us, rather than expected because others have heard it.
    var seen: ContinuousClock.Instant?
    /// When the last question was put that it has answered: since then at the latest it was there.
    var questioned: ContinuousClock.Instant?
    /// Since when it has answered, but for a round now and then.
    var answersSince: ContinuousClock.Instant
    var suspect: Suspect?
    /// When its whole site was last silent with it.
    var cutAt: ContinuousClock.Instant?
    /// When that, or most hosts, was.
    var awayAt: ContinuousClock.Instant?
    var isLost = false

    /// Whether the server has said twice that nobody listens for it, and it is not lost yet.
    var isRefused: Bool { !isLost && suspect?.refusals ?? 0 >= 2 }

    /// Whether it has answered nothing for so long that not even a slow line explains it; who is lost
    /// is gone, not silent.
    func hasFallenSilent(at now: ContinuousClock.Instant) -> Bool {
      guard !isLost, let suspect else { return false }
      return now - suspect.since >= .seconds(5)
    }
  }

  let settings: FailureDetection
  var watched: [HostID: Watched] = [:]
  var linkUpSince: ContinuousClock.Instant?
  var round = 0
  var roundStart: ContinuousClock.Instant?

  /// Creates a detector that watches nobody yet.
  ///
  /// - Parameter settings: How the loss of a host is found.
  init(_ settings: FailureDetection) { self.settings = settings }

  /// The hosts that are watched and not lost.
  var hosts: [HostID] { watched.filter { !$0.value.isLost }.keys.sorted() }

  /// Notes that our own link is up, or down.
  ///
  /// Whoever was silent before may have spoken meanwhile: all suspicion begins anew.
  ///
  /// - Parameters:
  ///   - isUp: Whether it is up.
  ///   - now: The moment.
  mutating func noteLink(isUp: Bool, at now: ContinuousClock.Instant) {
    linkUpSince = isUp ? now : nil
    for host in watched.keys { watched[host]?.suspect = nil }
  }

  /// Notes a sign of life.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - labels: Its labels, where they are told.
  ///   - asked: When it was asked for it; `nil` where it spoke unasked, which may have been long on its
  ///     way.
  ///   - now: The moment.
  /// - Returns: Whether it was thought late or lost.
  @discardableResult
  mutating func heard(
    _ host: HostID, labels: [String: String]? = nil, since asked: ContinuousClock.Instant? = nil,
    at now: ContinuousClock.Instant
  ) -> Bool {
    var entry = watched[host] ?? Watched(heard: now, answersSince: now)
    let wasAway = entry.suspect != nil || entry.isLost
    // One ping may be lost on its way.
    if entry.isLost || round &- (entry.suspect?.round ?? round) >= 2 { entry.answersSince = now }
    if let labels { entry.site = settings.site.flatMap { labels[$0] } }
    entry.heard = now
    entry.seen = now
    entry.questioned = asked.map { max($0, entry.questioned ?? $0) } ?? entry.questioned
    entry.suspect = nil
    entry.isLost = false
    watched[host] = entry
    return wasAway
  }

  /// Notes that a host is to answer that was not heard yet, or that somebody else has heard since it was
  /// found lost.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - labels: Its labels, as they were last known.
  ///   - now: The moment.
  mutating func expect(
    _ host: HostID, labels: [String: String], at now: ContinuousClock.Instant
  ) {
    guard watched[host].map(\.isLost) ?? true else { return }
    // It has not answered in the round that may be under way.
    heard(host, labels: labels, at: min(now, roundStart.map { $0 - .nanoseconds(1) } ?? now))
    watched[host]?.seen = nil
  }

  /// Stops watching a host that said that it stops.
  ///
  /// - Parameter host: The host.
  mutating func forget(_ host: HostID) { watched[host] = nil }

  /// Begins a round: a ping is about to be sent to everybody.
  ///
  /// - Parameter now: The moment.
  mutating func beginRound(at now: ContinuousClock.Instant) {
    round &+= 1
    roundStart = now
  }

  /// Ends the wait for answers to the ping.
  ///
  /// - Returns: Whom to ask directly: the silent.
  mutating func endRound() -> [HostID] {
    guard let roundStart else { return [] }
    let silent = watched.filter { !$0.value.isLost && $0.value.heard < roundStart }
    for (host, entry) in silent where entry.suspect == nil {
      watched[host]?.suspect = Suspect(round: round, since: roundStart)
    }
    return silent.keys.sorted()
  }

  /// Whom to ask once with more time, since rounds are short: who has answered nothing for two seconds,
  /// as on a line whose answers come after each round is over.
  ///
  /// - Parameter now: The moment.
  /// - Returns: The hosts, each once while it is silent.
  mutating func slow(at now: ContinuousClock.Instant) -> [HostID] {
    let slow = watched.filter { _, entry in
      guard !entry.isLost, let suspect = entry.suspect else { return false }
      return !suspect.isAskedPatiently && now - suspect.since >= .seconds(2)
    }.keys
    for host in slow { watched[host]?.suspect?.isAskedPatiently = true }
    return slow.sorted()
  }

  /// Whom to ask once the silent were asked: of each site of one that nobody listens for, a host or two
  /// whose answer shows that the site is there.
  var witnesses: [HostID] {
    let sites = Set(watched.values.lazy.filter(\.isRefused).compactMap(\.site))
    guard !sites.isEmpty else { return [] }
    var answering: [String: [HostID]] = [:]
    for (host, entry) in watched where !entry.isLost && entry.suspect == nil {
      if let site = entry.site, sites.contains(site) { answering[site, default: []].append(host) }
    }
    return answering.values.flatMap { $0.sorted().prefix(2) }.sorted()
  }

  /// Notes that the server says that nobody listens for a host.
  ///
  /// It speaks against a host that did not answer the ping. While our own link is young it speaks only
  /// against one that was heard since: hosts find their way back too.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - now: The moment.
  mutating func refused(_ host: HostID, at now: ContinuousClock.Instant) {
    guard let entry = watched[host], var suspect = entry.suspect, !entry.isLost,
      isTelling(entry, at: now)
    else { return }
    suspect.refusals += 1
    suspect.refusedAt = suspect.refusedAt ?? now
    watched[host]?.suspect = suspect
  }

  /// The hosts of which the server has said twice that nobody listens, and that are not lost.
  var refused: Set<HostID> { Set(watched.lazy.filter(\.value.isRefused).map(\.key)) }

  /// Whether a host has not answered the last ping, and is not lost.
  func isSuspected(_ host: HostID) -> Bool {
    watched[host].map { !$0.isLost && $0.suspect != nil } ?? false
  }

  /// Whether a host has answered nothing for five seconds, and is not lost.
  func hasFallenSilent(_ host: HostID, at now: ContinuousClock.Instant) -> Bool {
    watched[host]?.hasFallenSilent(at: now) ?? false
  }

  /// Whether any host has; costs a look at each.
  func hasSomebodyFallenSilent(at now: ContinuousClock.Instant) -> Bool {
    watched.values.contains { $0.hasFallenSilent(at: now) }
  }
}
