/// Something that help tells beside commands.
public struct HelpTopic: Sendable {
  /// One word.
  public let name: String
  /// One sentence without a full stop.
  public let abstract: String
  let paragraphs: [String]
  let rows: @Sendable () -> [(left: String, right: String)]

  /// Creates a topic.
  ///
  /// - Parameters:
  ///   - name: One word.
  ///   - abstract: One sentence without a full stop.
  ///   - paragraphs: What follows it, of any length.
  ///   - rows: What stands below in two columns; made only where the topic is shown.
  public init(
    _ name: String, _ abstract: String, _ paragraphs: [String] = [],
    rows: @autoclosure @escaping @Sendable () -> [(left: String, right: String)] = []
  ) {
    self.name = name
    self.abstract = abstract
    self.paragraphs = paragraphs
    self.rows = rows
  }
}
