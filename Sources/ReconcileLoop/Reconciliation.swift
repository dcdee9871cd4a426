import Diagnostics
import GitSource
public import LatticeClient
import LatticeDialects
import LatticeModel
import NATSTransport
import Planning
import RecordKeeping
import ServiceRuntime
import TextForms

/// One pass from a commit to a lattice: read, look, plan, and for an apply carry out, until nothing
/// differs.
///
/// A dry run and an apply share every step but the last.
public struct Reconciliation: Sendable {
  private let configuration: Configuration
  private let clock: WallClock

  /// Prepares a pass.
  ///
  /// - Parameter configuration: Where to read, where to act, and how far.
  public init(_ configuration: Configuration) {
    self.configuration = configuration
    clock = .system
  }

  /// Reads what git declares; no lattice is needed.
  ///
  /// - Returns: What is declared, with all findings.
  /// - Throws: `GitError` or `LoopError` where nothing can be read.
  public func validate() async throws -> SourceReading {
    try await DesiredSource(configuration).read()
  }

  /// Plans and sends nothing.
  ///
  /// - Returns: The plan.
  /// - Throws: An error where git or the lattice cannot be read.
  public func dryRun() async throws -> PassReport { try await inspect { _, _, _, _ in }.report }

  /// Plans, sends nothing, and says what is on record.
  ///
  /// - Returns: The plan, the record, and who commands.
  /// - Throws: An error where git or the lattice cannot be read.
  public func status() async throws -> StatusReport {
    try await inspect { home, record, seen, transport in
      async let holder = home.leaseHolder()
      async let staleness = SourceStaleness.asking(about: configuration.lattice, over: transport)
      let desired = seen.report.source.desired
      let strays = await StraySearch(configuration.lattice, over: transport, clock: clock).run(
        in: seen.sighting.observed, record,
        declared: Set(desired.applications.flatMap { $0.providers.map(\.id) }))
      return StatusReport(
        report: seen.report, record: record, holder: await holder, strays: strays,
        staleness: await staleness)
    }.found
  }

  private func inspect<Found: Sendable>(
    _ find: (
      RecordHome, LatticeRecord, (report: PassReport, sighting: Sighting), NATSConnection
    ) async throws -> Found
  ) async throws -> (report: PassReport, found: Found) {
    let source = try DesiredSource(configuration)
    try checkLattice()
    let reading = Task { try await source.read() }
    defer { reading.cancel() }
    let transport = try await connect(besides: reading)
    defer { transport.close() }
    // A bucket that is not there takes as long to say so as hosts take to answer.
    async let roll = callRoll(over: transport)
    let home = try await recordHome(over: transport, isWriter: false)
    let stored = home.isAbsent ? StoredRecord() : try await home.records.load()
    let answers = try await roll
    var aftermath = Aftermath(of: stored.record, at: now)
    var seen = try await look(
      source, try await reading.value, stored.record, transport, answers, after: &aftermath)
    answers.feed.close()
    seen.report.note(home)
    if let note = home.sizeNote(of: stored) { seen.report.notes.append(note) }
    return (seen.report, try await find(home, stored.record, seen, transport))
  }

  /// Brings the lattice to the commit.
  ///
  /// - Parameters:
  ///   - mayProceed: Asked once before anything is sent, with the plan.
  ///   - shouldStop: Asked again and again: whether to send nothing more.
  ///   - watch: Told of what happens.
  /// - Returns: What was planned and done.
  /// - Throws: An error where git or the lattice cannot be read, or somebody else commands it.
  public func apply(
    mayProceed: @Sendable (PassReport) async -> Bool,
    shouldStop: @escaping @Sendable () -> Bool,
    watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async throws -> PassReport {
    let source = try DesiredSource(configuration)
    try checkLattice()
    let reading = Task { try await source.read() }
    defer { reading.cancel() }
    let transport = try await connect(besides: reading)
    defer { transport.close() }
    // Hosts may say that they are there before we may command; what they run is asked after.
    async let roll = callRoll(over: transport)
    let home = try await recordHome(over: transport, isWriter: true)
    let lease = try await home.lease(as: configuration.holder)
    try await lease.acquire()
    do {
      let stored = try await home.records.load()
      let report = try await apply(
        source, try await reading.value, stored, try await roll, transport, home, lease, mayProceed,
        shouldStop, watch)
      await lease.release()
      return report
    } catch {
      await lease.release()
      throw error
    }
  }

  private func apply(
    _ source: DesiredSource, _ reading: SourceReading, _ stored: StoredRecord, _ roll: Roll,
    _ transport: NATSConnection, _ home: RecordHome, _ lease: any CommandLease,
    _ mayProceed: @Sendable (PassReport) async -> Bool,
    _ shouldStop: @escaping @Sendable () -> Bool,
    _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async throws -> PassReport {
    let records = home.records
    var (stored, roll) = (stored, roll)
    let start = ContinuousClock.now
    let deadline = start + configuration.timeout
    var aftermath = Aftermath(of: stored.record, at: now)
    var (report, sighting) = try await look(
      source, reading, stored.record, transport, roll, after: &aftermath)
    report.note(home)
    if let advice = lease.advice { report.notes.append(advice) }
    report.wasToConverge = !configuration.execution.isFirstStageOnly
    guard await mayProceed(report) else {
      report.wasDeclined = true
      return report
    }
    try await checkHead(source, against: reading)
    let brake = Brake()
    let brakes = BrakeWatch(records, for: brake, rest: BrakeWatch.pause, clock: clock)
    let tally = Lock(FailureTally())
    let executor = PlanExecutor(
      configuration.lattice, over: transport, options: configuration.execution, clock: clock,
      permission: {
        guard lease.isHeld, brake.permission == .all else { return .none }
        return shouldStop() ? .finishing : .all
      })
    while true {
      let isComplete = report.remaining.isEmpty
      var record = stored.record
      record.suspects = aftermath.starts.suspects
      let noted = record.noting(
        report, seen: sighting.observed, forgetting: configuration.sweep.forgotten, at: now,
        isDone: isComplete)
      stored = try await records.save(
        aftermath.starts.noting(
          on: noted, startsOf: report.remaining.steps, in: reading.desired, at: now), over: stored)
      guard !isComplete, ContinuousClock.now < deadline, !shouldStop(), lease.isHeld else { break }
      let (requests, interrupt) = (BrakeRequests(of: stored.record), ExecutionInterrupt())
      // Looking may have taken seconds, and a person who was asked may have thought for long.
      try await brakes.reload(of: &stored) {
        ContinuousClock.now < deadline && lease.isHeld && !shouldStop()
      }
      guard BrakeRequests(of: stored.record) == requests else {
        let again = try await look(
          source, reading, stored.record, transport, roll, after: &aftermath)
        (report.remaining, sighting) = (again.report.plan, again.sighting)
        continue
      }
      async let _ = brakes.run { interrupt.interrupt($0.sentence) }
      let outcome = await executor.execute(
        report.remaining, from: sighting, feed: roll.feed, until: deadline, interrupt: interrupt,
        watch: { event in
          tally.withLock { $0.note(event, at: now) }
          watch(event)
        })
      if let reason = outcome.preemption { watch(.anew(reason)) }
      report.outcomes.append(outcome)
      aftermath.note(outcome, of: reading.desired, at: now)
      let released = aftermath.starts.noting(
        on: stored.record.releasing(outcome), in: reading.desired, at: now)
      stored = try await outlasting(lease, unless: shouldStop) { [stored] in
        try await records.save(released, over: stored)
      }
      let isHopeless =
        outcome.preemption == nil && outcome.results.allSatisfy { $0.result != .confirmed }
      guard !configuration.execution.isFirstStageOnly, !shouldStop(), lease.isHeld else { break }
      let again = try await lookAgain(
        after: outcome, &aftermath, source, reading, stored.record, transport, roll, lease,
        shouldStop)
      (report.remaining, sighting, roll) = (again.report.plan, again.sighting, again.roll)
      report.isProven = outcome.isDone || report.remaining.view == .complete
      guard !isHopeless || report.remaining.isEmpty else { break }
    }
    roll.feed.close()
    report.noteEnd(
      after: .now - start, of: configuration.timeout, isStopped: shouldStop(), tally.withLock { $0 }
    )
    guard lease.isHeld || shouldStop() else {
      throw RecordError.leaseLost("somebody else may command the lattice now")
    }
    return report
  }

  /// Refuses a plan whose commit was replaced while a person was asked.
  private func checkHead(
    _ source: DesiredSource, against reading: SourceReading
  ) async throws {
    guard reading.desired.revision != .worktree, let head = try? await source.head(),
      head != reading.commit.id
    else { return }
    throw LoopError.staleRevision(from: reading.commit.id, to: head)
  }

  /// Connects while git is read; where neither can be done, both are told.
  private func connect(
    besides reading: Task<SourceReading, any Error>
  ) async throws -> NATSConnection {
    do throws(NATSError) {
      return try await NATSConnection.connect(configuration.nats)
    } catch {
      guard case .failure(let other as any DiagnosticError) = await reading.result else {
        throw error
      }
      throw SeveralErrors(diagnostics: other.diagnostics + error.diagnostics)
    }
  }

  private func checkLattice() throws {
    guard configuration.lattice.isValid else {
      throw LoopError.invalidLattice(configuration.lattice.rawValue)
    }
  }

  private func recordHome(
    over transport: NATSConnection, isWriter: Bool
  ) async throws -> RecordHome {
    try await RecordHome(
      of: configuration.lattice, over: transport, folder: configuration.stateDirectory,
      isWriter: isWriter)
  }

  /// Who is there, with the events since before they were asked.
  private struct Roll {
    var feed: EventFeed
    var answers: [HostAnswer]
  }

  /// Calls the roll, or takes over who answered before.
  private func callRoll(
    over transport: NATSConnection, answers: [HostAnswer]? = nil
  ) async throws -> Roll {
    let feed = try await EventFeed(configuration.lattice, over: transport, clock: clock)
    let answers =
      if let answers { answers } else { try await sweep(over: transport).discover() }
    return Roll(feed: feed, answers: answers)
  }

  private func sweep(
    over transport: NATSConnection, concludesLoss: Bool = true
  ) -> InventorySweep {
    var options = configuration.sweep
    options.concludesLoss = concludesLoss
    return InventorySweep(configuration.lattice, over: transport, options: options, clock: clock)
  }

  /// Looks again once a plan was carried out.
  ///
  /// Where nothing disturbed it, whoever was there is asked directly and need not be waited for
  /// again; if somebody does not answer, all are called. After an outage that is done until every
  /// host is back, since they need a moment to connect again, and nobody is taken for lost
  /// meanwhile.
  private func lookAgain(
    after outcome: PlanOutcome, _ aftermath: inout Aftermath, _ source: DesiredSource,
    _ reading: SourceReading,
    _ record: LatticeRecord, _ transport: NATSConnection, _ roll: Roll,
    _ lease: any CommandLease, _ shouldStop: () -> Bool
  ) async throws -> (report: PassReport, sighting: Sighting, roll: Roll) {
    defer { roll.feed.close() }
    let patience = ContinuousClock.now + .seconds(10)
    func mayWait() -> Bool {
      outcome.wasDisconnected && ContinuousClock.now < patience && lease.isHeld && !shouldStop()
    }
    var known = outcome.preemption == nil ? roll.answers : nil
    while true {
      let mayRepeat = known != nil
      do {
        let answers = known
        known = nil
        let (again, next, learnt) = try await outlasting(lease, unless: shouldStop) {
          [aftermath] in
          var learnt = aftermath
          let next = try await callRoll(over: transport, answers: answers)
          let again = try await look(
            source, reading, record, transport, next, after: &learnt,
            concludesLoss: !outcome.wasDisconnected)
          return (again, next, learnt)
        }
        aftermath = learnt
        guard case .incomplete = again.sighting.observed.view, mayRepeat || mayWait() else {
          return (again.report, again.sighting, next)
        }
        next.feed.close()
      } catch ClientError.noHosts where mayRepeat || mayWait() {}
    }
  }

  private var now: Timestamp { Timestamp(nanoseconds: clock.now) }

  /// Looks at the lattice and plans.
  private func look(
    _ source: DesiredSource, _ reading: SourceReading, _ record: LatticeRecord,
    _ transport: NATSConnection, _ roll: Roll, after aftermath: inout Aftermath,
    concludesLoss: Bool = true
  ) async throws -> (report: PassReport, sighting: Sighting) {
    let reading = await source.recalling(record, in: reading)
    let desired = reading.desired
    var sighting = try await sweep(over: transport, concludesLoss: concludesLoss).run(
      expecting: record, feed: roll.feed, sources: desired.linkSources(with: record),
      configs: desired.configNames(with: record), answers: roll.answers)
    await sighting.ask(aftermath.deaf, in: configuration.lattice, over: transport)
    guard sighting.observed.hosts.contains(where: \.answers) else {
      throw ClientError.noHosts(configuration.lattice)
    }
    aftermath.note(sighting.observed.hosts, record, desired, at: now)
    var record = record
    record.suspects = aftermath.starts.suspects
    var context = PlanningContext(
      lattice: configuration.lattice, record: record, prune: configuration.prune,
      only: try scope(in: desired, record))
    context.abilities = commandedDialect.abilities
    context.now = now
    let standing = await source.standing(of: reading, to: record)
    context.take(standing)
    let report = PassReport(of: reading, sighting.observed, in: context, unseen: standing.unseen)
    return (report, sighting)
  }

  private func scope(in desired: DesiredState, _ record: LatticeRecord) throws
    -> Set<ApplicationName>?
  {
    guard !configuration.applications.isEmpty else { return nil }
    let known = Set(
      desired.applications.map(\.name.rawValue) + desired.frozen.map(\.name.rawValue)
        + record.applied.keys.map(\.rawValue))
    for name in configuration.applications where !known.contains(name) {
      throw LoopError.unknownApplication(name, nearest: nearestWord(to: name, in: known.sorted()))
    }
    return Set(configuration.applications.map { ApplicationName($0) })
  }
}

extension HostState {
  /// Whether it says anything, be it of use or not.
  fileprivate var answers: Bool {
    switch presence {
    case .fresh, .late, .unsupported: true
    case .silent, .lost: false
    }
  }
}

extension PassReport {
  /// Notes why the work ended and what failed, as far as it is still to be done.
  fileprivate mutating func noteEnd(
    after took: Duration, of timeout: Duration, isStopped: Bool, _ tally: FailureTally
  ) {
    let left = Set(remaining.steps.map(\.unit))
    failures = tally.failures.filter { left.contains($0.step.unit) }
    guard wasToConverge else { return }
    let reason: PassEnd.Reason =
      if remaining.isEmpty { .done } else if isStopped { .stopped } else {
        took < timeout ? .nothingMore : .timeout
      }
    end = PassEnd(reason, after: took, of: timeout)
  }

  fileprivate mutating func note(_ home: RecordHome) {
    if source.desired.revision == .worktree {
      notes.append("read from the files on disk, not from a commit")
    }
    if case .incomplete(let silent, let expected, let answered) = plan.view {
      let names = silent.isEmpty ? "" : "; silent: \(named(silent.map(\.rawValue)))"
      notes.append("\(answered) of \(expected) expected hosts answered\(names)")
    }
    if let file = home.file { notes.append("\(file.sentence); the record lies in \(file.path)") }
    if let path = home.movedFrom {
      notes.append("the record was moved to JetStream; what it was is in \(path).moved")
    }
  }
}
