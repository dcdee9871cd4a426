public import LatticeModel
public import RecordKeeping

/// How a lattice stands: what a dry run would say, and what is on record.
public struct StatusReport: Sendable {
  /// What would be done.
  public var report: PassReport
  /// How the lattice and each application stand, and on whose word.
  public var status: LatticeStatus
  /// What was applied last, and what people suspended or halted.
  public var record: LatticeRecord
  /// Who commands the lattice now.
  public var holder: LeaseHolder
  /// For how long whoever commands can neither read nor follow git, if so.
  public var staleness: SourceStaleness?
  /// Who could command in its place, by name, as whoever commands last saw them.
  public var standbys: [String] = []

  /// What hosts are starting still, and since when; nothing of hosts and applications that are gone.
  public var starting: [(unit: UnitKey, since: Timestamp)] {
    let applications = Set(status.applications.map(\.name))
    let living = Set(status.hosts.lazy.filter { $0.health != .lost }.map(\.id))
    return record.starting.filter { unit, _ in
      unit.host.map(living.contains) == true && applications.contains(unit.application)
    }.sorted { $0.key < $1.key }.map { (unit: $0.key, since: $0.value) }
  }
}
