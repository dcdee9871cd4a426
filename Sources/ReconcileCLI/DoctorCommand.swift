import ConfigurationModel
import Diagnostics
import JSONCoding
import LatticeDialects
import OptionParsing
import TextForms

/// Looks at everything that a pass needs, from the configuration up to the plan; sends no command.
struct DoctorCommand: Subcommand {
  let configuration = CommandConfiguration(
    "doctor", "Check all that a pass needs, with what can be done",
    examples: ["reconcile doctor", "reconcile doctor -o json"])
  var target = TargetOptions()
  var output = OutputOptions()

  static let options = including(\.target, TargetOptions.planning) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let settings = try target.configuration(in: context)
    let lines = await DoctorFacts(gatheringFor: settings).lines()
    let status: ExitStatus = lines.contains { $0.level == .failed } ? .failed : .inSync
    switch output.format {
    case .text, .sarif, .github, .markdown: context.console.write(renderText(lines))
    case .json: context.console.write(renderJSON(lines, exit: status))
    case .ndjson: context.console.write(renderNDJSON(lines, exit: status))
    }
    return status
  }
}

/// Says what is known of a failure in the words of a host or a library.
struct ExplainErrorCommand: Subcommand {
  let configuration = CommandConfiguration(
    "explain-error", "Say what an error of a host means, and what can be done",
    examples: ["reconcile explain-error 'failed to fetch component'"],
    unused: TargetOptions.reading + TargetOptions.reaching)
  var words: [String] = []
  /// Taken as by every command; nothing of it matters here.
  var target = TargetOptions()
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.words, "text")]
  static let options = including(\.target) + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    guard !words.isEmpty else { throw UsageError.missingArgument("text") }
    guard let explanation = explanation(of: words.joined(separator: " ")) else {
      throw UnknownFailure()
    }
    switch output.format {
    case .json, .ndjson:
      context.console.write(line(finding(explanation), isPretty: output.format == .json))
    case .text, .sarif, .github, .markdown:
      context.console.write("\(explanation.code): \(explanation.advice)\n")
    }
    return .inSync
  }
}

/// Nothing is known of a failure.
private struct UnknownFailure: DiagnosticError {
  var diagnostics: [Diagnostic] {
    [
      Diagnostic(
        DiagnosticCode("DOC", 17), .error, "nothing is known of these words",
        remedy: "give the whole line; see the log of the host that said it")
    ]
  }
  var disposition: Disposition { .stalled }
}
