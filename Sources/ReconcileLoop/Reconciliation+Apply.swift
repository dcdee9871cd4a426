import ConfigurationModel
import DesiredSources
import Diagnostics
import GitSource
import LatticeModel
import LatticeObservation
import NATSTransport
public import PlanExecution
import RecordKeeping
import ServiceRuntime

/// Bringing a lattice to a commit.
extension Reconciliation {
  /// Brings the lattice to the commit.
  ///
  /// - Parameters:
  ///   - isFixed: Whether the first plan alone is carried out: nothing that a later look finds to be
  ///     done besides.
  ///   - mayProceed: Asked once before anything is sent, with the plan; what it throws ends the pass.
  ///   - shouldStop: Asked again and again: whether to send nothing more.
  ///   - watch: Told of what happens.
  /// - Returns: What was planned and done.
  /// - Throws: An error where git or the lattice cannot be read, or somebody else commands it.
  public func apply(
    isFixed: Bool = false,
    mayProceed: @Sendable (PassReport) async throws -> Bool,
    shouldStop: @escaping @Sendable () -> Bool,
    watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async throws -> PassReport {
    let open = try await open()
    defer { open.close() }
    let home = try await configuration.recordHome(over: open.transport, isWriter: true)
    let lease = try await home.lease(as: configuration.holder)
    try await lease.acquire()
    do {
      let reading = try await home.records.read()
      try await open.hosts.value
      let stored = try await home.records.resolve(
        reading, seeing: await open.observer.answering)
      try await home.check(against: open.observer.hostsDomain)
      if let rival = await RivalRecord.find(of: configuration.lattice, home, over: open.transport) {
        throw rival
      }
      let brake = Brake()
      var apply = Apply(self, pass(open, home, brake), lease, brake, shouldStop, watch)
      apply.isFixed = isFixed
      let marked = await open.source.marked(try await open.reading.value)
      let report = try await apply.run(marked, stored, mayProceed)
      await lease.release()
      return report
    } catch {
      await lease.release()
      throw error
    }
  }
}

/// The work of one apply, while we hold the lease.
private struct Apply: Sendable {
  let reconciliation: Reconciliation
  let pass: Pass
  let lease: any CommandLease
  let brake: Brake
  let shouldStop: @Sendable () -> Bool
  let watch: @Sendable (ExecutionEvent) -> Void
  /// Ends the plan that is being carried out.
  let interrupt = Lock(ExecutionInterrupt())
  let tally = Lock(FailureTally())
  /// Whether nothing but the first plan is carried out.
  var isFixed = false

  init(
    _ reconciliation: Reconciliation, _ pass: Pass, _ lease: any CommandLease, _ brake: Brake,
    _ shouldStop: @escaping @Sendable () -> Bool,
    _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) {
    (self.reconciliation, self.pass, self.lease, self.brake) = (reconciliation, pass, lease, brake)
    (self.shouldStop, self.watch) = (shouldStop, watch)
  }

  private var configuration: PassConfiguration { reconciliation.configuration }

  private func permission() -> CommandPermission {
    guard lease.isHeld, brake.permission == .all else { return .none }
    return shouldStop() ? .finishing : .all
  }

  /// Looks, asks, and works until nothing differs, it is too late, or nothing more can be done.
  func run(
    _ reading: SourceReading, _ stored: StoredRecord,
    _ mayProceed: (PassReport) async throws -> Bool
  ) async throws -> PassReport {
    let (start, time) = (ContinuousClock.now, reconciliation.now)
    var memory = PassMemory()
    memory.starts.adopt(stored.record, at: .now, reconciliation.now)
    try await pass.observer.look(expecting: reconciliation.expected(by: stored.record))
    var stored = stored
    stored.doubt(beside: await pass.observer.hosts, at: reconciliation.now)
    let following = Task { await pass.observer.run() }
    defer { following.cancel() }
    let look = try pass.plan(try await self.look(reading, stored), &memory)
    var report = look.report
    report.note(pass.home)
    report.note(stored, in: pass.home)
    if let advice = lease.advice { report.notes.append(advice) }
    report.wasToConverge = !configuration.execution.isFirstStageOnly
    guard try await mayProceed(report) else {
      report.wasDeclined = true
      return report
    }
    try await checkHead(against: reading)
    var last = try await work(
      from: look, reading, stored, &memory, &report, until: start + configuration.timeout)
    report.noteEnd(
      after: .now - start, of: configuration.timeout, isStopped: shouldStop(),
      tally.withLock { $0 })
    await keepForms(&report, over: &last)
    await noteHistory(&report, applied: stored.record, then: last.stored.record, since: time)
    guard lease.isHeld || shouldStop() else {
      throw RecordError.leaseLost("somebody else may command the lattice now")
    }
    return report
  }

  /// Keeps the forms that are in sync now; where that fails, the run is none the worse for it.
  private func keepForms(_ report: inout PassReport, over last: inout Last) async {
    guard lease.isHeld, !last.look.isRefused else { return }
    let status = LatticeStatus(
      of: last.look.report, seen: last.look.observed, record: last.stored.record,
      resync: configuration.observer.resync, at: reconciliation.now)
    do {
      let kept = try await pass.keepingForms(
        status, of: last.look.report.source, on: last.stored.record)
      last.stored = try await pass.home.records.save(kept.record, over: last.stored)
      report.notes += kept.unkept.flatMap(\.diagnostics).map { "\($0.code): \($0.message)" }
    } catch {
      report.notes.append("no form could be kept to go back to: \(error.sentence)")
    }
  }

  /// The last look of a run, and the record as it was written last.
  private struct Last {
    var look: Pass.Look
    var stored: StoredRecord
  }

  /// Writes down what was done; where that fails, the run is none the worse for it.
  private func noteHistory(
    _ report: inout PassReport, applied before: LatticeRecord, then after: LatticeRecord,
    since start: Timestamp
  ) async {
    let entry = HistoryEntry(
      report, applied: before.applied, then: after.applied, at: start, by: configuration.holder)
    guard var entry else { return }
    entry.milliseconds = Int(reconciliation.now.since(start) / .milliseconds(1))
    do {
      try await pass.home.history.append(entry)
    } catch {
      report.notes.append("the history could not be written: \(error.sentence)")
    }
  }

  /// Carries out one plan after another.
  ///
  /// - Returns: The last look, and the record as it was written last.
  private func work(
    from first: Pass.Look, _ reading: SourceReading, _ stored: StoredRecord,
    _ memory: inout PassMemory,
    _ report: inout PassReport, until deadline: ContinuousClock.Instant
  ) async throws -> Last {
    let obeying = Task {
      await pass.brakes.run { change in
        interrupt.withLock { $0 }.interrupt(change.sentence)
      }
    }
    defer { obeying.cancel() }
    var (look, stored) = (first, stored)
    while true {
      report.isPlanOver = isFixed && report.remaining.goes(beyond: report.plan)
      guard !report.isPlanOver else { return Last(look: look, stored: stored) }
      stored = try await pass.home.records.save(pass.recording(look, &memory), over: stored)
      guard !look.report.plan.sendsNothing, ContinuousClock.now < deadline, !shouldStop(),
        lease.isHeld
      else { return Last(look: look, stored: stored) }
      let interrupt = ExecutionInterrupt()
      self.interrupt.withLock { $0 = interrupt }
      let areUnchanged = try await pass.brakesAreUnchanged(in: &stored) {
        ContinuousClock.now < deadline && lease.isHeld && !shouldStop()
      }
      guard areUnchanged else {
        look = try pass.plan(try await self.look(reading, stored), &memory)
        report.remaining = look.report.plan
        continue
      }
      let outcome = await carryOut(look, until: deadline, interrupt)
      report.outcomes.append(outcome)
      memory.starts.note(outcome.starts, of: look.desired, at: .now, reconciliation.now)
      for (step, result) in outcome.results { memory.starts.note(result, of: step) }
      let released = pass.recording(outcome, of: look.desired, on: stored.record, &memory)
      stored = try await outlasting(lease, unless: shouldStop) { [stored] in
        try await pass.home.records.save(released, over: stored)
      }
      guard !configuration.execution.isFirstStageOnly, !shouldStop(), lease.isHeld else {
        return Last(look: look, stored: stored)
      }
      look = try pass.plan(try await lookAgain(after: outcome, reading, stored), &memory)
      report.remaining = look.report.plan
      report.isProven = outcome.isDone || look.observed.view == .complete
      let isHopeless =
        outcome.preemption == nil && outcome.results.allSatisfy { $0.result != .confirmed }
      guard !isHopeless || report.remaining.isEmpty else { return Last(look: look, stored: stored) }
    }
  }

  private func carryOut(
    _ look: Pass.Look, until deadline: ContinuousClock.Instant, _ interrupt: ExecutionInterrupt
  ) async -> PlanOutcome {
    let outcome = await pass.carryOut(
      look, until: deadline, interrupt, permission: { permission() }
    ) { [tally, watch, clock = reconciliation.clock] event in
      tally.withLock { $0.note(event, at: Timestamp(nanoseconds: clock.now)) }
      watch(event)
    }
    if let reason = outcome.preemption { watch(.anew(reason)) }
    return outcome
  }

  private func look(
    _ reading: SourceReading, _ stored: StoredRecord
  ) async throws -> Pass.Seen {
    let seen = try await pass.look(reading, stored.record)
    try reconciliation.checkHosts(seen.observed)
    return seen
  }

  /// Looks again once a plan was carried out.
  ///
  /// Where nothing disturbed it, whoever was there is asked directly and need not be waited for; if
  /// somebody does not answer, all are called. After an outage that is done until every host is back,
  /// since they need a moment to connect again, and nobody is taken for lost meanwhile.
  private func lookAgain(
    after outcome: PlanOutcome, _ reading: SourceReading, _ stored: StoredRecord
  ) async throws -> Pass.Seen {
    let patience = ContinuousClock.now + .seconds(10)
    var callsRoll = outcome.preemption != nil
    while true {
      let mayRepeat =
        !callsRoll
        || outcome.trace.wasDisconnected && ContinuousClock.now < patience
          && lease.isHeld && !shouldStop()
      await pass.observer.lookAgain(
        expecting: reconciliation.expected(by: stored.record), callsRoll: callsRoll)
      do {
        let seen = try await outlasting(lease, unless: shouldStop) {
          try await self.look(reading, stored)
        }
        guard case .incomplete = seen.observed.view, mayRepeat else { return seen }
      } catch ObservationError.noHosts where mayRepeat {}
      if callsRoll { try await Task.sleep(for: .milliseconds(250)) }
      callsRoll = true
    }
  }

  /// Refuses a plan whose commit was replaced while a person was asked.
  private func checkHead(against reading: SourceReading) async throws {
    guard reading.desired.revision != .worktree, let head = try? await pass.source.head(),
      head != reading.commit.id
    else { return }
    throw LoopError.staleRevision(from: reading.commit.id, to: head)
  }
}

extension PassReport {
  /// Notes why the work ended and what failed, as far as it is still to be done.
  fileprivate mutating func noteEnd(
    after took: Duration, of timeout: Duration, isStopped: Bool, _ tally: FailureTally
  ) {
    let left = Set((remaining.steps + remaining.waiting).map(\.unit))
    failures = tally.failures.filter { left.contains($0.step.unit) }
    guard wasToConverge else { return }
    let reason: PassEnd.Reason =
      if remaining.isEmpty { .done } else if isPlanOver { .planOver } else if isStopped {
        .stopped
      } else {
        took < timeout ? .nothingMore : .timeout
      }
    end = PassEnd(reason, after: took, of: timeout)
  }
}
