public import LatticeModel
import TextForms

/// The record as it was read, with what is needed to write it back.
public struct StoredRecord: Sendable {
  /// The record.
  public var record: LatticeRecord
  /// Whether there is a record at all; a lattice that was never applied to has none.
  public var isThere: Bool
  /// What of the record its bucket does not hold.
  public internal(set) var loss: RecordLoss?
  /// Which record it is.
  var id: String?
  var revisions: [String: UInt64] = [:]
  /// The contents, by key, without the numbers of their writes.
  var values: [String: [UInt8]] = [:]
  var writes: [String: Int] = [:]
  /// The last number of a write that is known.
  var lastWrite = 0
  /// What a journal says is checked as little as its writer was.
  var nextWrite: Int { lastWrite < Int.max ? lastWrite + 1 : lastWrite }

  /// A record of nothing.
  public init() {
    (record, isThere) = (LatticeRecord(), false)
  }

  /// Doubts a record that has nothing where hosts run what is ours, and one that has never heard of
  /// what hosts on record run: it was lost, or lies elsewhere, or is older than what was done since.
  ///
  /// A host that comes back is not on record, and what it runs of an application that is gone says nothing
  /// of the record. What was doubted and is approved is no more.
  ///
  /// - Parameters:
  ///   - hosts: The hosts, with what they run.
  ///   - now: The time.
  public mutating func doubt(beside hosts: [HostState], at now: Timestamp) {
    if record.standingDoubt == nil { record.doubt = nil }
    // A pass puts the hosts on record; who suspends or adopts something does not.
    guard record.doubt == nil else { return }
    if record.hosts.isEmpty {
      guard hosts.contains(where: { !$0.ownedApplications.isEmpty }) else { return }
      record.doubt = RecordDoubt(
        "nothing was on record of what reconcile started and hosts run: what else is ours is not known",
        since: now)
      return
    }
    let running = hosts.filter { record.hosts[$0.id] != nil }.map(\.ownedApplications)
      .reduce(into: Set()) { $0.formUnion($1) }
    guard !running.isSubset(of: record.applied.keys) else { return }
    let unheard = running.subtracting(record.applications).sorted().map(\.rawValue)
    guard !unheard.isEmpty else { return }
    record.doubt = RecordDoubt(
      "the record has never heard of what reconcile started of \(named(unheard)): it is older than what "
        + "was done since, as after a restore", since: now)
  }

  /// What is to be written of a part: its content, with what of the stored one a newer program alone
  /// knows; `nil` where that is stored already.
  func change(of key: String, to content: [UInt8]?) -> [UInt8]? {
    let before = values[key]
    guard content != before.flatMap({ $0 == RecordCoding.emptyPart ? nil : $0 }) else { return nil }
    let value = RecordCoding.keeping(unknownOf: before, in: content ?? RecordCoding.emptyPart)
    return value == before ? nil : value
  }

  mutating func note(_ value: [UInt8], _ write: Int, at revision: UInt64, of key: String) {
    (values[key], writes[key], revisions[key]) = (value, write, revision)
    lastWrite = max(lastWrite, write)
  }
}

extension HostState {
  /// The applications of which it answers that it runs something that we started.
  fileprivate var ownedApplications: Set<ApplicationName> {
    isUsable ? report.ownedApplications : []
  }
}

extension HostReport {
  /// The applications of what carries our annotations.
  fileprivate var ownedApplications: Set<ApplicationName> {
    let annotations = actors.map(\.annotations) + providers.map(\.annotations)
    return Set(
      annotations.compactMap { annotations in
        guard case .owned(let application, _, _) = Ownership(annotations) else { return nil }
        return application
      })
  }
}

extension LatticeRecord {
  /// The applications that it has anything of.
  fileprivate var applications: Set<ApplicationName> {
    hosts.values.map(\.report.ownedApplications).reduce(into: Set(applied.keys)) {
      $0.formUnion($1)
    }.union(links.values.map(\.application)).union(configs.values.map(\.application))
      .union(adopted.map(\.unit.application)).union(suspects.keys.map(\.application))
      .union(starting.keys.map(\.application))
      .union(hosts.values.flatMap { $0.starts.keys.map(\.application) })
  }
}
