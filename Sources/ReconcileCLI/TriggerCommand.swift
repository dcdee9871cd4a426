import ConfigurationModel
import Diagnostics
import JSONCoding
import LatticeModel
import NATSTransport
import OptionParsing
import ReconcileLoop
import TextForms

/// The schema of what a trigger brought as published.
private let triggerSchema = "reconcile.trigger/1"

/// Asks whoever commands to look at its repository and the lattice now, and waits until it has.
struct TriggerCommand: Subcommand {
  let configuration = CommandConfiguration(
    "trigger", "Have a controller look at its repository and the lattice now",
    discussion: "Without a name it is the repository of a controller that has no configuration "
      + "file. The answer comes when the look and what it led to are over.",
    examples: ["reconcile trigger", "reconcile trigger edge --lattice edge"],
    unused: TargetOptions.reading)
  var repositories: [String] = []
  var target = TargetOptions()
  var timeout = Duration.seconds(300)
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.repositories, "repository")]
  static let options =
    including(\.target)
    + [
      OptionSpec<Self>(\.timeout, "timeout", "How long to work on it")
    ] + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let settings = try target.configuration(in: context)
    guard repositories.count <= 1 else { throw TriggerError.several }
    let name = repositories.first ?? "default"
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let found: CycleAnswer?
    do throws(NATSError) {
      found = try await CycleAnswer.asking(
        for: name, in: settings.lattice, over: transport, timeout: timeout)
    } catch {
      switch error {
      case .noResponders: throw TriggerError.nobody(repository: name, lattice: settings.lattice)
      case .timeout: throw TriggerError.busy(repository: name, after: timeout)
      default: throw error
      }
    }
    guard let answer = found else { throw TriggerError.failed(repository: name) }
    let status: ExitStatus = answer.isInSync ? .inSync : answer.held > 0 ? .held : .notConverged
    show(answer, of: name, status, on: context.console)
    return status
  }

  private func show(
    _ answer: CycleAnswer, of name: String, _ status: ExitStatus, on console: Console
  ) {
    switch output.format {
    case .text, .sarif, .github, .markdown:
      let rest = [
        (answer.commands, "to be sent"), (answer.waiting, "waiting"), (answer.held, "held"),
      ]
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
      let state = answer.isInSync ? "in sync" : rest.isEmpty ? "differs" : rest
      console.write(
        escapingControlCharacters("\(name) at \(answer.revision.short): \(state)") + "\n")
    case .json, .ndjson:
      let result: JSONValue = [
        "lattice": .string(target.lattice.name.rawValue), "repository": .string(name),
        "revision": .string(answer.revision.rawValue), "in_sync": .bool(answer.isInSync),
        "plan_id": .string(answer.planID), "commands": .int(answer.commands),
        "waiting": .int(answer.waiting), "held": .int(answer.held),
      ]
      console.write(
        line(envelope(triggerSchema, result, status), isPretty: output.format == .json))
    }
  }
}

/// Why nobody looks.
enum TriggerError: DiagnosticError {
  case several
  case nobody(repository: String, lattice: LatticeName)
  case busy(repository: String, after: Duration)
  case failed(repository: String)

  var diagnostics: [Diagnostic] {
    let (message, remedy) =
      switch self {
      case .several: ("several repositories are named", "name one at a time")
      case .nobody(let repository, let lattice):
        (
          "no controller follows a repository '\(repository)' of lattice \(lattice)",
          "see that one runs, and give the name that the repository has in its configuration"
        )
      case .failed(let repository):
        (
          "the controller could not look at '\(repository)'",
          "its log says why; so does 'reconcile status'"
        )
      case .busy(let repository, let limit):
        (
          "the controller has not ended its look at '\(repository)' within "
            + formatDuration(limit),
          "it was asked; 'reconcile status' says what it waits for"
        )
      }
    return [Diagnostic(DiagnosticCode("RUN", 23), .error, message, remedy: remedy)]
  }

  var disposition: Disposition { .stalled }
}
