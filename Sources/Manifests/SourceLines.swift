public import Diagnostics
import TextForms
import YAMLTree

/// The lines of a manifest as they may be shown below a finding: without what is, or may have been meant
/// as, a value of a config, of a link or of a reference to a secret.
public struct SourceLines: Sendable {
  private let lines: [Substring.UnicodeScalarView]
  /// From which column on each line is not shown; `nil` where the text is no YAML and nobody knows.
  private let hidden: [Int: Int]?

  /// Reads a text; costs another parse.
  ///
  /// - Parameter bytes: The text of a manifest.
  public init(_ bytes: [UInt8]) {
    lines = String(decoding: bytes, as: UTF8.self).unicodeScalars
      .split(separator: "\n", omittingEmptySubsequences: false).map { Substring($0).unicodeScalars }
    let reading = parseYAMLDocuments(bytes, path: "")
    guard reading.error == nil else {
      hidden = nil
      return
    }
    var finder = HiddenLines()
    for root in reading.documents.compactMap(\.root) {
      finder.look(at: root, under: "", isHidden: false)
    }
    hidden = finder.lines(of: lines)
  }

  /// Shows a place: its line with the number before, and below it a mark under what is meant.
  ///
  /// - Parameter place: The place of a finding.
  /// - Returns: Two lines without an end; `nil` where nothing may be shown.
  public func excerpt(at place: SourcePosition) -> String? {
    guard let hidden, lines.indices.contains(place.line - 1) else { return nil }
    let end = hidden[place.line] ?? Int.max
    let line = lines[place.line - 1]
    let before = line.prefix(place.column - 1)
    let shown = String(Substring(line.prefix(end - 1))) + (end < Int.max ? "…" : "")
    let text = shown.replacing("\t", with: " ").replacing("\r", with: "")
    guard place.column < end, line.count <= 200, before.count == place.column - 1,
      escapingControlCharacters(text) == text
    else { return nil }
    let number = String(place.line)
    let gap = String(repeating: " ", count: number.count)
    let indent = String(repeating: " ", count: before.count)
    let mark = String(repeating: "^", count: width(of: line.dropFirst(before.count)))
    return "  \(number) | \(text)\n  \(gap) | \(indent)\(mark)"
  }

  /// How many characters what begins a text has: a text in quotes, or up to what ends a plain one.
  private func width(of rest: Substring.UnicodeScalarView) -> Int {
    guard let first = rest.first else { return 1 }
    if first == "'" || first == "\"" {
      return rest.dropFirst().firstIndex(of: first).map {
        rest.distance(from: rest.startIndex, to: $0) + 1
      } ?? 1
    }
    return max(
      1, rest.prefix { !":,]}#".unicodeScalars.contains($0) && !$0.properties.isWhitespace }.count)
  }
}

/// Finds where values stand that are not to be shown.
private struct HiddenLines {
  /// Each scalar in the order of the text, and whether it is not to be shown.
  private var scalars: [(mark: YAMLMark, isHidden: Bool)] = []

  /// The keys below which nothing of a config can stand, whoever meant what.
  private static let known = keys(
    of: ManifestKind.allCases.map { DocumentFields.of($0).table } + [
      WadmFields.document, ActorEraFields.document, WadmScalerFields.table, WadmLinkFields.table,
      WadmLinkFields.sourceTable,
      WadmLinkFields.targetTable,
    ])

  private static func keys(of tables: [ObjectTable]) -> Set<String> {
    tables.reduce(into: []) { keys, table in
      keys.formUnion(table.keys.map(\.description))
      keys.formUnion(self.keys(of: table.rows.flatMap(\.tables)))
    }
  }

  mutating func look(at node: YAMLNode, under key: String, isHidden: Bool) {
    if node.kind == .scalar { scalars.append((node.mark, isHidden)) }
    for element in node.elements { look(at: element, under: key, isHidden: isHidden) }
    for entry in node.entries {
      scalars.append((entry.key.mark, isHidden))
      look(
        at: entry.value, under: entry.key.text,
        isHidden: isHidden || Self.mayHoldValues(entry, under: key))
    }
  }

  /// Whether the entries of a config stand below a key, or may have been meant to.
  private static func mayHoldValues(_ entry: YAMLEntry, under key: String) -> Bool {
    switch entry.key.text {
    case "values", "startConfig": true
    case "config": entry.value.kind != .sequence
    // Of a component or trait of wadm they are other things.
    case "properties": key != "components" && key != "traits"
    case let name: key != "spread" && !known.contains(name)
    }
  }

  /// From which column on each line is not shown: from the first such scalar to the next other one on a
  /// later line; that line is shown unless text stands before it there.
  func lines(of text: [Substring.UnicodeScalarView]) -> [Int: Int] {
    var hidden: [Int: Int] = [:]
    let sorted = scalars.sorted { ($0.mark.line, $0.mark.column) < ($1.mark.line, $1.mark.column) }
    var next: YAMLMark?
    for (number, scalar) in sorted.enumerated().reversed() {
      let after = sorted.indices.contains(number + 1) ? sorted[number + 1].mark : nil
      if let after, after.line > scalar.mark.line { next = after }
      guard scalar.isHidden else { continue }
      hidden[scalar.mark.line] = min(hidden[scalar.mark.line] ?? .max, scalar.mark.column)
      let last = next?.line ?? text.count + 1
      for line in scalar.mark.line + 1..<max(last, scalar.mark.line + 1) { hidden[line] = 1 }
      guard let next, text.indices.contains(last - 1) else { continue }
      let before = text[last - 1].prefix(next.column - 1)
      let isBare = before.allSatisfy {
        $0.properties.isWhitespace || "-?[{,&".unicodeScalars.contains($0)
      }
      if !isBare { hidden[last] = 1 }
    }
    return hidden
  }
}
