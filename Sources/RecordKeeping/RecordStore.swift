public import LatticeModel
public import NATSTransport
import ServiceRuntime

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

  mutating func note(_ value: [UInt8], _ write: Int, at revision: UInt64, of key: String) {
    (values[key], writes[key], revisions[key]) = (value, write, revision)
    lastWrite = max(lastWrite, write)
  }
}

/// Reads and writes the record of a lattice.
///
/// Only parts that changed are written, each over the write that was read: two writers cannot
/// undo one another. Parts of a kind are written at once, one kind after the other.
public struct RecordStore: Sendable {
  private let store: any KeyValueStore
  private let mayBeAbsent: Bool
  private let journal: RecordJournal?
  private let trouble = Lock<FileError?>(nil)

  /// The bucket of a lattice's record.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The bucket's name.
  public static func bucket(_ lattice: LatticeName) -> String { "RECONCILE_\(lattice)" }

  /// Creates a store.
  ///
  /// - Parameters:
  ///   - store: The bucket, or the file that stands in for it.
  ///   - mayBeAbsent: Whether there may be no bucket yet, as for who makes none.
  public init(_ store: any KeyValueStore, mayBeAbsent: Bool = true) {
    self.init(store, mayBeAbsent: mayBeAbsent, journal: nil)
  }

  init(_ store: any KeyValueStore, mayBeAbsent: Bool = true, journal: RecordJournal?) {
    self.store = store
    self.mayBeAbsent = mayBeAbsent
    self.journal = journal
  }

  /// Reads the record: one question for each key, all at once.
  ///
  /// A bucket that is not there, where it may be absent, is a lattice that was never applied to:
  /// nothing is ours then, which holds more back and never less. One that cannot be read never is. What
  /// this machine's journal knows to have been stored and is not there is put beside it.
  ///
  /// - Parameter hosts: The hosts that answer: another record than the bucket's is this lattice's where
  ///   one of them is in it.
  /// - Returns: The record.
  /// - Throws: `RecordError` where a part cannot be read, `NATSError` where the server is gone.
  public func load(seeing hosts: Set<HostID> = []) async throws -> StoredRecord {
    try await resolve(try await read(), seeing: hosts)
  }

  /// Reads what the bucket holds, and judges nothing.
  ///
  /// - Returns: What `resolve` makes a record of.
  /// - Throws: `NATSError` where the server is gone.
  public func read() async throws -> RecordReading {
    do {
      var entries = [("format", try await store.get("format"))]
      let keys = RecordCoding.parts + RecordCoding.brakes
      let rest = try await gather(keys, inFlight: 64) { [store] key in try await store.get(key) }
      entries += zip(keys, rest).map { ($0, $1) }
      return RecordReading(entries: entries)
    } catch NATSError.storeAbsent where mayBeAbsent {
      return RecordReading(entries: [])
    }
  }

  /// Makes a record of what the bucket holds and of what this machine's journal knows.
  ///
  /// - Parameters:
  ///   - reading: What the bucket holds.
  ///   - hosts: The hosts that answer.
  /// - Returns: The record.
  /// - Throws: `RecordError` where a part cannot be read.
  public func resolve(
    _ reading: RecordReading, seeing hosts: Set<HostID>
  ) async throws -> StoredRecord {
    var stored = StoredRecord()
    var parts: [String: StoredPart] = [:]
    for (key, entry) in reading.entries {
      guard let entry else { continue }
      stored.revisions[key] = entry.revision
      guard let value = entry.value else {
        parts[key] = StoredPart(value: [], write: 0, revision: entry.revision, isDeleted: true)
        continue
      }
      let (content, write) = key == "halt" ? (value, 0) : RecordCoding.unnumbered(value)
      stored.note(content, write, at: entry.revision, of: key)
      parts[key] = StoredPart(value: content, write: write, revision: entry.revision)
    }
    // Somebody may have removed the one key that tells of the others.
    stored.isThere = (["format"] + RecordCoding.parts).contains { parts[$0]?.isDeleted == false }
    stored.id = stored.values["format"].flatMap(RecordCoding.id(inFormat:))
    let known = await known(of: stored.id, seeing: hosts)
    for key in known == nil ? [] : Array(parts.keys)
    where key != "halt" && parts[key]?.value != known?.entries[key]?.value {
      try parts[key]?.judge(as: key)
    }
    let resolution = try RecordResolution(
      bucket: stored.isThere ? parts : nil, journal: known?.entries ?? [:],
      isOther: stored.id != nil && known.map { $0.id != stored.id } ?? false, at: now)
    stored.record = resolution.record
    stored.loss = resolution.loss
    stored.id = stored.id ?? known?.id
    stored.lastWrite = max(stored.lastWrite, known?.entries.values.map(\.write).max() ?? 0)
    return stored
  }

  private var now: Timestamp { Timestamp(nanoseconds: WallClock.system.now) }

  /// What this machine's journal knows of a record; where it knows that one not, of one whose hosts
  /// answer.
  private func known(
    of id: String?, seeing hosts: Set<HostID>
  ) async -> (id: String, entries: [String: JournalEntry])? {
    guard let journal else { return nil }
    if let id, let entries = try? await journal.entries(of: id) { return (id, entries) }
    guard !hosts.isEmpty else { return nil }
    return await journal.others(than: id).filter { !$0.entries.hosts.isDisjoint(with: hosts) }
      .max {
        ($0.entries.hosts.intersection(hosts).count, $0.entries.lastWrite)
          < ($1.entries.hosts.intersection(hosts).count, $1.entries.lastWrite)
      }
  }

  /// Reads again what people write to stop the commanding.
  ///
  /// - Parameter stored: The record, whose brakes are replaced.
  /// - Throws: `RecordError` where they cannot be understood, `NATSError` where they cannot be read.
  func reloadBrakes(of stored: inout StoredRecord) async throws {
    (stored.record.halt, stored.record.suspensions, stored.record.approvals) = (nil, [], [])
    stored.record.pins = []
    try await read(RecordCoding.brakes, into: &stored)
  }

  private func read(_ keys: [String], into stored: inout StoredRecord) async throws {
    let entries = try await gather(keys, inFlight: 64) { [store] key in try await store.get(key) }
    for (key, entry) in zip(keys, entries) {
      guard let entry else { continue }
      stored.revisions[key] = entry.revision
      guard let value = entry.value else { continue }
      let (content, write) = key == "halt" ? (value, 0) : RecordCoding.unnumbered(value)
      stored.note(content, write, at: entry.revision, of: key)
      try RecordCoding.decode(content, key: key, into: &stored.record)
    }
  }

  /// Changes what is suspended, approved or pinned, against whatever others write meanwhile.
  ///
  /// - Parameter change: Changes the suspensions; called again where somebody else was faster.
  /// - Throws: `RecordError` where they cannot be understood, `NATSError` where they cannot be
  ///   written.
  public func changeBrakes(_ change: (inout LatticeRecord) -> Void) async throws {
    var stored = try await load()
    for attempt in 1...5 {
      change(&stored.record)
      stored = try await noteFormat(of: stored)
      do throws(NATSError) {
        let value = RecordCoding.encode(BrakeRequests(of: stored.record))
        let number = stored.nextWrite
        let revision = try await write("suspensions", value, number, over: stored)
        stored.note(value, number, at: revision, of: "suspensions")
        await note(stored)
        return
      } catch {
        guard case .conflict = error, attempt < 5 else { throw error }
        try await reloadBrakes(of: &stored)
      }
    }
  }

  /// Takes over all that another store has, for a lattice that has no record here yet.
  ///
  /// What tells that there is a record is written last: whatever stops it before, it begins anew.
  ///
  /// - Parameter other: The other store.
  /// - Throws: `NATSError` where one cannot be read or the other not be written.
  func takeOver(_ other: any KeyValueStore) async throws(NATSError) {
    for key in RecordCoding.parts + RecordCoding.brakes + HistoryCoding.keys + FormCoding.keys + [
      "format"
    ] {
      guard let value = try await other.get(key)?.value else { continue }
      let before = try await store.get(key)
      if before?.value == value { continue }
      _ = try await store.write(key, value, expecting: before?.revision ?? 0)
    }
  }

  /// Writes that there is a record, before anything else, since without it nobody reads the rest.
  private func noteFormat(of stored: StoredRecord) async throws -> StoredRecord {
    var stored = stored
    let id = stored.id ?? Self.newID()
    let value = RecordCoding.format(id: id, stored.record.doubt)
    guard !stored.isThere || stored.values["format"] != value else { return stored }
    stored.id = id
    let number = stored.nextWrite
    do throws(NATSError) {
      let revision = try await write("format", value, number, over: stored)
      stored.note(value, number, at: revision, of: "format")
    } catch {
      guard case .conflict = error, !stored.isThere, let other = try await store.get("format"),
        let found = other.value
      else { throw error }
      let (content, write) = RecordCoding.unnumbered(found)
      stored.note(content, write, at: other.revision, of: "format")
      stored.id = RecordCoding.id(inFormat: content)
    }
    stored.isThere = true
    return stored
  }

  private static func newID() -> String {
    var random = SystemRandomNumberGenerator()
    return [random.next(), random.next()].map { (part: UInt64) in
      let digits = String(part, radix: 36)
      return String(repeating: "0", count: 13 - digits.count) + digits
    }.joined()
  }

  /// Writes what changed, and has this machine's journal know it before it returns.
  ///
  /// - Parameters:
  ///   - record: The record as it should be.
  ///   - stored: The record as it was read or last written.
  ///   - withBrakes: Whether suspensions and approvals are written too, which no pass does unless they
  ///     were lost.
  /// - Returns: The record as it is stored now.
  /// - Throws: `NATSError`: `.conflict` where somebody else wrote since.
  public func save(
    _ record: LatticeRecord, over stored: StoredRecord, withBrakes: Bool = false
  ) async throws -> StoredRecord {
    let format = stored.id.map { RecordCoding.format(id: $0, record.doubt) }
    guard
      record != stored.record || !stored.isThere || stored.loss != nil || format == nil
        || stored.values["format"] != format
    else {
      await note(stored)
      return stored
    }
    let brakes = (stored.loss != nil || withBrakes) && BrakeRequests(of: record).isAny
    var stored = stored
    stored.record.doubt = record.doubt
    stored = try await noteFormat(of: stored)
    var wanted = RecordCoding.encode(record)
    if brakes {
      wanted["suspensions"] = RecordCoding.encode(BrakeRequests(of: record))
    }
    let number = stored.nextWrite
    for keys in RecordCoding.kinds.map(RecordCoding.parts(of:)) + [brakes ? ["suspensions"] : []] {
      let changed = keys.filter { key in
        let before = stored.values[key].flatMap { $0 == RecordCoding.emptyPart ? nil : $0 }
        return wanted[key] != before
      }
      let revisions = try await gather(changed, inFlight: max(1, changed.count)) {
        [stored, wanted] key in
        try await write(key, wanted[key] ?? RecordCoding.emptyPart, number, over: stored)
      }
      for (key, revision) in zip(changed, revisions) {
        stored.note(wanted[key] ?? RecordCoding.emptyPart, number, at: revision, of: key)
      }
    }
    (stored.record, stored.loss) = (record, nil)
    await note(stored)
    return stored
  }

  /// Has this machine's journal know what is stored; where it cannot be written, all goes on without.
  private func note(_ stored: StoredRecord) async {
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

  private func write(
    _ key: String, _ value: [UInt8], _ number: Int, over stored: StoredRecord
  ) async throws(NATSError) -> UInt64 {
    CrashPoint.reach("record.write")
    let revision = try await store.write(
      key, RecordCoding.numbered(value, number), expecting: stored.revisions[key] ?? 0)
    CrashPoint.reach("record.written")
    return revision
  }
}

/// What a bucket holds of a record, unjudged.
public struct RecordReading: Sendable {
  let entries: [(String, KeyValueEntry?)]

  /// What a bucket that is not there holds.
  public static var nothing: RecordReading { RecordReading(entries: []) }
}

extension HostState {
  /// Whether it answers and runs something that we started.
  fileprivate var runsWhatIsOurs: Bool {
    isUsable
      && (report.actors.contains { Ownership($0.annotations).isOwned }
        || report.providers.contains { Ownership($0.annotations).isOwned })
  }
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
