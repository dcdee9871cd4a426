import Glibc
import NATSTransport
import ServiceRuntime

/// The file that holds a record, and why it does.
public struct RecordFilePlace: Hashable, Sendable {
  /// Why a record is not in JetStream.
  public enum Reason: Hashable, Sendable {
    /// The server has none.
    case serverHasNone
    /// The user's account has none.
    case accountHasNone
    /// There was none when the record was begun, and nobody who writes has been there since.
    case notMovedYet

    init?(_ error: NATSError) {
      switch error {
      case .storeUnavailable: self = .serverHasNone
      case .noJetStreamForAccount: self = .accountHasNone
      default: return nil
      }
    }
  }

  /// The file.
  public var path: String
  /// Why the record is there.
  public var reason: Reason
  /// The file that is locked by who commands.
  var lock: String { path + ".lock" }

  /// The reason in words.
  public var sentence: String {
    switch reason {
    case .serverHasNone: "the server has no JetStream"
    case .accountHasNone: "this NATS user's account has no JetStream"
    case .notMovedYet: "there was no JetStream when the record was begun"
    }
  }
}

extension RecordHome {
  /// Moves the record of a file to a bucket without one; nobody commands meanwhile.
  ///
  /// - Returns: Whether there was one.
  static func move(
    _ path: String, to bucket: PiecewiseStore, of name: String
  ) async throws -> Bool {
    let lease = FileLease(path: path + ".lock", holder: "the move of the record to JetStream")
    try await lease.acquire()
    do {
      let file = RecordFile(path: path)
      guard try await file.get("format")?.value != nil else {
        await lease.release()
        return false
      }
      guard try await bucket.get("format")?.value == nil else {
        throw RecordError.twoRecords(file: path, bucket: name)
      }
      try await RecordStore(bucket).takeOver(file)
      guard rename(path, path + ".moved") == 0 else {
        throw RecordError.unusableFile(path: path, detail: String(cString: strerror(errno)))
      }
      await lease.release()
      return true
    } catch {
      await lease.release()
      throw error
    }
  }

  /// The file for a record, in its folder, which a writer makes.
  static func stateFile(_ path: String?, in folder: String?, isWriter: Bool) throws -> String {
    guard let path, let folder else {
      throw RecordError.unusableFile(
        path: "the state folder", detail: "neither XDG_STATE_HOME nor HOME is set")
    }
    if isWriter {
      do throws(FileError) { try makeFolders(folder) } catch {
        throw RecordError.unusableFile(path: error.path, detail: error.detail)
      }
    }
    return path
  }
}
