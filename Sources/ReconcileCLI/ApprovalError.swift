import Diagnostics
import LatticeModel
import TextForms

/// Why a plan is not approved.
enum ApprovalError: DiagnosticError, Hashable {
  /// No plan of that id would be carried out if it were approved.
  case unknown(String, awaiting: String?)
  /// The id is too short to be sure.
  case short(String)
  /// Nobody would know why.
  case noReason
  /// More is held than one approval releases.
  case tooMuch(Int)
  /// It was to end before it begins.
  case hasPassed(Timestamp)

  var diagnostics: [Diagnostic] {
    switch self {
    case .unknown(let id, let awaiting):
      [
        finding(
          6,
          "no plan \(escapingControlCharacters(id)) awaits approval"
            + (awaiting.map { "; plan \($0) does" } ?? ", and no other does"),
          awaiting == nil
            ? "see what would be done: reconcile diff"
            : "look at it, for something is different by now: reconcile approve")
      ]
    case .short(let id):
      [
        finding(
          7, "'\(escapingControlCharacters(id))' is no id of a plan",
          "give eight digits of it or more, as 'reconcile approve' shows it")
      ]
    case .noReason:
      [finding(8, "no reason is given for the approval", "say why with --reason, for the others")]
    case .tooMuch(let steps):
      [
        finding(
          9, "\(steps) steps are held, and an approval releases \(PlanApproval.most) at most",
          "apply a smaller commit first, or go on without: --allow-non-fast-forward")
      ]
    case .hasPassed(let moment):
      [
        finding(
          10, "an approval until \(formatTimestamp(moment.nanoseconds)) is over already",
          "give a moment to come, or how long, such as 30m")
      ]
    }
  }

  var disposition: Disposition { .stalled }

  private func finding(_ number: Int, _ message: String, _ remedy: String) -> Diagnostic {
    Diagnostic(DiagnosticCode("PLN", number), .error, message, remedy: remedy)
  }
}
