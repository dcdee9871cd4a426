/// How a bucket is to lie, where it is ours to make.
public struct BucketSettings: Hashable, Sendable {
  /// What a bucket lies in.
  public enum Storage: String, CaseIterable, Hashable, Sendable {
    /// It outlives its servers.
    case file
    /// It is gone with the last server that has a copy.
    case memory
  }

  /// The JetStream domain that it lies in; that of the server we are connected to where `nil`.
  public var domain: String?
  /// How many servers have a copy, 1 to 5; where `nil`, three in a cluster of three or more, else one.
  public var replicas: Int? = nil
  /// How large it may grow, in bytes; nothing bounds it where `nil`.
  public var maxBytes: Int?
  /// What it lies in; a file where `nil`.
  public var storage: Storage?

  /// Creates settings: what the server makes of it.
  public init() {}

  /// One copy in a file of the server's own domain, as hosts make their buckets.
  public static var single: BucketSettings {
    var settings = BucketSettings()
    settings.replicas = 1
    return settings
  }

  /// What of a bucket that is there is otherwise than it is asked for, in words; only what was asked
  /// for counts.
  ///
  /// - Parameter bucket: What the server says of the bucket.
  /// - Returns: Each difference, with what is there first.
  public func differences(from bucket: NATSKeyValue.Description) -> [String] {
    var found: [String] = []
    let copies = bucket.isClustered ? bucket.replicas : 1
    if let replicas, replicas != copies {
      found.append("it has \(copies) of \(replicas) copies")
    }
    if let maxBytes, maxBytes != bucket.maxBytes {
      let size = bucket.maxBytes.map { "\($0) bytes" } ?? "no size"
      found.append("it is bounded by \(size), not by \(maxBytes) bytes")
    }
    if let storage, let other = bucket.storage, storage.rawValue != other {
      found.append("it lies in \(other), not in \(storage.rawValue)")
    }
    return found
  }
}
