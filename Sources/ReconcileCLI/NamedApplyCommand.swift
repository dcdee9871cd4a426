import OptionParsing

/// The command that runs where none is named, by its name; of a saved plan where a file is named.
struct NamedApplyCommand: Subcommand {
  let configuration = CommandConfiguration(
    "apply", "The same, by name; with a file, exactly the plan that was saved in it",
    examples: ["reconcile apply --app hello", "reconcile apply plan.json"])
  var apply = ApplyCommand()
  var file: String?
  var output: OutputOptions { apply.output }
  var writesPlans: Bool { true }

  static let arguments = [ArgumentSpec<Self>(\.file, "plan", isOptional: true)]
  static let options = including(\.apply, ApplyCommand.options)

  func run(in context: CommandContext) async throws -> ExitStatus {
    var apply = apply
    if let file { apply.saved = try SavedPlan(reading: file) }
    return try await apply.run(in: context)
  }
}
