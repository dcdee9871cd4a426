import Diagnostics
public import LatticeClient
public import LatticeModel
import NATSTransport
import Planning
import ServiceRuntime
import TextForms

/// What one pass saw, planned and did.
public struct PassReport: Sendable {
  /// What git declares.
  public var source: SourceReading
  /// The first plan: what was, or would be, done.
  public var plan: Plan
  /// The plan's id.
  public var planID: String
  /// What is still to be done at the end; the first plan itself for a dry run.
  public var remaining: Plan
  /// What became of each plan that was carried out.
  public var outcomes: [PlanOutcome] = []
  /// What a person should know, such as files that are not committed.
  public var notes: [String] = []
  /// Whether the lattice was to be in sync at the end.
  public var wasToConverge = false
  /// Whether the plan was turned down before anything was sent.
  public var wasDeclined = false

  /// Whether nothing differs any more, as far as commands could change it.
  public var isInSync: Bool { remaining.isEmpty }
}

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
  public func dryRun() async throws -> PassReport {
    let source = try DesiredSource(configuration)
    async let reading = source.read()
    try checkLattice()
    let transport = try await NATSConnection.connect(configuration.nats)
    defer { transport.close() }
    let home = try await recordHome(over: transport, isWriter: false)
    let stored = try await home.records.load()
    var (report, _, feed) = try await look(source, try await reading, stored.record, transport)
    feed.close()
    report.note(home)
    return report
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
    async let reading = source.read()
    try checkLattice()
    let transport = try await NATSConnection.connect(configuration.nats)
    defer { transport.close() }
    let home = try await recordHome(over: transport, isWriter: true)
    let lease = try await home.takeLease(as: configuration.holder)
    do {
      let report = try await apply(
        source, try await reading, transport, home, lease, mayProceed, shouldStop, watch)
      await lease.release()
      return report
    } catch {
      await lease.release()
      throw error
    }
  }

  private func apply(
    _ source: DesiredSource, _ reading: SourceReading, _ transport: NATSConnection,
    _ home: RecordHome, _ lease: any CommandLease,
    _ mayProceed: @Sendable (PassReport) async -> Bool,
    _ shouldStop: @escaping @Sendable () -> Bool,
    _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async throws -> PassReport {
    let records = home.records
    var stored = try await records.load()
    let deadline = ContinuousClock.now + configuration.timeout
    var (report, sighting, feed) = try await look(source, reading, stored.record, transport)
    report.note(home)
    report.wasToConverge = !configuration.execution.isFirstStageOnly
    guard await mayProceed(report) else {
      report.wasDeclined = true
      return report
    }
    let executor = PlanExecutor(
      configuration.lattice, over: transport, options: configuration.execution, clock: clock,
      mayCommand: { lease.isHeld && !shouldStop() })
    while true {
      let isComplete = report.remaining.isEmpty
      stored = try await records.save(
        noting(report, in: stored.record, sighting, isDone: isComplete), over: stored)
      guard !isComplete, ContinuousClock.now < deadline, !shouldStop(), lease.isHeld else { break }
      let outcome = await executor.execute(
        report.remaining, from: sighting, feed: feed, until: deadline, watch: watch)
      report.outcomes.append(outcome)
      stored = try await records.save(stored.record.releasing(outcome), over: stored)
      let isHopeless =
        outcome.preemption == nil && outcome.results.allSatisfy { $0.result != .confirmed }
      guard !configuration.execution.isFirstStageOnly, !shouldStop(), lease.isHeld else { break }
      feed.close()
      let again = try await look(source, reading, stored.record, transport)
      (report.remaining, sighting, feed) = (again.report.plan, again.sighting, again.feed)
      guard !isHopeless || report.remaining.isEmpty else { break }
    }
    feed.close()
    guard lease.isHeld || shouldStop() else {
      throw ClientError.leaseLost("somebody else may command the lattice now")
    }
    return report
  }

  /// The record before commands are sent: what they put is ours, whom we saw, and, once nothing
  /// differs, what was applied.
  private func noting(
    _ report: PassReport, in record: LatticeRecord, _ sighting: Sighting, isDone: Bool
  ) -> LatticeRecord {
    var record = record.claiming(report.remaining).seeing(
      sighting.observed, forgetting: configuration.sweep.forgotten,
      at: Timestamp(nanoseconds: clock.now))
    for application in report.source.desired.applications where application.heldAt == nil {
      record.applied[application.name] = AppliedApplication(
        revision: report.source.desired.revision, path: application.origin.path,
        sync: application.sync)
    }
    let declared = Set(
      report.source.desired.applications.map(\.name) + report.source.desired.frozen.map(\.name))
    let isLeft = Set(report.remaining.left.map(\.unit.application))
    let isHeld = Set(report.remaining.held.map(\.step.unit.application))
    for name in record.applied.keys
    where isDone && !declared.contains(name) && !isLeft.contains(name) && !isHeld.contains(name)
      && report.source.desired.unreadable.isEmpty
    {
      record.applied[name] = nil
    }
    return record
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

  /// Looks at the lattice and plans.
  private func look(
    _ source: DesiredSource, _ reading: SourceReading, _ record: LatticeRecord,
    _ transport: NATSConnection
  ) async throws -> (report: PassReport, sighting: Sighting, feed: EventFeed) {
    let reading = await source.recalling(record, in: reading)
    let desired = reading.desired
    let feed = try await EventFeed(configuration.lattice, over: transport, clock: clock)
    let sighting = try await InventorySweep(
      configuration.lattice, over: transport, options: configuration.sweep, clock: clock
    ).run(
      expecting: record, feed: feed, sources: desired.linkSources.union(record.linkSources),
      configs: desired.configNames.union(record.configs.keys))
    let isFastForward = await source.isFastForward(reading, from: record)
    let plan = Planning.plan(
      from: sighting.observed, to: desired,
      in: PlanningContext(
        lattice: configuration.lattice, record: record, prune: configuration.prune,
        isFastForward: isFastForward, only: try scope(in: desired, record)))
    var report = PassReport(
      source: reading, plan: plan, planID: planIdentifier(plan), remaining: plan)
    if !isFastForward {
      report.notes.append(
        "the commit does not descend from the one last applied; its removals are held")
    }
    if !reading.emptied.isEmpty {
      report.notes.append(
        "declares nothing any more: \(named(reading.emptied)); to remove its applications, "
          + "remove the file")
    }
    if !reading.uncommitted.isEmpty {
      report.notes.append(
        "not committed, so not read: \(named(reading.uncommitted))")
    }
    return (report, sighting, feed)
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

extension PassReport {
  fileprivate mutating func note(_ home: RecordHome) {
    guard let file = home.file else { return }
    notes.append("the server has no JetStream; the record lies in \(file)")
  }
}

extension DesiredState {
  /// The ids whose stored links are needed.
  fileprivate var linkSources: Set<String> {
    Set(applications.flatMap { $0.links.map(\.definition.key.source) })
  }

  /// The configs whose entries are needed.
  fileprivate var configNames: Set<ConfigName> {
    Set(applications.flatMap { $0.configs.map(\.name) })
  }
}

extension LatticeRecord {
  fileprivate var linkSources: Set<String> { Set(links.keys.map(\.source)) }
}
