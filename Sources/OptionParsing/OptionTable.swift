import TextForms

/// A command line as it was understood.
public struct ParsedCommand<Values: Sendable>: Sendable {
  /// The command's words; empty for the default command.
  public var command: String
  /// The words behind it.
  public var operands: [String]
  /// The values of all options.
  public var values: Values
  /// Where each option's value came from, by name.
  public var sources: [String: ValueSource]
}

/// All options and commands of a program.
public struct OptionTable<Values: Sendable>: Sendable {
  /// The program's name.
  public let program: String
  /// Its options, in the order of help texts.
  public let options: [OptionSpec<Values>]
  /// Its commands, in the order of help texts; the first is the default one.
  public let commands: [CommandSpec]

  /// Creates a table.
  ///
  /// - Parameters:
  ///   - program: The program's name.
  ///   - options: Its options, in the order of help texts.
  ///   - commands: Its commands, the default one first.
  public init(program: String, options: [OptionSpec<Values>], commands: [CommandSpec]) {
    self.program = program
    self.options = options
    self.commands = commands
  }

  /// Understands a command line: options before, between and behind words, `--` before words that
  /// begin with a dash, values as `--x y` or `--x=y`, letters together or with their value.
  ///
  /// - Parameters:
  ///   - arguments: The arguments, without the program's name.
  ///   - environment: The environment.
  ///   - standard: The values where nothing is given.
  /// - Returns: The command, its operands, and all values.
  /// - Throws: `UsageError` naming the first thing that is wrong.
  public func parse(
    _ arguments: [String], environment: [String: String], standard: Values
  ) throws(UsageError) -> ParsedCommand<Values> {
    var parsed = ParsedCommand(command: "", operands: [], values: standard, sources: [:])
    try readEnvironment(environment, into: &parsed)
    var words: [String] = []
    var given: [OptionSpec<Values>] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        break
      } else if argument.hasPrefix("--") {
        given.append(try readLong(argument, &rest, &parsed))
      } else if argument.hasPrefix("-"), argument.count > 1 {
        given += try readShort(argument, &rest, &parsed)
      } else {
        words.append(argument)
      }
    }
    let command = try findCommand(&words)
    for option in given
    where !option.commands.isEmpty && !option.commands.contains(command.words) {
      throw .notForCommand(option: "--\(option.name)", command: command.words)
    }
    parsed.command = command.words
    parsed.operands = words
    let required = command.operands.filter { !$0.hasSuffix("...") && !$0.hasSuffix("?") }
    if words.count < required.count { throw .missingOperand(required[words.count]) }
    let isOpen = command.operands.last?.hasSuffix("...") ?? false
    if words.count > command.operands.count, !isOpen {
      throw .unexpectedOperand(words[command.operands.count])
    }
    return parsed
  }

  private func findCommand(_ words: inout [String]) throws(UsageError) -> CommandSpec {
    let named = commands.filter { !$0.words.isEmpty }.sorted { $0.words.count > $1.words.count }
    for command in named {
      let parts = command.words.split(separator: " ").map(String.init)
      if Array(words.prefix(parts.count)) == parts {
        words.removeFirst(parts.count)
        return command
      }
    }
    guard let standard = commands.first(where: { $0.words.isEmpty }), words.isEmpty else {
      let text = words.prefix(2).joined(separator: " ")
      let nearest =
        nearestWord(to: text, in: named.map(\.words))
        ?? nearestWord(to: words.first ?? "", in: named.map(\.words))
      throw .unknownCommand(words.first ?? "", nearest: nearest)
    }
    return standard
  }

  private func readEnvironment(
    _ environment: [String: String], into parsed: inout ParsedCommand<Values>
  ) throws(UsageError) {
    for option in options {
      guard let name = option.environment, let text = environment[name], !text.isEmpty else {
        continue
      }
      guard option.set(&parsed.values, text, true) else {
        throw .invalidValue(
          option.isSecret ? "***" : text, option: name, sentence: option.sentence)
      }
      parsed.sources[option.name] = .environment(name)
    }
  }

  private func readLong(
    _ argument: String, _ rest: inout ArraySlice<String>, _ parsed: inout ParsedCommand<Values>
  ) throws(UsageError) -> OptionSpec<Values> {
    let body = argument.dropFirst(2)
    let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    let value = parts.count == 2 ? String(parts[1]) : nil
    if let option = options.first(where: { $0.name == name }) {
      guard option.isFlag else {
        guard let text = value ?? rest.popFirst() else { throw .missingValue("--\(name)") }
        try set(option, text, &parsed)
        return option
      }
      try set(option, value ?? "true", &parsed)
      return option
    }
    if name.hasPrefix("no-"), let option = options.first(where: { "no-\($0.name)" == name }),
      option.isFlag
    {
      guard value == nil else { throw .unexpectedValue("--\(name)") }
      try set(option, "false", &parsed)
      return option
    }
    let nearest = nearestWord(to: name, in: options.map(\.name))
    throw .unknownOption("--\(name)", nearest: nearest.map { "--\($0)" })
  }

  private func readShort(
    _ argument: String, _ rest: inout ArraySlice<String>, _ parsed: inout ParsedCommand<Values>
  ) throws(UsageError) -> [OptionSpec<Values>] {
    var letters = argument.dropFirst()
    var found: [OptionSpec<Values>] = []
    while let letter = letters.popFirst() {
      guard let option = options.first(where: { $0.letter == letter }) else {
        throw .unknownOption("-\(letter)", nearest: nil)
      }
      found.append(option)
      guard !option.isFlag else {
        try set(option, "true", &parsed)
        continue
      }
      if letters.first == "=" { letters = letters.dropFirst() }
      guard let text = letters.isEmpty ? rest.popFirst() : String(letters) else {
        throw .missingValue("-\(letter)")
      }
      try set(option, text, &parsed)
      break
    }
    return found
  }

  private func set(
    _ option: OptionSpec<Values>, _ text: String, _ parsed: inout ParsedCommand<Values>
  ) throws(UsageError) {
    let isFirst = parsed.sources[option.name] != .commandLine
    guard option.set(&parsed.values, text, isFirst) else {
      throw .invalidValue(
        option.isSecret ? "***" : text, option: "--\(option.name)", sentence: option.sentence)
    }
    parsed.sources[option.name] = .commandLine
  }
}
