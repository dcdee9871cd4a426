import TextForms

/// What became of a text.
enum Reading { case taken, unreadable, outOfRange }

/// One option: bound to a place in the values of a command or a group.
///
/// Lists of options are the single source of parsing, help, the keys of a configuration file, the
/// printed configuration and the table in the documents.
public struct OptionSpec<Values: Sendable>: Sendable {
  /// How it is written and explained.
  public let info: OptionInfo
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
  ///   - sharedVariable: An environment variable of other programs, which stands below the file.
  ///   - fileKey: The key in the configuration file, if there is one.
  ///   - section: The heading in help texts.
  ///   - valueName: What the value is called in help texts, or its unit; else its type's name.
  ///   - standardText: The default in words, where the value at hand does not tell it.
  ///   - isSecret: Whether its value is never shown.
  ///   - range: Which values are taken, such as `at least 1s`.
  ///   - isValid: Whether a value is one of those; of a list, all that was given so far.
  ///   - sentence: One sentence without a full stop.
  public init<Value: OptionValue>(
    _ path: any WritableKeyPath<Values, Value> & Sendable, _ name: String, letter: Character? = nil,
    environment: String? = nil, shared sharedVariable: String? = nil, file fileKey: String? = nil,
    section: String = "Options", value valueName: String? = nil,
    default standardText: String? = nil, isSecret: Bool = false, range: String? = nil,
    where isValid: @escaping @Sendable (Value) -> Bool = { _ in true }, _ sentence: String
  ) {
    info = OptionInfo(
      name: name, letter: letter, environment: environment, sharedVariable: sharedVariable,
      fileKey: fileKey, section: section, sentence: sentence, range: range, isSecret: isSecret,
      isList: Value.isList, valueName: Value.valueName.map { valueName ?? $0 },
      expectation: Value.expectation, standard: standardText)
    set = { values, text, isFirst in
      guard let value = Value.parse(text) else { return .unreadable }
      let next = isFirst ? value : values[keyPath: path].adding(value)
      guard isValid(next) else { return .outOfRange }
      values[keyPath: path] = next
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
    var info = option.info
    if let group { info.fileKey = info.fileKey.map { "\(group).\($0)" } }
    self.info = info
    set = { option.set(&$0[keyPath: path], $1, $2) }
    get = { option.get($0[keyPath: path]) }
    move = { option.move($0[keyPath: path], &$1[keyPath: path]) }
  }

  /// The long name, without dashes.
  public var name: String { info.name }

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
    let shown = info.isSecret ? nil : text
    switch set(&values, text, !addsToList) {
    case .taken: return
    case .unreadable:
      throw .invalidValue(
        shown, option: label, expected: info.expectation ?? info.sentence,
        nearest: shown.flatMap { nearestWord(to: $0, in: info.choices) })
    case .outOfRange:
      throw .outOfRange(shown, option: label, range: info.range ?? info.sentence)
    }
  }

  /// Reads the variable that other programs read too; one that cannot be read is theirs alone.
  ///
  /// - Returns: The variable, if a value came from it.
  func readShared(
    _ environment: [String: String], into values: inout Values
  ) -> String? {
    guard let name = info.sharedVariable, let text = environment[name], !text.isEmpty else {
      return nil
    }
    return set(&values, text, true) == .taken ? name : nil
  }

  /// How it is explained where these are the values that hold if nothing is given.
  func info(standard values: Values) -> OptionInfo {
    var info = info
    info.standard = info.standard ?? get(values)
    return info
  }
}
