import TextForms

/// A command line as it was understood.
public struct ParsedCommand<Values: Sendable>: Sendable {
  /// The command's words; empty for the default command.
  public var command: String
  /// The words behind it.
  public var operands: [String]
  /// The values of all options.
  public var values: Values
  /// Where each option's value came from, by name; one that is not there has its default.
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
  ///   - options: Its options, in the order of help texts; with one named `help` or `version` the
  ///     command's operands may be missing.
  ///   - commands: Its commands, the default one first.
  public init(program: String, options: [OptionSpec<Values>], commands: [CommandSpec]) {
    self.program = program
    self.options = options
    self.commands = commands
  }

  /// Understands a command line: options before, between and behind words, `--` before words that
  /// begin with a dash, values as `--x y` or `--x=y`, letters together or with their value.
  ///
  /// An option on the command line wins over its environment variable, which wins over the
  /// default. A variable that is empty counts as not set, and an empty value on the command line
  /// is an error: most likely a variable of the shell is not set, and the default would be far from
  /// what was meant. Variables of options that the command does not have are left alone.
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
    let scan = try CommandLineScan(arguments, self)
    let command = try findCommand(scan.words.prefix(scan.plainCount))
    var parsed = ParsedCommand(
      command: command.words, operands: Array(scan.words.dropFirst(command.parts.count)),
      values: standard, sources: [:])
    try read(environment, for: command, into: &parsed)
    for (option, text) in scan.options {
      guard option.belongs(to: command) else {
        throw .notForCommand(
          option: "--\(option.name)", command: command.words, others: option.commands.sorted())
      }
      guard !text.isEmpty else { throw .emptyValue(option.label) }
      try option.read(
        text, as: option.label, addsToList: parsed.sources[option.name] == .commandLine,
        into: &parsed.values)
      parsed.sources[option.name] = .commandLine
    }
    if !scan.options.contains(where: { ["help", "version"].contains($0.spec.name) }) {
      try check(parsed.operands, of: command)
    }
    return parsed
  }

  private func read(
    _ environment: [String: String], for command: CommandSpec,
    into parsed: inout ParsedCommand<Values>
  ) throws(UsageError) {
    for option in options where option.belongs(to: command) {
      guard let name = option.environment, let text = environment[name], !text.isEmpty else {
        continue
      }
      try option.read(text, as: name, addsToList: false, into: &parsed.values)
      parsed.sources[option.name] = .environment(name)
    }
  }

  private func check(_ operands: [String], of command: CommandSpec) throws(UsageError) {
    let required = command.operands.filter { !$0.hasSuffix("...") && !$0.hasSuffix("?") }
    if operands.count < required.count { throw .missingOperand(required[operands.count]) }
    if command.operands.last?.hasSuffix("...") ?? false { return }
    let surplus = Array(operands.dropFirst(command.operands.count))
    if !surplus.isEmpty { throw .unexpectedOperands(surplus) }
  }
}
