/// Tells whether a text is one of those that a pattern means, in which `*` stands for anything, slashes
/// and nothing at all included.
///
/// Costs at most the length of the text times that of the pattern.
///
/// - Parameters:
///   - text: The text.
///   - pattern: The pattern; every other character stands for itself.
/// - Returns: Whether the whole text fits.
public func fits(_ text: String, pattern: String) -> Bool {
  let (text, pattern) = (Array(text.unicodeScalars), Array(pattern.unicodeScalars))
  var (place, sign) = (0, 0)
  // Where the last star stands, and where what it stands for ends so far.
  var (star, end) = (nil as Int?, 0)
  while place < text.count {
    if sign < pattern.count, pattern[sign] == "*" {
      (star, end) = (sign, place)
      sign += 1
    } else if sign < pattern.count, pattern[sign] == text[place] {
      (place, sign) = (place + 1, sign + 1)
    } else if let star {
      end += 1
      (place, sign) = (end, star + 1)
    } else {
      return false
    }
  }
  return pattern[sign...].allSatisfy { $0 == "*" }
}
