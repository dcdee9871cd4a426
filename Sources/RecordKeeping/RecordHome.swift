import Diagnostics
import Glibc
public import LatticeModel
public import NATSTransport
import ServiceRuntime

/// Where the record and the lease of a lattice lie: in JetStream, or in a folder of this machine
/// where there is none.
public struct RecordHome: Sendable {
  /// The record.
  public let records: RecordStore
  /// What was done to the lattice.
  public let history: HistoryLog
  /// The forms that applications were seen in sync in.
  public let forms: FormStore
  /// The file that holds the record, and why; `nil` where JetStream does.
  public let file: RecordFilePlace?
  /// Whether a reader found no bucket, so that there is nothing to load yet.
  public let isAbsent: Bool
  /// The file whose record was moved to JetStream just now.
  public let movedFrom: String?
  /// The record's bucket, as far as the server said what it is like.
  let bucket: NATSKeyValue.Description?
  private let lattice: LatticeName
  private let transport: any MessageTransport
  let settings: BucketSettings

  /// Finds the record of a lattice.
  ///
  /// A record in the file of a lattice that has JetStream now is moved there by a writer, and read
  /// where it lies by a reader.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - transport: What carries the questions.
  ///   - folder: The folder for a server without JetStream.
  ///   - settings: How the buckets lie, and in which JetStream domain.
  ///   - isWriter: Whether buckets and folders are made where they are not there; a reader makes
  ///     nothing.
  ///   - mustBeJetStream: Whether a folder will not do: who had a bucket once waits for it, since
  ///     others may find it.
  /// - Throws: `NATSError` where the server does not answer, or it cannot be told whether there is a
  ///   record; `RecordError` where the folder cannot be used, somebody else has its lease, or there
  ///   are two records.
  public init(
    of lattice: LatticeName, over transport: any MessageTransport, folder: String?,
    settings: BucketSettings = BucketSettings(), isWriter: Bool, mustBeJetStream: Bool = false
  ) async throws {
    self.lattice = lattice
    self.transport = transport
    self.settings = settings
    let bucket = NATSKeyValue(
      bucket: RecordStore.bucket(lattice), domain: settings.domain, over: transport,
      timeout: .milliseconds(750))
    var found: NATSKeyValue.Description?
    var movedFrom: String?
    var reason: RecordFilePlace.Reason?
    var isAbsent = false
    do {
      if isWriter {
        found = try await Self.make(bucket, settings, named: RecordStore.bucket(lattice))
      } else {
        isAbsent = try await probe(bucket)
      }
    } catch let error as NATSError {
      // Who names a domain means the bucket that is there.
      guard let why = RecordFilePlace.Reason(error), !mustBeJetStream, settings.domain == nil
      else { throw error }
      reason = why
    }
    self.bucket = found
    let path = folder.map { "\($0)/\(lattice).json" }
    if reason == nil, let path, access(path, F_OK) == 0 {
      if isWriter {
        let isMoved = try await Self.move(
          path, to: Self.inPieces(of: lattice, settings.domain, over: transport),
          of: RecordStore.bucket(lattice))
        movedFrom = isMoved ? path : nil
      } else if isAbsent {
        reason = .notMovedYet
      } else if try await bucket.get("format")?.value == nil {
        reason = .notMovedYet
      }
    }
    file =
      if let reason {
        RecordFilePlace(
          path: try Self.stateFile(path, in: folder, isWriter: isWriter), reason: reason)
      } else { nil }
    self.movedFrom = movedFrom
    self.isAbsent = isAbsent && file == nil
    let store: any KeyValueStore =
      file.map { RecordFile(path: $0.path) }
      ?? Self.inPieces(of: lattice, settings.domain, over: transport)
    // A file of this machine needs none beside it.
    let journal = file == nil ? folder.map { RecordJournal(of: lattice, in: $0) } : nil
    records = RecordStore(
      store, of: lattice, mayBeAbsent: !isWriter || file != nil, journal: journal)
    history = HistoryLog(store)
    forms = FormStore(store)
  }

  /// The claim to be the one who commands, still to be acquired.
  ///
  /// - Parameter holder: Who we are, for the others.
  /// - Returns: The lease.
  /// - Throws: `NATSError` where its bucket cannot be made, `RecordError.forgetfulLease` where that is
  ///   there and forgets too soon.
  public func lease(as holder: String) async throws -> any CommandLease {
    if let file { return FileLease(path: file.lock, holder: holder) }
    let bucket = try await leaseBucket.create(
      lifetime: ControllerLease.duration, settings: settings.ofLease)
    if let age = bucket.lifetime, age < ControllerLease.duration {
      throw RecordError.forgetfulLease(bucket: ControllerLease.bucket(lattice), after: age)
    }
    return ControllerLease(
      holder: holder, store: leaseBucket,
      isForgotten: bucket.lifetime.map { $0 <= LeasePace.longest } ?? false,
      lengthen: { [leaseBucket] lifetime throws(NATSError) in
        try await leaseBucket.keepValues(atLeast: lifetime)
      })
  }

  /// The record's bucket, with parts of any size.
  private static func inPieces(
    of lattice: LatticeName, _ domain: String?, over transport: any MessageTransport
  ) -> PiecewiseStore {
    let name = RecordStore.bucket(lattice)
    return PiecewiseStore(
      NATSKeyValue(bucket: name, domain: domain, over: transport), bucket: name
    ) {
      transport.maxPayload
    }
  }

  /// What a person should know of the size of a record.
  ///
  /// - Parameter stored: The record as it was read.
  /// - Returns: A sentence, where a part of it is larger than a message may be.
  public func sizeNote(of stored: StoredRecord) -> String? {
    guard file == nil,
      let (key, value) = stored.values.max(by: { $0.value.count < $1.value.count }),
      value.count > transport.maxPayload - PiecewiseStore.envelope
    else { return nil }
    return
      "the record's part \(key) has \(value.count) bytes and lies in pieces, as the server takes "
      + "\(transport.maxPayload) a message (max_payload)"
  }

  var recordBucket: NATSKeyValue {
    NATSKeyValue(bucket: RecordStore.bucket(lattice), domain: settings.domain, over: transport)
  }

  private var leaseBucket: NATSKeyValue {
    NATSKeyValue(
      bucket: ControllerLease.bucket(lattice), domain: settings.domain, over: transport)
  }

  /// Makes the buckets again that are not there any more; costs two questions.
  ///
  /// - Returns: Whether the record's bucket is a new one, so that there is no record now.
  /// - Throws: `NATSError` where there is no JetStream, or it refuses.
  public func restore() async throws -> Bool {
    guard file == nil else { return false }
    let isNew = try await recordBucket.create(settings: settings).isNew
    try await leaseBucket.create(lifetime: ControllerLease.duration, settings: settings.ofLease)
    return isNew
  }

  /// Whether there is JetStream by now, though the record lies in a file; costs one question.
  ///
  /// - Returns: Whether the record is to be moved.
  /// - Throws: `NATSError.permissionDenied` where this user may not ask.
  public func isToBeMoved() async throws(NATSError) -> Bool {
    guard file != nil else { return false }
    do throws(NATSError) {
      _ = try await recordBucket.describe()
      return true
    } catch {
      switch error {
      case .storeAbsent: return true
      case .permissionDenied: throw error
      default: return false
      }
    }
  }

  /// Who has the lease now; costs one question and makes nothing.
  ///
  /// - Returns: The holder, or why it is not known.
  public func leaseHolder() async -> LeaseHolder {
    if let file { return FileLease.holder(path: file.lock).map(LeaseHolder.held) ?? .nobody }
    let store = NATSKeyValue(
      bucket: ControllerLease.bucket(lattice), domain: settings.domain, over: transport,
      timeout: .milliseconds(750))
    do throws(NATSError) {
      return try await ControllerLease.holder(in: store).map(LeaseHolder.held) ?? .nobody
    } catch {
      if case .storeAbsent = error { return .nobody }
      return .unknown(error.diagnostics.first?.message ?? "")
    }
  }
}

/// Asks for a key; returns whether there is no bucket.
private func probe(_ bucket: NATSKeyValue) async throws(NATSError) -> Bool {
  do throws(NATSError) {
    _ = try await bucket.get("format")
    return false
  } catch {
    guard case .storeAbsent = error else { throw error }
    return true
  }
}
