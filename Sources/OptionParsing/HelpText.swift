extension OptionTable {
  /// Returns the help of the program or of one command.
  ///
  /// - Parameters:
  ///   - words: The command's words; `nil` for the program.
  ///   - about: What the program is, in a sentence.
  ///   - standard: The values where nothing is given, for the defaults.
  ///   - width: The most characters of a line, from 80 to 100.
  /// - Returns: The text, ended by a line feed.
  public func help(
    for words: String?, about: String, standard: Values, width: Int = 80
  ) -> String {
    let page = HelpPage(width: min(max(width, 80), 100))
    guard let words, let command = commands.first(where: { $0.words == words }) else {
      return overview(about, standard, page)
    }
    let operands = command.operands.map { " \(shownOperand($0))" }.joined()
    let name = words.isEmpty ? program : "\(program) \(words)"
    let discussion = command.discussion.isEmpty ? "" : "\n" + page.paragraph(command.discussion)
    return page.paragraph("\(command.summary).") + discussion
      + "\nUsage: \(name)\(operands) [options]\n"
      + optionLists(options.filter { $0.belongs(to: command) }, standard, page)
      + exampleList(command)
  }

  private func overview(_ about: String, _ standard: Values, _ page: HelpPage) -> String {
    let rows = commands.filter { !$0.isHidden }.map { command in
      (
        ["  \(program)", command.words].filter { !$0.isEmpty }.joined(separator: " "),
        command.summary
      )
    }
    let shared = options.filter { option in option.commands.isEmpty }
    return page.paragraph(about) + "\nUsage: \(program) [command] [options]\n"
      + "\nCommands:\n" + page.rows(rows) + optionLists(shared, standard, page)
      + "\nEvery command has its own help: \(program) <command> --help\n"
  }

  private func optionLists(
    _ options: [OptionSpec<Values>], _ standard: Values, _ page: HelpPage
  ) -> String {
    let shown = options.filter { !$0.isHidden }
    var sections: [String] = []
    for option in shown where !sections.contains(option.section) { sections.append(option.section) }
    return sections.map { section in
      let rows = shown.filter { $0.section == section }.map { option in
        ("  " + option.usage(standard), explanation(option, standard))
      }
      return "\n\(section):\n" + page.rows(rows)
    }.joined()
  }

  private func explanation(_ option: OptionSpec<Values>, _ standard: Values) -> String {
    let notes = [
      option.range, option.shownDefault(standard).map { "default: \($0)" },
      option.environment.map { "env: \($0)" },
    ].compactMap { $0 }
    return option.sentence + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
  }

  private func exampleList(_ command: CommandSpec) -> String {
    guard !command.examples.isEmpty else { return "" }
    return "\nExamples:\n" + command.examples.map { "  \($0)\n" }.joined()
  }

  private func shownOperand(_ name: String) -> String {
    if name.hasSuffix("...") { return "[<\(name.dropLast(3))> ...]" }
    return name.hasSuffix("?") ? "[<\(name.dropLast())>]" : "<\(name)>"
  }

  /// Returns the options as a table in Markdown, for the README.
  ///
  /// - Parameter standard: The values where nothing is given.
  /// - Returns: The table, ended by a line feed.
  public func markdown(standard: Values) -> String {
    let rows = options.filter { !$0.isHidden }.map { option in
      let cells = [
        "`\(option.usage(standard))`", option.environment.map { "`\($0)`" } ?? "",
        option.fileKey.map { "`\($0)`" } ?? "",
        option.shownDefault(standard).map { "`\($0)`" } ?? "",
        option.commands.sorted().map { $0.isEmpty ? program : $0 }.joined(separator: ", "),
        option.sentence + (option.range.map { " (\($0))" } ?? ""),
      ]
      return "| " + cells.map(escapedBars).joined(separator: " | ") + " |\n"
    }
    return
      "| option | environment | key | default | only for | meaning |\n|---|---|---|---|---|---|\n"
      + rows.joined()
  }

  private func escapedBars(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}

/// Lines of a fixed width.
struct HelpPage {
  let width: Int
  private let indent = 28

  /// A text in lines that are full.
  func paragraph(_ text: String) -> String {
    wrapped(text, width).map { $0 + "\n" }.joined()
  }

  /// Two columns; a left side that is too long has a line of its own.
  func rows(_ rows: [(left: String, right: String)]) -> String {
    let column = min(indent, (rows.map(\.left.count).max() ?? 0) + 2)
    let margin = String(repeating: " ", count: column)
    return rows.map { left, right in
      let lines = wrapped(right, width - column)
      let fits = left.count + 2 <= column
      let head = fits ? left + margin.dropFirst(left.count) : left + "\n" + margin
      return head + lines.joined(separator: "\n" + margin) + "\n"
    }.joined()
  }

  private func wrapped(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    return lines + [line]
  }
}
