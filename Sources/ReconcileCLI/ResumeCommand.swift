import ConfigurationModel
import LatticeModel
import OptionParsing
import ServiceRuntime

/// Writes into the record that what was suspended or held on suspicion may be commanded again.
struct ResumeCommand: Subcommand {
  let configuration = CommandConfiguration(
    "resume", "Let it be commanded again", examples: ["reconcile resume hello"],
    unused: TargetOptions.reading)
  var brakes = BrakeOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.brakes.named, "application")]
  static let options = including(\.brakes) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let scopes = try brakes.scopes
    let now = Timestamp(nanoseconds: WallClock.system.now)
    let (change, _) = try await brakes.change(in: context, at: now) { $0.resume(scopes) }
    context.show(change, resumes: true, [], in: brakes.target.lattice.name, as: output.format)
    return .inSync
  }
}
