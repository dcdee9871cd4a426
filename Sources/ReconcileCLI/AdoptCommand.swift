import ConfigurationModel
import Diagnostics
import JSONCoding
import LatticeModel
import OptionParsing
import Planning
import ReconcileLoop
import TextForms

/// The schema of an adoption as published.
private let adoptionSchema = "reconcile.adoption/1"

/// Puts on record that what runs or is stored exactly as declared is ours, whoever made it; nothing is
/// sent.
struct AdoptCommand: Subcommand {
  let configuration = CommandConfiguration(
    "adopt", "Take over what is as declared and was made by others; nothing is sent",
    discussion: "Whoever made it must not command it any more. What differs from its manifest is "
      + "listed and stays whose it is.",
    examples: ["reconcile adopt --all --dry-run", "reconcile adopt hello"])
  var applications: [String] = []
  var meansAll = false
  var isDryRun = false
  var target = TargetOptions()
  var isYes = false
  var output = OutputOptions()

  static let arguments = [ArgumentSpec<Self>(\.applications, "application")]
  static let options =
    [
      OptionSpec<Self>(\.meansAll, "all", "Whatever is declared for the lattice"),
      OptionSpec(\.isDryRun, "dry-run", "Show the diff and send nothing"),
    ] + including(\.target, TargetOptions.planning)
    + [
      OptionSpec(
        \.isYes, "yes", letter: "y",
        "Do it without asking, as it is done where there is no terminal to ask on")
    ] + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    guard meansAll != !applications.isEmpty else { throw AdoptionError.nothingNamed }
    var settings = try target.configuration(in: context)
    settings.applications = applications
    let reconciliation = Reconciliation(settings)
    let console = context.console
    guard !isDryRun else {
      let adoption = try await reconciliation.adoptable()
      let status: ExitStatus =
        if !adoption.different.isEmpty || !adoption.doubted.isEmpty { .held } else {
          adoption.units.isEmpty && adoption.settled.isEmpty ? .inSync : .changesPending
        }
      show(adoption, verb: "would be adopted", status, on: console)
      return status
    }
    let adoption = try await reconciliation.adopt { adoption in
      guard !isYes, console.canAsk else { return true }
      console.show(text(adoption, verb: "would be adopted"))
      let question =
        adoption.units.isEmpty
        ? "Rely on the record of \(counted(adoption.settled.count, "application"))?"
        : "Take over \(counted(adoption.units.count, "thing"))?"
      return await Question().ask(question, on: console)
    }
    guard let adoption else {
      console.say("nothing was adopted")
      return .changesPending
    }
    let status: ExitStatus =
      adoption.different.isEmpty && adoption.doubted.isEmpty ? .inSync : .held
    show(adoption, verb: "adopted", status, on: console)
    return status
  }

  private func show(
    _ adoption: Adoption, verb: String, _ status: ExitStatus, on console: Console
  ) {
    switch output.format {
    case .text, .sarif, .github, .markdown: console.write(text(adoption, verb: verb))
    case .json, .ndjson:
      let result: JSONValue = [
        "adopted": .array(isDryRun ? [] : adoption.units.map(json)),
        "adoptable": .array(isDryRun ? adoption.units.map(json) : []),
        "settled": .array(adoption.settled.map { .string($0.rawValue) }),
        "doubted": .array(adoption.doubted.map { .string($0.rawValue) }),
        "different": .array(
          adoption.different.map { unowned in
            var members = json(unowned.unit).object ?? [:]
            members["managed_by"] = unowned.manager.map(JSONValue.string) ?? .null
            return .object(members)
          }),
      ]
      console.write(
        line(envelope(adoptionSchema, result, status), isPretty: output.format == .json))
    }
  }

  private func text(_ adoption: Adoption, verb: String) -> String {
    let rows =
      runs(of: adoption.units) { $0.withoutHost == $1.withoutHost }.map { "\(verb): \(name($0))" }
      + adoption.different.map { unowned in
        "not as declared, and left: \(name(unowned.unit))"
          + (unowned.manager.map { ", of \($0)" } ?? "")
      }
      + adoption.settled.map {
        "\(isDryRun ? "would be" : "is") doubted no longer: application \($0)"
      }
      + adoption.doubted.map {
        "still doubted: application \($0), of which not all is seen as declared"
      }
    let lines = rows.isEmpty ? ["nothing of others is as declared"] : rows
    return lines.map { escapingControlCharacters($0) + "\n" }.joined()
  }
}

private func json(_ unit: UnitKey) -> JSONValue {
  [
    "application": .string(unit.application.rawValue), "kind": .string(unit.kind.rawValue),
    "name": .string(unit.name), "host": unit.host.map { .string($0.rawValue) } ?? .null,
  ]
}

/// Why nothing can be taken over as it was asked.
enum AdoptionError: DiagnosticError {
  case nothingNamed

  var diagnostics: [Diagnostic] {
    [
      Diagnostic(
        DiagnosticCode("RUN", 19), .error, "it is not said what is to be adopted",
        remedy: "name applications, or give --all, not both")
    ]
  }

  var disposition: Disposition { .stalled }
}
