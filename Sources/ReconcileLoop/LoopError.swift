public import Diagnostics

/// What can go wrong between git and the lattice.
public enum LoopError: DiagnosticError, Hashable {
  /// An application was named that nothing declares.
  case unknownApplication(String, nearest: String?)
  /// The lattice's name cannot be used.
  case invalidLattice(String)
  /// The commit does not descend from the one last applied, and a controller does not follow it.
  case rewrittenHistory(revision: String, applied: String)
  /// The reference came to mean another commit while a person was asked.
  case staleRevision(from: String, to: String)

  /// The findings that make up the error.
  public var diagnostics: [Diagnostic] {
    let (number, message, remedy) =
      switch self {
      case .unknownApplication(let name, let nearest):
        (
          3, "no manifest declares an application '\(name)'",
          nearest.map { "write '\($0)'" } ?? "see 'reconcile validate' for those that are declared"
        )
      case .invalidLattice(let name):
        (
          4, "'\(name)' is no name for a lattice",
          "write letters, digits, '-' and '_'; 'v1' cannot be told from the control interface"
        )
      case .rewrittenHistory(let revision, let applied):
        (
          5, "commit \(revision) does not descend from \(applied), which was last applied",
          "push a commit that does, or set allowNonFastForward for this repository"
        )
      case .staleRevision(let old, let new):
        (
          10, "commit \(old.prefix(7)) was replaced by \(new.prefix(7)) since the plan was shown",
          "run it again, and see the new plan"
        )
      }
    return [Diagnostic(DiagnosticCode("RUN", number), .error, message, remedy: remedy)]
  }

  /// What the error means for whoever might try again.
  public var disposition: Disposition { .stalled }
}

/// What is wrong in several places at once, so that all of it is told.
struct SeveralErrors: DiagnosticError {
  let diagnostics: [Diagnostic]
  var disposition: Disposition { .stalled }
}
