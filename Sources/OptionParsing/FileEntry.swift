/// One value of a configuration file, whoever has read the file.
public struct FileEntry: Hashable, Sendable {
  /// The key, such as `timeout`.
  public var key: String
  /// The value's text; a list has an entry for each element.
  public var text: String
  /// Where it stands, such as `reconcile.yaml:3:5`.
  public var position: String

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - text: The value's text.
  ///   - position: Where it stands.
  public init(key: String, text: String, position: String) {
    self.key = key
    self.text = text
    self.position = position
  }
}
