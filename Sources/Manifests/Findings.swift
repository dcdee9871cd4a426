import Diagnostics
import TextForms

/// Collects the findings of one file.
///
/// Nobody reads more than a hundred errors of one file, and a million would need more memory than
/// the file; the rest is counted. Texts are made only for what is kept.
final class Findings {
  private static let most = 100

  let path: String
  private(set) var diagnostics: [Diagnostic] = []
  private(set) var errors = 0
  private var others = 0
  /// Those that were said before, of what an alias has in a second place.
  private var repeated = 0
  private var words = WordSearch()

  init(path: String) { self.path = path }

  /// Adds an error.
  func add(
    _ code: ManifestCode, _ message: @autoclosure () -> String,
    remedy: @autoclosure () -> String, at position: SourcePosition
  ) {
    add(code, .error, message(), remedy: remedy(), at: position)
  }

  func add(
    _ code: ManifestCode, _ severity: Severity, _ message: @autoclosure () -> String,
    remedy: @autoclosure () -> String? = nil, at position: SourcePosition
  ) {
    guard count(severity) else { return }
    append(Diagnostic(code.code, severity, message(), remedy: remedy(), at: position))
  }

  func add(_ found: [Diagnostic]) {
    for diagnostic in found where count(diagnostic.severity) { append(diagnostic) }
  }

  private func append(_ diagnostic: Diagnostic) {
    if diagnostics.contains(diagnostic) { repeated += 1 } else { diagnostics.append(diagnostic) }
  }

  /// The known name that a misspelt one most likely stands for, while that is worth the time.
  func nearest(to word: String, in known: @autoclosure () -> [String]) -> String? {
    words.isSpent ? nil : words.nearest(to: word, in: known())
  }

  /// Says how many findings are not shown, if any.
  func close() {
    let left = errors + others - repeated - diagnostics.count
    guard left > 0 else { return }
    diagnostics.append(
      Diagnostic(
        ManifestCode.moreFindings.code, .note, "the file has \(counted(left, "more finding"))",
        remedy: "mend those shown first", at: SourcePosition(path: path, line: 1, column: 1)))
  }

  /// Counts a finding; returns whether there is room for it.
  private func count(_ severity: Severity) -> Bool {
    if severity == .error {
      errors += 1
      return errors <= Self.most
    }
    others += 1
    return others <= Self.most
  }
}
