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
  /// Applications that stand behind the command's name.
  var named: [String] = []
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

  /// The applications that are named, in either way.
  var applications: [String] { selection.applications + named }

  /// What is named, each once.
  ///
  /// - Throws: `SuspensionError.nothingNamed`.
  var scopes: [Suspension.Scope] {
    get throws(SuspensionError) {
      let named: [Suspension.Scope] =
        (meansAll ? [.everything] : []) + repositories.map { .repository($0) }
        + applications.map { .application(ApplicationName($0)) }
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
  ///   - reason: Why, where a person said so.
  ///   - edit: The change; made again where somebody else was faster.
  /// - Returns: What was changed, and the record that it was made on.
  /// - Throws: `LoopError.invalidLattice`; `NATSError` where the server does not answer or the record
  ///   cannot be written, `RecordError` where it cannot be understood.
  func change(
    in context: CommandContext, at now: Timestamp, because reason: String? = nil,
    _ edit: (inout SuspensionChange) -> Void
  ) async throws -> (SuspensionChange, LatticeRecord) {
    let settings = try target.configuration(in: context)
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let home = try await settings.recordHome(over: transport, isWriter: true)
    var before = LatticeRecord()
    var change = SuspensionChange(of: before, at: now)
    try await home.records.changeBrakes { record in
      before = record
      change = SuspensionChange(of: record, at: now)
      edit(&change)
      change.carryOut(in: &record)
    }
    if var entry = HistoryEntry(change, at: now) {
      entry.reason = reason
      await context.console.note(entry, in: home)
    }
    return (change, before)
  }
}

extension Console {
  /// Writes into the history what a person did; where that fails, it is done all the same.
  func note(_ entry: HistoryEntry, in home: RecordHome) async {
    do {
      try await home.history.append(entry)
    } catch {
      say("the history could not be written: \(error.sentence)")
    }
  }
}

extension HistoryEntry {
  /// What a `suspend` or a `resume` did; `nil` where that was nothing.
  fileprivate init?(_ change: SuspensionChange, at now: Timestamp) {
    let acts =
      change.suspended.map { "suspended \($0.scope.words)" }
      + change.resumed.map { "resumed \($0.scope.words)" }
      + change.unpinned.map { "unpinned application \($0.application)" }
      + change.approved.map { "approved the start of \(name($0))" }
    guard !acts.isEmpty else { return nil }
    self.init(at: now, by: processName())
    (act, result) = (acts.joined(separator: ", "), .done)
    let names = (change.suspended + change.resumed).compactMap { suspension in
      if case .application(let name) = suspension.scope { name } else { nil }
    }
    note(Set(names + change.approved.map(\.application) + change.unpinned.map(\.application)))
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
          remedy: "name an application, or give --repository-name NAME or --all")
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
