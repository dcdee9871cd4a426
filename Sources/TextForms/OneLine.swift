/// Makes one readable line of what somebody else's program said.
///
/// Such words hold line feeds and escapes, and quotations of quotations hold them written out: a
/// run of white space, also as `\n` or `\t`, becomes one space, a quotation mark after a backslash
/// `'`, and what colours a terminal and other control characters go.
///
/// - Parameter words: The words as they came.
/// - Returns: The words on one line; the same where they are one already.
public func oneLine(_ words: String) -> String {
  let scalars = Array(words.unicodeScalars)
  var line = String.UnicodeScalarView()
  var mustPart = false
  func put(_ scalar: Unicode.Scalar) {
    if mustPart, !line.isEmpty { line.append(" ") }
    mustPart = false
    line.append(scalar)
  }
  var position = 0
  while position < scalars.count {
    let scalar = scalars[position]
    position += 1
    switch scalar {
    case "\u{1B}": position = endOfSequence(in: scalars, after: position)
    case "\\":
      switch writtenOut(in: scalars, from: position) {
      case .space(let end): (mustPart, position) = (true, end)
      case .sequence(let end): position = endOfSequence(in: scalars, after: end)
      case .quote(let end):
        put("'")
        position = end
      case nil: put(scalar)
      }
    case _ where scalar.properties.isWhitespace: mustPart = true
    case _ where isHarmful(scalar): break
    default: put(scalar)
    }
  }
  return String(line)
}

/// What a backslash and what follows it stand for, and where that ends.
private enum WrittenOut {
  case space(end: Int)
  case quote(end: Int)
  case sequence(end: Int)
}

/// Reads an escape after its first backslash; each quotation of it has doubled the backslashes.
private func writtenOut(in scalars: [Unicode.Scalar], from start: Int) -> WrittenOut? {
  var position = start
  while position < scalars.count, scalars[position] == "\\" { position += 1 }
  guard position < scalars.count else { return nil }
  switch scalars[position] {
  case "n", "r", "t": return .space(end: position + 1)
  case "\"": return .quote(end: position + 1)
  case "u", "x", "e":
    for form in ["u{1b}", "u001b", "x1b", "e["] {
      let end = position + form.count
      guard end <= scalars.count,
        zip(form.unicodeScalars, scalars[position..<end]).allSatisfy({
          $0 == $1.properties.lowercaseMapping.unicodeScalars.first
        })
      else { continue }
      return .sequence(end: form == "e[" ? end - 1 : end)
    }
    return nil
  default: return nil
  }
}

/// The end of what steers a terminal: `[`, numbers, and the letter that says what to do.
private func endOfSequence(in scalars: [Unicode.Scalar], after start: Int) -> Int {
  guard start < scalars.count, scalars[start] == "[" else { return start }
  var position = start + 1
  while position < scalars.count, (0x20...0x3F).contains(scalars[position].value) { position += 1 }
  return min(position + 1, scalars.count)
}
