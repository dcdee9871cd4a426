import Diagnostics

/// The kinds of findings about manifests; numbers are never reused.
enum ManifestCode: Int {
  case wrongVersion = 1
  case wrongKind
  case missingKey
  case wrongType
  case unknownKey
  case invalidName
  case invalidValue
  case duplicateName
  case unknownReference
  case notActedOn
  case documentSkipped
  case collision
  case declaredTwice
  case dependencyCycle
  case otherDialect
  case surprisingText
  case tagLatest

  var code: DiagnosticCode { DiagnosticCode("MAN", rawValue) }
}

/// Collects the findings of one file.
final class Findings {
  let path: String
  private(set) var diagnostics: [Diagnostic] = []
  private(set) var errors = 0

  init(path: String) { self.path = path }

  /// Adds an error.
  func add(
    _ code: ManifestCode, _ message: String, remedy: String, at position: SourcePosition
  ) {
    add(code, .error, message, remedy: remedy, at: position)
  }

  func add(
    _ code: ManifestCode, _ severity: Severity, _ message: String, remedy: String? = nil,
    at position: SourcePosition
  ) {
    if severity == .error { errors += 1 }
    diagnostics.append(
      Diagnostic(code.code, severity, message, remedy: remedy, at: position))
  }

  func add(_ found: [Diagnostic]) {
    errors += found.count { $0.severity == .error }
    diagnostics += found
  }
}
