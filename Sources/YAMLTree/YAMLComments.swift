/// A comment of a YAML text, which is no part of its tree.
public struct YAMLComment: Hashable, Sendable {
  /// What it stands at, to a person who reads the text.
  public enum Place: Hashable, Sendable {
    /// The line that it ends.
    case line
    /// What comes next.
    case next
    /// What came last: it stands alone and deeper than what comes next.
    case last
  }

  /// Its line, counted from 1.
  public var line: Int
  /// Its text, from the `#` to the end of the line.
  public var text: String
  /// What it stands at.
  public var place: Place
}

/// Returns the comments of a text that is sound YAML, in its order.
///
/// Costs another reading of the text.
///
/// - Parameter bytes: The text, in UTF-8.
/// - Returns: Its comments; of a text that is no YAML those before the place that is wrong. None of a text
///   with the rare line breaks of YAML 1.1 (a carriage return alone, U+0085, U+2028, U+2029).
public func commentsOfYAML(_ bytes: [UInt8]) -> [YAMLComment] {
  guard !hasRareBreaks(bytes) else { return [] }
  let scalars = bytes.withUnsafeBufferPointer { YAMLParser(withoutByteOrderMark($0)).scalars() }
  let text = bytes.starts(with: byteOrderMark) ? bytes.dropFirst(3) : bytes[...]
  let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
    Array(String(decoding: $0, as: UTF8.self).unicodeScalars)
  }
  var rest = scalars[...]
  var comments: [YAMLComment] = []
  /// How deep each comment stands that awaits what comes next.
  var open: [(index: Int, depth: Int)] = []
  for (number, line) in lines.enumerated() {
    while let first = rest.first, first.end.line < number + 1 { rest.removeFirst() }
    let start = commentStart(in: line, number + 1, rest)
    let depth = line.firstIndex { !$0.properties.isWhitespace } ?? line.count
    if depth < (start ?? line.count) {
      for comment in open where comment.depth > depth { comments[comment.index].place = .last }
      open = []
    }
    guard let start else { continue }
    var text = String(String.UnicodeScalarView(line[start...]))
    while text.last?.isWhitespace == true { text.removeLast() }
    if depth == start { open.append((comments.count, depth)) }
    comments.append(
      YAMLComment(line: number + 1, text: text, place: depth == start ? .next : .line))
  }
  for comment in open where comment.depth > 0 { comments[comment.index].place = .last }
  return comments
}

/// Whether a text has lines that a line feed does not end.
private func hasRareBreaks(_ bytes: [UInt8]) -> Bool {
  bytes.indices.contains { index in
    let rest = bytes[index...]
    return rest.starts(with: [0xC2, 0x85]) || rest.starts(with: [0xE2, 0x80, 0xA8])
      || rest.starts(with: [0xE2, 0x80, 0xA9])
      || bytes[index] == 0x0D && !rest.dropFirst().starts(with: [0x0A])
  }
}

/// Where in a line a comment begins: at a `#` after a blank that is part of no scalar.
private func commentStart(
  in line: [Unicode.Scalar], _ number: Int, _ scalars: ArraySlice<(start: YAMLMark, end: YAMLMark)>
) -> Int? {
  let covering = scalars.prefix { $0.start.line <= number }
  return line.indices.first { index in
    guard line[index] == "#", index == 0 || line[index - 1].properties.isWhitespace
    else { return false }
    let place = (number, index + 1)
    return !covering.contains {
      ($0.start.line, $0.start.column) <= place && place < ($0.end.line, $0.end.column)
    }
  }
}
