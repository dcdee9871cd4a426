import OptionParsing
import TextForms

/// The program: understands a command line, does what it says, and says how it ended.
public struct ReconcileCommand: Sendable {
  /// The program's version.
  public static let version = "0.1.0"

  /// Its commands, in the order of help texts; parsing, help and tables are derived from this list.
  static let commands: [any Subcommand] = [
    ApplyCommand(), NamedApplyCommand(), DiffCommand(), ValidateCommand(), InitCommand(),
    ConvertCommand(), RenderCommand(),
    SchemaCommand(), GetCommand.hosts, GetCommand.actors, GetCommand.providers, GetCommand.links,
    ControllerCommand(), StatusCommand(), DoctorCommand(), ExplainErrorCommand(), HistoryCommand(),
    EventsCommand(), RecordExportCommand(), RecordImportCommand(), SuspendCommand(),
    ResumeCommand(), ApproveCommand(), HaltCommand(), TriggerCommand(), RollbackCommand(),
    AdoptCommand(), SimulateCommand(), CompletionCommand(), HelpCommand(),
  ]

  static let table: CommandTable<any Subcommand> = CommandTable(
    program: "reconcile", version: version,
    about: "reconcile keeps a wasmCloud lattice in the state that a git repository declares.",
    commands: commands.map(\.spec),
    everyday: [
      "repo", "ref", "path", "worktree", "prune", "dry-run", "yes", "lattice", "app",
      "expect-hosts", "nats", "nats-context", "creds", "output", "help", "version",
    ], topics: HelpTopic.all)

  private let arguments: [String]
  private let environment: [String: String]

  /// Takes a command line.
  ///
  /// - Parameters:
  ///   - arguments: The arguments, without the program's name.
  ///   - environment: The environment.
  public init(arguments: [String], environment: [String: String]) {
    self.arguments = arguments
    self.environment = environment
  }

  /// Does what the command line says; data goes to standard output, everything else to the error
  /// output.
  ///
  /// - Returns: How it ended.
  public func run() async -> ExitStatus {
    let plain = Console(color: .never, environment: environment)
    if environment["RECONCILE_COMPLETE"] != nil {
      plain.write(await Self.completions(of: arguments, environment: environment))
      return plain.end(.inSync)
    }
    do throws(UsageError) {
      switch try Self.table.parse(arguments, environment: environment) {
      case .show(let text):
        plain.write(text)
        return plain.end(.inSync)
      case .run(let parsed): return try await run(parsed)
      }
    } catch {
      let command = Self.table.command(namedIn: arguments)
      var sentence = "Error: \(error)"
      if case .unexpectedArguments(let words) = error, let word = words.first, isDNSLabel(word),
        command?.options.contains(SelectionOptions.app.name) ?? false
      {
        sentence += " An application is given as '--app \(word)'."
      }
      plain.say(sentence)
      let words = [Self.table.program, command?.name, "--help"].compactMap(\.self)
      plain.say("See '\(words.joined(separator: " "))'.")
      return .usage
    }
  }

  private func run(
    _ parsed: ParsedCommand<any Subcommand>
  ) async throws(UsageError) -> ExitStatus {
    let output = parsed.command.output
    let command = parsed.command
    let isFit =
      output.format.isOfFindings
      ? command.writesFindings : output.format != .markdown || command.writesPlans
    guard isFit else {
      throw .notForCommand(
        option: "-o \(output.format.rawValue)", command: command.configuration.name,
        others: Self.commands.filter {
          output.format.isOfFindings ? $0.writesFindings : $0.writesPlans
        }.map(\.configuration.name).filter { !$0.isEmpty })
    }
    let console = Console(color: output.color, environment: environment)
    do {
      return console.end(
        try await parsed.command.run(
          in: CommandContext(
            environment: environment, sources: parsed.sources, given: parsed.given,
            console: console)))
    } catch let error as UsageError {
      throw error
    } catch {
      let status = ExitStatus(error)
      console.fail(error, status, output.format)
      return console.end(status)
    }
  }
}
