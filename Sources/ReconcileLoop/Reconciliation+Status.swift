import ConfigurationModel
public import Diagnostics
public import LatticeModel
import LatticeObservation
import NATSTransport
public import RecordKeeping

/// How a lattice stands, as far as it can be told.
public enum StatusAnswer: Sendable {
  /// Everything was read.
  case seen(StatusReport)
  /// Git, the hosts or the server do not answer; this is on record.
  case recorded(RecordedStatus)
}

/// What is on record of a lattice, where the rest cannot be told.
public struct RecordedStatus: Sendable {
  /// Where a record was read.
  public enum Origin: Hashable, Sendable {
    /// Where it lies, just now.
    case stored
    /// In what this machine keeps of it, and when that was written last.
    case remembered(path: String, at: Timestamp)
  }

  /// The lattice, by the name on the wire.
  public var lattice: LatticeName
  /// What was applied last, and what people suspended or halted.
  public var record: LatticeRecord
  /// Where that was read.
  public var origin: Origin
  /// Who commands the lattice now.
  public var holder: LeaseHolder
  /// For how long whoever commands can neither read nor follow git, if so.
  public var staleness: SourceStaleness?
  /// Who could command in its place, by name, as whoever commands last saw them.
  public var standbys: [String] = []
  /// Why the rest cannot be told.
  public var obstacle: any DiagnosticError
}

extension Reconciliation {
  /// Plans, sends nothing, and says what is on record; where git, the hosts or the server do not
  /// answer, only what is on record.
  ///
  /// - Returns: How the lattice stands.
  /// - Throws: An error where something cannot be read and nothing is on record either.
  public func status() async throws -> StatusAnswer {
    try checkLattice()
    do {
      return .seen(try await report())
    } catch {
      guard !Task.isCancelled, let obstacle = error as? any DiagnosticError,
        let recorded = await recorded(besides: obstacle)
      else { throw error }
      return .recorded(recorded)
    }
  }

  private func report() async throws -> StatusReport {
    try await inspect { pass, look in
      async let holder = pass.home.leaseHolder()
      async let answer = CommanderAnswer.asking(
        about: configuration.lattice, over: pass.transport)
      let strays = await pass.observer.findStrays(
        look.stored.record.hosts,
        declared: Set(look.seen.desired.applications.flatMap { $0.providers.map(\.id) }))
      let status = LatticeStatus(
        of: look.report, seen: look.seen.observed, record: look.stored.record, strays: strays,
        resync: configuration.observer.resync, at: now)
      return StatusReport(
        report: look.report, status: status, record: look.stored.record, holder: await holder,
        staleness: await answer.staleness, standbys: await answer.standbys)
    }
  }

  /// What is on record, from where it lies if that can be asked, else as this machine remembers it.
  private func recorded(besides obstacle: any DiagnosticError) async -> RecordedStatus? {
    let isAway = (obstacle as? NATSError)?.isOfConnection ?? (obstacle is SeveralErrors)
    if !isAway, let stored = await stored(besides: obstacle) { return stored }
    guard let folder = configuration.stateDirectory,
      let known = await RememberedRecord.read(of: configuration.lattice, in: folder)
    else { return nil }
    return RecordedStatus(
      lattice: configuration.lattice, record: known.record,
      origin: .remembered(path: known.path, at: known.writtenAt),
      holder: .unknown("the record cannot be asked"), obstacle: obstacle)
  }

  private func stored(besides obstacle: any DiagnosticError) async -> RecordedStatus? {
    guard let transport = try? await NATSConnection.connect(configuration.nats) else { return nil }
    defer { transport.close() }
    guard let home = try? await configuration.recordHome(over: transport, isWriter: false),
      !home.isAbsent, let stored = try? await home.records.load(), stored.isThere
    else { return nil }
    async let holder = home.leaseHolder()
    async let answer = CommanderAnswer.asking(about: configuration.lattice, over: transport)
    return RecordedStatus(
      lattice: configuration.lattice, record: stored.record, origin: .stored,
      holder: await holder, staleness: await answer.staleness, standbys: await answer.standbys,
      obstacle: obstacle)
  }
}
