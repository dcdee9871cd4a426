public import Diagnostics
import TextForms

/// What can be wrong with a YAML text.
public indirect enum YAMLError: DiagnosticError, Hashable {
  /// The text is no YAML: libyaml's own words and the place.
  case syntax(String, SourcePosition)
  /// The bytes are no UTF-8 from this place on.
  case notUTF8(SourcePosition)
  /// A character (its code) stands in the text that may stand in none.
  case forbiddenCharacter(UInt32, SourcePosition)
  /// The file is something else than YAML in UTF-8.
  case foreign(ForeignText, SourcePosition)
  /// A tab stands where only spaces may.
  case tab(SourcePosition)
  /// A character (its code) that looks like a space stands where only spaces may.
  case otherSpace(UInt32, SourcePosition)
  /// A bound is passed: what there is too much of, with the bound.
  case limitExceeded(String, SourcePosition)
  /// A key stands twice in one mapping.
  case duplicateKey(String, first: SourcePosition, second: SourcePosition)
  /// `*name` without an `&name` before it in the document.
  case unknownAnchor(String, SourcePosition)
  /// `*name` within the node that `&name` names.
  case circularAlias(String, SourcePosition)
  /// A mapping or sequence is used as a key.
  case collectionAsKey(SourcePosition)
  /// `<<` has a value that is neither a mapping nor a list of mappings.
  case mergeValue(SourcePosition)
  /// libyaml got no memory.
  case outOfMemory(path: String)
  /// More than one of these, in the order of the text.
  case several([YAMLError])

  /// Stalled: only another text helps (memory apart).
  public var disposition: Disposition {
    if case .outOfMemory = self { return .transient }
    return .stalled
  }

  /// The findings, each with its place and a remedy.
  public var diagnostics: [Diagnostic] {
    switch self {
    case .syntax(let problem, let place):
      finding(1, problem, remedy(for: problem), place)
    case .notUTF8(let place):
      finding(2, "the text is not UTF-8 from here on", "save the file as UTF-8", place)
    case .forbiddenCharacter(let code, let place):
      finding(
        3,
        [0x85, 0x2028, 0x2029].contains(code)
          ? "the character U+\(hexadecimal(code)) ends a line of YAML, and of hardly anything else"
          : code < 0xA0
            ? "the control character U+\(hexadecimal(code)) stands in the text"
            : "the character U+\(hexadecimal(code)) may not stand in YAML",
        "remove it, or write it as an escape in double quotes", place)
    case .tab(let place):
      finding(4, "a tab stands where YAML wants spaces", "indent with spaces", place)
    case .otherSpace(let code, let place):
      finding(
        4, "the character U+\(hexadecimal(code)) stands where YAML wants a space, and is none",
        "write a space in its place, or put the text in quotes", place)
    case .limitExceeded(let what, let place):
      finding(5, what, "split the file, or shorten what is generated or repeated", place)
    case .duplicateKey(let key, let first, let second):
      finding(
        6, "the key \"\(excerpt(key))\" stands twice in this mapping, first at \(first)",
        key == "<<" ? "merge a list: `<<: [*a, *b]`" : "keep one of the two", second)
    case .unknownAnchor(let name, let place):
      finding(
        7, "the alias *\(excerpt(name)) names no anchor",
        "write &\(excerpt(name)) before it in the same document, or quote the text", place)
    case .circularAlias(let name, let place):
      finding(
        8, "the alias *\(excerpt(name)) stands within what it names", "write the text out", place)
    case .collectionAsKey(let place):
      finding(
        9, "a mapping or sequence is used as a key",
        "use a text as key; quote it if it begins with { or [", place)
    case .mergeValue(let place):
      finding(
        10, "the merge key << wants a mapping or a list of mappings",
        "give it an alias of a mapping, or quote the key to mean the text \"<<\"", place)
    case .outOfMemory(let path):
      finding(
        11, "there is no memory left to read this text", "free memory and try again",
        SourcePosition(path: path, line: 1, column: 1))
    case .foreign(let text, let place): finding(12, text.problem, text.remedy, place)
    case .several(let errors): errors.flatMap(\.diagnostics)
    }
  }
}

/// What to do about a problem in libyaml's words.
private func remedy(for problem: String) -> String {
  let known = [
    ("found incompatible YAML document", "write %YAML 1.2, or leave the line out"),
    ("cannot start any token", "put the text in quotes: none begins with @, ` or %"),
    (
      "invalid Unicode character escape code",
      "write the character itself, or \\U with eight digits: two \\u make no pair"
    ),
    ("a key has more than", "write '? ' before it, and its value behind ': ' on the next line"),
    (
      "mapping values are not allowed",
      "put a text with ': ' in quotes, or indent the line as those around it"
    ),
  ]
  return known.first { problem.contains($0.0) }?.1
    ?? "compare the indentation, quotes and colons with the lines around it"
}

private func finding(
  _ number: Int, _ message: String, _ remedy: String, _ place: SourcePosition
) -> [Diagnostic] {
  [Diagnostic(DiagnosticCode("YAM", number), .error, message, remedy: remedy, at: place)]
}

/// Four hexadecimal digits, or more where four are too few.
private func hexadecimal(_ code: UInt32) -> String {
  let digits = String(code, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
