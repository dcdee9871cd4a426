/// That what is on record may not be what was: nothing is removed on its account until somebody
/// approves it.
public struct RecordDoubt: Hashable, Sendable {
  /// What is doubted, for a person, without a full stop.
  public var reason: String
  /// Since when; only an approval after it counts.
  public var since: Timestamp
  /// The applications that were found exactly as declared since then: of these things go again.
  public var settled: Set<ApplicationName> = []

  /// Creates a doubt.
  ///
  /// - Parameters:
  ///   - reason: What is doubted.
  ///   - since: Since when.
  public init(_ reason: String, since: Timestamp) {
    self.reason = reason
    self.since = since
  }
}

extension LatticeRecord {
  /// What is doubted of the record still: an approval of everything ends it.
  public var standingDoubt: RecordDoubt? {
    guard let doubt else { return nil }
    let isApproved = approvals.contains { $0.application == nil && $0.time > doubt.since }
    return isApproved ? nil : doubt
  }

  /// Returns the record with what an older or another one of the lattice says is ours beside it.
  ///
  /// What both know is as this one says it; hosts are those that either expects, seen when the later of
  /// both saw them.
  ///
  /// - Parameter other: The other record.
  /// - Returns: The union of what both own and of what was applied.
  public func adding(_ other: LatticeRecord) -> LatticeRecord {
    var record = self
    for (key, link) in other.links {
      guard let own = record.links[key] else {
        record.links[key] = link
        continue
      }
      record.links[key] = OwnedLink(
        application: own.application, targets: Array(Set(own.targets + link.targets)))
    }
    record.configs.merge(other.configs) { own, _ in own }
    record.applied.merge(other.applied) { own, _ in own }
    record.hosts.merge(other.hosts) { $0.lastSeen < $1.lastSeen ? $1 : $0 }
    record.troubles.merge(other.troubles) { own, _ in own }
    record.suspects.merge(other.suspects) { own, _ in own }
    record.starting.merge(other.starting) { own, _ in own }
    for set in other.adopted
    where !record.adopted.contains(where: { $0.unit == set.unit && $0.id == set.id }) {
      record.adopted.append(set)
    }
    for suspension in other.suspensions
    where !record.suspensions.contains(where: { $0.scope == suspension.scope }) {
      record.suspensions.append(suspension)
    }
    for pin in other.pins
    where !record.pins.contains(where: { $0.application == pin.application }) {
      record.pins.append(pin)
    }
    record.doubt = record.doubt ?? other.doubt
    return record
  }

  /// Whether it says of no more than another that it is ours.
  ///
  /// - Parameter other: The other record.
  /// - Returns: Whether all links, targets and configs of ours are ours there too.
  public func ownsNoMore(than other: LatticeRecord) -> Bool {
    configs.keys.allSatisfy { other.configs[$0] != nil }
      && Set(adopted.map(\.unit)).isSubset(of: other.adopted.map(\.unit))
      && links.allSatisfy { key, link in
        Set(link.targets).isSubset(of: other.links[key]?.targets ?? [])
      }
  }
}
