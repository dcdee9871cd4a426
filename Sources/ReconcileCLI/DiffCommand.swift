import ConfigurationModel
import DesiredSources
import Diagnostics
import OptionParsing
import ReconcileLoop

/// Shows what a pass would do.
struct DiffCommand: Subcommand {
  let configuration = CommandConfiguration(
    "diff", "Show what would be done and send nothing",
    examples: [
      "reconcile diff", "reconcile diff --out plan.json", "reconcile diff -o markdown",
      "reconcile diff --comment --forge gitea --forge-url https://git.example.com "
        + "--forge-project example/edge --pull-request 7 --forge-token env:FORGE_TOKEN",
    ])
  var pass = PassOptions()
  var saving = SavingOptions()
  var comment = CommentOptions()
  var exit = ExitOptions()
  var output = OutputOptions()
  /// The saved plan that must still hold, if one was named.
  var saved: SavedPlan?
  var writesPlans: Bool { true }

  static let options =
    including(\.pass) + including(\.saving) + including(\.comment) + including(\.exit)
    + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let settings = try pass.configuration(in: context)
    let report: PassReport
    do {
      report = try await planned(settings, in: context)
    } catch let error as any DiagnosticError {
      // Whoever looks at the pull request is to know first of all that there is no plan.
      if comment.isWanted { try? await put(renderMarkdown(error.diagnostics), settings, context) }
      throw error
    }
    let status = ExitStatus(report)
    if let file = saving.file { try SavedPlan.save(report, settings, exit: status, to: file) }
    context.show(report, status, as: output.format, savedTo: saving.file)
    if comment.isWanted { try await put(renderMarkdown(report), settings, context) }
    return exit.status(status)
  }

  private func put(
    _ text: String, _ settings: PassConfiguration, _ context: CommandContext
  ) async throws {
    context.console.say("comment: \(try await comment.put(text, of: settings, in: context))")
  }

  private func planned(
    _ settings: PassConfiguration, in context: CommandContext
  ) async throws -> PassReport {
    guard let saved else {
      if saving.file != nil, settings.source.readsWorktree { throw SavedPlanError.worktree }
      return try await Reconciliation(settings).dryRun()
    }
    guard saving.file == nil else {
      throw SavedPlanError.contradiction(SavingOptions.out.name)
    }
    let report = try await saved.planned(settings, in: context) { try await $0.dryRun() }
    try saved.check(report)
    return report
  }
}

/// Where a plan is kept.
struct SavingOptions: OptionGroup {
  var file: String?

  static let out = OptionSpec<Self>(
    \.file, "out", value: "file", "Write the plan to a file too, for 'reconcile apply <file>'")
  static let options = [out]
}
