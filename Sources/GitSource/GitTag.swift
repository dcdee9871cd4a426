/// An annotated tag that a reference names.
public struct GitTag: Hashable, Sendable {
  /// The name of the tag without `refs/tags/`.
  public let name: String
  /// The full id of the tag itself.
  public let id: String

  /// Creates a tag.
  ///
  /// - Parameters:
  ///   - name: The name without `refs/tags/`.
  ///   - id: The full id of the tag itself.
  public init(name: String, id: String) {
    self.name = name
    self.id = id
  }
}
