public import LatticeModel

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

  /// Doubts a record that has nothing where hosts run what is ours: it was lost, or lies elsewhere.
  ///
  /// What was doubted and is approved is no more.
  ///
  /// - Parameters:
  ///   - hosts: The hosts, with what they run.
  ///   - now: The time.
  public mutating func doubt(beside hosts: [HostState], at now: Timestamp) {
    if record.standingDoubt == nil { record.doubt = nil }
    // A pass puts the hosts on record; who suspends or adopts something does not.
    guard record.hosts.isEmpty, record.doubt == nil, hosts.contains(where: \.runsWhatIsOurs)
    else { return }
    record.doubt = RecordDoubt(
      "nothing was on record of what reconcile started and hosts run: what else is ours is not known",
      since: now)
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
  /// Whether it answers and runs something that we started.
  fileprivate var runsWhatIsOurs: Bool {
    isUsable
      && (report.actors.contains { Ownership($0.annotations).isOwned }
        || report.providers.contains { Ownership($0.annotations).isOwned })
  }
}
