import ConfigurationModel
import DesiredSources
import Diagnostics
import JSONCoding
import Manifests
import OptionParsing

/// Writes the manifests as they come to, with what is laid over them.
struct RenderCommand: Subcommand {
  let configuration = CommandConfiguration(
    "render", "Write the manifests with what is laid over them",
    examples: ["reconcile render --overlay overlays/berlin"])
  var target = TargetOptions()
  var worktree = WorktreeOptions()
  var output = OutputOptions()

  static let options = including(\.target) + including(\.worktree) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    var settings = try target.configuration(in: context, forLattice: false)
    settings.source.readsWorktree = worktree.isRead
    let source = try DesiredSource(settings.source)
    let reading = try await source.read(isForPlan: false)
    for diagnostic in reading.diagnostics where diagnostic.severity != .note {
      context.console.say(diagnostic.description)
    }
    guard reading.errorCount == 0 else { return .failed }
    let documents = try await source.rendered(reading)
    switch output.format {
    case .text, .sarif, .github, .markdown:
      context.console.write(documents.map(text).joined(separator: "---\n"))
    case .json:
      context.console.write(
        line(["documents": .array(documents.map { .object(members(of: $0)) })], isPretty: true))
    case .ndjson:
      for document in documents {
        context.console.write(line(members(of: document), isPretty: false))
      }
    }
    return .inSync
  }

  private func text(_ document: RenderedDocument) -> String {
    let above = document.overlays.map { " + \($0.path)" }.joined()
    return "# \(document.origin.path)\(above)\n\(document.text)"
  }

  private func members(of document: RenderedDocument) -> [String: JSONValue] {
    [
      "path": .string(document.origin.path), "line": .int(document.origin.line),
      "overlays": .array(
        document.overlays.map { ["path": .string($0.path), "line": .int($0.line)] }),
      "kind": .string(document.kind), "name": .string(document.name),
      "text": .string(document.text),
    ]
  }
}
