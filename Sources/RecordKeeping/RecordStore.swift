public import LatticeModel
public import NATSTransport
import ServiceRuntime

/// The record as it was read, with what is needed to write it back.
public struct StoredRecord: Sendable {
  /// The record.
  public var record: LatticeRecord
  /// Whether there is a record at all; a lattice that was never applied to has none.
  public var isThere: Bool
  var revisions: [String: UInt64] = [:]
  var values: [String: [UInt8]] = [:]

  /// A record of nothing.
  public init() { (record, isThere) = (LatticeRecord(), false) }
}

/// Reads and writes the record of a lattice.
///
/// Only parts that changed are written, each over the write that was read: two writers cannot
/// undo one another. Parts of a kind are written at once, one kind after the other.
public struct RecordStore: Sendable {
  private let store: any KeyValueStore
  private let mayBeAbsent: Bool

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
    self.store = store
    self.mayBeAbsent = mayBeAbsent
  }

  /// Reads the record: one question for each key, all at once.
  ///
  /// A bucket that is not there, where it may be absent, is a lattice that was never applied to:
  /// nothing is ours then, which holds more back and never less. One that cannot be read never is.
  ///
  /// - Returns: The record.
  /// - Throws: `RecordError` where a part cannot be read, `NATSError` where the server is gone.
  public func load() async throws -> StoredRecord {
    var stored = StoredRecord()
    do {
      let format = try await store.get("format")
      stored.revisions["format"] = format?.revision
      guard let value = format?.value else { return stored }
      try RecordCoding.decode(value, key: "format", into: &stored.record)
    } catch NATSError.storeAbsent where mayBeAbsent {
      return stored
    }
    stored.isThere = true
    try await read(RecordCoding.parts + RecordCoding.brakes, into: &stored)
    return stored
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
      stored.values[key] = value
      try RecordCoding.decode(value, key: key, into: &stored.record)
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
        _ = try await write(
          "suspensions", RecordCoding.encode(BrakeRequests(of: stored.record)), over: stored)
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
    guard !stored.isThere else { return stored }
    do throws(NATSError) {
      _ = try await write("format", RecordCoding.format, over: stored)
    } catch {
      guard case .conflict = error else { throw error }
    }
    stored.isThere = true
    return stored
  }

  /// Writes what changed.
  ///
  /// - Parameters:
  ///   - record: The record as it should be.
  ///   - stored: The record as it was read or last written.
  /// - Returns: The record as it is stored now.
  /// - Throws: `NATSError`: `.conflict` where somebody else wrote since.
  public func save(_ record: LatticeRecord, over stored: StoredRecord) async throws
    -> StoredRecord
  {
    guard record != stored.record || !stored.isThere else { return stored }
    var stored = try await noteFormat(of: stored)
    let wanted = RecordCoding.encode(record)
    for kind in RecordCoding.kinds {
      let changed = RecordCoding.parts(of: kind).filter { wanted[$0] != stored.values[$0] }
      let revisions = try await gather(changed, inFlight: changed.count) { [stored] key in
        try await write(key, wanted[key], over: stored)
      }
      for (key, revision) in zip(changed, revisions) {
        (stored.revisions[key], stored.values[key]) = (revision, wanted[key])
      }
    }
    stored.record = record
    return stored
  }

  private func write(
    _ key: String, _ value: [UInt8]?, over stored: StoredRecord
  ) async throws(NATSError) -> UInt64 {
    CrashPoint.reach("record.write")
    let revision = try await store.write(key, value, expecting: stored.revisions[key] ?? 0)
    CrashPoint.reach("record.written")
    return revision
  }
}
