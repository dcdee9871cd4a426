import DesiredSources
import Diagnostics
import JSONCoding
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
    let answer = try await Reconciliation(target.configuration(in: context)).status()
    let now = Timestamp(nanoseconds: WallClock.system.now)
    switch answer {
    case .seen(var status):
      status.record.forgetPastSuspensions(at: now)
      let end = ExitStatus(status.report)
      show(
        json(of: status, exit: end, at: now), renderText(status, at: now),
        besides: status.report.source.diagnostics, on: context.console)
      return exit.status(end)
    case .recorded(var status):
      status.record.forgetPastSuspensions(at: now)
      let end = ExitStatus(status.obstacle)
      show(
        json(of: status, exit: end), renderText(status, at: now),
        besides: status.obstacle.diagnostics, on: context.console)
      return end
    }
  }

  private func show(
    _ data: @autoclosure () -> [String: JSONValue], _ text: @autoclosure () -> String,
    besides diagnostics: [Diagnostic], on console: Console
  ) {
    switch output.format {
    case .text, .sarif, .github, .markdown:
      for diagnostic in diagnostics { console.say(diagnostic.description) }
      console.write(text())
    case .json: console.write(line(data(), isPretty: true))
    case .ndjson: console.write(line(data(), isPretty: false))
    }
  }
}
