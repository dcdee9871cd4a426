import Diagnostics
import TextForms
import YAMLTree

extension ObjectReader {
  /// A scalar as it is written: `port: 8080` is as good as a text.
  func text(_ value: YAMLNode, _ key: @autoclosure () -> String) -> String? {
    guard value.kind == .scalar, !value.isNull else {
      findings.add(
        .wrongType, "'\(key())' of \(what) is \(describe(value)), not a text",
        remedy: "write one value, '' for an empty text", at: value.position(findings.path))
      return nil
    }
    warnIfTagged(value, key())
    return value.text
  }

  /// A tag such as `!secret` or `!!binary` asks for what only some tools do.
  private func warnIfTagged(_ value: YAMLNode, _ key: @autoclosure () -> String) {
    let standard = "tag:yaml.org,2002:"
    guard let tag = value.tag, tag != "!" else { return }
    let isStandard = tag.hasPrefix(standard)
    let name = isStandard ? "!!\(tag.dropFirst(standard.count))" : tag
    guard !["!!str", "!!int", "!!float", "!!bool", "!!null"].contains(name) else { return }
    findings.add(
      .surprisingText, .warning,
      "'\(key())' of \(what) has the tag '\(excerpt(name))', which is passed over: its text is taken as "
        + "it is", remedy: "write the value itself, or a reference to a secret",
      at: value.position(findings.path))
  }

  /// A text that is none of YAML's numbers or booleans; what it says is not shown.
  func string(_ value: YAMLNode, _ key: @autoclosure () -> String) -> String? {
    guard let text = text(value, key()) else { return nil }
    guard value.scalarType == .string else {
      findings.add(
        .wrongType, "'\(key())' of \(what) is a number or boolean, not a text",
        remedy: "put it in quotes", at: value.position(findings.path))
      return nil
    }
    return text
  }

  func int(_ value: YAMLNode, _ key: StaticString, in range: ClosedRange<Int>) -> Int? {
    guard let number = value.int else {
      let isPercent = value.kind == .scalar && value.text.hasSuffix("%")
      let isTooLong = value.scalarType == .integer
      let grouped = value.kind == .scalar ? Int(value.text.filter { $0 != "_" }) : nil
      findings.add(
        .wrongType,
        "'\(key)' of \(what) is \(describe(value)), "
          + (isTooLong ? "more than fits" : "not a whole number"),
        remedy: value.tag != nil
          ? "write digits without a tag"
          : isPercent || isTooLong
            ? "write a number from \(range.lowerBound) to \(range.upperBound), without a unit"
            : grouped.map { "write \($0) without quotes" } ?? "write digits without quotes",
        at: value.position(findings.path))
      return nil
    }
    guard range.contains(number) else {
      findings.add(
        .invalidValue, "'\(key)' of \(what) is \(number)",
        remedy: "write a number from \(range.lowerBound) to \(range.upperBound)",
        at: value.position(findings.path))
      return nil
    }
    warnIfOctal(value, number)
    return number
  }

  /// Tools of YAML 1.1 read a leading 0 as octal, and `0o` as text.
  private func warnIfOctal(_ value: YAMLNode, _ number: Int) {
    guard value.count > 1 else { return }
    let signs = "+-".utf8
    let digits = value.text.utf8.drop { signs.contains($0) }
    guard digits.first == UInt8(ascii: "0"), digits.count > 1, !digits.starts(with: "0x".utf8),
      UInt(Substring(digits), radix: 8).map({ $0 != number.magnitude }) ?? true
    else { return }
    findings.add(
      .surprisingText, .warning,
      "'\(excerpt(value.text))' is read as \(number); other tools read something else",
      remedy: "write \(number)", at: value.position(findings.path))
  }

  func bool(_ value: YAMLNode, _ key: StaticString) -> Bool? {
    guard let flag = value.bool else {
      findings.add(
        .wrongType, "'\(key)' of \(what) is \(describe(value)), not true or false",
        remedy: "write true or false without quotes", at: value.position(findings.path))
      return nil
    }
    return flag
  }

  /// One word of a few.
  func word(_ value: YAMLNode, _ key: StaticString, of words: [String]) -> String? {
    guard let text = text(value, key.description) else { return nil }
    guard words.contains(text) else {
      findings.add(
        .invalidValue, "'\(key)' of \(what) is \(describe(value))",
        remedy: "write \(oneMeant(by: text, of: words) ?? choice(of: words))",
        at: value.position(findings.path))
      return nil
    }
    return text
  }

  /// A text of a form that a sentence describes.
  func text(
    _ value: YAMLNode, _ key: StaticString, _ form: String, where isValid: (String) -> Bool
  ) -> String? {
    guard let text = text(value, key.description) else { return nil }
    guard isValid(text) else {
      findings.add(
        .invalidValue, "'\(key)' of \(what) is '\(excerpt(text))'", remedy: "write \(form)",
        at: value.position(findings.path))
      return nil
    }
    return text
  }

  /// A value in one of the forms of quantities: above 0, or 0 where that means something.
  private func quantity<Value: Comparable & AdditiveArithmetic>(
    _ value: YAMLNode, _ key: StaticString, _ form: String, orZero: Bool = false,
    _ parse: (String) -> Value?
  ) -> Value? {
    guard let text = text(value, key.description) else { return nil }
    guard let number = parse(text), number > .zero || orZero else {
      findings.add(
        .invalidValue, "'\(key)' of \(what) is '\(excerpt(text))'",
        remedy: "write \(form)" + (orZero ? "" : ", more than 0"),
        at: value.position(findings.path))
      return nil
    }
    warnIfOctal(value, quantity: text)
    return number
  }

  /// The same of a number with a unit; `05s` within a time is common, and nobody reads it otherwise.
  private func warnIfOctal(_ value: YAMLNode, quantity text: String) {
    guard text.utf8.first == UInt8(ascii: "0") else { return }
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard UInt(digits, radix: 8) != UInt(digits) else { return }
    let meant = text.drop { $0 == "0" }
    findings.add(
      .surprisingText, .warning,
      "'\(excerpt(text))' is read as \(excerpt(String(meant))); other tools read something else",
      remedy: "write \(excerpt(String(meant)))", at: value.position(findings.path))
  }

  func cpu(_ value: YAMLNode, _ key: StaticString) -> Int? {
    quantity(value, key, "a share of processors, such as 500m or 0.5") { parseCPUQuantity($0) }
  }

  func bytes(_ value: YAMLNode, _ key: StaticString) -> Int? {
    quantity(value, key, "a size, such as 64Mi or 64M") { parseByteSize($0) }
  }

  func duration(_ value: YAMLNode, _ key: StaticString, orZero: Bool) -> Duration? {
    quantity(value, key, "a time with its unit, such as 30s or 1m30s", orZero: orZero) {
      parseDuration($0)
    }
  }

  func duration(_ value: YAMLNode, _ key: StaticString, atLeast least: Duration) -> Duration? {
    let form = "a time with its unit, \(formatDuration(least)) or more, such as 10m"
    return quantity(value, key, form, orZero: true) { text in
      parseDuration(text).flatMap { $0 >= least ? $0 : nil }
    }
  }

  func list(_ value: YAMLNode, _ key: StaticString) -> YAMLElements? {
    guard value.kind == .sequence else {
      findings.add(
        .wrongType, "'\(key)' of \(what) is \(describe(value)), not a list",
        remedy: "begin each element with '- '", at: value.position(findings.path))
      return nil
    }
    return value.elements
  }

  /// A list of texts, none of them empty.
  func texts(_ value: YAMLNode, _ key: StaticString) -> [String]? {
    list(value, key)?.compactMap { element in
      guard let text = text(element, key.description) else { return nil }
      guard !text.isEmpty else {
        findings.add(
          .invalidValue, "'\(key)' of \(what) has an empty text", remedy: "remove it",
          at: element.position(findings.path))
        return nil
      }
      return text
    }
  }

  /// A mapping, whatever is in it.
  func mapping(_ value: YAMLNode, _ key: StaticString) -> YAMLNode? {
    guard value.kind == .mapping else {
      findings.add(
        .wrongType, "'\(key)' of \(what) is \(describe(value)), not a mapping",
        remedy: "write keys and values", at: value.position(findings.path))
      return nil
    }
    return value
  }

  /// What counts as a text in a mapping of texts.
  enum Texts {
    /// Any scalar but null, as it is written.
    case scalars
    /// Null too, as an empty text.
    case scalarsOrNull
    /// No number and no boolean.
    case strings
  }

  /// A mapping of texts, such as labels or the entries of a config.
  func entries(
    _ value: YAMLNode, _ key: StaticString, of texts: Texts = .scalars
  ) -> [String: String] {
    var read: [String: String] = [:]
    if value.kind == .mapping { read.reserveCapacity(value.count) }
    forEachEntry(of: value, key, of: texts) { read[$0] = $1 }
    return read
  }

  /// Calls a closure with each key of a mapping of texts and what stands there.
  func forEachEntry(
    of value: YAMLNode, _ key: StaticString, of texts: Texts = .scalars,
    _ body: (String, String) -> Void
  ) {
    guard let mapping = mapping(value, key) else { return }
    for entry in mapping.entries {
      func place() -> String { "\(key).\(excerpt(entry.key.text))" }
      if texts == .strings, entry.key.scalarType != .string {
        findings.add(
          .wrongType, "the key '\(excerpt(entry.key.text))' in '\(key)' of \(what) is no text",
          remedy: "put it in quotes", at: entry.key.position(findings.path))
        continue
      }
      let value =
        switch texts {
        case .scalars: text(entry.value, place())
        case .scalarsOrNull: entry.value.isNull ? "" : text(entry.value, place())
        case .strings: string(entry.value, place())
        }
      guard let value else { continue }
      let name = entry.key.text
      warnIfSurprising(entry.key, name, isKey: true)
      warnIfSurprising(entry.value, value)
      body(name, value)
    }
  }

  /// A letter as a key is one: hardly a tool reads more.
  private func warnIfSurprising(_ value: YAMLNode, _ text: String, isKey: Bool = false) {
    guard value.style == .plain, text.utf8.count <= 4 else { return }
    let other =
      switch text.lowercased() {
      case "yes", "no", "on", "off": "a boolean"
      case "y", "n": isKey ? "" : "a boolean"
      case "~", "null", "": "nothing"
      default: ""
      }
    guard !other.isEmpty else { return }
    findings.add(
      .surprisingText, .warning, "'\(text)' is taken as the text it is; other tools read \(other)",
      remedy: "put it in quotes", at: value.position(findings.path))
  }
}

/// The only word that another may stand for.
private func oneMeant(by text: String, of words: [String]) -> String? {
  let same = words.first { $0.lowercased() == text.lowercased() }
  let near = words.filter { nearestWord(to: text, in: [$0]) != nil }
  return same ?? (near.count == 1 ? near.first : nil)
}

/// Words as a sentence offers them: `a, b or c`.
private func choice(of words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
