import ConfigurationModel
import Diagnostics
import LatticeModel
import NATSTransport
import OptionParsing
import ReconcileLoop
import RecordKeeping
import TextForms

/// What is to be suspended or resumed, and how the record is changed for it.
struct BrakeOptions: OptionGroup {
  var target = TargetOptions()
  var selection = SelectionOptions()
  var repositories: [String] = []
  var meansAll = false

  static let options =
    including(\.target) + including(\.selection)
    + [
      OptionSpec<Self>(
        \.repositories, "repository-name", value: "name",
        "A controller's repository, by its name there"),
      OptionSpec(\.meansAll, "all", "Whatever is declared for the lattice"),
    ]

  /// What is named, each once.
  ///
  /// - Throws: `SuspensionError.nothingNamed`.
  var scopes: [Suspension.Scope] {
    get throws(SuspensionError) {
      let named: [Suspension.Scope] =
        (meansAll ? [.everything] : []) + repositories.map { .repository($0) }
        + selection.applications.map { .application(ApplicationName($0)) }
      guard !named.isEmpty else { throw .nothingNamed }
      return named.enumerated().filter { !named[..<$0.offset].contains($0.element) }
        .map(\.element)
    }
  }

  /// Changes what is suspended on record, against whatever others write meanwhile.
  ///
  /// - Parameters:
  ///   - context: What the command line was read from.
  ///   - now: When it is changed.
  ///   - edit: The change; made again where somebody else was faster.
  /// - Returns: What was changed, and the record that it was made on.
  /// - Throws: `LoopError.invalidLattice`; `NATSError` where the server does not answer or the record
  ///   cannot be written, `RecordError` where it cannot be understood.
  func change(
    in context: CommandContext, at now: Timestamp, _ edit: (inout SuspensionChange) -> Void
  ) async throws -> (SuspensionChange, LatticeRecord) {
    let settings = try target.configuration(in: context)
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let home = try await RecordHome(
      of: settings.lattice, over: transport, folder: settings.stateDirectory,
      settings: settings.buckets, isWriter: true)
    var before = LatticeRecord()
    var change = SuspensionChange(of: before, at: now)
    try await home.records.changeBrakes { record in
      before = record
      change = SuspensionChange(of: record, at: now)
      edit(&change)
      change.carryOut(in: &record)
    }
    return (change, before)
  }
}

extension CommandContext {
  /// Writes what a `suspend` or a `resume` did.
  func show(
    _ change: SuspensionChange, resumes: Bool, _ warnings: [Diagnostic], in lattice: LatticeName,
    as format: OutputFormat
  ) {
    switch format {
    case .text, .sarif, .github, .markdown:
      for warning in warnings { console.say(warning.description) }
      console.write(change.text(resumes: resumes))
    case .json, .ndjson:
      console.write(line(change.json(in: lattice, warnings), isPretty: format == .json))
    }
  }
}

/// Why nothing can be suspended as it was asked.
enum SuspensionError: DiagnosticError {
  case nothingNamed
  case hasPassed(Timestamp)

  var diagnostics: [Diagnostic] {
    switch self {
    case .nothingNamed:
      [
        Diagnostic(
          DiagnosticCode("RUN", 6), .error, "nothing is named that is to be suspended or resumed",
          remedy: "give --app NAME, --repository-name NAME or --all")
      ]
    case .hasPassed(let moment):
      [
        Diagnostic(
          DiagnosticCode("RUN", 7), .error,
          "a suspension until \(formatTimestamp(moment.nanoseconds)) is over already",
          remedy: "give a moment to come, or how long, such as 30m")
      ]
    }
  }

  var disposition: Disposition { .stalled }
}
