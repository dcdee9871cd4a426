public import LatticeModel
public import NATSTransport
import ServiceRuntime

/// Reads and writes the record of a lattice.
///
/// Only parts that changed are written, each over the write that was read: two writers cannot
/// undo one another. Parts of a kind are written at once, one kind after the other.
public struct RecordStore: Sendable {
  private let store: any KeyValueStore
  private let mayBeAbsent: Bool
  let journal: RecordJournal?
  let lattice: LatticeName?
  let trouble = Lock<FileError?>(nil)

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
    self.init(store, of: nil, mayBeAbsent: mayBeAbsent, journal: nil)
  }

  /// The record of a lattice, of which it says that it is.
  init(
    _ store: any KeyValueStore, of lattice: LatticeName?, mayBeAbsent: Bool = true,
    journal: RecordJournal?
  ) {
    self.store = store
    self.lattice = lattice
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
    try await checkLattice(of: stored)
    let known = try await known(of: stored.id, seeing: hosts)
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

  /// Reads again what people write to stop the commanding.
  ///
  /// - Parameter stored: The record, whose brakes are replaced.
  /// - Throws: `RecordError` where they cannot be understood, `NATSError` where they cannot be read.
  func reloadBrakes(of stored: inout StoredRecord) async throws {
    (stored.record.halt, stored.record.suspensions, stored.record.approvals) = (nil, [], [])
    (stored.record.pins, stored.record.planApprovals) = ([], [])
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
        let value = RecordCoding.keeping(
          unknownOf: stored.values["suspensions"],
          in: RecordCoding.encode(BrakeRequests(of: stored.record)))
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

  /// Stops all commanding, or lets it go on; whoever commands obeys within a second.
  ///
  /// Of two who do so at once the later wins.
  ///
  /// - Parameter halt: Why it is to stop and by whose wish; `nil` where it is to go on.
  /// - Returns: Why it was stopped before, or `nil` where it was not.
  /// - Throws: `NATSError` where that cannot be written.
  public func setHalt(_ halt: (reason: String, by: String)?) async throws -> String? {
    let value = halt.map { RecordCoding.encode(halt: $0.reason, by: $0.by) }
    for attempt in 1...5 {
      let entry = try await store.get("halt")
      let before = entry?.value.map(RecordCoding.haltReason)
      if value == nil, before == nil { return nil }
      do throws(NATSError) {
        _ = try await store.write("halt", value, expecting: entry?.revision ?? 0)
        return before
      } catch {
        guard case .conflict = error, attempt < 5 else { throw error }
      }
    }
    return nil
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
    let value = format(id: id, stored.record.doubt, over: stored)
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

  private func format(id: String, _ doubt: RecordDoubt?, over stored: StoredRecord) -> [UInt8] {
    RecordCoding.keeping(
      unknownOf: stored.values["format"],
      in: RecordCoding.format(id: id, of: lattice, doubt))
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
    let format = stored.id.map { self.format(id: $0, record.doubt, over: stored) }
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
      let changed = keys.compactMap { key in
        stored.change(of: key, to: wanted[key]).map { (key: key, value: $0) }
      }
      let revisions = try await gather(changed, inFlight: max(1, changed.count)) {
        [stored] part in try await write(part.key, part.value, number, over: stored)
      }
      for (part, revision) in zip(changed, revisions) {
        stored.note(part.value, number, at: revision, of: part.key)
      }
    }
    (stored.record, stored.loss) = (record, nil)
    await note(stored)
    return stored
  }

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
