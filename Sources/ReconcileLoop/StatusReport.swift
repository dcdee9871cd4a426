public import LatticeModel
public import LatticeObservation
public import RecordKeeping

/// How a lattice stands: what a dry run would say, and what is on record.
public struct StatusReport: Sendable {
  /// What would be done.
  public var report: PassReport
  /// What was applied last, and what people suspended or halted.
  public var record: LatticeRecord
  /// Who commands the lattice now.
  public var holder: LeaseHolder
  /// Which processes of providers run on without a host.
  public var strays: [StrayProvider] = []
  /// For how long whoever commands can neither read nor follow git, if so.
  public var staleness: SourceStaleness?

  /// What hosts are starting still, and since when; nothing of hosts and applications that are gone.
  public var starting: [(unit: UnitKey, since: Timestamp)] {
    let applications = Set(report.plan.applications.map(\.name))
    return record.starting.filter { unit, _ in
      guard let health = unit.host.flatMap({ report.hosts[$0] }) else { return false }
      return health != .lost && applications.contains(unit.application)
    }.sorted { $0.key < $1.key }.map { (unit: $0.key, since: $0.value) }
  }
}
