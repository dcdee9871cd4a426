import TextForms

extension CommandTable {
  /// Returns the help of the program, or of the command, the group of commands or the topic that some
  /// words name.
  ///
  /// - Parameter words: The words; none for the program.
  /// - Returns: The text in lines of at most 80 characters where words allow, ended by a line feed.
  /// - Throws: `UsageError` where they name nothing of it.
  public func help(for words: [String]) throws(UsageError) -> String {
    if let text = groupHelp(for: words) { return text }
    let topic = topics.first { [$0.name] == words }
    if let topic { return text(of: topic) }
    do throws(UsageError) {
      return help(for: try findCommand(words))
    } catch .unknownCommand(let word, nil) {
      throw .unknownCommand(word, nearest: nearestWord(to: word, in: topics.map(\.name)))
    }
  }

  /// The help of the commands that one word begins, where that is no command itself.
  func groupHelp(for words: [String]) -> String? {
    let members = commands.map(\.configuration).filter { $0.words.count > 1 }
      .filter { words == [$0.words[0]] }
    guard let word = words.first, !members.isEmpty,
      !commands.contains(where: { $0.configuration.words == words })
    else { return nil }
    let page = HelpPage()
    return "Usage: \(program) \(word) <command> [options]\n\nCommands:\n"
      + page.rows(members.map { ("  \(program) \($0.name)", $0.abstract) })
      + "\nEach has its own help: \(program) \(word) <command> --help\n"
  }

  private func text(of topic: HelpTopic) -> String {
    let (page, rows) = (HelpPage(), topic.rows())
    return ([topic.abstract + "."] + topic.paragraphs).map(page.paragraph)
      .joined(separator: "\n")
      + (rows.isEmpty ? "" : "\n" + page.rows(rows.map { ("  " + $0.left, $0.right) }))
  }

  /// The variables that the program reads, each with its option and what that means.
  public var variables: [(name: String, meaning: String)] {
    options.compactMap { option in
      option.environment.map { ($0, "--\(option.name): \(option.sentence)") }
    }
  }

  /// The help of a command; that of the default one is the program's.
  func help(for command: CommandSpec<Command>) -> String {
    let configuration = command.configuration
    guard !configuration.name.isEmpty else { return overview }
    let page = HelpPage()
    let arguments = command.arguments.map { " \($0)" }.joined()
    let discussion =
      configuration.discussion.isEmpty ? "" : "\n" + page.paragraph(configuration.discussion)
    return page.paragraph("\(configuration.abstract).") + discussion
      + "\nUsage: \(program) \(configuration.name)\(arguments) [options]\n"
      + page.sections(of: command.usedOptions) + page.examples(configuration.examples)
  }

  private var overview: String {
    let page = HelpPage()
    let rows = commands.map(\.configuration).map { command in
      let words = [program, command.name].filter { !$0.isEmpty }
      return ("  " + words.joined(separator: " "), command.abstract)
    }
    let shown = options.filter { option in
      everyday.isEmpty ? commands.allSatisfy { $0.has(option) } : everyday.contains(option.name)
    }
    let topicRows = topics.map { ("  \(program) help \($0.name)", $0.abstract) }
    return page.paragraph(about) + "\nUsage: \(program) [command] [options]\n"
      + "\nCommands:\n" + page.rows(rows)
      + (topics.isEmpty ? "" : "\nTopics:\n" + page.rows(topicRows))
      + page.sections(of: shown)
      + "\nEvery command has its own help, with all its options: \(program) <command> --help\n"
  }

  /// All options as tables in Markdown, one for each heading of help texts.
  ///
  /// Headings are of the second level; the text is ended by a line feed.
  public var markdown: String {
    let head = """
      | option | environment | key | default | only for | meaning |
      |---|---|---|---|---|---|

      """
    return sections(of: options)
      .map { name, options in "## \(name)\n\n" + head + options.map(row).joined() }
      .joined(separator: "\n")
  }

  private func row(_ option: OptionInfo) -> String {
    let owners = names(of: option).map { $0.isEmpty ? program : $0 }
    var cells = [option.usage, option.environment, option.fileKey, option.shownDefault]
      .map { $0.map { "`\($0)`" } ?? "" }
    cells.append(owners.count == commands.count ? "" : owners.joined(separator: ", "))
    cells.append(option.sentence + (option.range.map { " (\($0))" } ?? ""))
    let escaped = cells.map { $0.replacing("|", with: "\\|") }
    return "| \(escaped.joined(separator: " | ")) |\n"
  }
}

extension OptionInfo {
  /// What it means, with its range, its default and its variable.
  var explanation: String {
    let notes = [range, shownDefault.map { "default: \($0)" }, environment.map { "env: \($0)" }]
      .compactMap(\.self)
    return sentence + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
  }
}

/// Options by heading, both in the order in which they come.
func sections(of options: [OptionInfo]) -> [(name: String, options: [OptionInfo])] {
  var names: [String] = []
  for option in options where !names.contains(option.section) { names.append(option.section) }
  return names.map { name in (name, options.filter { $0.section == name }) }
}

/// Lines of a fixed width.
private struct HelpPage {
  private let width = 80
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

  /// Options below their headings.
  func sections(of options: [OptionInfo]) -> String {
    OptionParsing.sections(of: options).map { name, options in
      "\n\(name):\n" + rows(options.map { ("  " + $0.usage, $0.explanation) })
    }.joined()
  }

  func examples(_ lines: [String]) -> String {
    lines.isEmpty ? "" : "\nExamples:\n" + lines.map { "  \($0)\n" }.joined()
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
