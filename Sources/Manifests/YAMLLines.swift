import YAMLTree

/// Lines of YAML that are made of another text, each with the line of that text that it comes from.
struct YAMLLines {
  private struct Line {
    /// How deep its key stands; the dash of an element stands a step before it.
    var depth: Int
    var isItem: Bool
    var text: String
    /// `nil` for a line that nothing in the other text stands for.
    var source: Int?
  }

  private var lines: [Line] = []
  private var beginsItem = false
  /// The stretch of the other text that each of its lines lies in; of several the one named last.
  private var stretches: [Int: ClosedRange<Int>] = [:]
  /// How null is written: it is an empty text to wadm, where that is converted; `nil` where it stays as
  /// it is, for wadm takes a mapping of nothing for an empty one, and refuses one that is `null`.
  private var null: String?
  /// Which keys are left out, by how deep they stand.
  private let isLeftOut: (_ depth: Int, _ key: String) -> Bool

  init(
    null: String? = "''",
    unless isLeftOut: @escaping (_ depth: Int, _ key: String) -> Bool = {
      _, _ in false
    }
  ) {
    (self.null, self.isLeftOut) = (null, isLeftOut)
  }

  /// The next line is the first of an element of a list.
  mutating func beginItem() { beginsItem = true }

  /// Keeps the comments on some lines of the other text with what has come of these lines, also where
  /// nothing has come of what they stand at.
  mutating func keep(within stretch: ClosedRange<Int>) {
    for line in stretch { stretches[line] = stretch }
  }

  /// Adds a line; the keys of an element stand two steps deeper than its list's key.
  mutating func add(_ depth: Int, _ text: String, from node: YAMLNode?) {
    add(depth, text, line: node.flatMap { $0.isLaidOver ? nil : $0.mark.line })
  }

  mutating func add(_ depth: Int, _ text: String, line: Int?) {
    lines.append(Line(depth: depth, isItem: beginsItem, text: text, source: line))
    beginsItem = false
  }

  /// Adds the entries of a mapping.
  mutating func add(_ depth: Int, entriesOf mapping: YAMLNode) {
    for entry in entries(of: mapping, depth) { add(depth, entry.key, entry.value) }
  }

  /// Adds lines in which null stays null.
  mutating func keepingNull(_ add: (inout YAMLLines) -> Void) {
    let before = null
    null = "null"
    add(&self)
    null = before
  }

  private func entries(of mapping: YAMLNode, _ depth: Int) -> [YAMLEntry] {
    mapping.entries.filter { !isLeftOut(depth, $0.key.text) }
  }

  /// Adds a key with a value, whatever it is.
  mutating func add(_ depth: Int, _ key: YAMLNode, _ value: YAMLNode) {
    add(depth, writtenKey(key, at: depth), of: key, value)
  }

  /// Adds a key under another name, with its value.
  mutating func add(_ depth: Int, _ name: String, of key: YAMLNode, _ value: YAMLNode) {
    func text(_ rest: String) -> String { rest.isEmpty ? "\(name):" : "\(name): \(rest)" }
    switch value.kind {
    case .scalar:
      add(depth, text(writtenScalar(value, null)), from: key)
    case .mapping:
      add(depth, text(entries(of: value, depth + 1).isEmpty ? "{}" : ""), from: key)
      add(depth + 1, entriesOf: value)
    case .sequence:
      add(depth, text(value.count == 0 ? "[]" : ""), from: key)
      for element in value.elements {
        beginItem()
        if element.kind != .mapping || element.count == 0 {
          add(depth + 2, writtenFlow(element, null), from: element)
        }
        add(depth + 2, entriesOf: element)
      }
    }
  }

  /// A key up to its colon.
  ///
  /// One that is longer than YAML allows before a colon on its line stands in a line of its own.
  private func writtenKey(_ key: YAMLNode, at depth: Int) -> String {
    let text = writtenText(key.text)
    return isLongKey(text) ? "? \(text)\n" + String(repeating: "  ", count: depth) : text
  }

  /// The lines with comments of the other text, each where what it stands at has come to.
  func text(with comments: [YAMLComment]) -> String {
    var before = [[YAMLComment]](repeating: [], count: lines.count + 1)
    var after = before
    var behind: [Int: String] = [:]
    let places = LinesBySource(
      lines.enumerated().compactMap { index, line in
        line.source.map { ($0, index) }
      })
    for comment in comments {
      let next = places.first(from: comment.line)
      let last = places.last(upTo: comment.line)
      let stretch = stretches[comment.line]
      if let stretch, let last, last.source >= stretch.lowerBound,
        next.map({ $0.source > stretch.upperBound }) ?? true
      {
        after[last.index].append(comment)
        continue
      }
      switch comment.place {
      case .line:
        if let next, next.source == comment.line, behind[next.index] == nil {
          behind[next.index] = comment.text
        } else {
          before[next?.index ?? lines.count].append(comment)
        }
      case .next: before[next?.index ?? lines.count].append(comment)
      case .last:
        // Between a key and the first line of its value there is nothing else that it may be on.
        if let next, let last, lines[next.index].depth > lines[last.index].depth {
          before[next.index].append(comment)
        } else {
          after[last?.index ?? lines.count].append(comment)
        }
      }
    }
    var text = ""
    for (index, line) in lines.enumerated() {
      let indent = String(repeating: "  ", count: line.depth)
      let first = line.isItem ? String(indent.dropLast(2)) : indent
      for comment in before[index] { text += first + comment.text + "\n" }
      text += first + (line.isItem ? "- " : "") + line.text
      text += (behind[index].map { " \($0)" } ?? "") + "\n"
      for comment in after[index] { text += indent + comment.text + "\n" }
    }
    for comment in before[lines.count] + after[lines.count] { text += comment.text + "\n" }
    return text
  }
}

/// A node as it can be written in one line.
private func writtenFlow(_ node: YAMLNode, _ null: String?) -> String {
  switch node.kind {
  case .scalar: return writtenScalar(node, null)
  case .sequence:
    let elements = node.elements.map { element in
      let text = writtenFlow(element, null)
      return text.isEmpty ? "null" : text
    }
    return "[\(elements.joined(separator: ", "))]"
  case .mapping:
    let entries = node.entries.map { entry in
      let key = writtenText(entry.key.text)
      return "\(isLongKey(key) ? "? \(key) " : key): \(writtenFlow(entry.value, null))"
    }
    return "{\(entries.joined(separator: ", "))}"
  }
}

/// Whether a written key is longer than the 1,024 characters that YAML allows before a colon.
private func isLongKey(_ text: String) -> Bool { text.unicodeScalars.count > 1_000 }

/// A scalar as it can be written in one line, anywhere, without becoming another.
private func writtenScalar(_ node: YAMLNode, _ null: String?) -> String {
  switch node.scalarType {
  case .string?: writtenText(node.text)
  case .null?: null ?? node.text
  // With a tag it may be any text, which the tag alone makes a number.
  default: node.tag.map { "!<\($0)> \(quotedText(node.text))" } ?? node.text
  }
}

/// A text as it can be written in one line, anywhere, without becoming a number or boolean.
func writtenText(_ text: String) -> String { isPlain(text) ? text : quotedText(text) }

private func quotedText(_ text: String) -> String {
  let isSimple = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F }
  if isSimple {
    let parts = text.split(separator: "'", omittingEmptySubsequences: false)
    return "'\(parts.joined(separator: "''"))'"
  }
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": quoted += "\\\(scalar)"
    case "\n": quoted += "\\n"
    case "\t": quoted += "\\t"
    case _
    where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      || scalar.properties.isWhitespace && scalar != " "
      || [0xFEFF, 0xFFFE, 0xFFFF].contains(scalar.value):
      let digits = String(scalar.value, radix: 16)
      quoted += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}

/// Whether a text stands for itself without quotes.
private func isPlain(_ text: String) -> Bool {
  let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
  guard let first = text.unicodeScalars.first, first.properties.isAlphabetic || first == "/",
    !words.contains(text.lowercased()), !text.contains(": "), !text.contains(" #")
  else { return false }
  return text.utf8.last != UInt8(ascii: " ") && text.utf8.last != UInt8(ascii: ":")
    && text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: " -_./:@+=()%$*;!?~".utf8.contains(byte)
      }
    }
}
