/// The tag of the highest version in a range.
public struct GitVersion: Hashable, Sendable {
  /// Its name without `refs/tags/`.
  public let tag: String
  /// The name of the next lower one in the range, if there is one.
  public let runnerUp: String?

  /// Creates a choice.
  ///
  /// - Parameters:
  ///   - tag: The name of the tag.
  ///   - runnerUp: The name of the next lower one.
  public init(tag: String, runnerUp: String?) { (self.tag, self.runnerUp) = (tag, runnerUp) }
}

/// One commit: what it is called, when it was made, and what it stands on.
public struct GitCommit: Hashable, Sendable {
  /// The full id, 40 hexadecimal digits.
  public let id: String
  /// The id of the commit's tree: equal trees have equal contents, whatever their history.
  public let tree: String
  /// When the change was written, in seconds since 1970.
  public let authorTime: Int64
  /// When the commit was made, in seconds since 1970.
  public let committerTime: Int64
  /// The first line of the message, as its writer left it.
  public let summary: String
  /// The name of whoever wrote the change, as it is in the commit.
  public let author: String
  /// The full ids of the commits it stands on; empty for the first one.
  public let parents: [String]
  /// The tag by which it was chosen, where a range of versions was asked for.
  public var version: GitVersion?

  /// Creates a commit.
  ///
  /// - Parameters:
  ///   - id: The full id.
  ///   - tree: The id of the commit's tree.
  ///   - authorTime: When the change was written, in seconds since 1970.
  ///   - committerTime: When the commit was made, in seconds since 1970.
  ///   - summary: The first line of the message.
  ///   - author: The name of whoever wrote the change.
  ///   - parents: The full ids of the commits it stands on.
  public init(
    id: String, tree: String, authorTime: Int64, committerTime: Int64, summary: String,
    author: String = "", parents: [String]
  ) {
    self.id = id
    self.tree = tree
    self.authorTime = authorTime
    self.committerTime = committerTime
    self.summary = summary
    self.author = author
    self.parents = parents
  }
}
