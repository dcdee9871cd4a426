extension CommandTable {
  /// The program's manual page in the language of man(7), ended by a line feed.
  ///
  /// - Parameter sections: What follows the options: headings, each with paragraphs or with terms and
  ///   what they mean.
  /// - Returns: The page.
  public func manual(_ sections: [ManualSection] = []) -> String {
    let name = program.uppercased()
    var page = ".TH \(name) 1 \"\" \"\(program) \(version)\" \"\(program)\"\n"
    page +=
      ".SH NAME\n\(program) \\- \(roff(String(about.dropFirst(program.count + 1).dropLast())))\n"
    page += ".SH SYNOPSIS\n.B \(program)\n[\\fIcommand\\fR] [\\fIoptions\\fR]\n"
    page += ".SH DESCRIPTION\n\(roff(about))\n.SH COMMANDS\n"
    for command in commands {
      let configuration = command.configuration
      let words = ([program] + configuration.words + command.arguments).joined(separator: " ")
      page += ".TP\n.B \(roff(words))\n\(roff(configuration.abstract)).\n"
      if !configuration.discussion.isEmpty { page += "\(roff(configuration.discussion))\n" }
      for example in configuration.examples {
        page += ".br\n.EX\n\(roff(example))\n.EE\n"
      }
    }
    page +=
      ".SH OPTIONS\nEach command takes some of them: \\fB\(program)\\fR \\fIcommand\\fR \\fB\\-\\-help\\fR.\n"
    for (name, options) in OptionParsing.sections(of: options) {
      page += ".SS \(roff(name))\n"
      for option in options {
        page += ".TP\n.B \(roff(option.usage))\n\(roff(option.explanation)).\n"
      }
    }
    return page + sections.map(\.text).joined()
  }
}

/// A section of a manual page.
public struct ManualSection: Hashable, Sendable {
  let text: String

  /// Creates a section of terms.
  ///
  /// - Parameters:
  ///   - heading: The heading, in capitals.
  ///   - terms: The terms, and what each means in a sentence without a full stop.
  public init(_ heading: String, _ terms: [(term: String, meaning: String)]) {
    text =
      ".SH \(roff(heading))\n"
      + terms.map { ".TP\n.B \(roff($0.term))\n\(roff($0.meaning)).\n" }.joined()
  }
}

/// A text as it stands in a line of a page.
private func roff(_ text: String) -> String {
  let escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
  return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
}
