import ConfigurationModel
import DesiredSources
import Diagnostics
import Forges
import JSONCoding
import LatticeModel
import LatticeObservation
import NATSTransport
import PlanExecution
import RecordKeeping
import ServiceRuntime

/// A controller's work over one connection: what happens comes in at one place, the state machine
/// decides, and at most one cycle runs.
actor ControllerSession {
  /// How a cycle ended.
  struct CycleEnd: Sendable {
    /// When to look again for what could not be done now.
    var again: ContinuousClock.Instant?
    /// Whether commands were sent, so that there is more to see at once.
    var wasBusy = false
    /// What a requester is told.
    var answer: [String: JSONValue] = [:]
  }

  let settings: ControllerSettings
  let source: DesiredSource
  let transport: any MessageTransport
  let home: RecordHome
  let lease: any CommandLease
  let observer: LatticeObserver
  let publisher: SyncEventPublisher
  let logger: Logger
  let health: ControllerHealth
  let metrics: ControllerMetrics
  let clock: WallClock
  let bell: TriggerBell
  /// Says on a forge how commits stand, where there is one.
  let statuses: StatusReporter?
  let brake: Brake
  let brakes: BrakeWatch
  /// What this process commands beside this lattice.
  let shares: Lock<LatticeShares>

  nonisolated let inbox = SessionInbox()
  let pass: Pass
  var memory: PassMemory
  /// What fails, how often and since when.
  let failures = Lock(FailureTally())
  var reading: SourceReading?
  /// A commit that is not followed, as it does not descend from what was applied, unless it is approved.
  var refused: SourceReading?
  /// When what failed is tried again.
  var retries = Retries()
  /// Whether the commit may be another one than was read, or not all of it was.
  var mustRead = true
  var record: (stored: StoredRecord, epoch: UInt64?)?
  /// What was last written to the history, while it may still turn out in sync.
  var lastEntry: HistoryEntry?
  /// In which term the starts on record were taken over.
  var startsEpoch: UInt64?
  var interrupt = ExecutionInterrupt()
  /// When that was seen which is still to be answered.
  var seen = Seen()
  /// What was last told, so that the same is not told again.
  var told = Told()
  /// Tells our own answers from those of others.
  let mark = Int(UInt32.random(in: 1 ... .max))

  /// Whom the lattice is to be given to, between two plans.
  var handover: ControllerWord?
  /// Whether somebody commands so much less that we are to ask who it is.
  var isToAsk = false
  /// Whether we have said that we could command.
  var hasAnnounced = false

  private var machine: CycleStateMachine
  private var cycle: Task<Void, Never>?
  private var timer: Task<Void, Never>?
  private var watching: Task<Void, Never>?
  /// Who waits for a cycle that has not begun, and who for the one that runs.
  private var waiting: [String] = []
  private var asking: [String] = []

  /// When that was seen which is still to be answered.
  struct Seen {
    /// A revision, by the lattice in sync with it.
    var revisionToSync: ContinuousClock.Instant?
    /// The loss of a host, by a command.
    var loss: ContinuousClock.Instant?
  }

  /// When what failed is tried again, by what it is.
  struct Retries {
    /// Reading the repository.
    var source = RetryPause()
    /// Reading what the lattice has stored.
    var stores = RetryPause()
    /// A cycle that failed as a whole.
    var cycle = RetryPause(limit: .seconds(10))

    /// Whether reading the repository has its time already.
    var isPending: Bool { source.due != nil || cycle.due != nil }
  }

  /// What was last told of, by log and events.
  struct Told {
    /// A guard that holds something of an application.
    struct Hold: Hashable {
      var application: ApplicationName
      var rule: GuardRule
    }

    /// What is read of a repository.
    enum SourcePart: Hashable {
      case reference
      case manifests
    }

    /// How the lattice stands, as the word of a verdict, and by which plan.
    var sync: (word: String, planID: String) = ("", "")
    var held: Set<Hold> = []
    /// The applications that the reading could not have seen, with the reasons.
    var unseen: [ApplicationName: String] = [:]
    var unplaceable: Set<Unplaceable> = []
    var unreached: Set<Unreached> = []
    var hosts: [HostID: HostHealth] = [:]
    var strays: [StrayProvider] = []
    var standby: String?
    /// Why the lease cannot be taken, where nobody else has it.
    var leaseError: String?
    /// Why forms cannot be kept.
    var formError: String?
    /// What is pinned.
    var pins: [Pin] = []
    /// Why the history cannot be written.
    var historyError: String?
    /// What is not as it should be with where the lease lies.
    var advice: String?
    /// What of the record its bucket did not hold.
    var loss: RecordLoss?
    /// Why the record's journal cannot be written.
    var journal: String?
    /// Why the last cycle failed.
    var failure: String?
    /// What the server refused to pass on, in its words.
    var refusals: Set<String> = []
    /// What is wrong with the repository, by what was tried.
    var sourceErrors: [SourcePart: String] = [:]
  }

  init(
    _ settings: ControllerSettings, _ source: DesiredSource, over transport: any MessageTransport,
    _ home: RecordHome, logger: Logger, health: ControllerHealth,
    metrics: ControllerMetrics, clock: WallClock, bell: TriggerBell,
    statuses: StatusReporter?, shares: Lock<LatticeShares>
  ) async throws {
    self.shares = shares
    self.settings = settings
    self.source = source
    self.transport = transport
    self.home = home
    self.logger = logger
    self.health = health
    self.metrics = metrics
    self.clock = clock
    self.bell = bell
    self.statuses = statuses
    brake = Brake()
    brakes = BrakeWatch(home.records, for: brake, clock: clock)
    memory = PassMemory(
      health.current.hosts, errors: HostErrors(limit: settings.maxErrors))
    lease =
      settings.mode == .reconcile
      ? try await home.lease(as: settings.pass.holder) : NoLease()
    publisher = SyncEventPublisher(settings.pass.lattice, over: transport, clock: clock)
    machine = CycleStateMachine(interval: settings.observer.resync, at: .now)
    observer = LatticeObserver(
      settings.pass.lattice, in: settings.pass.dialect, over: transport,
      options: settings.observer, clock: clock
    ) { [inbox] change in
      inbox.note { arrivals in
        switch change {
        case .hosts(let lost):
          arrivals.lost += lost.count
          arrivals.triggers.insert(.hosts)
        case .contents: arrivals.triggers.insert(.drift)
        case .failed(let event): arrivals.note(failure: event)
        case .strays(let strays): arrivals.strays = strays
        case .refused(let words): arrivals.note(refusal: words)
        case .closed: arrivals.isClosed = true
        }
      }
    }
    pass = Pass(
      configuration: settings.pass, source: source, observer: observer, transport: transport,
      home: home, brakes: brakes, clock: clock, repository: settings.repository, isRepeated: true,
      commands: settings.mode == .reconcile)
  }

  /// Works until the task is cancelled, then finishes what is in flight and gives the lease back.
  ///
  /// - Throws: `NATSError.disconnected` where the connection ended for good,
  ///   `RecordError.recordMoves` where the record is in a file and there is JetStream by now.
  func run() async throws {
    do {
      try await observer.open()
      try await home.check(against: observer.hostsDomain)
      let record = try await home.records.load(seeing: await observer.answering).record
      do {
        try await observer.look(expecting: record.expected(at: now))
      } catch is ObservationError {
        // A lattice without a host is waited for.
      }
      health.note { $0.hasLooked = true }
      try await withTaskCancellationHandler {
        try await watch()
      } onCancel: {
        brake.stop()
      }
    } catch {
      await end()
      throw error
    }
    await end()
  }

  /// Works until the task is cancelled, or the connection has ended for good.
  private func watch() async throws {
    // Not a child: a halt is obeyed while what is in flight is finished, too.
    watching = Task { [brakes, inbox] in
      await brakes.run { if $0 == .written { inbox.trigger(.brakes) } }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await self.observer.run() }
      group.addTask { await self.watchRepository() }
      group.addTask { await self.watchRequests() }
      group.addTask { await self.watchQuestions() }
      group.addTask { await self.watchBell() }
      group.addTask { await self.watchDisconnections() }
      group.addTask { await self.watchAge() }
      group.addTask { try await self.watchHome() }
      if settings.mode == .reconcile { group.addTask { await self.keepLease() } }
      group.addTask { try await self.decide() }
      // Whoever fails ends the others, which are not waited for before.
      while try await group.next() != nil {}
    }
  }

  /// Sends nothing more, waits for what is in flight, and gives the lease back.
  private func end() async {
    brake.stop()
    timer?.cancel()
    await cycle?.value
    watching?.cancel()
    await watching?.value
    // Not in this task, which is cancelled: what it asks would not be answered.
    await Task { [lease] in await lease.release() }.value
    shares.withLock { $0.leave(settings.lattice) }
    health.note { ($0.holdsLease, $0.standbys) = (false, []) }
    measureCommand()
  }

  // MARK: Deciding

  private func decide() async throws {
    act(on: machine.look(at: .now))
    while let arrivals = await inbox.next(), !Task.isCancelled { try take(arrivals) }
  }

  private func take(_ arrivals: SessionInbox.Arrivals) throws {
    guard !arrivals.isClosed else { throw NATSError.disconnected }
    for words in arrivals.refusals.sorted() { tell(refusal: words) }
    if let strays = arrivals.strays { tell(strays) }
    if arrivals.lost > 0 {
      seen.loss = seen.loss ?? .now
      metrics.hostLosses.add([settings.lattice.rawValue], arrivals.lost)
    }
    var triggers = arrivals.triggers
    for event in arrivals.failures.values where note(event) { triggers.insert(.retry) }
    waiting += arrivals.repliers.prefix(max(0, SessionInbox.limit - waiting.count))
    if triggers.contains(.revision) { seen.revisionToSync = .now }
    if !triggers.isEmpty { act(on: machine.handle(triggers, at: .now)) }
    // Whatever came before it, or with it, is in the next cycle.
    if let end = arrivals.ended {
      let again = end.wasBusy ? min(end.again ?? .now, .now) : end.again
      if !end.wasBusy { answer(end.answer) }
      act(on: machine.end(again: again, at: .now))
    } else if arrivals.isTick {
      act(on: machine.look(at: .now))
    }
  }

  private func act(on action: CycleStateMachine.Action) {
    switch action {
    case .begin(let triggers):
      asking += waiting
      waiting = []
      let interrupt = ExecutionInterrupt()
      self.interrupt = interrupt
      // Not a child: a cycle that has begun is finished even when we are told to stop.
      cycle = Task {
        let end = await run(triggers, interrupt)
        inbox.note { $0.ended = end }
      }
    case .interrupt(let reason): interrupt.interrupt(reason)
    case .wait(let moment):
      timer?.cancel()
      timer = Task { [inbox] in
        try? await Task.sleep(until: moment, clock: .continuous)
        if !Task.isCancelled { inbox.note { $0.isTick = true } }
      }
    }
  }

  private func answer(_ members: [String: JSONValue]) {
    let payload = JSONValue.object(members).bytes()
    for reply in asking {
      Task { [transport] in try? await transport.publish(payload, to: reply, replyTo: nil) }
    }
    asking = []
  }
}

/// The lease of whoever commands nothing.
private struct NoLease: CommandLease {
  var epoch: UInt64? { nil }
  func acquire(after courtesy: Duration) async {}
  func release() async {}
}
