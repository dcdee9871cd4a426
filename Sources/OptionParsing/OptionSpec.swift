/// What became of a text.
enum Reading { case taken, unreadable, outOfRange }

/// One option: bound to a place in the value that the program reads.
///
/// The list of options is the single source of parsing, help, completion, the printed
/// configuration and the README's table.
public struct OptionSpec<Values: Sendable>: Sendable {
  /// The long name, without dashes.
  public let name: String
  /// The letter, if it has one.
  public let letter: Character?
  /// The environment variable that is read where the option is not given.
  public let environment: String?
  /// The key in the configuration file, which is read where the variable is not set either.
  public let fileKey: String?
  /// The heading in help texts.
  public let section: String
  /// The commands that have it; none means all.
  public let commands: Set<String>
  /// One sentence without a full stop.
  public let sentence: String
  /// Which values are taken, such as `at least 1s`.
  public let range: String?
  /// Whether its value is never shown.
  public let isSecret: Bool
  /// Whether help, completion and tables leave it out.
  public let isHidden: Bool
  let valueName: String?
  let standardText: String?
  /// Whether a repeated option adds to what is there.
  public let isList: Bool
  let expectation: String?
  let choices: [String]
  let set: @Sendable (inout Values, String, Bool) -> Reading
  let get: @Sendable (Values) -> String?
  let move: @Sendable (Values, inout Values) -> Void

  /// Creates an option.
  ///
  /// - Parameters:
  ///   - path: The place of the value.
  ///   - name: The long name, without dashes.
  ///   - letter: The letter, if it has one.
  ///   - environment: The environment variable, if there is one.
  ///   - fileKey: The key in the configuration file, if there is one.
  ///   - section: The heading in help texts.
  ///   - valueName: What the value is called in help texts, or its unit; else its type's name.
  ///   - standardText: The default in words, where the value at hand does not tell it.
  ///   - commands: The commands that have it; none means all.
  ///   - isSecret: Whether its value is never shown.
  ///   - isHidden: Whether help, completion and tables leave it out.
  ///   - range: Which values are taken, such as `at least 1s`.
  ///   - isValid: Whether a value is one of those.
  ///   - sentence: One sentence without a full stop.
  public init<Value: OptionValue>(
    _ path: any WritableKeyPath<Values, Value> & Sendable, _ name: String, letter: Character? = nil,
    environment: String? = nil, file fileKey: String? = nil, section: String = "Options",
    value valueName: String? = nil, default standardText: String? = nil,
    only commands: Set<String> = [], isSecret: Bool = false, isHidden: Bool = false,
    range: String? = nil, where isValid: @escaping @Sendable (Value) -> Bool = { _ in true },
    _ sentence: String
  ) {
    self.name = name
    self.letter = letter
    self.environment = environment
    self.fileKey = fileKey
    self.section = section
    self.commands = commands
    self.sentence = sentence
    self.range = range
    self.isSecret = isSecret
    self.isHidden = isHidden
    self.standardText = standardText
    self.valueName = Value.valueName.map { valueName ?? $0 }
    isList = Value.isList
    expectation = Value.expectation
    choices = Value.choices
    set = { values, text, isFirst in
      guard let value = Value.parse(text) else { return .unreadable }
      guard isValid(value) else { return .outOfRange }
      values[keyPath: path] = isFirst ? value : values[keyPath: path].adding(value)
      return .taken
    }
    get = { $0[keyPath: path].optionText }
    move = { $1[keyPath: path] = $0[keyPath: path] }
  }

  /// The same option where the value it is bound to is part of a larger one.
  ///
  /// - Parameters:
  ///   - option: The option of the part.
  ///   - path: Where the part is.
  ///   - group: The key of the part in the configuration file, if it has one.
  public init<Part: Sendable>(
    _ option: OptionSpec<Part>, within path: any WritableKeyPath<Values, Part> & Sendable,
    file group: String? = nil
  ) {
    name = option.name
    letter = option.letter
    environment = option.environment
    fileKey = option.fileKey.map { (group.map { $0 + "." } ?? "") + $0 }
    section = option.section
    commands = option.commands
    sentence = option.sentence
    range = option.range
    isSecret = option.isSecret
    isHidden = option.isHidden
    standardText = option.standardText
    valueName = option.valueName
    isList = option.isList
    expectation = option.expectation
    choices = option.choices
    set = { option.set(&$0[keyPath: path], $1, $2) }
    get = { option.get($0[keyPath: path]) }
    move = { option.move($0[keyPath: path], &$1[keyPath: path]) }
  }

  /// The value as a text that is read back, or `nil` where it is absent.
  ///
  /// - Parameter values: The values.
  /// - Returns: The text.
  public func text(in values: Values) -> String? { get(values) }

  /// Copies the option's value from one set of values to another.
  ///
  /// - Parameters:
  ///   - values: Where it is.
  ///   - others: Where it goes.
  public func copy(from values: Values, to others: inout Values) { move(values, &others) }

  /// Reads a text into the values; an element of a list takes the place of those that are there,
  /// or is added to them.
  func read(
    _ text: String, as label: String, addsToList: Bool, into values: inout Values
  ) throws(UsageError) {
    let shown = isSecret ? nil : text
    switch set(&values, text, !addsToList) {
    case .taken: return
    case .unreadable:
      throw .invalidValue(shown, option: label, expected: expectation ?? sentence)
    case .outOfRange: throw .outOfRange(shown, option: label, range: range ?? sentence)
    }
  }

  /// Whether it stands alone, without a value.
  var isFlag: Bool { valueName == nil }

  /// The option as errors name it: `--output <text|json>`.
  var label: String { "--\(name)" + (valueName.map { " <\($0)>" } ?? "") }

  /// Whether a command has it.
  func belongs(to command: CommandSpec) -> Bool {
    commands.isEmpty || commands.contains(command.words)
  }

  /// The option as it stands in help texts: `-o, --output <text|json>`, or `--no-color` for a flag
  /// that is set unless it is turned off.
  func usage(_ standard: Values) -> String {
    if isFlag, get(standard) == "true" { return "--no-\(name)" }
    return (letter.map { "-\($0), " } ?? "") + label
  }

  /// The default as help texts show it.
  func shownDefault(_ standard: Values) -> String? {
    guard !isFlag, !isSecret else { return nil }
    return standardText ?? get(standard)
  }
}
