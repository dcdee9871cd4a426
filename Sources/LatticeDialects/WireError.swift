public import Diagnostics
public import JSONCoding
import TextForms

/// What is wrong with a message from the lattice.
public enum WireError: DiagnosticError, Hashable {
  /// It is not JSON, or a part of it has another type than hosts send.
  case malformed(what: String, JSONError)
  /// A part that identifies what it is about is not there.
  case missing(what: String, field: String)
  /// A host refused to answer, with its own words.
  case refused(what: String, message: String)

  /// The findings that make up the error.
  public var diagnostics: [Diagnostic] {
    let (number, message) =
      switch self {
      case .malformed(let what, let error): (1, "\(what) cannot be read: \(error)")
      case .missing(let what, let field): (2, "\(what) has no '\(field)'")
      case .refused(let what, let message): (3, "\(what) was refused: \(oneLine(message))")
      }
    return [
      Diagnostic(
        DiagnosticCode("WIR", number), .error, message,
        remedy: "see whether something else than a wasmCloud host answers on this lattice")
    ]
  }

  /// What the error means for whoever might try again.
  public var disposition: Disposition { .transient }
}
