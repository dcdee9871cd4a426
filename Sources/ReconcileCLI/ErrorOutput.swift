import Diagnostics
import JSONCoding
import ReconcileLoop
import RecordKeeping

/// The schema of an error as published.
private let errorSchema = "reconcile.error/2"

extension ExitStatus {
  /// The status of a command that an error ends.
  init(_ error: any Error) {
    self =
      switch error {
      case RecordError.leaseHeld, is ControllerCommandsError: .held
      case LoopError.staleRevision, SavedPlanError.stale, ApprovalError.unknown: .stale
      case SavedPlanError.worktree, SavedPlanError.contradiction: .usage
      case ApprovalError.short, ApprovalError.noReason, ApprovalError.hasPassed: .usage
      case LoopError.invalidLattice, is ConfigurationError, is SuspensionError, is EventsError,
        RollbackError.noReason, is AdoptionError, is HaltError, TriggerError.several:
        .usage
      default: .failed
      }
  }
}

extension Console {
  /// Says what an error says, and writes it as data too where data was asked for: one object, or one
  /// for each finding and one for the end.
  func fail(_ error: any Error, _ status: ExitStatus, _ format: OutputFormat) {
    let diagnostics =
      (error as? any DiagnosticError)?.diagnostics
      ?? [Diagnostic(DiagnosticCode("RUN", 9), .error, "\(error)")]
    for diagnostic in diagnostics { say(diagnostic.description) }
    let end: [String: JSONValue] = [
      "schema": .string(errorSchema), "exit": .int(Int(status.rawValue)),
    ]
    switch format {
    case .text, .sarif, .github: break
    case .markdown: write(renderMarkdown(diagnostics))
    case .json:
      let findings = JSONValue.array(diagnostics.map { .object(finding($0)) })
      write(line(end.merging(["errors": findings]) { $1 }, isPretty: true))
    case .ndjson:
      for diagnostic in diagnostics { write(typed("diagnostic", finding(diagnostic))) }
      write(typed("error", end))
    }
  }
}
