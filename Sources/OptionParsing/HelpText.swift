extension OptionTable {
  /// Returns the help of the program or of one command.
  ///
  /// - Parameters:
  ///   - words: The command's words; `nil` for the program.
  ///   - about: What the program is, in a sentence.
  ///   - standard: The values where nothing is given, for the defaults.
  /// - Returns: The text, ended by a line feed.
  public func help(for words: String?, about: String, standard: Values) -> String {
    guard let words, let command = commands.first(where: { $0.words == words }) else {
      return overview(about, standard)
    }
    let name = words.isEmpty ? program : "\(program) \(words)"
    let operands = command.operands.map { " <\($0)>" }.joined()
    return "\(command.summary).\n\nUsage: \(name)\(operands) [options]\n"
      + optionLists(for: words, standard) + exampleList(command)
  }

  private func overview(_ about: String, _ standard: Values) -> String {
    let width = commands.map(\.words.count).max() ?? 0
    let lines = commands.map { command in
      "  \(program) \(padded(command.words, width))  \(command.summary)\n"
    }
    return "\(about)\n\nUsage: \(program) [command] [options]\n\nCommands:\n\(lines.joined())"
      + optionLists(for: nil, standard)
      + "\nEvery command has its own help: \(program) <command> --help\n"
  }

  private func optionLists(for words: String?, _ standard: Values) -> String {
    let shown = options.filter { option in
      words.map { option.commands.isEmpty || option.commands.contains($0) }
        ?? option.commands.isEmpty
    }
    let width = min(34, shown.map(\.usage.count).max() ?? 0)
    var text = ""
    var sections: [String] = []
    for option in shown where !sections.contains(option.section) { sections.append(option.section) }
    for section in sections {
      text += "\n\(section):\n"
      for option in shown where option.section == section {
        text += line(option, width, standard)
      }
    }
    return text
  }

  private func line(_ option: OptionSpec<Values>, _ width: Int, _ standard: Values) -> String {
    let value = option.isFlag || option.isSecret ? nil : option.get(standard)
    let fallback = value.map { " (default: \($0))" } ?? ""
    let variable = option.environment.map { " [\($0)]" } ?? ""
    let fits = option.usage.count <= width
    let head = fits ? padded(option.usage, width) : option.usage + "\n  " + padded("", width)
    return "  \(head)  \(option.sentence)\(fallback)\(variable)\n"
  }

  private func exampleList(_ command: CommandSpec) -> String {
    guard !command.examples.isEmpty else { return "" }
    return "\nExamples:\n" + command.examples.map { "  \($0)\n" }.joined()
  }

  /// Returns the options as a table in Markdown, for the README.
  ///
  /// - Parameter standard: The values where nothing is given.
  /// - Returns: The table, ended by a line feed.
  public func markdown(standard: Values) -> String {
    let rows = options.map { option in
      let value = option.isFlag || option.isSecret ? nil : option.get(standard)
      let bars = option.usage.split(separator: "|").joined(separator: "\\|")
      return "| `\(bars)` | \(option.environment.map { "`\($0)`" } ?? "") | "
        + "\(value.map { "`\($0)`" } ?? "") | \(option.sentence) |\n"
    }
    return "| option | environment | default | meaning |\n|---|---|---|---|\n" + rows.joined()
  }
}

private func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
