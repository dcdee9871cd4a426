/// An option as it is written and explained, whatever it is bound to.
///
/// Commands that share an option have equal ones.
public struct OptionInfo: Hashable, Sendable {
  /// The long name, without dashes.
  public let name: String
  /// The letter, if it has one.
  public let letter: Character?
  /// The environment variable that is read where the option is not given.
  public let environment: String?
  /// An environment variable of other programs, which is read where nothing else gives a value.
  public let sharedVariable: String?
  /// The key in the configuration file, which is read where the variable is not set either; a dot
  /// stands between the keys of nested mappings.
  public internal(set) var fileKey: String?
  /// The heading in help texts.
  public let section: String
  /// One sentence without a full stop.
  public let sentence: String
  /// Which values are taken, such as `at least 1s`.
  public let range: String?
  /// Whether its value is never shown.
  public let isSecret: Bool
  /// Whether a repeated option adds to what is there.
  public let isList: Bool
  let valueName: String?
  let expectation: String?
  /// The default in words, or the text of the value where nothing is given.
  var standard: String?

  /// Whether it stands alone, without a value.
  var isFlag: Bool { valueName == nil }

  /// The spellings that a suggestion may name.
  var names: [String] { isFlag ? [name, "no-\(name)"] : [name] }

  /// The option as errors name it: `--output <text|json>`.
  var label: String { "--\(name)" + (valueName.map { " <\($0)>" } ?? "") }

  /// The option as it stands in help texts: `-o, --output <text|json>`, or `--no-color` for a flag
  /// that is set unless it is turned off.
  var usage: String {
    if isFlag, standard == "true" { return "--no-\(name)" }
    return (letter.map { "-\($0), " } ?? "") + label
  }

  /// The default as help texts show it.
  var shownDefault: String? { isFlag || isSecret ? nil : standard }
}

extension OptionInfo {
  /// What every command has without saying so.
  static let builtIn = [help, version]
  static let help = flag("help", letter: "h", "Show this help")
  static let version = flag("version", "Show the version")

  private static func flag(
    _ name: String, letter: Character? = nil, _ sentence: String
  ) -> OptionInfo {
    OptionInfo(
      name: name, letter: letter, environment: nil, sharedVariable: nil, section: "Options",
      sentence: sentence, range: nil, isSecret: false, isList: false, valueName: nil,
      expectation: nil)
  }
}
