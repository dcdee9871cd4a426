import Diagnostics
import Glibc
import JSONCoding
import LatticeClient
import LatticeModel
import OptionParsing
import ReconcileLoop
import ServiceRuntime
import TextForms

/// The program: understands a command line, does what it says, and says how it ended.
public struct ReconcileCommand: Sendable {
  /// The program's version.
  public static let version = "0.1.0"

  let arguments: [String]
  let environment: [String: String]

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
    let parsed: ParsedCommand<CommandOptions>
    do throws(UsageError) {
      parsed = try parse()
    } catch {
      let console = Console(color: .never, environment: environment)
      console.say("Error: \(error)")
      console.say("See 'reconcile --help'.")
      return .usage
    }
    let console = Console(color: parsed.values.color, environment: environment)
    do {
      return console.end(try await run(parsed, console))
    } catch {
      let status = ExitStatus(error)
      console.fail(error, status, parsed.values.output)
      return console.end(status)
    }
  }

  /// Understands the arguments; `help` and some words mean these words with `--help`.
  private func parse() throws(UsageError) -> ParsedCommand<CommandOptions> {
    let table = CommandOptions.table
    let standard = CommandOptions.standard(in: environment)
    let parsed = try table.parse(arguments, environment: environment, standard: standard)
    guard parsed.command == "help", !parsed.values.isHelp else { return parsed }
    return try table.parse(
      parsed.operands + ["--help"], environment: environment, standard: standard)
  }

  private func help(for command: String) -> String {
    CommandOptions.table.help(
      for: command.isEmpty ? nil : command,
      about: "reconcile keeps a wasmCloud lattice in the state that a git repository declares.",
      standard: CommandOptions())
  }

  private func run(
    _ parsed: ParsedCommand<CommandOptions>, _ console: Console
  ) async throws -> ExitStatus {
    let command = parsed.command
    var options = parsed.values
    // What somebody writes here is meant from here; the default is of the repository.
    if parsed.sources["path"] != nil { options.repository.standing = workingFolder() }
    guard !options.isVersion, !options.isHelp else {
      console.write(
        options.isVersion ? "reconcile \(Self.version)\n" : help(for: command))
      return .inSync
    }
    // A controller checks it with the rest of its configuration.
    guard command == "controller" || options.lattice.name.isValid else {
      throw LoopError.invalidLattice(options.lattice.name.rawValue)
    }
    return switch command {
    case "validate": try await validate(options, console)
    case "simulate": try await simulate(options, console)
    case "status": try await status(options, console)
    case "suspend", "resume":
      try await suspend(options, resumes: command == "resume", console)
    case "controller": try await controller(parsed, console)
    case "get hosts", "get actors", "get providers", "get links":
      try await list(String(command.dropFirst(4)), options, console)
    default:
      try await pass(options, isDryRun: command == "diff" || options.isDryRun, console)
    }
  }

  private func validate(_ options: CommandOptions, _ console: Console) async throws -> ExitStatus {
    let reading = try await Reconciliation(options.configuration(in: environment)).validate()
    let isBad = reading.diagnostics.contains { $0.severity == .error }
    switch options.output {
    case .text:
      for diagnostic in reading.diagnostics { console.say(diagnostic.description) }
      console.write("\(counted(reading.desired.applications.count, "application")) valid\n")
    case .json:
      console.write(
        line(
          [
            "applications": .int(reading.desired.applications.count),
            "diagnostics": .array(reading.diagnostics.map { .object(finding($0)) }),
          ], isPretty: true))
    case .ndjson:
      for diagnostic in reading.diagnostics {
        console.write(line(finding(diagnostic), isPretty: false))
      }
    }
    return isBad ? .failed : .inSync
  }
}
