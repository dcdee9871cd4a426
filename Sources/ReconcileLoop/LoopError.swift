public import Diagnostics

/// What can go wrong between git and the lattice.
public enum LoopError: DiagnosticError, Hashable {
  /// Nothing under the path could be a manifest.
  case emptySelection(path: String, revision: String)
  /// Files were selected, and none of them declares anything.
  case nothingDeclared(path: String, revision: String)
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
      case .emptySelection(let path, let revision):
        (
          1, "no manifest lies under '\(path)' at \(revision)",
          "give the folder of the manifests with --path; an empty one is never taken as a wish to "
            + "remove everything"
        )
      case .nothingDeclared(let path, let revision):
        (
          2, "no file under '\(path)' at \(revision) declares an application",
          "see that the files begin with apiVersion and kind"
        )
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
