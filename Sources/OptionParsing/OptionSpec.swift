/// Where a value came from; later ones win over earlier ones.
public enum ValueSource: Hashable, Sendable {
  /// Nobody gave one.
  case standard
  /// An environment variable.
  case environment(String)
  /// The command line.
  case commandLine
}

/// One option: bound to a place in the value that the program reads.
///
/// The list of options is the single source of parsing, help and the README's table.
public struct OptionSpec<Values: Sendable>: Sendable {
  /// The long name, without dashes.
  public let name: String
  /// The letter, if it has one.
  public let letter: Character?
  /// The environment variable that is read where the option is not given.
  public let environment: String?
  /// The heading in help texts.
  public let section: String
  /// The commands that have it; none means all.
  public let commands: Set<String>
  /// One sentence without a full stop.
  public let sentence: String
  /// Whether its value is never shown.
  public let isSecret: Bool
  let valueName: String?
  let set: @Sendable (inout Values, String, Bool) -> Bool
  let get: @Sendable (Values) -> String?

  /// Creates an option.
  ///
  /// - Parameters:
  ///   - path: The place of the value.
  ///   - name: The long name, without dashes.
  ///   - letter: The letter, if it has one.
  ///   - environment: The environment variable, if there is one.
  ///   - section: The heading in help texts.
  ///   - commands: The commands that have it; none means all.
  ///   - isSecret: Whether its value is never shown.
  ///   - isValid: Whether a value is within bounds, which the sentence names.
  ///   - sentence: One sentence without a full stop.
  public init<Value: OptionValue>(
    _ path: any WritableKeyPath<Values, Value> & Sendable, _ name: String, letter: Character? = nil,
    environment: String? = nil, section: String = "Options", only commands: Set<String> = [],
    isSecret: Bool = false, where isValid: @escaping @Sendable (Value) -> Bool = { _ in true },
    _ sentence: String
  ) {
    self.name = name
    self.letter = letter
    self.environment = environment
    self.section = section
    self.commands = commands
    self.sentence = sentence
    self.isSecret = isSecret
    valueName = Value.valueName
    set = { values, text, isFirst in
      guard let value = Value.parse(text), isValid(value) else { return false }
      values[keyPath: path] = isFirst ? value : values[keyPath: path].adding(value)
      return true
    }
    get = { $0[keyPath: path].optionText }
  }

  /// Whether it stands alone, without a value.
  var isFlag: Bool { valueName == nil }

  /// The option as it stands in help texts: `-o, --output <text|json>`.
  var usage: String {
    let short = letter.map { "-\($0), " } ?? ""
    return "\(short)--\(name)" + (valueName.map { " <\($0)>" } ?? "")
  }
}

/// One command: words, what it takes, and how it is explained.
public struct CommandSpec: Hashable, Sendable {
  /// Its words, such as `get hosts`; empty for the default command.
  public let words: String
  /// The operands it takes, such as `APP`.
  public let operands: [String]
  /// One sentence without a full stop.
  public let summary: String
  /// Examples: command lines.
  public let examples: [String]

  /// Creates a command.
  ///
  /// - Parameters:
  ///   - words: Its words; empty for the default command.
  ///   - operands: The operands it takes.
  ///   - summary: One sentence without a full stop.
  ///   - examples: Command lines.
  public init(_ words: String, operands: [String] = [], _ summary: String, examples: [String]) {
    self.words = words
    self.operands = operands
    self.summary = summary
    self.examples = examples
  }
}
