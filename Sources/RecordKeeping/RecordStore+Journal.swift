import LatticeModel
import ServiceRuntime

/// What this machine knows of a record beside its bucket, and of which lattice it is.
extension RecordStore {
  /// What this machine's journal knows of a record; where it knows that one not, of one whose hosts
  /// answer.
  func known(
    of id: String?, seeing hosts: Set<HostID>
  ) async throws(RecordError) -> (id: String, entries: [String: JournalEntry])? {
    guard let journal, let found = await found(in: journal, of: id, seeing: hosts) else {
      return nil
    }
    if let lattice, let format = found.entries["format"]?.value,
      let other = RecordCoding.lattice(inFormat: format), other != lattice.rawValue
    {
      throw .foreignJournal(path: journal.path(found.id), of: other, lattice: lattice.rawValue)
    }
    return found
  }

  /// Refuses a record that was written for another lattice: by what it says itself, or else by this
  /// machine's journals of other lattices.
  func checkLattice(of stored: StoredRecord) async throws(RecordError) {
    guard let lattice, let format = stored.values["format"] else { return }
    var other = RecordCoding.lattice(inFormat: format)
    if other == nil, let id = stored.id { other = await journal?.otherLattice(of: id) }
    guard let other, other != lattice.rawValue else { return }
    throw .foreignRecord(
      bucket: Self.bucket(lattice), of: other, lattice: lattice.rawValue)
  }

  private func found(
    in journal: RecordJournal, of id: String?, seeing hosts: Set<HostID>
  ) async -> (id: String, entries: [String: JournalEntry])? {
    if let id, let entries = try? await journal.entries(of: id) { return (id, entries) }
    guard !hosts.isEmpty else { return nil }
    return await journal.others(than: id).filter { !$0.entries.hosts.isDisjoint(with: hosts) }
      .max {
        ($0.entries.hosts.intersection(hosts).count, $0.entries.lastWrite)
          < ($1.entries.hosts.intersection(hosts).count, $1.entries.lastWrite)
      }
  }

  /// Has this machine's journal know what is stored; where it cannot be written, all goes on without.
  func note(_ stored: StoredRecord) async {
    guard let journal, let id = stored.id, stored.isThere, stored.loss == nil else { return }
    var entries: [String: JournalEntry] = [:]
    for (key, value) in stored.values where key != "halt" {
      entries[key] = JournalEntry(
        value: value, write: stored.writes[key] ?? 0, revision: stored.revisions[key] ?? 0)
    }
    do throws(FileError) {
      try await journal.note(entries, of: id)
      trouble.withLock { $0 = nil }
    } catch {
      trouble.withLock { $0 = error }
    }
  }

  /// Why this machine's journal cannot be written, if it cannot.
  public var journalTrouble: String? { trouble.withLock { $0?.description } }
}

extension [String: JournalEntry] {
  /// The hosts that a journal knows.
  fileprivate var hosts: Set<HostID> {
    var record = LatticeRecord()
    for (key, entry) in self where key.hasPrefix("hosts.") {
      try? RecordCoding.decode(entry.value, key: key, into: &record)
    }
    return Set(record.hosts.keys)
  }

  /// The last number of a write that it knows.
  fileprivate var lastWrite: Int { values.map(\.write).max() ?? 0 }
}
