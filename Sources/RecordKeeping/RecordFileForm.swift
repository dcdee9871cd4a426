import JSONCoding
public import LatticeModel
import TextForms

/// A record as a file, for a backup or another server; a published format.
///
/// `schema`, `lattice`, under `parts` what lies under the keys of a bucket, and `history` and `forms` with
/// what each of their keys has. The lease and a `halt` are not in it.
public enum RecordFileForm {
  /// What a file holds.
  public struct Contents: Sendable {
    /// The record.
    public var record: LatticeRecord
    /// What was done, by number.
    public var history: [HistoryEntry] = []
    /// What can be gone back to.
    public var forms: [KeptForm] = []

    /// Creates the contents of a file.
    ///
    /// - Parameter record: The record.
    public init(_ record: LatticeRecord) { self.record = record }
  }

  /// The schema as published.
  public static let schema = "reconcile.record/1"

  /// Returns a record as a file.
  ///
  /// - Parameters:
  ///   - contents: The record, with as much history and as many forms as are to be in it.
  ///   - lattice: Its lattice, by the name on the wire.
  /// - Returns: The file.
  public static func bytes(of contents: Contents, in lattice: LatticeName) -> [UInt8] {
    var values = RecordCoding.encode(contents.record)
    let brakes = BrakeRequests(of: contents.record)
    if brakes.isAny { values["suspensions"] = RecordCoding.encode(brakes) }
    var members: [String: JSONValue] = [
      "schema": .string(schema), "lattice": .string(lattice.rawValue),
      "parts": .object(values.compactMapValues { try? JSONValue(parsing: $0) }),
    ]
    if !contents.history.isEmpty {
      members["history"] = try? JSONValue(parsing: HistoryCoding.encode(contents.history))
    }
    if !contents.forms.isEmpty {
      members["forms"] = try? JSONValue(parsing: FormCoding.encode(contents.forms))
    }
    return JSONValue.object(members).bytes(isPretty: true) + [UInt8(ascii: "\n")]
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - path: Its path, for errors.
  ///   - lattice: The lattice that it is for.
  /// - Returns: The record, and the history and the forms that it has.
  /// - Throws: `RecordError.noRecordFile` where it is none, or one of another lattice; `.corrupt` and
  ///   `.newer` for a part.
  public static func contents(
    of bytes: [UInt8], path: String, for lattice: LatticeName
  ) throws(RecordError) -> Contents {
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
    var contents = Contents(record)
    if let history = value["history"] {
      contents.history = try HistoryCoding.decode(history.bytes(), key: "history")
    }
    if let forms = value["forms"] {
      contents.forms = try FormCoding.decode(forms.bytes(), key: "forms")
    }
    return contents
  }
}

extension RecordHome {
  /// Reads what a file is to hold, and what of it cannot be read.
  ///
  /// - Parameter withForms: Whether the forms are read, which have what manifests have.
  /// - Returns: The contents, and the errors of keys of history and forms, which are left out.
  /// - Throws: `RecordError` where the record cannot be read, `NATSError` where the server is gone.
  public func exported(
    withForms: Bool
  ) async throws -> (contents: RecordFileForm.Contents, errors: [RecordError]) {
    var contents = RecordFileForm.Contents(LatticeRecord())
    guard !isAbsent else { return (contents, []) }
    contents.record = try await records.load().record
    let told = try await history.read()
    contents.history = told.entries.reversed()
    guard withForms else { return (contents, told.errors) }
    let kept = try await forms.read()
    contents.forms = kept.forms
    return (contents, told.errors + kept.errors)
  }

  /// Puts a record beside what is stored, or in its place; only who commands may.
  ///
  /// Forms are put beside those that are there, and the history is taken where there is none or the record
  /// is replaced.
  ///
  /// - Parameters:
  ///   - contents: What a file holds.
  ///   - replaces: Whether what is stored goes.
  ///   - now: The time.
  /// - Returns: The record as it is stored now, how many entries of history were taken, and why forms
  ///   were not.
  /// - Throws: `RecordError` where what is stored cannot be understood, `NATSError` where it cannot be
  ///   written.
  public func take(
    _ contents: RecordFileForm.Contents, replaces: Bool, at now: Timestamp
  ) async throws -> (record: LatticeRecord, entries: Int, unkept: [RecordError]) {
    let record = try await records.take(contents.record, replaces: replaces, at: now)
    let unkept = try await forms.keep(contents.forms, pins: record.pins)
    let entries = try await history.takeOver(contents.history, replaces: replaces)
    return (record, entries, unkept)
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
  func take(
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
