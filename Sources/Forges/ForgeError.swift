public import Diagnostics
import TextForms

/// Why a forge does not do what it is asked.
public enum ForgeError: DiagnosticError, Hashable, Sendable {
  /// It cannot be reached, or its answer is cut off.
  case unreachable(forge: String, reason: String)
  /// It does not know the token.
  case unknownToken(forge: String)
  /// The token may not do it.
  case forbidden(forge: String, words: String)
  /// There is no such project, commit or pull request, or the token may not see it.
  case notFound(forge: String, what: String)
  /// It does not take what it was told, in its words.
  case refused(forge: String, status: Int, words: String)
  /// It fails itself, or has been asked too often.
  case failing(forge: String, status: Int)
  /// It answers what no forge of its kind does.
  case notUnderstood(forge: String, status: Int)
  /// What is needed to ask it is not given: what, and how to give it.
  case incomplete(what: String, remedy: String)
  /// The token cannot be looked up.
  case noToken(String)

  /// The error as a finding.
  public var diagnostics: [Diagnostic] {
    let (number, message, remedy) = explanation
    return [Diagnostic(DiagnosticCode("FRG", number), .error, message, remedy: remedy)]
  }

  /// What it means for whoever might try again.
  public var disposition: Disposition {
    switch self {
    case .unreachable, .failing: .transient
    case .unknownToken, .forbidden, .notFound, .refused, .notUnderstood, .incomplete, .noToken:
      .stalled
    }
  }

  private var explanation: (Int, String, String) {
    switch self {
    case .unreachable(let forge, let reason):
      (1, "\(forge) cannot be asked: \(reason)", "look at the address, the network and the CA")
    case .unknownToken(let forge):
      (2, "\(forge) does not know the token", "give one that is valid and has not expired")
    case .forbidden(let forge, let words):
      (
        3, "\(forge) does not allow it\(quoted(words))",
        "give the token the right to write statuses, or comments of pull requests"
      )
    case .notFound(let forge, let what):
      (
        4, "\(forge) knows no \(what), or does not show it to this token",
        "look at the project's path, and give the token the right to read it"
      )
    case .refused(let forge, let status, let words):
      (5, "\(forge) answers \(status)\(quoted(words))", "mend what it names")
    case .failing(let forge, let status):
      (6, "\(forge) answers \(status)", "wait until it works again")
    case .notUnderstood(let forge, let status):
      (
        7, "\(forge) answers \(status), and what no forge of its kind says",
        "look whether the address is the forge's own and of the kind that is given"
      )
    case .incomplete(let what, let remedy): (8, what, remedy)
    case .noToken(let reason): (9, reason, "give a file, or 'env:NAME' for a variable that is set")
    }
  }

  private func quoted(_ words: String) -> String {
    words.isEmpty ? "" : ": '\(excerpt(escapingControlCharacters(words), upTo: 200))'"
  }
}
