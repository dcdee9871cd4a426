/// A command line as it was understood.
public struct ParsedCommand<Command: Sendable>: Sendable {
  /// The command, with the values of its options and arguments.
  public let command: Command
  /// Where each option's value came from, by name; one that is not there has its default, or a
  /// shared variable's value.
  public let sources: [String: ValueSource]
  /// The options of the command line, in order.
  public let given: [GivenOption]
}

/// An option as it stood on a command line.
public struct GivenOption: Sendable {
  /// Which one.
  public let option: OptionInfo
  /// The arguments that gave it, such as `--app` and `hello`.
  public let words: [String]
  let text: String
}

/// What a command line asks for.
public enum Invocation<Command: Sendable>: Sendable {
  /// To run a command.
  case run(ParsedCommand<Command>)
  /// To show a text, help or the version, which ends with a line feed.
  case show(String)
}

/// The commands of a program; what it takes and what its help says is derived from them.
public struct CommandTable<Command: Sendable>: Sendable {
  /// The program's name.
  public let program: String
  let version: String
  let about: String
  let commands: [CommandSpec<Command>]
  /// The names of the options that the program's help has; empty for those that all commands have.
  let everyday: Set<String>
  let topics: [HelpTopic]
  /// The options of all commands, each once, in the order of the commands that have them first.
  let options: [OptionInfo]

  /// Creates a table.
  ///
  /// - Parameters:
  ///   - program: The program's name.
  ///   - version: Its version.
  ///   - about: What it is, in a sentence.
  ///   - commands: Its commands, in the order of help texts.
  ///   - everyday: The names of the options that the program's help has; all that every command has,
  ///     where none is named.
  ///   - topics: What `help` tells beside commands.
  public init(
    program: String, version: String, about: String, commands: [CommandSpec<Command>],
    everyday: Set<String> = [], topics: [HelpTopic] = []
  ) {
    self.program = program
    self.version = version
    self.about = about
    self.commands = commands
    self.everyday = everyday
    self.topics = topics
    var names: Set<String> = []
    options = (commands.flatMap(\.own) + OptionInfo.builtIn).filter {
      names.insert($0.name).inserted
    }
  }

  /// Understands a command line: options before, between and behind words, `--` before words that
  /// begin with a dash, values as `--x y` or `--x=y`, letters together or with their value.
  ///
  /// An option on the command line wins over its environment variable, that over one shared with
  /// other programs, and that over the default. A variable that is empty counts as not set, and an
  /// empty value on the command line is an error: most likely a variable of the shell is not set,
  /// and the default would be far from what was meant. Variables of options that the command does
  /// not have are left alone. `--help` and `--version` need no arguments.
  ///
  /// - Parameters:
  ///   - arguments: The arguments, without the program's name.
  ///   - environment: The environment.
  /// - Returns: The command with its values, or the text that was asked for in its place.
  /// - Throws: `UsageError` naming the first thing that is wrong.
  public func parse(
    _ arguments: [String], environment: [String: String]
  ) throws(UsageError) -> Invocation<Command> {
    let scan = try CommandLineScan(arguments, options)
    if scan.has(.help), let text = groupHelp(for: Array(scan.words.prefix(scan.plainCount))) {
      return .show(text)
    }
    let command = try findCommand(scan.words.prefix(scan.plainCount))
    for given in scan.given where !command.has(given.option) {
      throw .notForCommand(
        option: "--\(given.option.name)", command: command.configuration.name,
        others: names(of: given.option))
    }
    let words = Array(scan.words.dropFirst(command.configuration.words.count))
    let asksForVersion = scan.has(.version)
    let isAnswered = asksForVersion || scan.has(.help)
    let parsed = try command.read(
      scan, words: isAnswered ? nil : words, environment: environment)
    guard isAnswered else { return .run(parsed) }
    return .show(asksForVersion ? "\(program) \(version)\n" : help(for: command))
  }
}
