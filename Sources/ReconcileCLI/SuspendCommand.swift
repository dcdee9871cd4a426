import Diagnostics
import LatticeModel
import NATSTransport
import ReconcileLoop
import RecordKeeping
import ServiceRuntime
import TextForms

extension ReconcileCommand {
  /// Writes into the record that something is not to be commanded, or that it may be again.
  ///
  /// A controller obeys within a second, and a pass looks before it sends anything.
  func suspend(
    _ options: CommandOptions, resumes: Bool, _ console: Console
  ) async throws -> ExitStatus {
    let scopes = options.suspensionScopes
    guard !scopes.isEmpty else { throw SuspensionError.nothingNamed }
    let now = Timestamp(nanoseconds: WallClock.system.now)
    let until = options.suspendsUntil?.moment(after: now)
    if let until, until <= now { throw SuspensionError.hasPassed(until) }
    let configuration = options.configuration(in: environment)
    let transport = try await NATSConnection.connect(configuration.nats)
    defer { transport.close() }
    let home = try await RecordHome(
      of: configuration.lattice, over: transport, folder: configuration.stateDirectory,
      isWriter: true)
    var warnings: [Diagnostic] = []
    if !resumes {
      warnings = strangers(among: options.applications, to: try await home.records.load().record)
    }
    let by = options.process.holder
    let reason = options.reason ?? "no reason given"
    var change = SuspensionChange(of: LatticeRecord(), at: now)
    try await home.records.changeBrakes { record in
      change = SuspensionChange(of: record, at: now)
      if resumes {
        change.resume(scopes)
      } else {
        change.suspend(scopes.map { Suspension($0, reason: reason, by: by, until: until) })
      }
      change.carryOut(in: &record)
    }
    switch options.output {
    case .text:
      for warning in warnings { console.say(warning.description) }
      console.write(change.text(resumes: resumes))
    case .json, .ndjson:
      let object = change.json(in: configuration.lattice, warnings)
      console.write(line(object, isPretty: options.output == .json))
    }
    return .inSync
  }
}

/// A warning for each name that no application on record has; it may be one that is to come.
func strangers(among names: [String], to record: LatticeRecord) -> [Diagnostic] {
  let known = record.applied.keys.map(\.rawValue).sorted()
  return names.filter { !known.contains($0) }.map { name in
    let nearest = nearestWord(to: name, in: known)
    let remedy = nearest.map { "if you mean '\($0)', suspend that and resume this one" }
    return Diagnostic(
      DiagnosticCode("RUN", 11), .warning, "no application '\(name)' is on record as applied",
      remedy: remedy ?? "it is suspended all the same, and held once it is declared")
  }
}

extension CommandOptions {
  /// What is named, each once.
  fileprivate var suspensionScopes: [Suspension.Scope] {
    let named: [Suspension.Scope] =
      (suspendsAll ? [.everything] : []) + repositoryNames.map { .repository($0) }
      + applications.map { .application(ApplicationName($0)) }
    return named.enumerated().filter { !named[..<$0.offset].contains($0.element) }.map(\.element)
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
