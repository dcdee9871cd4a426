import TextForms

/// What is wrong with a command line, an environment variable or a configuration file.
public enum UsageError: Error, Hashable, Sendable {
  /// There is no such command.
  case unknownCommand(String, nearest: String?)
  /// The word begins several commands and one of these must follow.
  case incompleteCommand(String, next: [String])
  /// There is no such option.
  case unknownOption(String, nearest: String?)
  /// There is no such key in a configuration file.
  case unknownKey(String, nearest: String?)
  /// The option belongs to other commands.
  case notForCommand(option: String, command: String, others: [String])
  /// The option has no value.
  case missingValue(String)
  /// The option's value is an empty text.
  case emptyValue(String)
  /// The option stands alone.
  case unexpectedValue(String, value: String)
  /// The value cannot be read; `nil` stands for a secret. The nearest is the word that was most likely
  /// meant, where the value is one of a few.
  case invalidValue(String?, option: String, expected: String, nearest: String? = nil)
  /// The value is out of bounds; `nil` stands for a secret.
  case outOfRange(String?, option: String, range: String)
  /// There are words too many.
  case unexpectedArguments([String])
  /// A word is missing.
  case missingArgument(String)
}

extension UsageError: CustomStringConvertible {
  /// What is wrong and what is near it; nothing in it can steer a terminal.
  public var description: String { escapingControlCharacters(sentence) }

  private var sentence: String {
    switch self {
    case .unknownCommand(let words, let nearest):
      "Unknown command '\(withoutCredentials(words))'." + did(nearest)
    case .incompleteCommand(let words, let next):
      "The command '\(words)' needs one more word: \(listed(next))."
    case .unknownOption(let option, let nearest): "Unknown option '\(option)'." + did(nearest)
    case .unknownKey(let key, let nearest): "Unknown key '\(key)'." + did(nearest)
    case .notForCommand(let option, let command, let others):
      "The option '\(option)' is not for \(shown(command)) but for "
        + listed(others.map(shown)) + "."
    case .missingValue(let option): "Missing value for '\(option)'."
    case .emptyValue(let option):
      "The value for '\(option)' is empty; leave the option out, or set the variable behind it."
    case .unexpectedValue(let option, let value):
      "The option '\(option)' does not take any value, but '\(withoutCredentials(value))' was "
        + "specified."
    case .invalidValue(let value, let option, let expected, let nearest):
      "The value\(quoted(value)) is invalid for '\(option)': expected \(expected)."
        + did(nearest)
    case .outOfRange(let value, let option, let range):
      "The value\(quoted(value)) is out of range for '\(option)': \(range)."
    case .unexpectedArguments(let words):
      words.count == 1
        ? "Unexpected argument '\(withoutCredentials(words[0]))'."
        : "\(words.count) unexpected arguments: "
          + "\(words.map { "'\(withoutCredentials($0))'" }.joined(separator: ", "))."
    case .missingArgument(let name): "Missing expected argument '<\(name)>'."
    }
  }

  private func did(_ nearest: String?) -> String {
    nearest.map { " Did you mean '\($0)'?" } ?? ""
  }

  private func quoted(_ value: String?) -> String { value.map { " '\($0)'" } ?? "" }

  private func shown(_ command: String) -> String {
    command.isEmpty ? "the default command" : "'\(command)'"
  }

  private func listed(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }
}
