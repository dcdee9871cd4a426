import Diagnostics
import TextForms
import YAMLTree

/// Reports characters that nobody sees in the keys and words of a document; returns whether there are
/// any.
///
/// Blanks of other kinds count at its ends, where nobody sees them either.
///
/// Whoever reads such a word takes it for another one, and so does whoever compares it by eye. A text
/// with blanks, or with letters that are not ASCII, may need some of them, as Arabic or an emoji does,
/// and is left alone.
///
/// - Parameters:
///   - root: A document of ours, with what lies over it.
///   - findings: Where they are told, each at the character.
/// - Returns: Whether any was told.
func reportInvisible(in root: YAMLNode, _ findings: Findings) -> Bool {
  var isFound = false
  func look(at node: YAMLNode) {
    switch node.kind {
    case .scalar: if reportInvisible(inWord: node, findings) { isFound = true }
    case .sequence: for element in node.elements { look(at: element) }
    case .mapping:
      for entry in node.entries {
        look(at: entry.key)
        look(at: entry.value)
      }
    }
  }
  look(at: root)
  return isFound
}

private func reportInvisible(inWord node: YAMLNode, _ findings: Findings) -> Bool {
  guard node.withBytes({ $0.contains { $0 >= 0x80 } }) else { return false }
  let scalars = Array(node.text.unicodeScalars)
  let hidden = scalars.indices.filter { place in
    let isAtEnd = place == 0 || place == scalars.count - 1
    return isInvisible(scalars[place]) || isAtEnd && isBlank(scalars[place])
  }
  let isWord = scalars.count { (0x21...0x7E).contains($0.value) } + hidden.count == scalars.count
  guard isWord, let place = hidden.first else { return false }
  var position = node.position(findings.path)
  let isQuoted = node.style == .singleQuoted || node.style == .doubleQuoted
  position.column += place + (isQuoted ? 1 : 0)
  let code = String(scalars[place].value, radix: 16, uppercase: true)
  findings.add(
    .invisible, "'\(excerpt(node.text))' has a character that nobody sees, U+\(padded(code))",
    remedy: "remove it; where it is meant, write it as an escape in double quotes", at: position)
  return true
}

/// Whether a character has no width of its own, or only turns the direction of others.
private func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value >= 0x80
    && (scalar.properties.generalCategory == .format
      || scalar.properties.isDefaultIgnorableCodePoint)
}

/// Whether a character looks like a blank and is none to YAML.
private func isBlank(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value >= 0x80 && scalar.properties.isWhitespace
}

private func padded(_ code: String) -> String {
  String(repeating: "0", count: max(0, 4 - code.count)) + code
}
