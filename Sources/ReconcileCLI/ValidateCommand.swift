import ConfigurationModel
import DesiredSources
import Diagnostics
import JSONCoding
import LatticeModel
import Manifests
import OptionParsing
import ReconcileLoop
import TextForms

/// Reads the manifests of a commit or of the work tree and says what is wrong with them.
struct ValidateCommand: Subcommand {
  let configuration = CommandConfiguration(
    "validate", "Check the manifests without a lattice", examples: ["reconcile validate"])
  var target = TargetOptions()
  var worktree = WorktreeOptions()
  var output = OutputOptions()
  var writesFindings: Bool { true }

  static let options = including(\.target) + including(\.worktree) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    var settings = try target.configuration(in: context, forLattice: false)
    settings.source.readsWorktree = worktree.isRead
    let reading = try await Reconciliation(settings).validate()
    let isBad = reading.diagnostics.contains { $0.severity == .error }
    switch output.format {
    case .text, .markdown:
      say(of: reading, on: context.console)
      for note in reading.notes { context.console.say("note: \(note)") }
      context.console.write("\(counted(reading.desired.applications.count, "application")) valid\n")
    case .json:
      context.console.write(
        line(
          [
            "applications": .int(reading.desired.applications.count),
            "diagnostics": .array(reading.diagnostics.map { .object(finding($0)) }),
            "notes": .array(reading.notes.map { .string($0) }),
          ], isPretty: true))
    case .ndjson:
      for diagnostic in reading.diagnostics {
        context.console.write(line(finding(diagnostic), isPretty: false))
      }
    case .sarif: context.console.write(line(sarif(reading.diagnostics), isPretty: true))
    case .github:
      for diagnostic in reading.diagnostics { context.console.write(githubLine(diagnostic)) }
    }
    return isBad ? .failed : .inSync
  }

  /// Says each finding, with its line below it where a person reads.
  private func say(of reading: SourceReading, on console: Console) {
    var texts: [String: SourceLines] = [:]
    for diagnostic in reading.diagnostics {
      console.say(diagnostic.description)
      guard console.isRead, let place = diagnostic.location else { continue }
      if texts[place.path] == nil {
        texts[place.path] = reading.text(of: place.path).map { SourceLines($0) }
      }
      for line in texts[place.path]?.excerpt(at: place)?.split(separator: "\n") ?? [] {
        console.say(String(line))
      }
    }
  }
}
