import TextForms

extension OptionTable {
  /// The command that some words begin with, the one of most words first.
  func findCommand(_ words: some Collection<String>) throws(UsageError) -> CommandSpec {
    let words = Array(words)
    let named = commands.filter { !$0.words.isEmpty }
    let matching = named.filter { words.starts(with: $0.parts) }
    if let command = matching.max(by: { $0.parts.count < $1.parts.count }) { return command }
    let standard = commands.first { $0.words.isEmpty }
    guard let first = words.first else {
      guard let standard else { throw .incompleteCommand(program, next: named.map(\.words)) }
      return standard
    }
    let begun = named.filter { $0.parts.first == first && $0.parts.count > 1 }
    guard begun.isEmpty else { throw unfinished(words, begun) }
    if let standard, !standard.operands.isEmpty { return standard }
    throw .unknownCommand(first, nearest: nearest(to: words, in: named))
  }

  private func unfinished(_ words: [String], _ begun: [CommandSpec]) -> UsageError {
    guard words.count > 1 else {
      return .incompleteCommand(words[0], next: begun.map { $0.parts[1] })
    }
    return .unknownCommand(
      words.prefix(2).joined(separator: " "), nearest: nearest(to: words, in: begun))
  }

  private func nearest(to words: [String], in commands: [CommandSpec]) -> String? {
    let names = commands.map(\.words)
    return nearestWord(to: words.prefix(2).joined(separator: " "), in: names)
      ?? words.first.flatMap { nearestWord(to: $0, in: names) }
  }

  /// What is wrong with the table itself, for a test; empty where nothing is.
  public var inconsistencies: [String] {
    let known = Set(commands.map(\.words))
    var found: [String] = []
    func unique(_ what: String, _ names: [String]) {
      let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
      found += counts.filter { $0.value > 1 }.keys.sorted().map { "\(what) \($0) stands twice" }
    }
    unique("command", commands.map(\.words))
    unique("option", options.flatMap { $0.isFlag ? [$0.name, "no-\($0.name)"] : [$0.name] })
    unique("letter", options.compactMap { $0.letter.map(String.init) })
    unique("variable", options.compactMap(\.environment))
    unique("key", options.compactMap(\.fileKey))
    for option in options {
      for command in option.commands.subtracting(known).sorted() {
        found.append("option \(option.name) names no command: '\(command)'")
      }
      if option.sentence.isEmpty || option.sentence.hasSuffix(".") {
        found.append("option \(option.name) has no sentence or one with a full stop")
      }
    }
    return found
  }
}
