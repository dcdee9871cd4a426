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
  /// - Throws: `NATSError` where the server does not answer, `ClientError` where the folder cannot
  ///   be used.
  public init(
    of lattice: LatticeName, over transport: any MessageTransport, folder: String?, isWriter: Bool
  ) async throws {
    let bucket = NATSKeyValue(
      bucket: RecordStore.bucket(lattice), over: transport, timeout: .milliseconds(750))
    let hasBucket = try await isWriter ? make(bucket) : probe(bucket)
    let file = hasBucket ? nil : try stateFile(of: lattice, in: folder, isWriter: isWriter)
    self.lattice = lattice
    self.transport = transport
    self.file = file
    records = file.map { RecordStore(RecordFile(path: $0)) } ?? RecordStore(bucket)
  }

  /// Takes the lease and keeps it.
  ///
  /// - Parameter holder: Who we are, for the others.
  /// - Returns: The lease.
  /// - Throws: `ClientError.leaseHeld` where somebody else has it.
  public func takeLease(as holder: String) async throws -> any CommandLease {
    guard let file else {
      let bucket = NATSKeyValue(bucket: ControllerLease.bucket(lattice), over: transport)
      try await bucket.create(lifetime: ControllerLease.duration)
      let lease = ControllerLease(holder: holder, store: bucket)
      try await lease.acquire()
      return lease
    }
    let path = file + ".lock"
    let lock: FileLock?
    do throws(FileError) { lock = try FileLock(path) } catch {
      throw ClientError.unusableFile(path: error.path, detail: error.detail)
    }
    guard let lock else {
      let other = (try? readFile(path)).flatMap { $0 } ?? []
      throw ClientError.leaseHeld(by: String(decoding: other, as: UTF8.self))
    }
    lock.note(holder)
    return FileLease(lock)
  }
}

/// The right to command a lattice, held by one at a time.
public protocol CommandLease: Sendable {
  /// Whether we hold it at this moment.
  var isHeld: Bool { get }
  /// Gives it back; doing so without holding it does nothing.
  func release() async
}

/// The lease of a machine whose server has no JetStream: a lock beside the record's file.
final class FileLease: CommandLease {
  private let lock: Lock<FileLock?>

  init(_ lock: FileLock) { self.lock = Lock(lock) }

  var isHeld: Bool { lock.withLock { $0 != nil } }

  func release() async { lock.withLock { $0 = nil } }
}

/// Makes the bucket; returns whether the server has JetStream.
private func make(_ bucket: NATSKeyValue) async throws(NATSError) -> Bool {
  do throws(NATSError) {
    try await bucket.create()
    return true
  } catch {
    guard case .storeUnavailable = error else { throw error }
    return false
  }
}

/// Asks for a key; returns whether the server has JetStream, be the bucket there or not.
private func probe(_ bucket: NATSKeyValue) async throws(NATSError) -> Bool {
  do throws(NATSError) {
    _ = try await bucket.get("format")
    return true
  } catch {
    switch error {
    case .timeout: return true
    case .storeUnavailable: return false
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
