public import Diagnostics
import TextForms
import YAMLTree

/// The lines of a manifest as they may be shown below a finding: none with a value of a config, of a link
/// or of a reference to a secret.
public struct SourceLines: Sendable {
  private let lines: [Substring.UnicodeScalarView]
  /// Lines that hold such values; `nil` where the text is no YAML and nobody knows.
  private let hidden: Set<Int>?

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
    for root in reading.documents.compactMap(\.root) { finder.look(at: root, isHidden: false) }
    hidden = finder.lines(of: lines)
  }

  /// Shows a place: its line with the number before, and below it a mark under what is meant.
  ///
  /// - Parameter place: The place of a finding.
  /// - Returns: Two lines without an end; `nil` where nothing may be shown.
  public func excerpt(at place: SourcePosition) -> String? {
    guard let hidden, lines.indices.contains(place.line - 1), !hidden.contains(place.line)
    else { return nil }
    let line = lines[place.line - 1]
    let before = line.prefix(place.column - 1)
    let text = String(Substring(line)).replacing("\t", with: " ").replacing("\r", with: "")
    guard line.count <= 200, before.count == place.column - 1,
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

  mutating func look(at node: YAMLNode, isHidden: Bool) {
    if node.kind == .scalar { scalars.append((node.mark, isHidden)) }
    for element in node.elements { look(at: element, isHidden: isHidden) }
    for entry in node.entries {
      scalars.append((entry.key.mark, isHidden))
      look(at: entry.value, isHidden: isHidden || Self.holdsValues(entry))
    }
  }

  /// Whether the entries of a config stand below a key, or may: wadm's `properties` of a component or
  /// trait are other things.
  private static func holdsValues(_ entry: YAMLEntry) -> Bool {
    switch entry.key.text {
    case "values": return true
    case "config": return entry.value.kind == .mapping
    case "properties":
      let others = ["image", "application", "instances", "replicas", "namespace", "package"]
      return !others.contains { entry.value.value(forKey: $0) != nil }
    default: return false
    }
  }

  /// The lines from each such scalar to the next other one; what comes before that on its line is shown
  /// only if it is none of the text.
  func lines(of text: [Substring.UnicodeScalarView]) -> Set<Int> {
    var hidden: Set<Int> = []
    let sorted = scalars.sorted { ($0.mark.line, $0.mark.column) < ($1.mark.line, $1.mark.column) }
    for (number, scalar) in sorted.enumerated() where scalar.isHidden {
      let next = sorted[(number + 1)...].first { $0.mark.line > scalar.mark.line }
      let last = next?.mark.line ?? text.count + 1
      hidden.formUnion(scalar.mark.line..<max(last, scalar.mark.line + 1))
      guard let next, text.indices.contains(last - 1) else { continue }
      let before = text[last - 1].prefix(next.mark.column - 1)
      let isBare = before.allSatisfy {
        $0.properties.isWhitespace || "-?[{,&".unicodeScalars.contains($0)
      }
      if !isBare { hidden.insert(last) }
    }
    return hidden
  }
}
