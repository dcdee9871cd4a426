import OptionParsing

/// Shows a help text, as `--help` does.
struct HelpCommand: Subcommand {
  let configuration = CommandConfiguration(
    "help", "Show this help, or that of a command or a topic",
    examples: ["reconcile help", "reconcile help get hosts"],
    unused: TargetOptions.reading + TargetOptions.reaching)
  var words: [String] = []
  /// Taken as by every command, so that `help` can be put into any command line.
  var target = TargetOptions()
  var output = OutputOptions()
  var isManual = false

  static let arguments = [ArgumentSpec<Self>(\.words, "command")]
  static let options =
    [OptionSpec<Self>(\.isManual, "man", "Write all of it as a manual page")]
    + including(\.target) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let table = ReconcileCommand.table
    context.console.write(
      isManual
        ? table.manual([ManualSection("EXIT STATUS", ExitStatus.meanings)])
        : try table.help(for: words))
    return .inSync
  }
}
