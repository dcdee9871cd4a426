import ConfigurationModel
import DesiredSources
import LatticeDialects
import LatticeModel
import LatticeObservation
import NATSTransport
import PlanExecution
import Planning
import RecordKeeping
import ServiceRuntime
import TextForms

/// One pass over a lattice: look, plan, put on record, carry out.
///
/// `Reconciliation` drives it until nothing differs, `ControllerSession` again and again.
struct Pass: Sendable {
  /// What a pass read and saw.
  struct Seen: Sendable {
    /// What was read, with the last good form of what is broken.
    var reading: SourceReading
    /// What was on record.
    var record: LatticeRecord
    var observed: ObservedState
    /// The hosts that said that they stop.
    var stopped: Set<HostID>
    var standing: Standing
  }

  /// What is to be done about what was seen.
  struct Look: Sendable {
    var report: PassReport
    /// When to look again for what of the plan waits.
    var again: ContinuousClock.Instant?
    var observed: ObservedState
    /// What the plan brings about.
    var desired: DesiredState
    /// What was on record, with what speaks against hosts and starts.
    var record: LatticeRecord
    /// Whether nothing may be sent for this commit.
    var isRefused: Bool
    /// How long it took to plan.
    var planning: Duration
  }

  let configuration: PassConfiguration
  let source: DesiredSource
  let observer: LatticeObserver
  let transport: any MessageTransport
  let home: RecordHome
  let brakes: BrakeWatch
  let clock: WallClock
  /// The repository's name, where it has one.
  var repository: String?
  /// Whether others come after it: what is under way is left so, what failed is not tried again at
  /// once, and rewritten history is refused.
  var isRepeated = false
  /// Whether it may send anything, and so keeps account of hosts.
  var commands = true

  private var now: Timestamp { Timestamp(nanoseconds: clock.now) }

  /// Looks at the lattice.
  ///
  /// - Parameters:
  ///   - reading: What git declares.
  ///   - record: What is on record.
  /// - Returns: What was seen.
  /// - Throws: `NATSError` where the lattice cannot be read, `SignatureError` where a commit since the
  ///   last applied one was signed by nobody who may.
  func look(_ reading: SourceReading, _ record: LatticeRecord) async throws -> Seen {
    // A controller did so before it took the reading over.
    if !isRepeated { try await source.verify(reading, since: record) }
    let pins = record.pins.filter { $0.stands(at: now) }
    let pinned = pins.isEmpty ? [] : await home.forms.pinned(pins)
    let reading = await source.recalling(record, pinned: pinned, in: reading)
    var standing = await source.standing(of: reading, to: record)
    let own = reading.leaving(standing.others)
    standing.leaveOthers()
    let desired = own.desired
    var observed = try await observer.sighting(
      sources: desired.linkSources(with: record), configs: desired.configNames(with: record))
    observed.adopt(record.adopted)
    return Seen(
      reading: own, record: record, observed: observed,
      stopped: commands ? await observer.takeStopped() : [],
      standing: standing)
  }

  /// Plans for what was seen.
  ///
  /// - Parameters:
  ///   - seen: What was seen.
  ///   - memory: What earlier passes remember; takes up what the look has shown.
  /// - Returns: The plan, which is to be carried out as it is.
  /// - Throws: `LoopError.unknownApplication`.
  func plan(_ seen: Seen, _ memory: inout PassMemory) throws -> Look {
    let (desired, observed) = (seen.reading.desired, seen.observed)
    var record = seen.record
    if commands {
      memory.note(
        observed.hosts, stopped: seen.stopped, on: &record, desired,
        isRefused: isRepeated && seen.standing.rewrite != nil, at: now)
    }
    var context = try context(desired, record, seen.standing, &memory)
    let start = ContinuousClock.now
    if isRepeated { context.pending = memory.pending(in: observed) }
    var plan = Planning.plan(from: observed, to: desired, in: context)
    if isRepeated, memory.adopt(record.starting, in: plan, at: now) {
      context.pending = memory.pending(in: observed)
      plan = Planning.plan(from: observed, to: desired, in: context)
    }
    var proposal = Planning.proposal(beside: plan, from: observed, to: desired, in: context)
    let approval = proposal.flatMap { proposal in
      record.planApprovals.first { $0.stands(at: now) && proposal.isCovered(by: $0) }
    }
    if approval != nil, let approved = proposal?.plan {
      (context.isApproved, plan, proposal) = (true, approved, nil)
    }
    let took = ContinuousClock.now - start
    var report = PassReport(
      plan, of: seen.reading, observed, in: context, unseen: seen.standing.unseen)
    report.dialect = configuration.dialect
    (report.proposal, report.approval) = (proposal, approval)
    report.noteApproval(among: record.planApprovals.filter { $0.stands(at: now) })
    return Look(
      report: report,
      again: memory.backoff.again(for: plan, at: .now), observed: observed, desired: desired,
      record: record, isRefused: context.isRefused, planning: took)
  }

  private func context(
    _ desired: DesiredState, _ record: LatticeRecord, _ standing: Standing,
    _ memory: inout PassMemory
  ) throws -> PlanningContext {
    var record = record
    if !configuration.source.grants.prune {
      // What was granted once may stand there.
      for name in record.applied.keys { record.applied[name]?.sync.prune = false }
    }
    var context = PlanningContext(
      lattice: configuration.lattice, record: record, prune: configuration.prune,
      only: try configuration.scope(in: desired, record))
    context.abilities = configuration.dialect.abilities
    context.repository = repository
    context.refusesRewrittenHistory = isRepeated
    context.site = configuration.observer.detection.site
    context.flapping = memory.flaps.flapping(at: .now)
    context.now = now
    context.take(standing)
    return context
  }

  /// Returns the record as it must be before a plan is carried out: what is about to be sent, whom we
  /// saw, and what is applied once nothing differs.
  ///
  /// - Parameters:
  ///   - look: What was seen and planned.
  ///   - memory: What earlier passes remember.
  /// - Returns: The record to write.
  func recording(_ look: Look, _ memory: inout PassMemory) -> LatticeRecord {
    let noted = look.record.noting(
      look.report, seen: look.observed, forgetting: configuration.forgotten, at: now,
      isDone: look.report.isDone, underWay: memory.backoff.stepsUnderWay,
      starting: memory.backoff.startsUnderWay)
    return memory.starts.noting(
      on: noted, startsOf: look.report.plan.steps, in: look.desired, at: now)
  }

  /// Reads anew what people have written to stop the commanding, before anything is sent: looking may
  /// have taken seconds, and a person who was asked may have thought for long.
  ///
  /// - Parameters:
  ///   - stored: The record; takes up what they have written.
  ///   - mayWait: Where it cannot be understood, whether to read it again a moment later.
  /// - Returns: Whether it is what the plan was made with; a plan is to be made anew where it is not.
  /// - Throws: `RecordError` where it cannot be understood, `NATSError` where it cannot be read.
  func brakesAreUnchanged(
    in stored: inout StoredRecord, waitingWhile mayWait: @Sendable () -> Bool = { false }
  ) async throws -> Bool {
    let known = BrakeRequests(of: stored.record)
    try await brakes.reload(of: &stored, waitingWhile: mayWait)
    return BrakeRequests(of: stored.record) == known
  }

  /// Carries out what may be sent of a plan.
  ///
  /// - Parameters:
  ///   - look: What was seen and planned.
  ///   - deadline: When waiting for effects ends.
  ///   - interrupt: Ends it early.
  ///   - permission: What may be sent.
  ///   - watch: Told of what happens.
  /// - Returns: What became of it.
  func carryOut(
    _ look: Look, until deadline: ContinuousClock.Instant, _ interrupt: ExecutionInterrupt,
    permission: @escaping @Sendable () -> CommandPermission,
    watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> PlanOutcome {
    brakes.beginSending()
    defer { brakes.endSending() }
    return await PlanExecutor(
      configuration.lattice, in: configuration.dialect, over: transport,
      options: configuration.execution, permission: permission
    ).execute(
      look.report.plan, watchedBy: observer, until: deadline, interrupt: interrupt, watch: watch)
  }

  /// Returns the record as it must be once a plan was carried out.
  ///
  /// - Parameters:
  ///   - outcome: What became of the plan.
  ///   - desired: What it was to bring about.
  ///   - record: The record as it was written before.
  ///   - memory: What earlier passes remember.
  /// - Returns: The record to write.
  func recording(
    _ outcome: PlanOutcome, of desired: DesiredState, on record: LatticeRecord,
    _ memory: inout PassMemory
  ) -> LatticeRecord {
    memory.starts.noting(on: record.releasing(outcome), in: desired, at: now)
  }
}

extension PassConfiguration {
  /// How its hosts are spoken to.
  var dialect: any LatticeDialect { commandedDialect(below: controlPrefix) }

  /// The applications that a pass is confined to; all where `nil`.
  fileprivate func scope(
    in desired: DesiredState, _ record: LatticeRecord
  ) throws -> Set<ApplicationName>? {
    guard !applications.isEmpty else { return nil }
    let known = Set(
      desired.applications.map(\.name.rawValue) + desired.frozen.map(\.name.rawValue)
        + record.applied.keys.map(\.rawValue))
    for name in applications where !known.contains(name) {
      throw LoopError.unknownApplication(name, nearest: nearestWord(to: name, in: known.sorted()))
    }
    return Set(applications.map { ApplicationName($0) })
  }
}
