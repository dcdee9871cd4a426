/// One file at a commit, or on disk.
public struct GitFile: Hashable, Sendable {
  /// The path from the root of the repository.
  public let path: String
  /// The id of the contents: equal bytes have equal ids, so what was made of them can be kept.
  public let blob: String
  /// The contents.
  public let bytes: [UInt8]

  /// Creates a file.
  ///
  /// - Parameters:
  ///   - path: The path from the root of the repository.
  ///   - blob: The id of the contents.
  ///   - bytes: The contents.
  public init(path: String, blob: String, bytes: [UInt8]) {
    self.path = path
    self.blob = blob
    self.bytes = bytes
  }
}
