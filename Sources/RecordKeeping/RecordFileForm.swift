import JSONCoding
public import LatticeModel
import TextForms

/// A record as a file, for a backup or another server; a published format.
///
/// `schema`, `lattice`, and under `parts` what lies under the keys of a bucket. The lease, a `halt` and
/// the history are not in it.
public enum RecordFileForm {
  /// The schema as published.
  public static let schema = "reconcile.record/1"

  /// Returns a record as a file.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - lattice: Its lattice, by the name on the wire.
  /// - Returns: The file.
  public static func bytes(of record: LatticeRecord, in lattice: LatticeName) -> [UInt8] {
    var values = RecordCoding.encode(record)
    let brakes = BrakeRequests(of: record)
    if brakes.isAny { values["suspensions"] = RecordCoding.encode(brakes) }
    let parts = values.compactMapValues { try? JSONValue(parsing: $0) }
    return JSONValue.object([
      "schema": .string(schema), "lattice": .string(lattice.rawValue), "parts": .object(parts),
    ]).bytes(isPretty: true) + [UInt8(ascii: "\n")]
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - path: Its path, for errors.
  ///   - lattice: The lattice that it is for.
  /// - Returns: The record.
  /// - Throws: `RecordError.noRecordFile` where it is none, or one of another lattice; `.corrupt` and
  ///   `.newer` for a part.
  public static func record(
    of bytes: [UInt8], path: String, for lattice: LatticeName
  ) throws(RecordError) -> LatticeRecord {
    guard let value = try? JSONValue(parsing: bytes), value["schema"]?.string == schema,
      let parts = value["parts"]?.object
    else { throw .noRecordFile(path: path, detail: "it has not the schema \(schema)") }
    guard let name = value["lattice"]?.string, name == lattice.rawValue else {
      let name = escapingControlCharacters(value["lattice"]?.string ?? "")
      throw .noRecordFile(path: path, detail: "it is of the lattice '\(name)'")
    }
    var record = LatticeRecord()
    let known = Set(RecordCoding.parts + ["suspensions"])
    for (key, part) in parts.sorted(by: { $0.key < $1.key }) {
      guard known.contains(key) else {
        throw .noRecordFile(
          path: path, detail: "'\(escapingControlCharacters(key))' is no part of a record")
      }
      try RecordCoding.decode(part.bytes(), key: key, into: &record)
    }
    return record
  }
}

extension RecordStore {
  /// Puts a record beside what is stored, or in its place; only who commands may.
  ///
  /// What both know is as it is stored; what only the other says is ours is doubted, unless nothing was
  /// stored or it is replaced.
  ///
  /// - Parameters:
  ///   - other: The other record.
  ///   - replaces: Whether what is stored goes.
  ///   - now: The time.
  /// - Returns: The record as it is stored now.
  /// - Throws: `RecordError` where what is stored cannot be understood, `NATSError` where it cannot be
  ///   written.
  public func take(
    _ other: LatticeRecord, replaces: Bool, at now: Timestamp
  ) async throws -> LatticeRecord {
    let stored = try await load()
    var record = replaces || !stored.isThere ? other : stored.record.adding(other)
    if !replaces, stored.isThere, !other.ownsNoMore(than: stored.record) {
      record.doubt = RecordDoubt(
        "a record was imported, and what it says is ours may be out of date", since: now)
    }
    return try await save(record, over: stored, withBrakes: true).record
  }
}
