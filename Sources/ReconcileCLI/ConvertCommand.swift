import Diagnostics
import Manifests
import OptionParsing
import ServiceRuntime

/// Writes a manifest of wadm in the native form; its output goes to a file, so that none is ever written
/// over.
struct ConvertCommand: Subcommand {
  let configuration = CommandConfiguration(
    "convert", "Write a manifest of wadm in the native form",
    examples: ["reconcile convert wadm.yaml >manifests/shop.yaml"],
    unused: TargetOptions.reading + TargetOptions.reaching)
  var file = ""
  /// Taken as by every command; nothing of it matters here.
  var target = TargetOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.file, "file")]
  static let options = including(\.target) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    guard let bytes = try readFile(file, limit: 1 << 20) else {
      throw FileError(path: file, detail: "there is no such file")
    }
    let converted = convertWadm(ManifestFile(path: file, bytes: bytes))
    for diagnostic in converted.diagnostics { context.console.say(diagnostic.description) }
    guard let text = converted.text else { return .failed }
    context.console.write(text)
    return .inSync
  }
}
