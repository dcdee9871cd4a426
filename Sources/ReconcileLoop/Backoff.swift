public import LatticeDialects
public import LatticeModel
public import Planning
public import PlanExecution

/// Which steps are not to be tried again yet: those under way and those that failed; pure.
///
/// Kept per unit, which names actor or provider and host, so that one failing image or host delays
/// nobody else. A unit whose step is different from the one that failed starts anew, as does
/// everything when the revision changes.
public struct Backoff: Sendable {
  private struct Entry {
    var step: PlannedStep
    var attempts: Int
    var notBefore: ContinuousClock.Instant
    /// When it was sent, where it may still come rather than has failed.
    var sentAt: ContinuousClock.Instant?
    var isUnderWay: Bool { sentAt != nil }
    /// How long its host had been up when it was last looked at, in seconds.
    var uptime = 0
    /// Whether its host has accepted it.
    var isAccepted = false
    /// Whether its host has fallen silent meanwhile, and may not live.
    var isUnheard = false
    /// When its host had last said what it runs, where our connection was lost, or our term was over,
    /// before it could be heard how that ended: the host's next word decides, or leaves what it accepted
    /// a while.
    var reportedAt: Timestamp?

    /// It may be over already, and nobody has heard of it.
    mutating func doubt(at now: ContinuousClock.Instant) {
      (reportedAt, isUnheard) = (nil, false)
      notBefore = min(notBefore, now + Backoff.patience)
    }

    /// Whether its host runs the image of the actor that it is of: no image is waited for then, and
    /// another number of instances is what somebody else has told the host since.
    func isOvertaken(in observed: ObservedState) -> Bool {
      step.outcome.map { observed.set(of: $0) != nil } ?? false
    }

    /// Whether its effect is there; that of a provider's start is that it listens.
    func hasComeAbout(in observed: ObservedState, as dialect: any LatticeDialect) -> Bool {
      guard let outcome = step.outcome else { return true }
      guard dialect.isConfirmed(outcome, by: observed) else { return false }
      guard case .run(.provider(let launch), _, let host) = outcome else { return true }
      return !observed.isDeaf(launch.id, on: host)
    }
  }

  /// The longest pause between two tries.
  public static let limit = Duration.seconds(300)
  /// How long a command that was sent may take before it is sent again.
  ///
  /// A start that its host has accepted may take as long as its step allows, and is not superseded
  /// earlier than this. Where its host may have said, unheard, that it failed, it has so long more.
  public static let patience = Duration.seconds(60)

  private let dialect: any LatticeDialect
  private var entries: [UnitKey: Entry] = [:]

  /// Nothing has failed yet.
  ///
  /// - Parameter dialect: What says whether a step has come about.
  public init(_ dialect: any LatticeDialect = commandedDialect) { self.dialect = dialect }

  /// Notes what became of a step.
  ///
  /// - Parameters:
  ///   - result: What became of it.
  ///   - step: The step.
  ///   - now: The moment.
  ///   - fraction: A random number from 0 to 1, for the jitter.
  ///   - reportedAt: When its host had last said what it runs, where our connection was lost or
  ///     somebody else may have commanded meanwhile: what is under way is so only until the host's next word.
  /// - Returns: When to look again, where it failed.
  @discardableResult
  public mutating func note(
    _ result: StepResult, of step: PlannedStep, at now: ContinuousClock.Instant, fraction: Double,
    until reportedAt: Timestamp? = nil
  ) -> ContinuousClock.Instant? {
    guard let outcome = step.outcome else { return nil }
    let earlier = entries[step.unit].flatMap { $0.step.outcome == outcome ? $0.attempts : nil } ?? 0
    switch result {
    case .confirmed: entries[step.unit] = nil
    case .underWay, .unanswered:
      let isAccepted = result == .underWay && !outcome.isRemoval && outcome.host != nil
      entries[step.unit] = Entry(
        step: step, attempts: earlier,
        notBefore: now + (isAccepted ? step.startTimeout : Self.patience), sentAt: now,
        isAccepted: isAccepted, reportedAt: reportedAt)
    case .failed, .lost, .timedOut:
      let attempts = earlier + 1
      let most = min(Self.limit, .seconds(1 << min(attempts, 9)))
      let notBefore = now + most * min(max(fraction, 0), 1)
      entries[step.unit] = Entry(step: step, attempts: attempts, notBefore: notBefore)
      return notBefore
    case .stale, .dropped: break
    }
    return nil
  }

  /// Takes over what somebody else had started, so that no image is fetched twice.
  ///
  /// - Parameters:
  ///   - starting: What hosts had accepted and were starting still, and since when.
  ///   - plan: What is to be done.
  ///   - now: The moment.
  ///   - time: The same by the time of day.
  /// - Returns: Whether there was anything of the plan.
  mutating func adopt(
    _ starting: [UnitKey: Timestamp], in plan: Plan, at now: ContinuousClock.Instant,
    _ time: Timestamp
  ) -> Bool {
    guard !starting.isEmpty else { return false }
    let before = entries.count
    for step in plan.steps where step.startedID != nil && entries[step.unit] == nil {
      guard let since = starting[step.unit] else { continue }
      let sentAt = now - max(.zero, min(time.since(since), step.startTimeout))
      var entry = Entry(
        step: step, attempts: 0, notBefore: sentAt + step.startTimeout, sentAt: sentAt,
        isAccepted: true)
      entry.doubt(at: now)
      entries[step.unit] = entry
    }
    return entries.count > before
  }

  /// The steps under way of which an event says that they failed.
  ///
  /// - Parameter event: What a host says.
  /// - Returns: The steps with the host's words.
  public func failures(in event: LatticeEvent) -> [(step: PlannedStep, words: String)] {
    entries.values.compactMap { entry in
      guard entry.isUnderWay, let outcome = entry.step.outcome else { return nil }
      return dialect.failure(of: outcome, in: event).map { (entry.step, $0) }
    }
  }

  /// Forgets what failed, since the revision has changed; what is under way still is.
  public mutating func reset() { entries = entries.filter(\.value.isUnderWay) }

  /// Forgets what failed on a host, since it has changed; what is under way there still is.
  ///
  /// - Parameter host: The host.
  public mutating func reset(_ host: HostID) {
    entries = entries.filter { $0.key.host != host || $0.value.isUnderWay }
  }

  /// Forgets what is no longer under way, since its effect is there, or its host is gone or began
  /// anew.
  ///
  /// - Parameters:
  ///   - observed: What is observed.
  ///   - now: The moment.
  /// - Returns: What is still under way.
  public mutating func underWay(
    in observed: ObservedState, at now: ContinuousClock.Instant
  ) -> [PlannedStep] {
    for (unit, entry) in entries where entry.isUnderWay {
      let host = unit.host.flatMap { observed.host($0) }
      let uptime = host?.report.uptime ?? 0
      let isGone = unit.host != nil && host?.countsAsRunning != true
      let hasSpoken =
        host?.presence == .fresh && entry.reportedAt.map { $0 < host?.reportedAt ?? $0 } ?? false
      // A host that is not heard may not live: then no image is waited for, until it is heard again.
      let isUnheard = host?.presence != .fresh && unit.host != nil && isOld(entry, at: now)
      let isLost =
        isGone || hasBegunAnew(uptime: uptime, after: entry.uptime)
        || !entry.isAccepted && (isUnheard || hasSpoken)
        || hasSpoken && entry.isOvertaken(in: observed)
      entries[unit]?.uptime = uptime
      if isUnheard {
        entries[unit]?.isUnheard = true
      } else if hasSpoken || entry.isUnheard {
        entries[unit]?.doubt(at: now)
      }
      // What is noted of a host that is not heard is what it may run, not what it runs.
      let isSeen = unit.host == nil || host?.presence == .fresh
      if isLost || isSeen && entry.hasComeAbout(in: observed, as: dialect) { entries[unit] = nil }
    }
    let underWay = entries.values.filter {
      $0.isUnderWay && !$0.isUnheard && $0.notBefore > now
    }
    return underWay.map(\.step).sorted { $0.unit < $1.unit }
  }

  /// The steps that were sent and may still come about.
  var stepsUnderWay: [PlannedStep] { entries.values.filter(\.isUnderWay).map(\.step) }

  /// What hosts have accepted and are starting still.
  var startsUnderWay: Set<UnitKey> {
    Set(entries.filter { $0.value.isAccepted && $0.value.step.startedID != nil }.keys)
  }

  private func isOld(_ entry: Entry, at now: ContinuousClock.Instant) -> Bool {
    entry.sentAt.map { now - $0 >= Self.patience } ?? false
  }

  /// What plans are to know of what is under way and of what failed; what failed long ago is
  /// forgotten.
  ///
  /// - Parameters:
  ///   - observed: What is observed.
  ///   - now: The moment.
  /// - Returns: What is pending.
  public mutating func pending(
    in observed: ObservedState, at now: ContinuousClock.Instant
  ) -> PendingWork {
    var pending = PendingWork()
    pending.underWay = underWay(in: observed, at: now)
    entries = entries.filter { now - $0.value.notBefore < Self.limit * 2 }
    pending.supersedable = Set(entries.filter { isOld($0.value, at: now) }.keys)
    for (unit, entry) in entries where entry.notBefore > now {
      pending.backingOff[unit] = entry.step.outcome
    }
    return pending
  }

  /// When to look again for what of a plan waits.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - now: The moment.
  /// - Returns: When something under way is to have come about, or something that failed is tried
  ///   again; `nil` where nothing waits for that.
  public func again(
    for plan: Plan, at now: ContinuousClock.Instant
  ) -> ContinuousClock.Instant? {
    let waiting = Set(plan.waiting.map(\.unit))
    return entries.lazy.filter { unit, entry in
      entry.notBefore > now && (entry.isUnderWay || waiting.contains(unit))
    }.map(\.value.notBefore).min()
  }
}
