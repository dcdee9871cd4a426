/// A command of a program, as a value: what it is called, and the values that its options and
/// arguments are read into.
///
/// The value in a `CommandTable` holds the defaults; a command line is read into a copy of it. What
/// a command does is the program's to say: it has a protocol of its own on top, with a `run`.
///
/// ## Usage
///
/// ```swift
/// struct DiffCommand: ParsableCommand {
///   let configuration = CommandConfiguration("diff", "Show what would be done")
///   var isBrief = false
///   var output = OutputOptions()
///
///   static let options =
///     [OptionSpec<Self>(\.isBrief, "brief", "Leave out what stays")] + including(\.output)
/// }
/// ```
public protocol ParsableCommand: OptionGroup {
  /// What it is called and how it is explained.
  var configuration: CommandConfiguration { get }
  /// The words behind its name, in order; a list comes last.
  static var arguments: [ArgumentSpec<Self>] { get }
}

extension ParsableCommand {
  /// No words.
  public static var arguments: [ArgumentSpec<Self>] { [] }
}

/// What a command is called and how it is explained.
public struct CommandConfiguration: Hashable, Sendable {
  /// One word or several, such as `get hosts`; empty for the command that runs where none is named.
  public let name: String
  /// One sentence without a full stop.
  public let abstract: String
  /// More sentences for its own help.
  public let discussion: String
  /// Command lines.
  public let examples: [String]
  /// Headings of options that it takes as every command does, and that matter to it in nothing: its
  /// help and completions leave them out.
  public let unused: [String]

  /// Creates a configuration.
  ///
  /// - Parameters:
  ///   - name: One word or several; empty for the command that runs where none is named.
  ///   - abstract: One sentence without a full stop.
  ///   - discussion: More sentences for its own help.
  ///   - examples: Command lines.
  ///   - unused: Headings of options that it takes and that matter to it in nothing.
  public init(
    _ name: String, _ abstract: String, discussion: String = "", examples: [String] = [],
    unused: [String] = []
  ) {
    self.name = name
    self.abstract = abstract
    self.discussion = discussion
    self.examples = examples
    self.unused = unused
  }

  var words: [String] { name.split(separator: " ").map(String.init) }
}
