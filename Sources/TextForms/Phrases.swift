/// Writes a number with its noun: `1 host`, `3 hosts`.
///
/// - Parameters:
///   - count: The number.
///   - noun: The noun for one, whose plural takes an s.
/// - Returns: The two together.
public func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}

/// Names things up to a number and counts the rest: `a, b, c and 4 more`.
///
/// - Parameters:
///   - names: The names, in order.
///   - most: How many are named.
/// - Returns: The phrase; empty where there are no names.
public func named(_ names: [String], upTo most: Int = 3) -> String {
  guard names.count > most else { return names.joined(separator: ", ") }
  return names.prefix(most).joined(separator: ", ") + " and \(names.count - most) more"
}

/// Returns a text in which nothing can steer a terminal.
///
/// Control characters (C0, DEL, C1), line and paragraph separators and the marks that turn the
/// direction of writing are written as `\u{1B}`; line feeds and tabs as `\n` and `\t`. A text
/// without any of them is returned as it is.
///
/// - Parameter text: A text from outside.
/// - Returns: The text, safe to print on one line.
public func escapingControlCharacters(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isHarmful) else { return text }
  var safe = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n": safe += "\\n"
    case "\t": safe += "\\t"
    case "\r": safe += "\\r"
    case _ where isHarmful(scalar):
      safe += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
    default: safe.unicodeScalars.append(scalar)
    }
  }
  return safe
}

/// Quotes a text from outside in a sentence: cut where it is long, and safe to print.
///
/// - Parameters:
///   - text: A text from outside.
///   - most: How many characters are kept, the dots that stand for the rest included.
/// - Returns: The text, or what it begins with.
public func excerpt(_ text: String, upTo most: Int = 80) -> String {
  let scalars = text.unicodeScalars
  guard scalars.index(scalars.startIndex, offsetBy: most + 1, limitedBy: scalars.endIndex) != nil
  else { return escapingControlCharacters(text) }
  return escapingControlCharacters(String(scalars.prefix(most - 3))) + "..."
}

func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0...0x1F, 0x7F...0xA0, 0xAD, 0x2000...0x200F, 0x2028...0x202F, 0x205F...0x206F, 0xFEFF:
    true
  default: false
  }
}
