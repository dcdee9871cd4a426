public import Diagnostics

/// Why a commit or a tag is refused; what is refused is named first: `commit 13e615b`.
public enum SignatureError: DiagnosticError, Hashable {
  /// It carries no signature.
  case unsigned(String)
  /// It is signed with a key that nobody has who may sign: the key, and where it is missing.
  case unknownSigner(String, key: String, file: String)
  /// It is not what was signed: with which key.
  case altered(String, key: String)
  /// Its signer may not sign any more, or not yet, or not for this: who, and why.
  case refusedSigner(String, signer: String, reason: String)
  /// It or its signature cannot be understood.
  case unreadable(String, detail: String)
  /// Its signature was made for something else.
  case otherPurpose(String, key: String, namespace: String)
  /// It is signed in a way for which nobody is named.
  case noSigners(String, key: String, option: String)
  /// What says who may sign cannot be read.
  case unreadableSigners(path: String, detail: String)
  /// Whoever checks signatures did not do so.
  case notChecked(String, detail: String)
  /// What is read is no annotated tag.
  case noTag(String)
  /// A tag stands under another name than it was made for.
  case otherTag(String, reference: String)
  /// Which commits lie between two is not known.
  case unknownRange(from: String, to: String, detail: String)
  /// Too many commits lie between two.
  case longRange(from: String, to: String, most: Int)
  /// Files on disk carry no signature.
  case worktree
  /// What is asked for cannot be checked.
  case contradiction(String, remedy: String)

  /// Whether another try may go better.
  public var disposition: Disposition {
    switch self {
    case .notChecked: .transient
    default: .stalled
    }
  }

  /// The finding, with a remedy.
  public var diagnostics: [Diagnostic] {
    let (number, message, remedy) = finding
    return [Diagnostic(DiagnosticCode("SIG", number), .error, message, remedy: remedy)]
  }

  private var finding: (Int, String, String) {
    switch self {
    case .unsigned(let subject):
      (1, "\(subject) carries no signature", "sign it: `git commit -S`, `git tag -s`")
    case .unknownSigner(let subject, let key, let file):
      (
        2, "\(subject) is signed with \(key), which is nobody's in \(file)",
        "add the key there if its owner may sign, else find out who pushed"
      )
    case .altered(let subject, let key):
      (
        3, "\(subject) is not what was signed with \(key)",
        "find out who pushed; nobody alters a signed commit by accident"
      )
    case .refusedSigner(let subject, let signer, let reason):
      (
        4, "\(subject) is signed by \(signer), who may not sign it: \(reason)",
        "have it signed anew with a key that is good"
      )
    case .unreadable(let subject, let detail):
      (5, "the signature of \(subject) cannot be understood: \(detail)", "have it signed anew")
    case .otherPurpose(let subject, let key, let namespace):
      (
        6,
        "the signature of \(subject) with \(key) was made for \"\(namespace)\", not for \"git\"",
        "have it signed by git: `git commit -S`"
      )
    case .noSigners(let subject, let key, let option):
      (
        7, "\(subject) is signed with \(key), and nobody is named who may sign so",
        "name them with --\(option)"
      )
    case .unreadableSigners(let path, let detail):
      (
        8, "who may sign cannot be read from \(path): \(detail)",
        "see that the file is there and whole"
      )
    case .notChecked(let subject, let detail):
      (
        9, "the signature of \(subject) was not checked: \(detail)",
        "see that ssh-keygen and gpg are installed and a temporary folder can be written; it is "
          + "tried again"
      )
    case .noTag(let reference):
      (
        10, "\"\(reference)\" is no annotated tag, so that there is no signature to check",
        "give a tag made by `git tag -s`, or ask for signed commits"
      )
    case .otherTag(let subject, let reference):
      (
        11, "\"\(reference)\" leads to \(subject), which was signed under that name only",
        "find out who pushed; a signed tag under another name may take a site back"
      )
    case .unknownRange(let base, let head, let detail):
      (
        12, "which commits lie between \(base) and \(head) is not known: \(detail)",
        "fetch the whole history, or ask for a signed commit alone"
      )
    case .longRange(let base, let head, let most):
      (
        13, "more than \(most) commits lie between \(base) and \(head)",
        "apply an earlier commit first, with --ref"
      )
    case .worktree:
      (
        14, "files on disk carry no signature",
        "read a commit, or leave signatures out: --verify off"
      )
    case .contradiction(let message, let remedy): (15, message, remedy)
    }
  }
}
