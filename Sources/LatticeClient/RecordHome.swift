public import LatticeModel
public import NATSTransport
import ServiceRuntime

/// Where the record and the lease of a lattice lie: in JetStream, or in a folder of this machine
/// where the server has none.
public struct RecordHome: Sendable {
  /// The record.
  public let records: RecordStore
  /// The file that holds the record; `nil` where JetStream does.
  public let file: String?
  /// Whether a reader found no bucket, so that there is nothing to load yet: a bucket that is not
  /// there does not say so, and need not be waited for twice.
  public let isAbsent: Bool
  private let lattice: LatticeName
  private let transport: any MessageTransport

  /// Finds the record of a lattice.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - transport: What carries the questions.
  ///   - folder: The folder for a server without JetStream.
  ///   - isWriter: Whether buckets and folders are made where they are not there; a reader makes
  ///     nothing.
  ///   - mustBeJetStream: Whether a folder will not do: who had a bucket once waits for it, since
  ///     others may find it.
  /// - Throws: `NATSError` where the server does not answer, `ClientError` where the folder cannot
  ///   be used.
  public init(
    of lattice: LatticeName, over transport: any MessageTransport, folder: String?, isWriter: Bool,
    mustBeJetStream: Bool = false
  ) async throws {
    let bucket = NATSKeyValue(
      bucket: RecordStore.bucket(lattice), over: transport, timeout: .milliseconds(750))
    let finding = try await isWriter ? make(bucket) : probe(bucket)
    if finding == .noJetStream, mustBeJetStream {
      throw NATSError.storeUnavailable(bucket: RecordStore.bucket(lattice))
    }
    let file =
      finding == .noJetStream ? try stateFile(of: lattice, in: folder, isWriter: isWriter) : nil
    self.lattice = lattice
    self.transport = transport
    self.file = file
    isAbsent = finding == .absent
    records =
      file.map { RecordStore(RecordFile(path: $0)) } ?? RecordStore(bucket, mayBeAbsent: !isWriter)
  }

  /// The claim to be the one who commands, still to be acquired.
  ///
  /// - Parameter holder: Who we are, for the others.
  /// - Returns: The lease.
  /// - Throws: `NATSError` where its bucket cannot be made.
  public func lease(as holder: String) async throws -> any CommandLease {
    if let file { return FileLease(path: file + ".lock", holder: holder) }
    try await leaseBucket.create(lifetime: ControllerLease.duration)
    return ControllerLease(holder: holder, store: leaseBucket)
  }

  private var leaseBucket: NATSKeyValue {
    NATSKeyValue(bucket: ControllerLease.bucket(lattice), over: transport)
  }

  /// Makes the buckets again that are not there any more; costs two questions.
  ///
  /// - Returns: Whether the record's bucket is a new one, so that there is no record now.
  /// - Throws: `NATSError` where there is no JetStream, or it refuses.
  public func restore() async throws -> Bool {
    guard file == nil else { return false }
    let records = NATSKeyValue(bucket: RecordStore.bucket(lattice), over: transport)
    let isNew = try await records.create()
    try await leaseBucket.create(lifetime: ControllerLease.duration)
    return isNew
  }

  /// Who has the lease now; costs one question and makes nothing.
  ///
  /// - Returns: The holder, or `nil` where nobody has it, or nobody can tell.
  public func leaseHolder() async -> String? {
    if let file { return FileLease.holder(path: file + ".lock") }
    return await ControllerLease.holder(
      in: NATSKeyValue(
        bucket: ControllerLease.bucket(lattice), over: transport, timeout: .milliseconds(750)))
  }
}

/// What became of the search for the record's bucket.
private enum Finding {
  case there, absent, noJetStream
}

/// Makes the bucket where the server has JetStream.
private func make(_ bucket: NATSKeyValue) async throws(NATSError) -> Finding {
  do throws(NATSError) {
    try await bucket.create()
    return .there
  } catch {
    guard case .storeUnavailable = error else { throw error }
    return .noJetStream
  }
}

/// Asks for a key.
private func probe(_ bucket: NATSKeyValue) async throws(NATSError) -> Finding {
  do throws(NATSError) {
    _ = try await bucket.get("format")
    return .there
  } catch {
    switch error {
    case .timeout: return .absent
    case .storeUnavailable: return .noJetStream
    default: throw error
    }
  }
}

private func stateFile(of lattice: LatticeName, in folder: String?, isWriter: Bool) throws -> String
{
  guard let folder else {
    throw ClientError.unusableFile(
      path: "the state folder", detail: "neither XDG_STATE_HOME nor HOME is set")
  }
  if isWriter {
    do throws(FileError) { try makeFolders(folder) } catch {
      throw ClientError.unusableFile(path: error.path, detail: error.detail)
    }
  }
  return "\(folder)/\(lattice).json"
}
