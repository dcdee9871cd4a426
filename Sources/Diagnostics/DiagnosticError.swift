/// What an error means for whoever might try again.
public enum Disposition: Hashable, Sendable {
  /// Nothing changes until a person or a new revision acts.
  case stalled
  /// Worth another try after this time.
  case waiting(Duration)
  /// Worth another try, with backoff.
  case transient
}

/// An error that can explain itself.
///
/// Every room above the ground floor has one error type; the one switch of that type gives
/// code, message, remedy and disposition.
public protocol DiagnosticError: Error {
  /// The findings that make up the error, at least one.
  var diagnostics: [Diagnostic] { get }
  /// What the error means for whoever might try again.
  var disposition: Disposition { get }
}

extension Error {
  /// What went wrong, in words for people; an error that cannot explain itself is shown as it is.
  public var sentence: String {
    guard let error = self as? any DiagnosticError, let first = error.diagnostics.first else {
      return "\(self)"
    }
    return first.message
  }
}
