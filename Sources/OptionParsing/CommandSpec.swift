/// One row of a command table: a command whatever its type.
///
/// What is parsed comes out as a `Command`, which is most often the protocol that all commands of a
/// program share.
public struct CommandSpec<Command: Sendable>: Sendable {
  let configuration: CommandConfiguration
  /// Its own options, with their defaults.
  let own: [OptionInfo]
  /// Its arguments as help texts show them.
  let arguments: [String]
  private let argumentNames: [(name: String, isList: Bool)]
  private let reading:
    @Sendable (CommandLineScan, [String]?, [String: String]) throws(UsageError) ->
      ParsedCommand<Command>

  /// Creates a row.
  ///
  /// - Parameters:
  ///   - command: The command with its defaults.
  ///   - erased: What a parsed one comes out as.
  public init<Typed: ParsableCommand>(
    _ command: Typed, as erased: @escaping @Sendable (Typed) -> Command
  ) {
    configuration = command.configuration
    own = Typed.options.map { $0.info(standard: command) }
    arguments = Typed.arguments.map(\.usage)
    argumentNames = Typed.arguments.map { ($0.name, $0.isList) }
    reading = { scan, words, environment throws(UsageError) in
      var reading = CommandReading(command)
      try reading.read(environment)
      try reading.read(scan.given)
      if let words { try reading.read(words) }
      return ParsedCommand(
        command: erased(reading.command), sources: reading.sources, given: scan.given)
    }
  }

  /// Reads a command line; without words, as for a help text, they may be missing.
  func read(
    _ scan: CommandLineScan, words: [String]?, environment: [String: String]
  ) throws(UsageError) -> ParsedCommand<Command> { try reading(scan, words, environment) }

  /// Its own options, and those that every command has.
  var options: [OptionInfo] { own + OptionInfo.builtIn }

  /// Those of them that matter to it.
  var usedOptions: [OptionInfo] {
    options.filter { !configuration.unused.contains($0.section) }
  }

  /// The name of the argument that a word behind the command's name is for; a list takes all that are
  /// left.
  func argument(_ index: Int) -> String? {
    if index < argumentNames.count { return argumentNames[index].name }
    return argumentNames.last.flatMap { $0.isList ? $0.name : nil }
  }

  /// Whether it has an option, by its name.
  func has(_ option: OptionInfo) -> Bool { options.contains { $0.name == option.name } }
}

/// A command line on its way into a command, source by source.
private struct CommandReading<Command: ParsableCommand> {
  private(set) var command: Command
  private(set) var sources: [String: ValueSource] = [:]

  init(_ command: Command) { self.command = command }

  mutating func read(_ environment: [String: String]) throws(UsageError) {
    for option in Command.options {
      _ = option.readShared(environment, into: &command)
      guard let name = option.info.environment, let text = environment[name], !text.isEmpty else {
        continue
      }
      try option.read(text, as: name, addsToList: false, into: &command)
      sources[option.name] = .environment(name)
    }
  }

  mutating func read(_ given: [GivenOption]) throws(UsageError) {
    for given in given {
      guard let option = Command.options.first(where: { $0.name == given.option.name }) else {
        continue
      }
      guard !given.text.isEmpty else { throw .emptyValue(given.option.label) }
      try option.read(
        given.text, as: given.option.label, addsToList: sources[option.name] == .commandLine,
        into: &command)
      sources[option.name] = .commandLine
    }
  }

  mutating func read(_ words: [String]) throws(UsageError) {
    var rest = words[...]
    for argument in Command.arguments { try argument.read(&rest, into: &command) }
    guard rest.isEmpty else { throw .unexpectedArguments(Array(rest)) }
  }
}
