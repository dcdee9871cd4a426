import TextForms

extension CommandTable {
  /// The command that some words begin with, the one of most words first.
  func findCommand(_ words: some Collection<String>) throws(UsageError) -> CommandSpec<Command> {
    let words = Array(words)
    let named = commands.map(\.configuration).filter { !$0.name.isEmpty }
    // The default command has no words, so that every line begins with them.
    let best = commands.filter { words.starts(with: $0.configuration.words) }
      .max { $0.configuration.words.count < $1.configuration.words.count }
    guard let first = words.first else {
      guard let best else { throw .incompleteCommand(program, next: named.map(\.name)) }
      return best
    }
    if let best, !best.configuration.name.isEmpty { return best }
    let begun = named.filter { $0.words.first == first && $0.words.count > 1 }
    guard begun.isEmpty else { throw unfinished(words, begun) }
    guard let best, !best.arguments.isEmpty else {
      throw .unknownCommand(first, nearest: nearest(to: words, in: named))
    }
    return best
  }

  /// The commands that have an option, in alphabetical order; the default one is empty.
  func names(of option: OptionInfo) -> [String] {
    commands.filter { $0.has(option) }.map(\.configuration.name).sorted()
  }

  private func unfinished(_ words: [String], _ begun: [CommandConfiguration]) -> UsageError {
    guard words.count > 1 else {
      return .incompleteCommand(words[0], next: begun.map { $0.words[1] })
    }
    return .unknownCommand(
      words.prefix(2).joined(separator: " "), nearest: nearest(to: words, in: begun))
  }

  private func nearest(to words: [String], in commands: [CommandConfiguration]) -> String? {
    let names = commands.map(\.name)
    return nearestWord(to: words.prefix(2).joined(separator: " "), in: names)
      ?? words.first.flatMap { nearestWord(to: $0, in: names) }
  }

  /// Returns the command that a command line names, with the names of its options.
  ///
  /// - Parameter arguments: The arguments, without the program's name.
  /// - Returns: The command; `nil` where it cannot be told, and of the default one.
  public func command(
    namedIn arguments: [String]
  ) -> (name: String, options: Set<String>)? {
    guard let scan = try? CommandLineScan(arguments, options),
      let command = try? findCommand(scan.words.prefix(scan.plainCount)),
      !command.configuration.name.isEmpty
    else { return nil }
    return (command.configuration.name, Set(command.options.map(\.name)))
  }

  /// What is wrong with the table itself, for a test; empty where nothing is.
  public var inconsistencies: [String] {
    let all = commands.flatMap(\.options)
    let differing = options.filter { option in
      all.contains { $0.name == option.name && $0 != option }
    }
    return repeated("command", commands.map(\.configuration.name))
      + commands.flatMap { repeated("option", $0.options.flatMap(\.names)) }
      + differing.map { "option \($0.name) differs between commands" }
      + OptionParsing.inconsistencies(in: options)
  }
}

/// Returns what is wrong with a list of options itself, for a test.
///
/// - Parameter options: The options of a program or of a mapping in a file.
/// - Returns: A sentence for each contradiction; nothing where there is none.
public func inconsistencies(in options: [OptionInfo]) -> [String] {
  repeated("option", options.flatMap(\.names))
    + repeated("letter", options.compactMap { $0.letter.map(String.init) })
    + repeated("variable", options.compactMap(\.environment))
    + repeated("key", options.compactMap(\.fileKey))
    + options.filter { $0.sentence.isEmpty || $0.sentence.hasSuffix(".") }
    .map { "option \($0.name) has no sentence or one with a full stop" }
}

private func repeated(_ what: String, _ names: [String]) -> [String] {
  let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
  return counts.filter { $0.value > 1 }.keys.sorted().map { "\(what) \($0) stands twice" }
}
