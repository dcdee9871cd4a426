import TextForms

/// The arguments taken apart: options with their texts, and the words between them.
struct CommandLineScan {
  /// The options in order.
  private(set) var given: [GivenOption] = []
  /// The words in order.
  private(set) var words: [String] = []
  /// How many of the words stand before `--`: only they can name a command.
  private(set) var plainCount = 0
  private let options: [OptionInfo]
  private var rest: ArraySlice<String>

  init(_ arguments: [String], _ options: [OptionInfo]) throws(UsageError) {
    self.options = options
    rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        words += rest
        return
      } else if argument.hasPrefix("--") {
        try readLong(argument)
      } else if argument.hasPrefix("-"), argument.count > 1 {
        try readLetters(argument.dropFirst())
      } else {
        words.append(argument)
        plainCount += 1
      }
    }
  }

  /// Whether an option was given.
  func has(_ option: OptionInfo) -> Bool { given.contains { $0.option.name == option.name } }

  private mutating func readLong(_ argument: String) throws(UsageError) {
    let body = argument.dropFirst(2)
    let name = String(body.prefix { $0 != "=" })
    let value = body.count > name.count ? String(body.dropFirst(name.count + 1)) : nil
    let turnedOff = options.first { $0.isFlag && "no-\($0.name)" == name }
    guard let option = options.first(where: { $0.name == name }) ?? turnedOff else {
      throw .unknownOption("--\(name)", nearest: nearestOption(to: name))
    }
    if !option.isFlag {
      if let value { return add(option, value, as: [argument]) }
      let next = try nextValue(of: option)
      return add(option, next, as: [argument, next])
    }
    if let value { throw .unexpectedValue("--\(name)", value: option.isSecret ? "…" : value) }
    add(option, option.name == name ? "true" : "false", as: [argument])
  }

  private mutating func readLetters(_ body: Substring) throws(UsageError) {
    var letters = body
    while let letter = letters.popFirst() {
      guard let option = options.first(where: { $0.letter == letter }) else {
        throw .unknownOption("-\(letter)", nearest: nearestOption(to: String(body)))
      }
      guard !option.isFlag else {
        add(option, "true", as: ["-\(letter)"])
        continue
      }
      if letters.first == "=" { letters = letters.dropFirst() }
      let value = letters.isEmpty ? try nextValue(of: option) : String(letters)
      return add(option, value, as: ["-\(letter)", value])
    }
  }

  private mutating func add(_ option: OptionInfo, _ text: String, as words: [String]) {
    given.append(GivenOption(option: option, words: words, text: text))
  }

  /// The next argument, unless it looks like an option: a forgotten value must not eat one.
  private mutating func nextValue(of option: OptionInfo) throws(UsageError) -> String {
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
    return nearestWord(to: name, in: options.flatMap(\.names)).map { "--\($0)" }
  }
}
