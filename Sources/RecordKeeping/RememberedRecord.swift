public import LatticeModel
import ServiceRuntime

/// A record as this machine last knew it, for when its bucket cannot be asked.
///
/// Good enough to be shown to a person; nothing is ever sent on its strength.
public struct RememberedRecord: Sendable {
  /// The record.
  public var record: LatticeRecord
  /// The file that it was read from.
  public var path: String
  /// When that was written last.
  public var writtenAt: Timestamp

  /// Reads what this machine knows of a lattice's record: the youngest of its journals and of the
  /// file that holds a record where there is no JetStream.
  ///
  /// - Parameters:
  ///   - lattice: The lattice, by the name on the wire.
  ///   - folder: The state folder.
  /// - Returns: The record; `nil` where nothing that can be read is kept of it.
  public static func read(of lattice: LatticeName, in folder: String) async -> RememberedRecord? {
    let journal = await RecordJournal(of: lattice, in: folder).youngest()
    let path = "\(folder)/\(lattice).json"
    guard let written = fileTime(path), journal.map({ $0.writtenAt < written }) ?? true,
      let stored = try? await RecordStore(RecordFile(path: path)).load(), stored.isThere
    else { return journal }
    return RememberedRecord(record: stored.record, path: path, writtenAt: written)
  }
}

extension RecordJournal {
  /// The record that was written last, without the parts that cannot be read.
  func youngest() -> RememberedRecord? {
    let known = others(than: nil).compactMap { other in
      fileTime(path(other.id)).map { (entries: other.entries, path: path(other.id), time: $0) }
    }
    guard let youngest = known.max(by: { $0.time < $1.time }) else { return nil }
    var record = LatticeRecord()
    for (key, entry) in youngest.entries.sorted(by: { $0.key < $1.key }) {
      try? RecordCoding.decode(entry.value, key: key, into: &record)
    }
    return RememberedRecord(record: record, path: youngest.path, writtenAt: youngest.time)
  }
}
