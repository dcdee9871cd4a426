import LatticeModel

/// What is thought of each host.
extension FailureDetector {
  /// What is thought of each host now; a host found lost stays so until it is heard again.
  ///
  /// Costs a look at each host.
  ///
  /// - Parameter now: The moment.
  /// - Returns: The health of every host that does not simply answer.
  mutating func verdicts(at now: ContinuousClock.Instant) -> [HostID: Health] {
    let suspects = watched.filter { !$0.value.isLost && $0.value.suspect != nil }
    guard !suspects.isEmpty else { return [:] }
    var verdicts: [HostID: Health] = [:]
    var census = Census(watched)
    for host in suspects.keys.sorted() {
      guard let entry = suspects[host], let suspect = entry.suspect else { continue }
      let isSite = census.isSiteGone(entry)
      let isMost = census.areMostGone(with: suspect)
      let health = health(of: entry, suspect, isSite, isMost, census, at: now)
      verdicts[host] = health
      if health == .lost {
        watched[host]?.isLost = true
        census.lose(entry)
      }
      // What was refused while many were away proves nothing about one, once the others are back.
      if isSite || isMost {
        watched[host]?.suspect = Suspect(
          round: suspect.round, since: suspect.since, isAskedPatiently: suspect.isAskedPatiently)
        watched[host]?.awayAt = now
      }
      if isSite { watched[host]?.cutAt = now }
    }
    return verdicts
  }

  private func health(
    of entry: Watched, _ suspect: Suspect, _ isSite: Bool, _ isMost: Bool, _ census: Census,
    at now: ContinuousClock.Instant
  ) -> Health {
    if isSite, let site = entry.site {
      return .late(reason: "its whole site '\(site)' does not answer")
    }
    guard let roundStart, census.lastHeard.map({ $0 >= roundStart }) ?? false else {
      return .late(reason: isMost ? Self.most : Self.silent)
    }
    // What is refused as the others come back may be of the moment before.
    let isReached = entry.awayAt.map { now - $0 >= settings.steadyLink } ?? true
    if suspect.refusals >= 2, !isMost, isReached, isTelling(entry, at: now),
      census.neighbourAnswered(entry, after: suspect)
    {
      return .lost
    }
    // Three pings unanswered: time alone passes too while this process is stopped.
    // Whom nobody asked, as while the first look takes its time, was not silent.
    let silentSince = max(entry.heard, suspect.since - .seconds(2), entry.cutAt ?? entry.heard)
    if now - silentSince >= settings.silence, round &- suspect.round >= 2,
      isSteady(settings.silence, at: now),
      census.anotherAnswered(since: max(entry.heard, now - settings.silence))
    {
      return .lost
    }
    return .late(reason: isMost ? Self.most : Self.silent)
  }

  private static let most = "most hosts vanished together"
  private static let silent = "it does not answer pings"

  /// Whether a refusal says anything of a host: our own link is steady, or the host has found its way
  /// back since it came up.
  func isTelling(_ entry: Watched, at now: ContinuousClock.Instant) -> Bool {
    guard let linkUpSince else { return false }
    return isSteady(settings.steadyLink, at: now) || entry.seen.map { $0 > linkUpSince } ?? false
  }

  private func isSteady(_ span: Duration, at now: ContinuousClock.Instant) -> Bool {
    linkUpSince.map { now - $0 >= span } ?? false
  }
}
