/// What is wrong with a command line.
public enum UsageError: Error, Hashable, Sendable {
  /// There is no such command.
  case unknownCommand(String, nearest: String?)
  /// There is no such option.
  case unknownOption(String, nearest: String?)
  /// The option belongs to other commands.
  case notForCommand(option: String, command: String)
  /// The option has no value.
  case missingValue(String)
  /// The option stands alone.
  case unexpectedValue(String)
  /// The value cannot be read or is out of bounds.
  case invalidValue(String, option: String, sentence: String)
  /// There is one word too many.
  case unexpectedOperand(String)
  /// A word is missing.
  case missingOperand(String)
}

extension UsageError: CustomStringConvertible {
  /// What is wrong and what is near it, in one sentence.
  public var description: String {
    switch self {
    case .unknownCommand(let word, let nearest):
      "Unknown command '\(word)'." + did(nearest)
    case .unknownOption(let option, let nearest):
      "Unknown option '\(option)'." + did(nearest)
    case .notForCommand(let option, let command):
      "Option '\(option)' is not for \(command.isEmpty ? "this command" : "'\(command)'")."
    case .missingValue(let option): "Missing value for '\(option)'."
    case .unexpectedValue(let option): "The option '\(option)' takes no value."
    case .invalidValue(let value, let option, let sentence):
      "The value '\(value)' is invalid for '\(option)': \(sentence)."
    case .unexpectedOperand(let word): "Unexpected argument '\(word)'."
    case .missingOperand(let name): "Missing expected argument '<\(name)>'."
    }
  }

  private func did(_ nearest: String?) -> String {
    nearest.map { " Did you mean '\($0)'?" } ?? ""
  }
}
