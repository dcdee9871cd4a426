/// What may stand at a place of a command line.
public struct Completion: Hashable, Sendable {
  /// A word that may stand there.
  public struct Candidate: Hashable, Sendable {
    /// The word, with what is typed of it.
    public var word: String
    /// What it means, in a sentence; empty where nothing explains it.
    public var meaning: String

    /// Creates a candidate.
    ///
    /// - Parameters:
    ///   - word: The word, with what is typed of it.
    ///   - meaning: What it means, in a sentence.
    public init(_ word: String, _ meaning: String = "") {
      self.word = word
      self.meaning = meaning
    }
  }

  /// The words of the table that fit what is typed, in its order.
  public var candidates: [Candidate] = []
  /// The option or argument whose value stands there, by its name.
  public var place: String?
  /// What comes before the value in the same word, such as `--app=`.
  public var prefix = ""
  /// What is typed of the value.
  public var typed = ""
}

extension CommandTable {
  /// Returns what may stand at the end of a command line.
  ///
  /// A word `=` is passed over, as bash cuts `--app=hello` at it.
  ///
  /// - Parameter arguments: The arguments, without the program's name; the last is what is typed of the
  ///   word in question, which may be empty.
  /// - Returns: What may stand there; nothing where the line cannot be understood.
  public func completion(of arguments: [String]) -> Completion {
    var words = arguments.dropLast().filter { $0 != "=" }
    let typed = arguments.last == "=" ? "" : arguments.last ?? ""
    if let last = words.last, let option = option(expectingValueAfter: last) {
      words.removeLast()
      return values(of: option, typed)
    }
    let plain = plainWords(words)
    if typed.hasPrefix("-"), !words.contains("--") {
      guard let sign = typed.firstIndex(of: "=") else { return options(plain, words, typed) }
      guard let option = option(expectingValueAfter: String(typed[..<sign])) else {
        return Completion()
      }
      return values(
        of: option, String(typed[typed.index(after: sign)...]), after: "\(typed[..<sign])=")
    }
    return next(plain, typed)
  }

  /// Words that are neither options nor their values.
  private func plainWords(_ words: [String]) -> [String] {
    var plain: [String] = []
    var isValue = false
    for (index, word) in words.enumerated() {
      if word == "--" { return plain + words[(index + 1)...] }
      if !isValue, !word.hasPrefix("-") { plain.append(word) }
      isValue = !isValue && option(expectingValueAfter: word) != nil
    }
    return plain
  }

  private func option(expectingValueAfter word: String) -> OptionInfo? {
    options.first { option in
      !option.isFlag
        && (word == "--\(option.name)" || option.letter.map { word == "-\($0)" } ?? false)
    }
  }

  private func values(
    of option: OptionInfo, _ typed: String, after prefix: String = ""
  ) -> Completion {
    let words = option.choices.filter { $0.hasPrefix(typed) }
    return Completion(
      candidates: words.map { .init(prefix + $0) }, place: option.name, prefix: prefix,
      typed: typed)
  }

  private func options(_ plain: [String], _ words: [String], _ typed: String) -> Completion {
    guard let command = try? findCommand(plain) else { return Completion() }
    let left = command.usedOptions.filter { $0.isList || !words.contains("--\($0.name)") }
    return Completion(
      candidates: left.compactMap { option in
        let word =
          option.isFlag && option.standard == "true" ? "--no-\(option.name)" : "--\(option.name)"
        return word.hasPrefix(typed) ? .init(word, option.sentence) : nil
      })
  }

  /// The next word of a command's name, or its argument.
  private func next(_ plain: [String], _ typed: String) -> Completion {
    var completion = Completion(typed: typed)
    for configuration in commands.map(\.configuration)
    where configuration.words.count > plain.count && configuration.words.starts(with: plain) {
      let word = configuration.words[plain.count]
      let isWhole = configuration.words.count == plain.count + 1
      guard word.hasPrefix(typed), !completion.candidates.contains(where: { $0.word == word })
      else { continue }
      completion.candidates.append(.init(word, isWhole ? configuration.abstract : ""))
    }
    if let command = try? findCommand(plain), !command.configuration.name.isEmpty {
      completion.place = command.argument(plain.count - command.configuration.words.count)
    }
    return completion
  }
}

extension OptionInfo {
  /// The words that its value is one of, where it is one of a few.
  var choices: [String] { words(ofChoice: valueName) }
}

/// The words of a name such as `text|json`; none of one that stands for anything else.
func words(ofChoice valueName: String?) -> [String] {
  let parts = valueName?.split(separator: "|").map(String.init) ?? []
  let areWords = parts.allSatisfy { $0.allSatisfy { $0.isLowercase || $0 == "-" } }
  return parts.count > 1 && areWords ? parts : []
}
