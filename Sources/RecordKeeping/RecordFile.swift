import JSONCoding
public import NATSTransport
import ServiceRuntime

/// A file that stands in for the record's bucket where the server has no JetStream.
///
/// Who writes holds the lease, which is a lock beside the file, so one process writes at a time. A
/// disk that is slow or hangs keeps only who asks for the record waiting.
public actor RecordFile: KeyValueStore {
  private static let version = 1
  private let path: String
  private let executor = BlockingExecutor(label: "reconcile.record")

  /// Where reading and writing block.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Creates a store; nothing is read or written.
  ///
  /// - Parameter path: The file; its folder must be there before the first write.
  public init(path: String) { self.path = path }

  /// Reads a key.
  ///
  /// - Parameter key: The key.
  /// - Returns: The entry, or `nil` where the key was never written.
  /// - Throws: `NATSError.refusedByFile` where the file cannot be read.
  public func get(_ key: String) async throws(NATSError) -> KeyValueEntry? {
    guard let entry = try contents()[key] else { return nil }
    return KeyValueEntry(
      value: entry["value"]?.string.map { Array($0.utf8) },
      revision: UInt64(clamping: entry["revision"]?.int ?? 0))
  }

  /// Writes a key, if nobody has written it since.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - value: The value, or `nil` to delete the key.
  ///   - revision: The number of the write that was read; 0 where there was none.
  /// - Returns: The number of this write.
  /// - Throws: `NATSError`: `.conflict` where somebody has written it since, `.refusedByFile`
  ///   where the file cannot be read or written.
  public func write(
    _ key: String, _ value: [UInt8]?, expecting revision: UInt64
  ) async throws(NATSError) -> UInt64 {
    var keys = try contents()
    let found = UInt64(clamping: keys[key]?["revision"]?.int ?? 0)
    guard found == revision else { throw .conflict(bucket: path, key: key) }
    let next = found &+ 1
    keys[key] = [
      "revision": .int(Int(clamping: next)),
      "value": value.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null,
    ]
    let whole: JSONValue = ["version": .int(Self.version), "keys": .object(keys)]
    do throws(FileError) {
      try writeFile(whole.bytes(isPretty: true), to: path)
    } catch {
      throw refusal(error.detail)
    }
    return next
  }

  private func contents() throws(NATSError) -> [String: JSONValue] {
    do throws(FileError) {
      guard let bytes = try readFile(path) else { return [:] }
      guard let value = try? JSONValue(parsing: bytes), case .object(let keys)? = value["keys"],
        value["version"]?.int == Self.version
      else { throw FileError(path: path, detail: "it is no record of this format") }
      return keys
    } catch {
      throw refusal(error.detail)
    }
  }

  private func refusal(_ detail: String) -> NATSError {
    .refusedByFile(path: path, detail: detail)
  }
}
