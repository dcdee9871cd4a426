public import Diagnostics
import TextForms

/// Why a revision wants nothing that could be told from an accident.
public enum SourceError: DiagnosticError, Hashable {
  /// Nothing under the path could be a manifest, but for what a `.reconcileignore` leaves out.
  case emptySelection(path: String, revision: String, ignored: [String] = [])
  /// Files were selected, and none of them declares anything; what was said of them.
  case nothingDeclared(path: String, revision: String, findings: [Diagnostic] = [])
  /// The commit has no manifest under the path, and these lie there on disk.
  case uncommitted(path: String, revision: String, files: [String])
  /// Nothing under the path of an overlay could be one.
  case emptyOverlay(path: String, revision: String, ignored: [String] = [])

  /// The findings that make up the error.
  public var diagnostics: [Diagnostic] {
    let (number, message, remedy) =
      switch self {
      case .emptySelection(let path, let revision, let ignored):
        (
          1,
          "no manifest lies under '\(path)' at \(revision)" + without(ignored),
          ignored.isEmpty
            ? "give the folder of the manifests with --path; an empty one is never taken as a wish to "
              + "remove everything" : "take out of the file what is to be read"
        )
      case .nothingDeclared(let path, let revision, let findings):
        (
          2, "no file under '\(path)' at \(revision) declares an application",
          findings.isEmpty
            ? "see that the files begin with apiVersion and kind"
            : "give the folder of the manifests with --path; what was found there is told below"
        )
      case .uncommitted(let path, let revision, let files):
        (
          24,
          "no manifest under '\(path)' is committed at \(revision), though on disk there is "
            + named(files),
          "'git add' and commit, or try it with --worktree"
        )
      case .emptyOverlay(let path, let revision, let ignored):
        (
          13, "no overlay lies under '\(path)' at \(revision)" + without(ignored),
          "give the folder of the overlays with --overlay; without them it would be another "
            + "environment's manifests that are applied"
        )
      }
    let error = Diagnostic(DiagnosticCode("RUN", number), .error, message, remedy: remedy)
    guard case .nothingDeclared(_, _, let findings) = self else { return [error] }
    return [error] + findings
  }

  /// What the error means for whoever might try again: another commit must come first.
  public var disposition: Disposition { .stalled }
}

/// That files are left out, as the end of a sentence.
private func without(_ ignored: [String]) -> String {
  ignored.isEmpty ? "" : ", as a .reconcileignore leaves out \(named(ignored))"
}
