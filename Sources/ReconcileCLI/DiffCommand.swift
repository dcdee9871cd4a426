import OptionParsing
import ReconcileLoop

/// Shows what a pass would do.
struct DiffCommand: Subcommand {
  let configuration = CommandConfiguration(
    "diff", "Show what would be done and send nothing", examples: ["reconcile diff"])
  var pass = PassOptions()
  var exit = ExitOptions()
  var output = OutputOptions()

  static let options = including(\.pass) + including(\.exit) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let report = try await Reconciliation(pass.configuration(in: context)).dryRun()
    let status = ExitStatus(report)
    context.show(report, status, as: output.format)
    return exit.status(status)
  }
}
