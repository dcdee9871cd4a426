import Diagnostics
import GitSource
public import LatticeModel
import TextForms

/// What a reading means to the applications on record.
public struct Standing: Sendable {
  /// Of whose last applied commit it is not known that the one that was read stands on it.
  public internal(set) var doubts: [ApplicationName: HistoryDoubt] = [:]
  /// Those that are not declared and that it could not have seen, each with the reason.
  public internal(set) var unseen: [ApplicationName: String] = [:]
  /// Those that are declared and that another repository has applied, each with the reason; only where
  /// not everything is granted.
  public internal(set) var others: [ApplicationName: String] = [:]

  /// Counts what another repository has applied among what is not seen.
  public mutating func leaveOthers() {
    unseen.merge(others) { first, _ in first }
  }

  /// The first commit that certainly does not stand on the one last applied.
  public var rewrite: HistoryDoubt? {
    doubts.filter(\.value.isRewrite).min { $0.key < $1.key }?.value
  }
}

extension DesiredSource {
  /// Returns what a reading means to the applications on record.
  ///
  /// Costs a look at the whole history for each commit on record that the reading does not stand on;
  /// that is remembered.
  ///
  /// - Parameters:
  ///   - reading: What was read.
  ///   - record: What was applied.
  /// - Returns: Whose removals wait, and why.
  public func standing(of reading: SourceReading, to record: LatticeRecord) async -> Standing {
    guard shelf == nil else { return Standing() }
    let declared = Set(
      reading.desired.applications.map(\.name) + reading.desired.frozen.map(\.name))
    var ancestries: [Revision: GitAncestry] = [:]
    var standing = Standing()
    for (name, applied) in record.applied {
      let ancestry = await ancestry(of: reading, from: applied.revision, &ancestries)
      let isForeign =
        applied.scope?.repository != reading.scope.repository
        && (ancestry == nil || ancestry == .unrelated)
      if !declared.contains(name), !options.grants.cover(name) {
        standing.unseen[name] = "this repository may not declare them any more"
      } else if declared.contains(name), isForeign, options.grants.areLimited,
        !options.allowsNonFastForward, let seen = applied.scope
      {
        standing.others[name] = "it was applied from \(withoutCredentials(seen.repository))"
      } else if !declared.contains(name), let reason = reading.blindness(to: applied, isForeign) {
        standing.unseen[name] = reason
      } else if let doubt = HistoryDoubt(reading, after: applied.revision, ancestry) {
        standing.doubts[name] = doubt
      } else if let base = applied.base {
        let past = await self.ancestry(of: reading, from: base, &ancestries)
        standing.doubts[name] = HistoryDoubt(reading, after: base, past)
        standing.doubts[name]?.isPast = true
      }
    }
    if options.allowsNonFastForward { standing.doubts = [:] }
    return standing
  }

  /// Whether a reading stands on a revision; `nil` for files on disk, which have no history.
  private func ancestry(
    of reading: SourceReading, from base: Revision, _ known: inout [Revision: GitAncestry]
  ) async -> GitAncestry? {
    guard base != .worktree else { return nil }
    if let ancestry = known[base] { return ancestry }
    let ancestry: GitAncestry
    do {
      ancestry = try await mirror.ancestry(of: reading.commit.id, from: base.rawValue)
    } catch {
      ancestry = .unknown(error.sentence)
    }
    known[base] = ancestry
    return ancestry
  }
}

extension SourceReading {
  /// Why an application that is not declared may be declared where this reading did not look, or
  /// `nil` where it would have been seen.
  fileprivate func blindness(to applied: AppliedApplication, _ isForeign: Bool) -> String? {
    guard let seen = applied.scope else {
      return "an earlier version applied them and did not record what it had read; to have them "
        + "removed, declare them once more first"
    }
    guard !isForeign else {
      return "they were applied from another repository, \(withoutCredentials(seen.repository))"
    }
    guard scope.covers(seen.path) else {
      return "they were applied from '\(seen.path.shownPath)', of which only "
        + "'\(scope.path.shownPath)' was read"
    }
    guard absent.isEmpty else {
      return "they may be declared in what is not checked out: \(named(absent))"
    }
    let isLeftOut = ignored.contains { applied.path == $0 || applied.path.hasPrefix("\($0)/") }
    guard !isLeftOut else {
      return
        "a .reconcileignore leaves out \(applied.path), from which they were applied; to have them "
        + "removed, take them out of the file first"
    }
    return nil
  }
}

extension HistoryDoubt {
  /// What is in doubt where a reading stands so to a revision that was applied.
  fileprivate init?(_ reading: SourceReading, after base: Revision, _ ancestry: GitAncestry?) {
    switch ancestry {
    case .descends?, nil: return nil
    case .unrelated?: self.init(of: reading.desired.revision, after: base)
    case .unknown(let reason)?: self.init(of: reading.desired.revision, after: base, reason)
    }
  }
}
