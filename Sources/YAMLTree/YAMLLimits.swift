/// How much of a text is read before it is refused.
///
/// Each bound holds for one text (a file), not for one document in it.
public struct YAMLLimits: Hashable, Sendable {
  /// The size of the text in bytes.
  public var bytes: Int
  /// How many mappings and sequences may lie in each other.
  public var depth: Int
  /// How many nodes all documents together may have, copies made by aliases included.
  public var nodes: Int
  /// How many nodes aliases and merge keys may add.
  public var aliases: Int

  /// Creates limits; the defaults are those of manifests.
  ///
  /// - Parameters:
  ///   - bytes: The size of the text in bytes; at most 1 GiB whatever is asked.
  ///   - depth: How many mappings and sequences may lie in each other.
  ///   - nodes: How many nodes all documents together may have; at most 2^30.
  ///   - aliases: How many nodes aliases and merge keys may add.
  public init(
    bytes: Int = 1 << 20, depth: Int = 64, nodes: Int = 1_000_000, aliases: Int = 100_000
  ) {
    self.bytes = min(bytes, 1 << 30)
    self.depth = depth
    self.nodes = min(nodes, 1 << 30)
    self.aliases = aliases
  }
}
