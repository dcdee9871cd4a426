public import ConfigurationModel
public import DesiredSources
import Diagnostics
import LatticeModel
import LatticeObservation
import NATSTransport
import RecordKeeping
import ServiceRuntime
import TextForms

/// A commit and a lattice, compared once or brought together: read, look, plan, and for an apply carry
/// out, until nothing differs.
///
/// A dry run and an apply share every step but the last.
public struct Reconciliation: Sendable {
  let configuration: PassConfiguration
  let clock: WallClock
  /// What is read in place of the configured repository, if anything is.
  private let source: DesiredSource?

  /// Prepares a pass.
  ///
  /// - Parameters:
  ///   - configuration: Where to read, where to act, and how far.
  ///   - source: What is read in place of the configured repository.
  public init(_ configuration: PassConfiguration, reading source: DesiredSource? = nil) {
    self.configuration = configuration
    self.source = source
    clock = .system
  }

  /// Reads what git declares; no lattice is needed.
  ///
  /// - Returns: What is declared, with all findings.
  /// - Throws: `GitError` or `SourceError` where nothing can be read.
  public func validate() async throws -> SourceReading {
    try await DesiredSource(configuration.source).read(isForPlan: false)
  }

  /// Plans and sends nothing.
  ///
  /// - Returns: The plan.
  /// - Throws: An error where git or the lattice cannot be read.
  public func dryRun() async throws -> PassReport { try await inspect { _, look in look.report } }

  /// Looks and plans, and has something made of it.
  func inspect<Found: Sendable>(
    _ find: (Pass, (report: PassReport, seen: Pass.Look, stored: StoredRecord)) async throws ->
      Found
  ) async throws -> Found {
    let open = try await open()
    defer { open.close() }
    // A bucket that is not there takes as long to say so as hosts take to answer.
    let home = try await configuration.recordHome(over: open.transport, isWriter: false)
    let reading = home.isAbsent ? .nothing : try await home.records.read()
    try await open.hosts.value
    var stored = try await home.records.resolve(reading, seeing: await open.observer.answering)
    try await home.check(against: open.observer.hostsDomain)
    try await open.observer.look(expecting: expected(by: stored.record))
    stored.doubt(beside: await open.observer.hosts, at: now)
    let pass = pass(open, home, Brake())
    var memory = PassMemory()
    memory.starts.adopt(stored.record, at: .now, now)
    let look = try pass.plan(
      try await pass.look(try await open.reading.value, stored.record), &memory)
    try checkHosts(look.observed)
    var report = look.report
    report.note(home)
    report.note(stored, in: home)
    if let note = home.sizeNote(of: stored) { report.notes.append(note) }
    return try await find(pass, (report, look, stored))
  }

  // MARK: Parts of a pass

  var now: Timestamp { Timestamp(nanoseconds: clock.now) }

  /// What is read of git and heard of a lattice, side by side.
  struct Open: Sendable {
    let source: DesiredSource
    let reading: Task<SourceReading, any Error>
    let transport: NATSConnection
    let observer: LatticeObserver
    /// Hosts say that they are there; what they run is asked after.
    let hosts: Task<Void, any Error>

    func close() {
      reading.cancel()
      hosts.cancel()
      transport.close()
    }
  }

  /// Begins to read git and to hear the lattice.
  func open() async throws -> Open {
    let source = try self.source ?? DesiredSource(configuration.source)
    try checkLattice()
    let reading = Task { try await source.read() }
    let transport: NATSConnection
    do {
      transport = try await connect(besides: reading)
    } catch {
      reading.cancel()
      throw error
    }
    var options = configuration.observer
    options.believesAtOnce = true
    let observer = LatticeObserver(
      configuration.lattice, in: configuration.dialect, over: transport, options: options,
      clock: clock)
    return Open(
      source: source, reading: reading, transport: transport, observer: observer,
      hosts: Task { try await observer.open() })
  }

  func pass(_ open: Open, _ home: RecordHome, _ brake: Brake) -> Pass {
    Pass(
      configuration: configuration, source: open.source, observer: open.observer,
      transport: open.transport, home: home,
      brakes: BrakeWatch(home.records, for: brake, rest: .seconds(5), clock: clock), clock: clock)
  }

  func expected(by record: LatticeRecord) -> [HostID: RecordedHost] {
    record.expected(forgetting: configuration.forgotten, at: now)
  }

  /// Refuses a look at a lattice in which no host says anything, be it of use or not.
  func checkHosts(_ observed: ObservedState) throws {
    guard observed.hosts.contains(where: \.answers) else {
      throw ObservationError.noHosts(configuration.lattice)
    }
  }

  func checkLattice() throws {
    guard configuration.lattice.isValid else {
      throw LoopError.invalidLattice(configuration.lattice.rawValue)
    }
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
}

extension HostState {
  /// Whether it says anything.
  fileprivate var answers: Bool {
    switch presence {
    case .fresh, .late, .unsupported: true
    case .silent, .lost: false
    }
  }
}

extension LatticeObserver {
  /// The hosts that answer.
  var answering: Set<HostID> { Set(hosts.filter(\.answers).map(\.id)) }
}

extension PassReport {
  /// Notes what a person should know of what is on record.
  mutating func note(_ stored: StoredRecord, in home: RecordHome) {
    if let loss = stored.loss { notes.append(loss.sentence) }
    if let trouble = home.records.journalTrouble {
      notes.append("this machine's journal of the record cannot be written: \(trouble)")
    }
  }

  /// Notes what a person should know of a single pass.
  mutating func note(_ home: RecordHome) {
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
