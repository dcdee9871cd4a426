import ConfigurationModel
import Diagnostics
import LatticeModel
import OptionParsing
import RecordKeeping
import ServiceRuntime
import TextForms

/// Writes into the record that something is not to be commanded.
///
/// A controller obeys within a second, and a pass looks before it sends anything.
struct SuspendCommand: Subcommand {
  let configuration = CommandConfiguration(
    "suspend", "Stop the commanding of something for a while",
    examples: ["reconcile suspend hello --until 2h --reason 'load test'"],
    unused: TargetOptions.reading)
  var brakes = BrakeOptions()
  var reason: String?
  var until: SuspensionEnd?
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.brakes.named, "application")]
  static let options =
    including(\.brakes)
    + [
      OptionSpec<Self>(\.reason, "reason", value: "text", "Why, for the others"),
      OptionSpec(
        \.until, "until", "When it ends by itself, such as 12h or 2026-12-24T18:00:00Z"),
    ] + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let scopes = try brakes.scopes
    let now = Timestamp(nanoseconds: WallClock.system.now)
    let end = until?.moment(after: now)
    if let end, end <= now { throw SuspensionError.hasPassed(end) }
    let suspensions = scopes.map {
      Suspension($0, reason: reason ?? "no reason given", by: processName(), until: end)
    }
    let (change, record) = try await brakes.change(in: context, at: now, because: reason) {
      $0.suspend(suspensions)
    }
    let warnings = strangers(among: brakes.applications, to: record)
    context.show(
      change, resumes: false, warnings, in: brakes.target.lattice.name, as: output.format)
    return .inSync
  }
}

/// A warning for each name that no application on record has; it may be one that is to come.
func strangers(among names: [String], to record: LatticeRecord) -> [Diagnostic] {
  let known = record.applied.keys.map(\.rawValue).sorted()
  return names.filter { !known.contains($0) }.map { name in
    let nearest = nearestWord(to: name, in: known)
    let remedy = nearest.map { "if you mean '\($0)', suspend that and resume this one" }
    return Diagnostic(
      DiagnosticCode("RUN", 11), .warning, "no application '\(name)' is on record as applied",
      remedy: remedy ?? "it is suspended all the same, and held once it is declared")
  }
}
