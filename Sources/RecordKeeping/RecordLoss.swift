import LatticeModel
import TextForms

/// That a bucket does not hold what this machine knows to have been stored there.
public enum RecordLoss: Hashable, Sendable {
  /// There is no record any more.
  case gone
  /// There is another record of the lattice than the one that this machine knows.
  case replaced
  /// Parts are as they were before later writes.
  case older(write: Int, than: Int)
  /// Parts hold what is no part of a record.
  case unreadable([String])

  /// What is told, in one sentence without a full stop.
  public var sentence: String {
    switch self {
    case .gone:
      "the record was gone from its bucket, and is taken from this machine's journal"
    case .replaced:
      "the bucket holds another record of this lattice than this machine's journal knows; both are "
        + "put together"
    case .older(let write, let other):
      "the record was older than this machine's journal (write \(write), journal \(other)), as after "
        + "a restore or a crash of the servers, and is taken from both"
    case .unreadable(let keys):
      "parts of the record could not be read (\(named(keys))), and are taken from this machine's "
        + "journal"
    }
  }
}

/// What a bucket holds and what a journal knows of it, put together; pure.
struct RecordResolution {
  /// What is on record.
  var record = LatticeRecord()
  /// What of it the bucket does not hold.
  var loss: RecordLoss?

  /// Puts both together.
  ///
  /// A part that is older in the bucket, or no part at all, is as the journal knows it; what an older
  /// part says is ours stays ours beside it, and is doubted.
  ///
  /// - Parameters:
  ///   - bucket: What the bucket holds, by key; `nil` where it holds no record.
  ///   - journal: What is known to have been stored.
  ///   - isOther: Whether the journal is of another record than the bucket's.
  ///   - now: The time, for doubts.
  /// - Throws: `RecordError.newer` for what a newer program wrote, `.corrupt` where neither can be read.
  init(
    bucket: [String: StoredPart]?, journal: [String: JournalEntry], isOther: Bool = false,
    at now: Timestamp
  ) throws(RecordError) {
    guard let bucket else {
      record = try Self.record(of: journal.mapValues(\.value))
      loss = journal.isEmpty ? nil : .gone
      return
    }
    var (damaged, older): ([String], [String: StoredPart]) = ([], [:])
    var chosen = bucket.filter { !$0.value.isDeleted }.mapValues(\.value)
    for (key, entry) in journal {
      guard let part = bucket[key], part.isReadable else {
        if bucket[key] != nil { damaged.append(key) }
        if bucket[key] == nil {
          guard entry.value != RecordCoding.emptyPart else { continue }
          older[key] = StoredPart.lost
        }
        if !isOther || chosen[key] == nil || bucket[key]?.isReadable == false {
          chosen[key] = entry.value
        }
        continue
      }
      guard !isOther, part.isOlder(than: entry) else { continue }
      older[key] = part
      chosen[key] = entry.value
    }
    // Nothing that is known stood there.
    for (key, part) in bucket where !part.isReadable && journal[key] == nil {
      damaged.append(key)
      chosen[key] = nil
    }
    record = try Self.record(of: chosen)
    if isOther {
      let known = try Self.record(of: journal.mapValues(\.value))
      loss = .replaced
      add(known, at: now)
    } else if !older.isEmpty {
      let written = older.values.map(\.write).max() ?? 0
      loss = .older(
        write: written, than: older.keys.compactMap { journal[$0]?.write }.max() ?? written)
      add(try Self.record(of: older.filter { !$0.value.isDeleted }.mapValues(\.value)), at: now)
    } else if !damaged.isEmpty {
      loss = .unreadable(damaged.sorted())
    }
  }

  /// Adds what another record says is ours; what only it says so is doubted.
  private mutating func add(_ other: LatticeRecord, at now: Timestamp) {
    let isKnown = other.ownsNoMore(than: record)
    record = record.adding(other)
    guard !isKnown else { return }
    record.doubt = RecordDoubt(
      "the record was lost in part, and what was found elsewhere may be out of date", since: now)
  }

  private static func record(of values: [String: [UInt8]]) throws(RecordError) -> LatticeRecord {
    var record = LatticeRecord()
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      try RecordCoding.decode(value, key: key, into: &record)
    }
    return record
  }
}

/// A part of a record as a bucket holds it.
struct StoredPart: Hashable, Sendable {
  /// Its content, without the number of the write.
  var value: [UInt8]
  /// The record's number of the write; 0 where an earlier program wrote it.
  var write: Int
  /// The store's number of the write.
  var revision: UInt64
  /// Whether somebody deleted it, as earlier programs did with what had no content any more.
  var isDeleted = false
  /// Whether it is a part of a record.
  var isReadable = true

  /// One that is not there any more.
  static let lost = StoredPart(value: [], write: 0, revision: 0, isDeleted: true)

  /// Sees whether it can be read; what a newer program wrote is no damage.
  ///
  /// - Throws: `RecordError.newer`.
  mutating func judge(as key: String) throws(RecordError) {
    guard !isDeleted else { return }
    var record = LatticeRecord()
    do throws(RecordError) {
      try RecordCoding.decode(value, key: key, into: &record)
    } catch {
      guard case .corrupt = error else { throw error }
      isReadable = false
    }
  }

  /// Whether it is from before what is known to have been stored.
  ///
  /// A program that knows no numbers of writes, or a person, may have written since: then the store's
  /// number says so.
  func isOlder(than entry: JournalEntry) -> Bool {
    if write > entry.write { return false }
    if write == 0 || write == entry.write, revision > entry.revision { return false }
    return write < entry.write || value != entry.value
  }
}
