import TextForms

/// The arguments taken apart: options with their texts, and the words between them.
struct CommandLineScan<Values: Sendable> {
  /// The options in order, each with its text.
  private(set) var options: [(spec: OptionSpec<Values>, text: String)] = []
  /// The words in order.
  private(set) var words: [String] = []
  /// How many of the words stand before `--`: only they can name a command.
  private(set) var plainCount = 0
  private let table: OptionTable<Values>
  private var rest: ArraySlice<String>

  init(_ arguments: [String], _ table: OptionTable<Values>) throws(UsageError) {
    self.table = table
    rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        return
      } else if argument.hasPrefix("--") {
        try readLong(argument.dropFirst(2))
      } else if argument.hasPrefix("-"), argument.count > 1 {
        try readLetters(argument.dropFirst())
      } else {
        words.append(argument)
        plainCount += 1
      }
    }
  }

  private mutating func readLong(_ body: Substring) throws(UsageError) {
    let name = String(body.prefix { $0 != "=" })
    let value = body.count > name.count ? String(body.dropFirst(name.count + 1)) : nil
    let turnedOff = table.options.first { $0.isFlag && "no-\($0.name)" == name }
    guard let option = table.options.first(where: { $0.name == name }) ?? turnedOff else {
      throw .unknownOption("--\(name)", nearest: nearestOption(to: name))
    }
    guard option.isFlag else {
      if let value {
        options.append((option, value))
      } else {
        options.append((option, try nextValue(of: option)))
      }
      return
    }
    if let value { throw .unexpectedValue("--\(name)", value: option.isSecret ? "…" : value) }
    options.append((option, option.name == name ? "true" : "false"))
  }

  private mutating func readLetters(_ body: Substring) throws(UsageError) {
    var letters = body
    while let letter = letters.popFirst() {
      guard let option = table.options.first(where: { $0.letter == letter }) else {
        throw .unknownOption("-\(letter)", nearest: nearestOption(to: String(body)))
      }
      guard !option.isFlag else {
        options.append((option, "true"))
        continue
      }
      if letters.first == "=" { letters = letters.dropFirst() }
      options.append((option, letters.isEmpty ? try nextValue(of: option) : String(letters)))
      return
    }
  }

  /// The next argument, unless it looks like an option: a forgotten value must not eat one.
  private mutating func nextValue(of option: OptionSpec<Values>) throws(UsageError) -> String {
    guard let next = rest.first, !looksLikeOption(next) else { throw .missingValue(option.label) }
    rest = rest.dropFirst()
    return next
  }

  private func looksLikeOption(_ text: String) -> Bool {
    guard text.hasPrefix("-"), let second = text.dropFirst().first else { return false }
    return !("0"..."9" ~= second)
  }

  private func nearestOption(to name: String) -> String? {
    guard name.count > 1 else { return nil }
    let names = table.options.filter { !$0.isHidden }.flatMap { option in
      option.isFlag ? [option.name, "no-\(option.name)"] : [option.name]
    }
    return nearestWord(to: name, in: names).map { "--\($0)" }
  }
}
