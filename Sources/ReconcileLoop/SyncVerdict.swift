public import LatticeModel
import TextForms

/// On whose word something is said of a lattice, and how old that word is.
public struct Evidence: Hashable, Sendable {
  /// The id of the plan that compared with the commit what was seen.
  public var planID: String
  /// Who was seen, by id; where there is nobody, the look itself has to do.
  public var hosts: [HostID]
  /// Who of them was not seen for longest; `nil` where anybody's word is enough.
  public var oldest: HostStatus?
  /// When the word was given; `nil` where a host that is expected never said what it runs.
  public var seenAt: Timestamp?

  /// Returns how long ago that was.
  ///
  /// - Parameter now: The moment.
  /// - Returns: The age, 0 or more whatever the clock did; `nil` where there is no word at all.
  public func age(at now: Timestamp) -> Duration? { seenAt.map { max(.zero, now.since($0)) } }
}

/// What can be said of a lattice, or of an application, at a moment.
public struct SyncVerdict: Hashable, Sendable {
  /// Whether it is as declared.
  public enum Sync: Hashable, Sendable {
    case inSync
    case differs
    /// What is known is too old to say, for this reason, without a full stop.
    case unknown(String)
  }

  /// Whether it is as declared.
  public var sync: Sync
  /// What that rests on.
  public var evidence: Evidence
  /// How old the oldest word of that is; `nil` where there is none.
  public var age: Duration?

  /// The word for it, for programs.
  public var word: String {
    switch sync {
    case .inSync: "in-sync"
    case .differs: "differs"
    case .unknown: "unknown"
    }
  }

  /// Why nothing can be said, if nothing can.
  public var unknown: String? {
    guard case .unknown(let reason) = sync else { return nil }
    return reason
  }

  /// How it stands, for a person, without a full stop.
  public var sentence: String {
    let seen = age.map { ", seen \(span($0)) ago" } ?? ""
    return switch sync {
    case .inSync: "in sync\(seen)"
    case .differs: "differs\(seen)"
    case .unknown(let reason): "unknown: \(reason)"
    }
  }
}

extension LatticeStatus {
  /// What is said of the lattice rests on every host whose things count as running.
  public var evidence: Evidence { evidence(of: hosts.filter(\.presence.countsAsRunning)) }

  /// Returns what can be said of the lattice.
  ///
  /// That it is in sync everybody must say: once one word of that is older than the limit, or the
  /// lattice was not compared with the commit for so long, nothing is known. That it differs is known
  /// as long as anybody is heard.
  ///
  /// - Parameter now: The moment.
  /// - Returns: The verdict, with what it rests on.
  public func sync(at now: Timestamp) -> SyncVerdict { verdict(wasInSync, on: evidence, at: now) }

  /// Returns what can be said of one application, which rests on the hosts that run what it
  /// declares, and on all where none does.
  ///
  /// - Parameters:
  ///   - application: An application of this status.
  ///   - now: The moment.
  /// - Returns: The verdict, with what it rests on.
  public func sync(of application: ApplicationStatus, at now: Timestamp) -> SyncVerdict {
    let places = Set(application.hosts)
    let own = hosts.filter { $0.presence.countsAsRunning && places.contains($0.id) }
    return verdict(
      application.wasInSync, on: own.isEmpty ? evidence : evidence(of: own), at: now)
  }

  private func evidence(of witnesses: [HostStatus]) -> Evidence {
    let oldest = witnesses.min { ($0.seenAt?.nanoseconds ?? 0) < ($1.seenAt?.nanoseconds ?? 0) }
    let seenAt = oldest.map(\.seenAt) ?? lookedAt
    return Evidence(
      planID: planID, hosts: witnesses.map(\.id), oldest: oldest,
      seenAt: seenAt.map { min($0, changedAt ?? $0) })
  }

  private func verdict(_ wasInSync: Bool, on evidence: Evidence, at now: Timestamp) -> SyncVerdict {
    var evidence = evidence
    if !wasInSync { (evidence.oldest, evidence.seenAt) = (nil, heardAt) }
    let reason = wasInSync ? doubt(evidence, at: now) : silence(at: now)
    let sync = reason.map(SyncVerdict.Sync.unknown) ?? (wasInSync ? .inSync : .differs)
    return SyncVerdict(sync: sync, evidence: evidence, age: evidence.age(at: now))
  }

  /// Why it is not known any more that all is as declared, if it is not.
  private func doubt(_ evidence: Evidence, at now: Timestamp) -> String? {
    if let host = hosts.first(where: { $0.isAssumed && evidence.hosts.contains($0.id) }) {
      return "host \(host.id.rawValue.prefix(8)) has not said what it runs since it was sent more"
    }
    if let host = evidence.oldest {
      let name = host.id.rawValue.prefix(8)
      guard let seenAt = host.seenAt else { return "host \(name) never said what it runs" }
      if let age = overdue(seenAt, at: now) {
        return "host \(name) was last seen \(age) ago"
          + (host.isOnRecordOnly ? ", as the record has it" : "")
      }
    }
    if let age = overdue(changedAt ?? now, at: now) {
      return "it changed \(age) ago and was not compared with the commit since"
    }
    return overdue(lookedAt, at: now).map { "it was last compared with the commit \($0) ago" }
  }

  private func silence(at now: Timestamp) -> String? {
    overdue(heardAt, at: now).map { "nothing was heard of it for \($0)" }
  }

  /// How long ago a moment was, where that is longer than the limit.
  private func overdue(_ moment: Timestamp, at now: Timestamp) -> String? {
    let age = now.since(moment)
    return age > limit ? span(age) : nil
  }
}

extension ApplicationStatus {
  /// Whether nothing of it differed when the plan was made.
  public var wasInSync: Bool { parts.isEmpty }

  /// How it stood when the plan was made, for a person.
  public var sentence: String { wasInSync ? "in sync" : parts.joined(separator: ", ") }

  /// That it is pinned, as the end of a sentence; empty where it is not.
  public var pinSuffix: String { pinnedAt.map { ", pinned at \($0.short)" } ?? "" }

  private var parts: [String] {
    func part(_ count: Int, _ noun: String, _ rest: String) -> String? {
      count > 0 ? "\(counted(count, noun)) \(rest)" : nil
    }
    return [
      isFrozen ? "cannot be read, left alone" : nil,
      heldAt.map { "cannot be read, held at \($0.short)" },
      part(toDo, "step", "to do"), part(waiting, "step", "waiting"), part(held, "step", "held"),
      part(unplaced, "instance", "without a place"),
      part(unreached, "instance", "not reached"),
      part(deaf, "provider", "not listening yet"),
    ].compactMap { $0 }
  }
}

/// A span in whole seconds: `4 s`, `2m5s`.
private func span(_ duration: Duration) -> String {
  let seconds = duration.components.seconds
  return seconds < 60 ? "\(seconds) s" : formatDuration(.seconds(seconds))
}
