import Diagnostics
import TextForms

/// What can be wrong with a plan in a file.
enum SavedPlanError: DiagnosticError, Hashable {
  /// The file cannot be read, or written.
  case file(path: String, detail: String, isWritten: Bool)
  /// The file holds no plan.
  case malformed(path: String, detail: String)
  /// The plan is no longer what would be done; nothing was sent.
  case stale(id: String, differences: [String])
  /// The plan would be of no commit, so that nobody could read the same again.
  case worktree
  /// Something else was said of what is planned than the file says.
  case contradiction(String)

  /// The most differences that are told.
  private static let mostTold = 30

  var diagnostics: [Diagnostic] {
    switch self {
    case .file(let path, let detail, let isWritten):
      [
        finding(
          1, "the plan \(path) cannot be \(isWritten ? "written" : "read"): \(detail)",
          isWritten
            ? "name a file in a folder that you may write to" : "name a file that --out wrote")
      ]
    case .malformed(let path, let detail):
      [
        finding(
          2, "\(path) is no saved plan: \(detail)", "save it again: reconcile diff --out FILE")
      ]
    case .stale(let id, let differences):
      [
        finding(
          3, "plan \(id.prefix(12)) is stale, nothing was sent",
          "save and review it again: reconcile diff --out FILE")
      ]
        + differences.prefix(Self.mostTold).map { Diagnostic(Self.code(3), .note, $0) }
        + (differences.count > Self.mostTold
          ? [Diagnostic(Self.code(3), .note, "and \(differences.count - Self.mostTold) more")] : [])
    case .worktree:
      [
        finding(
          4, "a plan of files on disk cannot be saved: nobody could read the same again",
          "commit them, and leave out --worktree")
      ]
    case .contradiction(let option):
      [finding(5, "'--\(option)' is said by the saved plan already", "leave it out, or plan anew")]
    }
  }

  var disposition: Disposition { .stalled }

  private func finding(_ number: Int, _ message: String, _ remedy: String) -> Diagnostic {
    Diagnostic(Self.code(number), .error, message, remedy: remedy)
  }

  private static func code(_ number: Int) -> DiagnosticCode { DiagnosticCode("PLN", number) }
}
