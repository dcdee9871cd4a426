/// One command: words, what it takes, and how it is explained.
public struct CommandSpec: Hashable, Sendable {
  /// Its words, such as `get hosts`; empty for the default command.
  public let words: String
  /// The operands it takes, such as `app`, `app?` (may be left out) or `app...` (any number).
  public let operands: [String]
  /// One sentence without a full stop.
  public let summary: String
  /// More sentences for its own help.
  public let discussion: String
  /// Examples: command lines.
  public let examples: [String]
  /// Whether the program's help leaves it out.
  public let isHidden: Bool

  /// Creates a command.
  ///
  /// - Parameters:
  ///   - words: Its words; empty for the default command.
  ///   - operands: The operands it takes.
  ///   - summary: One sentence without a full stop.
  ///   - discussion: More sentences for its own help.
  ///   - isHidden: Whether the program's help leaves it out.
  ///   - examples: Command lines.
  public init(
    _ words: String, operands: [String] = [], _ summary: String, discussion: String = "",
    isHidden: Bool = false, examples: [String]
  ) {
    self.words = words
    self.operands = operands
    self.summary = summary
    self.discussion = discussion
    self.isHidden = isHidden
    self.examples = examples
  }

  var parts: [String] { words.split(separator: " ").map(String.init) }
}
