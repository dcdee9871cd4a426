import Diagnostics
import LatticeModel
import TextForms

/// Returns the kept form that an application is brought back to; pure.
///
/// Unless a commit is named it is the one before that in force, or the newest where what is in force was
/// never seen in sync.
///
/// - Parameters:
///   - name: The application.
///   - forms: What is kept, the newest first.
///   - record: What is on record, with the form that is in force.
///   - wanted: The beginning of a commit's id or of a form's digest, four digits or more.
/// - Returns: The form.
/// - Throws: `RollbackError` where there is none, or several.
func rollbackForm(
  of name: ApplicationName, in forms: [ApplicationName: [KeptForm]], _ record: LatticeRecord,
  to wanted: String?
) throws(RollbackError) -> KeptForm {
  let kept = forms[name] ?? []
  if let wanted {
    let prefix = wanted.lowercased()
    let found = kept.filter {
      prefix.utf8.count >= 4
        && ($0.revision.rawValue.hasPrefix(prefix) || $0.digest.hasPrefix(prefix))
    }
    guard let form = found.first else { throw .notKept(name.rawValue, wanted, kept: kept) }
    guard found.count == 1 else { throw .ambiguous(name.rawValue, wanted, kept: found) }
    return form
  }
  let applied = record.applied[name]
  let inForce = kept.firstIndex { form in
    applied?.form.map { $0 == form.digest } ?? (form.revision == applied?.revision)
  }
  guard let form = kept.dropFirst(inForce.map { $0 + 1 } ?? 0).first else {
    throw .notKept(name.rawValue, nil, kept: kept)
  }
  return form
}

/// Why an application is not brought back to an earlier form.
enum RollbackError: DiagnosticError, Equatable {
  /// No reason is given.
  case noReason
  /// There is no such form, or none before the one in force.
  case notKept(String, String?, kept: [KeptForm])
  /// Several forms are meant.
  case ambiguous(String, String, kept: [KeptForm])
  /// It cannot stand beside what the other applications are.
  case doesNotStand(KeptForm, [Diagnostic])

  var diagnostics: [Diagnostic] {
    switch self {
    case .noReason:
      [
        error(
          15, "no reason is given, and the others will ask for it",
          "give --reason 'errors since noon'")
      ]
    case .notKept(let name, let wanted, let kept):
      [
        error(
          16,
          wanted.map { "no form of '\(excerpt(name))' is kept of '\(excerpt($0))'" }
            ?? "no form of '\(excerpt(name))' is kept that is older than the one in force",
          kept.isEmpty
            ? "a form is kept once it was seen in sync by this version or a later one; revert the "
              + "commit in git"
            : "give one of these with --to: \(Self.list(kept))")
      ]
    case .ambiguous(let name, let wanted, let kept):
      [
        error(
          17, "'\(excerpt(wanted))' may be several forms of '\(excerpt(name))'",
          "give more of one of these with --to: \(Self.list(kept))")
      ]
    case .doesNotStand(let form, let findings):
      [
        error(
          18,
          "the form of '\(form.application)' at \(form.revision.short) cannot stand beside what the "
            + "other applications are now",
          "see the findings below; bring those back first that it needs, or take another with --to")
      ] + findings.filter { $0.severity == .error }
    }
  }

  var disposition: Disposition { .stalled }

  private func error(_ number: Int, _ message: String, _ remedy: String) -> Diagnostic {
    Diagnostic(DiagnosticCode("RUN", number), .error, message, remedy: remedy)
  }

  private static func list(_ forms: [KeptForm]) -> String {
    named(forms.map { "\($0.revision.short) (\(moment($0.time)))" }, upTo: 10)
  }
}
