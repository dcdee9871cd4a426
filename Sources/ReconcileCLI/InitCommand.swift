import Manifests
import OptionParsing

/// Writes a manifest to begin with; its output goes to a file, so that none is ever written over.
struct InitCommand: Subcommand {
  let configuration = CommandConfiguration(
    "init", "Write a commented manifest to begin with",
    examples: ["reconcile init shop >manifests/shop.yaml"])
  var names: [String] = []
  /// Taken as by every command; nothing of it matters here.
  var target = TargetOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.names, "application")]
  static let options = including(\.target) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    guard let name = names.first else { throw UsageError.missingArgument("application") }
    guard names.count == 1 else { throw UsageError.unexpectedArguments(Array(names.dropFirst())) }
    guard let text = starterManifest(for: name) else {
      throw UsageError.invalidValue(
        name, option: "<application>",
        expected: "lower-case letters, digits and '-', at most 63, a letter or digit first and last"
      )
    }
    context.console.write(text)
    return .inSync
  }
}
