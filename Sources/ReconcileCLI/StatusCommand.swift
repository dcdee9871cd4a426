import DesiredSources
import Diagnostics
import LatticeModel
import OptionParsing
import ReconcileLoop
import RecordKeeping
import ServiceRuntime

/// Shows how the lattice stands; sends nothing, whether a controller runs or not.
struct StatusCommand: Subcommand {
  let configuration = CommandConfiguration(
    "status", "Show how the lattice stands, and what is on record",
    examples: ["reconcile status", "reconcile status -o json"])
  var target = TargetOptions()
  var exit = ExitOptions()
  var output = OutputOptions()

  static let options =
    including(\.target, TargetOptions.planning) + including(\.exit) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let console = context.console
    var status = try await Reconciliation(target.configuration(in: context)).status()
    let now = Timestamp(nanoseconds: WallClock.system.now)
    status.record.forgetPastSuspensions(at: now)
    let end = ExitStatus(status.report)
    switch output.format {
    case .text, .sarif, .github, .markdown:
      for diagnostic in status.report.source.diagnostics { console.say(diagnostic.description) }
      console.write(renderText(status, at: now))
    case .json: console.write(line(json(of: status, exit: end, at: now), isPretty: true))
    case .ndjson: console.write(line(json(of: status, exit: end, at: now), isPretty: false))
    }
    return exit.status(end)
  }
}
