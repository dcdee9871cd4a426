import ConfigurationModel
import DesiredSources
import OptionParsing
import ReconcileLoop

/// Shows what a pass would do.
struct DiffCommand: Subcommand {
  let configuration = CommandConfiguration(
    "diff", "Show what would be done and send nothing",
    examples: [
      "reconcile diff", "reconcile diff --out plan.json", "reconcile diff -o markdown",
    ])
  var pass = PassOptions()
  var saving = SavingOptions()
  var exit = ExitOptions()
  var output = OutputOptions()
  /// The saved plan that must still hold, if one was named.
  var saved: SavedPlan?
  var writesPlans: Bool { true }

  static let options =
    including(\.pass) + including(\.saving) + including(\.exit) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let settings = try pass.configuration(in: context)
    let report: PassReport
    if let saved {
      guard saving.file == nil else {
        throw SavedPlanError.contradiction(SavingOptions.out.name)
      }
      report = try await saved.planned(settings, in: context) { try await $0.dryRun() }
      try saved.check(report)
    } else {
      if saving.file != nil, settings.source.readsWorktree { throw SavedPlanError.worktree }
      report = try await Reconciliation(settings).dryRun()
    }
    let status = ExitStatus(report)
    if let file = saving.file { try SavedPlan.save(report, settings, exit: status, to: file) }
    context.show(report, status, as: output.format, savedTo: saving.file)
    return exit.status(status)
  }
}

/// Where a plan is kept.
struct SavingOptions: OptionGroup {
  var file: String?

  static let out = OptionSpec<Self>(
    \.file, "out", value: "file", "Write the plan to a file too, for 'reconcile apply <file>'")
  static let options = [out]
}
