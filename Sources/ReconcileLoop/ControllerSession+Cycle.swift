import ConfigurationModel
import DesiredSources
import Diagnostics
import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeObservation
import NATSTransport
import PlanExecution
import Planning
import RecordKeeping
import ServiceRuntime
import Signatures

/// One cycle: read, look, plan, carry out, tell.
extension ControllerSession {
  /// Runs a cycle; whatever fails is told and tried again later.
  func run(_ triggers: Set<CycleTrigger>, _ interrupt: ExecutionInterrupt) async -> CycleEnd {
    let start = ContinuousClock.now
    let isUp = await observer.isUp
    health.note { $0.isConnected = isUp }
    do {
      let end = try await cycle(triggers, interrupt)
      retries.cycle.end()
      if told.failure != nil { logger.notice("Cycle works again") }
      told.failure = nil
      measure(triggers, outcome: end.wasBusy ? "busy" : "idle", since: start)
      logger.debug(
        "Cycle is over",
        metadata: [
          "triggers": .list(triggers.map(\.rawValue).sorted()),
          LogKey.duration: .duration(.now - start),
        ])
      return end
    } catch {
      // What was read or kept may be out of date: begin anew.
      record = nil
      health.fail(error)
      // It may go on failing for the same reason for hours.
      if told.failure != "\(error)" { logger.fail("Cycle failed, is tried again", error) }
      told.failure = "\(error)"
      measure(triggers, outcome: "failed", since: start)
      if error is NATSError { await restoreHome() }
      return CycleEnd(
        again: retry(after: error),
        answer: ["error": .string(error.sentence)])
    }
  }

  /// When a cycle is run again that failed: ever more seldom, but as soon as what people have written
  /// may be understood again.
  private func retry(after error: any Error) -> ContinuousClock.Instant {
    if brake.isUnreadable { return .now + BrakeWatch.pause }
    noteRetry(&retries.cycle)
    let next = retries.cycle.due ?? .now
    switch (error as? any DiagnosticError)?.disposition {
    case .waiting(let span): return max(next, .now + span)
    case .stalled, .transient, nil: return next
    }
  }

  private func cycle(
    _ triggers: Set<CycleTrigger>, _ interrupt: ExecutionInterrupt
  ) async throws -> CycleEnd {
    // Remembered even if this cycle does not come to it.
    if !triggers.isDisjoint(with: [.revision, .request, .interval]) { mustRead = true }
    // Whoever asks for it has done something about it.
    if !triggers.isDisjoint(with: [.revision, .request]) { retries.source.end() }
    await handOver()
    let epoch = lease.epoch
    var stored = try await storedRecord(of: epoch)
    if mustRead, retries.source.isDue(at: .now) { await read(stored.record) }
    if epoch != nil { try await followApproved(stored.record) }
    guard let reading else {
      let reason = told.sourceErrors.values.min() ?? "nothing was read yet"
      return CycleEnd(again: retries.source.due, answer: ["error": .string(reason)])
    }
    guard epoch != nil || settings.mode == .observe else {
      return CycleEnd(
        again: retries.source.due, answer: ["error": "somebody else commands the lattice"])
    }
    let look = try pass.plan(try await pass.look(reading, stored.record), &memory)
    let report = look.report
    tellUnseen(report.unseen)
    tell(report.source.pins)
    let status = summary(of: look)
    measure(status, took: look.planning)
    sayOnForge(status)
    await tell(status, hosts: look.observed.hosts)
    guard let epoch else {
      // Somebody else's pass tells whoever only observes which hosts there are.
      if !stored.record.hosts.isEmpty { await observer.passIsOnRecord() }
      return CycleEnd(again: nextRetry(of: report), answer: answer(report))
    }
    await settleHistory(report)
    let (before, start) = (stored.record, now)
    if !look.isRefused {
      stored = try await home.records.save(pass.recording(look, &memory), over: stored)
      self.record = (stored, epoch)
    }
    let soon = report.deaf.isEmpty ? nil : ContinuousClock.now + .seconds(1)
    let moment = [earliest(look.again, of: stored.record), soon, nextRetry(of: report)]
      .compactMap { $0 }.min()
    if !stored.record.hosts.isEmpty { await observer.passIsOnRecord() }
    guard !look.report.plan.sendsNothing, interrupt.reason == nil else {
      await noteHistory(report, nil, applied: before, then: stored.record, since: start)
      if !look.isRefused {
        stored = await keepForms(status, of: report.source, over: stored)
        self.record = (stored, epoch)
      }
      return CycleEnd(again: moment, answer: answer(report))
    }
    let areUnchanged = try await pass.brakesAreUnchanged(in: &stored)
    self.record = (stored, epoch)
    guard areUnchanged else {
      return CycleEnd(again: .now, answer: answer(report))
    }
    let (outcome, retry) = await carryOut(look, in: epoch, interrupt)
    let released = pass.recording(outcome, of: look.desired, on: stored.record, &memory)
    stored = try await home.records.save(released, over: stored)
    self.record = (stored, epoch)
    await noteHistory(report, outcome, applied: before, then: stored.record, since: start)
    // What was not sent for that is to go on as soon as it can be understood.
    let brakes = brake.isUnreadable ? ContinuousClock.now + BrakeWatch.pause : nil
    return CycleEnd(
      again: [moment, retry, brakes].compactMap { $0 }.min(), wasBusy: outcome.changedSomething,
      answer: answer(report))
  }

  var now: Timestamp { Timestamp(nanoseconds: clock.now) }

  /// The record as of this term; whatever somebody else wrote or did before it is read.
  private func storedRecord(of epoch: UInt64?) async throws -> StoredRecord {
    guard let record, record.epoch == epoch, epoch != nil else {
      var stored = try await home.records.load(seeing: await observer.answering)
      tell(stored)
      brake.obey(BrakeRequests(of: stored.record))
      stored.doubt(beside: await observer.hosts, at: now)
      record = (stored, epoch)
      // What we noted ourselves since may not be on record, where the connection was lost.
      if epoch != startsEpoch { memory.starts.adopt(stored.record, at: .now, now) }
      startsEpoch = epoch
      if epoch != nil { await observer.lookAgain(expecting: stored.record.expected(at: now)) }
      return stored
    }
    // Whoever suspends something and then commits must find the suspension obeyed.
    var stored = record.stored
    try await brakes.reload(of: &stored)
    self.record = (stored, epoch)
    return stored
  }

  /// Tells once of a record whose bucket does not hold it, and of a journal that cannot be written.
  private func tell(_ stored: StoredRecord) {
    if let loss = stored.loss, told.loss != loss {
      metrics.recordLosses.add([settings.lattice.rawValue])
      logger.warning(
        "Record was not as it was written", metadata: ["reason": .string(loss.sentence)])
    }
    told.loss = stored.loss
    let trouble = home.records.journalTrouble
    if let trouble, told.journal != trouble {
      logger.warning(
        "Journal of the record cannot be written",
        metadata: [
          "error": .string(trouble),
          "remedy": "make the folder writable, or give another with --state-dir",
        ])
    }
    told.journal = trouble
  }

  /// Reads the commit; what cannot be read, or does not descend from what was applied, leaves the
  /// last good reading in force.
  private func read(_ record: LatticeRecord) async {
    let start = ContinuousClock.now
    do {
      let fresh = try await source.read(
        follows: false, notesChanges: false, marksForms: settings.mode == .reconcile)
      measure(read: fresh, since: start)
      refused = nil
      if let reading, reading.desired.revision == fresh.desired.revision {
        noteSource(.manifests, nil)
        readAgain(fresh.mayBeReadLater)
        // A commit never changes, but what of it could not be read may have come since.
        let (unread, before) = (Set(fresh.unread.map(\.path)), Set(reading.unread.map(\.path)))
        guard unread.isStrictSubset(of: before) else { return }
        self.reading = fresh
        return tell(fresh, isNew: false)
      }
      do {
        try await source.verify(fresh, since: record)
      } catch {
        sayOnForge(error, of: fresh.desired.revision)
        throw error
      }
      if let rewrite = await source.standing(of: fresh, to: record).rewrite, reading != nil {
        refused = fresh
        let (commit, applied) = (rewrite.commit.short, rewrite.applied.short)
        let error = LoopError.rewrittenHistory(revision: commit, applied: applied)
        sayOnForge(error, of: fresh.desired.revision)
        noteSource(.manifests, error)
        return readAgain(true)
      }
      noteSource(.manifests, nil)
      readAgain(fresh.mayBeReadLater)
      reading = fresh
      memory.backoff.reset()
      memory.flaps.reset()
      health.note { $0.revision = fresh.desired.revision }
      tell(fresh, isNew: true)
    } catch {
      measure(read: nil, since: start)
      noteSource(.manifests, error)
      readAgain(true)
      if reading == nil, error is SignatureError { await hold(at: record) }
    }
  }

  /// Goes on with what was last applied while what is there now is refused.
  private func hold(at record: LatticeRecord) async {
    guard let held = try? await source.lastApplied(in: record),
      let last = try? await held.read(follows: false, notesChanges: false)
    else { return }
    reading = last
    health.note { $0.revision = last.desired.revision }
    tell(last, isNew: true)
  }

  /// Notes whether the commit is to be read again, ever more seldom, though nobody asks for it.
  func readAgain(_ isNeeded: Bool) {
    mustRead = isNeeded
    if isNeeded { noteRetry(&retries.source) } else { retries.source.end() }
  }

  private func noteRetry(_ pause: inout RetryPause) {
    pause.fail(at: .now, fraction: Double.random(in: 0...1))
  }

  /// When to look again for what could not be read: of the repository, or of the lattice's stores.
  private func nextRetry(of report: PassReport) -> ContinuousClock.Instant? {
    if !report.plan.held.contains(where: { $0.rule == .unknownStore }) {
      retries.stores.end()
    } else if retries.stores.isDue(at: .now) {
      noteRetry(&retries.stores)
    }
    return [retries.source.due, retries.stores.due].compactMap { $0 }.min()
  }

  /// Notes a failure that a host tells of; returns whether it is of something under way.
  func note(_ event: LatticeEvent) -> Bool {
    let failures = memory.backoff.failures(in: event)
    for (step, words) in failures {
      memory.note(.failed(words), of: step, at: now)
      self.failures.withLock { $0.note(.failed(words), of: step, at: now) }
    }
    tellFailures()
    return !failures.isEmpty
  }

  /// When to look again: for what failed, and when a suspension or an error ends.
  private func earliest(
    _ again: ContinuousClock.Instant?, of record: LatticeRecord
  ) -> ContinuousClock.Instant? {
    let brakes = record.suspensions.compactMap(\.until) + record.pins.compactMap(\.until)
    let moments = brakes + [memory.errors?.next].compactMap { $0 }
    let ends = moments.filter { $0 > now }.map { ContinuousClock.now + $0.since(now) }
    return (ends + (again.map { [$0] } ?? [])).min()
  }

  private func carryOut(
    _ look: Pass.Look, in epoch: UInt64, _ interrupt: ExecutionInterrupt
  ) async -> (outcome: PlanOutcome, retry: ContinuousClock.Instant?) {
    let outcome = await pass.carryOut(
      look, until: .now + settings.pass.timeout, interrupt,
      permission: { [lease, brake] in lease.epoch == epoch ? brake.permission : .none }
    ) { [logger, failures, clock] event in
      failures.withLock { $0.note(event, at: Timestamp(nanoseconds: clock.now)) }
      if case .retry(let step, let attempt, let reason) = event {
        logger.debug(
          "Command is tried again",
          metadata: [
            LogKey.application: .string(step.unit.application.rawValue),
            LogKey.command: .string(step.unit.name), LogKey.attempt: .int(attempt),
            "error": .string(reason),
          ])
      }
    }
    memory.starts.note(outcome.starts, of: look.desired, at: .now, now)
    let hosts = await observer.hosts
    let retries = outcome.results.compactMap { step, result in
      // In another term somebody else may have told the host something since.
      let isInDoubt =
        outcome.trace.wasDisconnected || result == .underWay && lease.epoch != epoch
      let host = isInDoubt ? hosts.first { $0.id == step.unit.host } : nil
      return memory.note(result, of: step, until: host?.reportedAt, at: now)
    }
    measure(outcome)
    await tell(outcome, of: look.report)
    return (outcome, retries.min())
  }

  private func answer(_ report: PassReport) -> [String: JSONValue] {
    [
      "revision": .string(report.plan.revision.rawValue), "in_sync": .bool(report.isInSync),
      "plan_id": .string("sha256:\(report.planID)"),
      "commands": .int(commandedDialect.commandCount(of: report.plan)),
      "waiting": .int(report.plan.waiting.count), "held": .int(report.plan.held.count),
    ]
  }
}

extension PlanOutcome {
  /// Whether the lattice is another one than the plan was made for, so that it is to be looked at
  /// again at once.
  fileprivate var changedSomething: Bool {
    preemption != nil || results.contains { $0.result == .confirmed || $0.result == .stale }
  }
}
