/// One key of a bucket as stored.
public struct KeyValueEntry: Hashable, Sendable {
  /// The value, or `nil` where the key was deleted.
  public var value: [UInt8]?
  /// The number of the write, which grows with each write to the bucket.
  public var revision: UInt64

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - value: The value, or `nil` where the key was deleted.
  ///   - revision: The number of the write.
  public init(value: [UInt8]?, revision: UInt64) {
    self.value = value
    self.revision = revision
  }
}

/// A bucket of keys and values with compare-and-set.
public protocol KeyValueStore: Sendable {
  /// Reads a key.
  ///
  /// - Parameter key: The key.
  /// - Returns: The entry, or `nil` where the key was never written.
  /// - Throws: `NATSError`: `.storeAbsent` where there is no such bucket, `.storeUnavailable` where
  ///   there is no JetStream, `.noJetStreamForAccount` where the account has none, and
  ///   `.storeUnreadable` where it cannot be told what is there.
  func get(_ key: String) async throws(NATSError) -> KeyValueEntry?

  /// Writes a key, if nobody has written it since.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - value: The value, or `nil` to delete the key.
  ///   - revision: The number of the write that was read; 0 where there was none.
  /// - Returns: The number of this write.
  /// - Throws: `NATSError`: `.conflict` where somebody has written it since.
  func write(_ key: String, _ value: [UInt8]?, expecting revision: UInt64)
    async throws(NATSError) -> UInt64
}
