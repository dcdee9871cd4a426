import Manifests
import OptionParsing
import TextForms

/// Writes a manifest to begin with; its output goes to a file, so that none is ever written over.
struct InitCommand: Subcommand {
  let configuration = CommandConfiguration(
    "init", "Write a commented manifest to begin with",
    examples: ["reconcile init shop >manifests/shop.yaml"],
    unused: TargetOptions.reading + TargetOptions.reaching)
  var name = ""
  /// Taken as by every command; nothing of it matters here.
  var target = TargetOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.name, "application")]
  static let options = including(\.target) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    guard let text = starterManifest(for: name) else {
      throw UsageError.invalidValue(name, option: "<application>", expected: dnsLabelRule)
    }
    context.console.write(text)
    return .inSync
  }
}
