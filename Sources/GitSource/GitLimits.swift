/// How much is read from a repository before it is refused.
public struct GitLimits: Hashable, Sendable {
  /// The size of one file in bytes; a larger one is refused by name.
  public var fileBytes: Int
  /// How many files may be selected.
  public var files: Int
  /// The size of all selected files in bytes.
  public var totalBytes: Int
  /// How many entries of folders are looked at.
  public var entries: Int
  /// How many folders may lie in each other.
  public var depth: Int

  /// Creates limits; the defaults are those of manifests.
  ///
  /// - Parameters:
  ///   - fileBytes: The size of one file in bytes.
  ///   - files: How many files may be selected.
  ///   - totalBytes: The size of all selected files in bytes.
  ///   - entries: How many entries of folders are looked at.
  ///   - depth: How many folders may lie in each other.
  public init(
    fileBytes: Int = 1 << 20, files: Int = 20_000, totalBytes: Int = 64 << 20,
    entries: Int = 500_000, depth: Int = 64
  ) {
    self.fileBytes = fileBytes
    self.files = files
    self.totalBytes = totalBytes
    self.entries = entries
    self.depth = depth
  }
}
