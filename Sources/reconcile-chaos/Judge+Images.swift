import LatticeModel
import LatticeSimulator
import ServiceRuntime

/// What must hold of images that take hosts down, and of those that take long to come.
extension Judge {
  /// How many hosts something takes down.
  struct Losses: Sendable {
    var most: Int
    var hosts: [String] = []
  }

  /// When a host began to fetch something, and who commanded then.
  struct Fetch: Sendable {
    var at: ContinuousClock.Instant
    var commander: Int?
  }

  /// Notes that something takes down every host that starts it, and how many that may cost.
  func expectLosses(to unit: String, atMost most: Int) {
    state.withLock { $0.losses[unit] = Losses(most: most) }
  }

  /// The hosts that something has taken down.
  func felled(by unit: String) -> [HostID] {
    state.withLock { ($0.losses[unit]?.hosts ?? []).map { HostID($0) } }
  }

  /// Notes that hosts fetch an image for so long, which one start must not make them do twice.
  func expectFetches(of image: String, for span: Duration) {
    state.withLock { $0.slowImages[image] = span }
  }
}

extension Judge.State {
  /// Notes that a start took its host down; returns what is wrong with that.
  mutating func lose(_ entry: LedgerEntry) -> String? {
    losses[entry.subject]?.hosts.append(entry.host)
    guard let lost = losses[entry.subject], lost.hosts.count > lost.most else { return nil }
    return "\(entry.subject) takes down \(lost.hosts.count) hosts, \(lost.most) would be enough"
  }

  /// Notes that a host begins to fetch an image; returns what is wrong with that.
  ///
  /// Whoever takes over from a controller that was killed as it sent need not know of a fetch. Nor need
  /// who has found the host lost since, and back: no inventory tells of a fetch.
  mutating func fetch(_ entry: LedgerEntry, by host: inout Judge.Host) -> String? {
    guard let image = entry.image, let span = slowImages[image] else { return nil }
    let fetch = Judge.Fetch(at: .now, commander: lease?.process)
    let last = host.fetches.updateValue(fetch, forKey: "\(entry.subject) \(image)")
    guard let last, .now - last.at < span, last.commander == fetch.commander else { return nil }
    if let backAt = host.backAt, backAt > last.at { return nil }
    return "\(image) is fetched twice at once for \(entry.subject) on \(entry.host.prefix(5))"
  }
}
