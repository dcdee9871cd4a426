import OptionParsing

/// A command of `reconcile`: its options are its properties, and it does what they say.
protocol Subcommand: ParsableCommand {
  /// How results, and the error that ends it, are written.
  var output: OutputOptions { get }
  /// Whether it writes findings, so that their formats are for it.
  var writesFindings: Bool { get }

  /// Whether it writes a plan, so that the formats of plans are for it.
  var writesPlans: Bool { get }

  /// Does what the command line says; data goes to standard output.
  ///
  /// - Parameter context: What the command line was read from, and where to write.
  /// - Returns: How it ended.
  /// - Throws: What it is ended by; told by the caller, in the format of `output`.
  func run(in context: CommandContext) async throws -> ExitStatus
}

extension Subcommand {
  var writesFindings: Bool { false }
  var writesPlans: Bool { false }

  /// Its row in the table of commands.
  var spec: CommandSpec<any Subcommand> { CommandSpec(self) { $0 } }
}

/// What a command runs in.
struct CommandContext: Sendable {
  let environment: [String: String]
  /// Where each option's value came from, by name; one that is not there has its default.
  let sources: [String: ValueSource]
  /// The options of the command line, in order.
  let given: [GivenOption]
  let console: Console
}
