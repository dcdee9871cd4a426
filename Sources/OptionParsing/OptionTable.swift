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
  /// An option on the command line wins over its environment variable, which wins over the file,
  /// which wins over the default. A variable that is empty counts as not set; a list in a variable
  /// has commas. Variables and keys of options that the command does not have are left alone.
  ///
  /// - Parameters:
  ///   - arguments: The arguments, without the program's name.
  ///   - environment: The environment.
  ///   - file: The values of the configuration file.
  ///   - standard: The values where nothing is given.
  /// - Returns: The command, its operands, and all values.
  /// - Throws: `UsageError` naming the first thing that is wrong.
  public func parse(
    _ arguments: [String], environment: [String: String], file: [FileEntry] = [], standard: Values
  ) throws(UsageError) -> ParsedCommand<Values> {
    let scan = try CommandLineScan(arguments, self)
    let command = try findCommand(scan.words.prefix(scan.plainCount))
    var parsed = ParsedCommand(
      command: command.words, operands: Array(scan.words.dropFirst(command.parts.count)),
      values: standard, sources: [:])
    try read(file, for: command, into: &parsed)
    try read(environment, for: command, into: &parsed)
    for (option, text) in scan.options {
      guard option.belongs(to: command) else {
        throw .notForCommand(
          option: "--\(option.name)", command: command.words, others: option.commands.sorted())
      }
      try set(option, text, as: option.label, .commandLine, in: &parsed)
    }
    if !scan.options.contains(where: { ["help", "version"].contains($0.spec.name) }) {
      try check(parsed.operands, of: command)
    }
    return parsed
  }

  private func read(
    _ file: [FileEntry], for command: CommandSpec, into parsed: inout ParsedCommand<Values>
  ) throws(UsageError) {
    for entry in file {
      guard let option = options.first(where: { $0.fileKey == entry.key }) else {
        let nearest = nearestWord(to: entry.key, in: options.compactMap(\.fileKey))
        throw .unknownKey(entry.key, position: entry.position, nearest: nearest)
      }
      guard option.belongs(to: command) else { continue }
      let label = "\(entry.key) at \(entry.position)"
      try set(option, entry.text, as: label, .file(entry.position), in: &parsed)
    }
  }

  private func read(
    _ environment: [String: String], for command: CommandSpec,
    into parsed: inout ParsedCommand<Values>
  ) throws(UsageError) {
    for option in options where option.belongs(to: command) {
      guard let name = option.environment, let text = environment[name], !text.isEmpty else {
        continue
      }
      let texts = option.isList ? text.split(separator: ",").map(String.init) : [text]
      for text in texts {
        try set(option, text, as: name, .environment(name), in: &parsed)
      }
    }
  }

  private func set(
    _ option: OptionSpec<Values>, _ text: String, as label: String, _ source: ValueSource,
    in parsed: inout ParsedCommand<Values>
  ) throws(UsageError) {
    let isFirst = !(parsed.sources[option.name]?.isSameKind(as: source) ?? false)
    let shown = option.isSecret ? nil : text
    switch option.set(&parsed.values, text, isFirst) {
    case .taken: parsed.sources[option.name] = source
    case .unreadable:
      throw .invalidValue(shown, option: label, expected: option.expectation ?? option.sentence)
    case .outOfRange:
      throw .outOfRange(shown, option: label, range: option.range ?? option.sentence)
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

extension ValueSource {
  /// Whether two values of a list stand beside each other, not one above the other.
  fileprivate func isSameKind(as other: ValueSource) -> Bool {
    switch (self, other) {
    case (.file, .file), (.environment, .environment), (.commandLine, .commandLine): true
    default: false
    }
  }
}
