import LatticeModel
import PlanExecution
import Planning

/// What one pass remembers for the next: what failed or is under way, what goes back and forth, and
/// what may take hosts down.
struct PassMemory: Sendable {
  var backoff = Backoff()
  var flaps = FlapDetector()
  /// `nil` for a single pass, which leaves what is on record about hosts as it is.
  var errors: HostErrors?
  var starts = StartWatch()
  /// The hosts as they were last seen.
  private var hosts: [HostID: HostState]
  /// Whether what was being started before we began is still to be taken over.
  private var mustAdopt = true

  /// Remembers nothing yet.
  ///
  /// - Parameters:
  ///   - hosts: The hosts as they were last seen.
  ///   - errors: Counts what fails on each host, where there will be more passes.
  init(_ hosts: [HostState] = [], errors: HostErrors? = nil) {
    self.hosts = Dictionary(hosts.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    self.errors = errors
  }

  /// Notes which hosts were lost or began anew since the last look; those that said that they stop
  /// were not.
  ///
  /// - Parameters:
  ///   - seen: The hosts now.
  ///   - stopped: Those that said that they stop.
  ///   - record: The record; takes up what speaks against hosts and against what is started.
  ///   - desired: What is declared.
  ///   - isRefused: Whether nothing may be sent for what is declared, so that it lifts no suspicion.
  ///   - now: The time.
  mutating func note(
    _ seen: [HostState], stopped: Set<HostID>, on record: inout LatticeRecord,
    _ desired: DesiredState, isRefused: Bool, at now: Timestamp
  ) {
    if errors != nil {
      // Against those that are gone or began anew nothing speaks.
      errors?.reset(
        hosts: Set(
          seen.lazy.filter { [hosts] host in
            host.presence == .lost
              || hosts[host.id].map {
                hasBegunAnew(uptime: host.report.uptime, after: $0.report.uptime)
              } ?? false
          }.map(\.id)))
      record.troubles = errors?.troubles(among: seen.count(where: \.isUsable), at: now) ?? [:]
    }
    let lost = seen.filter { $0.isLost(since: hosts[$0.id], record, at: now) }.map(\.id)
    starts.lost(
      Set(lost).subtracting(stopped), living: Set(seen.lazy.filter(\.isUsable).map(\.id)),
      of: desired, at: .now, now)
    if !isRefused { starts.settle(record, desired, at: .now) }
    record.suspects = starts.suspects
    hosts = Dictionary(seen.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
  }

  /// Notes what became of a step; returns when to look again.
  @discardableResult
  mutating func note(
    _ result: StepResult, of step: PlannedStep, until reportedAt: Timestamp? = nil,
    at now: Timestamp
  ) -> ContinuousClock.Instant? {
    errors?.note(result, of: step, at: now)
    starts.note(result, of: step)
    return backoff.note(
      result, of: step, at: .now, fraction: Double.random(in: 0...1), until: reportedAt)
  }
}

extension PassMemory {
  /// What a plan is to know of what earlier ones have sent.
  mutating func pending(in observed: ObservedState) -> PendingWork {
    backoff.pending(in: observed, at: .now)
  }

  /// Takes over what others had hosts start, the first time, so that no image is fetched twice.
  ///
  /// - Returns: Whether anything of a plan is being started already.
  mutating func adopt(
    _ starting: [UnitKey: Timestamp], in plan: Plan, at now: Timestamp
  ) -> Bool {
    defer { mustAdopt = false }
    return mustAdopt && backoff.adopt(starting, in: plan, at: .now, now)
  }
}
