import ConfigurationModel
import DesiredSources
import GitSource
import LatticeDialects
import LatticeModel
import LatticeObservation
import PlanExecution
import RecordKeeping
import ServiceRuntime

/// What the session counts and measures.
extension ControllerSession {
  private var lattice: String { settings.lattice.rawValue }

  /// Measures a cycle that is over.
  func measure(_ triggers: Set<CycleTrigger>, outcome: String, since start: ContinuousClock.Instant)
  {
    let trigger = CycleTrigger.allCases.first(where: triggers.contains)?.rawValue ?? "none"
    metrics.cycles.add([lattice, trigger, outcome])
    metrics.cycleDuration.observe([lattice], .now - start)
    measureCommand()
    measureFailures()
  }

  /// Measures whether we command, and who could in our place.
  func measureCommand() {
    metrics.leaseHeld.set([lattice], lease.isHeld ? 1 : 0)
    if let epoch = lease.epoch { metrics.leaseEpoch.set([lattice], Double(epoch)) }
    metrics.standbys.replace(
      lattice, lease.isHeld ? [[]: Double(health.current.standbys.count)] : [:])
  }

  /// Measures a look at the repository.
  func measure(read fresh: SourceReading?, since start: ContinuousClock.Instant) {
    let repository = settings.repository
    let isWhole = fresh.map { !$0.mayBeReadLater } ?? false
    metrics.sourceReads.add([repository, fresh == nil ? "failed" : isWhole ? "read" : "partly"])
    metrics.sourceReadDuration.observe([repository], .now - start)
    guard let fresh else { return }
    if isWhole { metrics.lastSourceRead.set([repository], seconds) }
    metrics.sourceRevision.replace(repository, [[fresh.desired.revision.rawValue]: 1])
    metrics.sourceCommit.set([repository], Double(fresh.commit.committerTime))
    metrics.sourceErrors.set([repository], Double(fresh.errorCount))
  }

  /// Measures what fails now and is tried again.
  func measureFailures() {
    metrics.failures.replace(
      lattice,
      [
        ["command"]: Double(failures.withLock { $0.failures.count }),
        ["cycle"]: told.failure == nil ? 0 : 1, ["lease"]: told.leaseError == nil ? 0 : 1,
        ["repository"]: told.sourceErrors.isEmpty && retries.source.due == nil ? 0 : 1,
        ["store"]: retries.stores.due == nil ? 0 : 1,
      ])
  }

  /// Measures a plan, before anything of it is carried out.
  func measure(_ status: LatticeStatus, took duration: Duration) {
    let plan = status.plan
    metrics.planDuration.observe([lattice], duration)
    let counts = plan.counts
    metrics.differences.replace(
      lattice,
      [
        ["missing"]: Double(counts.missing), ["changed"]: Double(counts.changed),
        ["surplus"]: Double(counts.surplus), ["unowned"]: Double(counts.unowned),
        ["equal"]: Double(counts.equal),
      ])
    metrics.heldSteps.replace(lattice, counted(plan.held.map(\.rule.rawValue)))
    metrics.hosts.replace(lattice, counted(status.hosts.map(\.health.word)))
    metrics.viewIsComplete.set([lattice], plan.view == .complete ? 1 : 0)
    metrics.unplaceable.set([lattice], Double(plan.missingInstances))
    metrics.unreached.set([lattice], Double(plan.unreachedInstances))
    metrics.suspects.set([lattice], Double(plan.suspects.count))
    guard status.sync(at: now).sync == .inSync else { return }
    metrics.lastSync.set([lattice], seconds)
    if let revision = seen.revisionToSync {
      metrics.revisionToSync.observe([lattice], .now - revision)
      seen.revisionToSync = nil
    }
  }

  /// Measures what became of a plan.
  func measure(_ outcome: PlanOutcome) {
    for (step, result) in outcome.results {
      guard let label = result.label else { continue }
      let count = result == .confirmed ? commandedDialect.parts(of: step).count : 1
      metrics.commands.add([lattice, step.unit.kind.rawValue, label], count)
      if result == .confirmed, memory.flaps.note(step, at: .now) {
        metrics.reversals.add([lattice])
      }
    }
    guard let first = outcome.firstCommand, let loss = seen.loss else { return }
    metrics.failover.observe([lattice], first - loss)
    seen.loss = nil
  }

  /// Measures what runs on without a host.
  func measure(_ strays: [StrayProvider]) {
    metrics.strays.replace(
      lattice,
      Dictionary(
        strays.map { ([$0.provider.rawValue], Double($0.count)) }, uniquingKeysWith: { $1 }))
  }

  private func counted(_ names: [String]) -> [[String]: Double] {
    Dictionary(names.map { ([$0], 1) }, uniquingKeysWith: +)
  }

  /// The time of day in seconds, as collectors want it.
  private var seconds: Double { Double(clock.now) / 1e9 }
}

extension StepResult {
  /// The result as a label, without its words; `nil` where nothing was sent.
  fileprivate var label: String? {
    switch self {
    case .confirmed: "confirmed"
    case .failed, .lost: "failed"
    case .timedOut: "timed-out"
    case .underWay, .unanswered: "under-way"
    case .stale, .dropped: nil
    }
  }
}
