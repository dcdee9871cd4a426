import TextForms

/// Returns a text from outside so that Markdown and HTML take it for nothing but text.
///
/// What could be markup stands as its number (`&#42;`); behind `@`, `#` and `!` stands a space of no
/// width, so that neither the source nor what is rendered of it mentions anybody or anything: the
/// sites look for mentions in both.
///
/// - Parameter text: The text.
/// - Returns: One line of Markdown.
func markdownText(_ text: String) -> String {
  var safe = ""
  for scalar in escapingControlCharacters(text).unicodeScalars {
    switch scalar {
    case "@", "#", "!": safe += "\(scalar)&#8203;"
    case "&", "<", ">", "\"", "|", "`", "*", "_", "[", "]", "\\", "~", "$": safe += entity(scalar)
    // An address would become a link.
    case "/" where safe.hasSuffix(":"): safe = safe.dropLast() + entity(":") + "/"
    case "." where safe.lowercased().hasSuffix("www"): safe += entity(".")
    default: safe.unicodeScalars.append(scalar)
    }
  }
  return safe
}

private func entity(_ scalar: Unicode.Scalar) -> String { "&#\(scalar.value);" }

/// Lines of Markdown up to a size; what has no room is counted.
struct MarkdownPage {
  /// The most bytes of a page; sites take some 65,000 characters in a comment.
  static let limit = 60_000
  /// What is kept free for what must not be left out.
  private static let reserve = 500

  private var lines = ""
  private var left = 0

  /// A line that is there in any case, such as a heading; already Markdown.
  mutating func line(_ markdown: String) { lines += markdown + "\n" }

  /// Rows of a list below a bold title; nothing where there are none.
  mutating func list(_ title: String, _ rows: [String]) {
    block(["**\(markdownText(title))**", ""], rows, [""])
  }

  /// Rows of a list that can be folded.
  mutating func details(_ summary: String, isOpen: Bool, _ rows: [String]) {
    let head = "<details\(isOpen ? " open" : "")><summary>\(markdownText(summary))</summary>"
    block([head, ""], rows, ["", "</details>", ""])
  }

  /// The page.
  var text: String {
    left == 0 ? lines : lines + "\(counted(left, "line")) left out for want of room\n"
  }

  private mutating func block(_ head: [String], _ rows: [String], _ foot: [String]) {
    guard !rows.isEmpty else { return }
    let frame = (head + foot).reduce(0) { $0 + $1.utf8.count + 1 }
    var room = Self.limit - Self.reserve - lines.utf8.count - frame
    let shown = rows.map { "- " + $0 + "\n" }.prefix { row in
      room -= row.utf8.count
      return left == 0 && room >= 0
    }
    left += rows.count - shown.count
    guard !shown.isEmpty else { return }
    lines += (head.map { $0 + "\n" } + shown + foot.map { $0 + "\n" }).joined()
  }
}
