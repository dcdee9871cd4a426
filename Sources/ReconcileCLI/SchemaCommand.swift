import Manifests
import OptionParsing
import TextForms

/// Shows the JSON Schema of a kind of manifests, for editors.
struct SchemaCommand: Subcommand {
  let configuration = CommandConfiguration(
    "schema", "Show the JSON Schema of a kind of manifests, Application unless given",
    examples: ["reconcile schema", "reconcile schema Policy"],
    unused: TargetOptions.reading + TargetOptions.reaching)
  var kinds: [String] = []
  /// Taken as by every command; nothing of it matters here.
  var target = TargetOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.kinds, "kind")]
  static let options = including(\.target) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    guard kinds.count <= 1 else { throw UsageError.unexpectedArguments(Array(kinds.dropFirst())) }
    let kind = kinds.first ?? "Application"
    guard let schema = ManifestSchema.all.first(where: { $0.kind == kind }) else {
      let known = ManifestSchema.all.map(\.kind)
      throw UsageError.invalidValue(
        kind, option: "<kind>", expected: "one of \(known.joined(separator: ", "))",
        nearest: nearestWord(to: kind, in: known))
    }
    context.console.write(schema.text)
    return .inSync
  }
}
