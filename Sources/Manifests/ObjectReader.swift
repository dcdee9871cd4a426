import Diagnostics
import TextForms
import YAMLTree

/// Reads the keys of one mapping, and knows at the end which were not asked for.
///
/// Every accessor reports a value of another type with its place and returns `nil`; the caller
/// goes on, so that one report has all findings.
struct ObjectReader {
  let node: YAMLNode
  let what: String
  let findings: Findings
  private var known: [String] = []

  /// Opens a mapping, or reports that it is none.
  init?(_ node: YAMLNode, _ what: String, _ findings: Findings) {
    self.node = node
    self.what = what
    self.findings = findings
    guard node.kind == .mapping else {
      findings.add(
        .wrongType, "\(what) is \(describe(node)), not a mapping",
        remedy: "write keys and values", at: node.position(findings.path))
      return nil
    }
  }

  var position: SourcePosition { node.position(findings.path) }

  /// The value of a key, or `nil` where it is absent or null.
  mutating func field(_ key: StaticString) -> YAMLNode? {
    known.append(key.description)
    guard let value = node[key], !value.isNull else { return nil }
    return value
  }

  /// The value of a key that must be there.
  mutating func required(_ key: StaticString) -> YAMLNode? {
    if let value = field(key) { return value }
    findings.add(
      .missingKey, "\(what) has no '\(key)'", remedy: "add '\(key)'", at: position)
    return nil
  }

  /// A key that is understood and has no effect yet.
  mutating func notActedOn(_ keys: StaticString...) {
    for key in keys {
      guard let value = field(key) else { continue }
      warnNotActedOn(key.description, at: value)
    }
  }

  func warnNotActedOn(_ name: String, at value: YAMLNode) {
    findings.add(
      .notActedOn, .warning, "'\(name)' of \(what) is accepted, not acted on yet",
      at: value.position(findings.path))
  }

  mutating func string(_ key: StaticString) -> String? {
    field(key).flatMap { text($0, key.description) }
  }

  /// A scalar as it is written: `port: 8080` is as good as a text.
  func text(_ value: YAMLNode, _ key: String) -> String? {
    guard value.kind == .scalar else {
      findings.add(
        .wrongType, "'\(key)' of \(what) is \(describe(value)), not a text",
        remedy: "write one value", at: value.position(findings.path))
      return nil
    }
    return value.text
  }

  mutating func int(_ key: StaticString, in range: ClosedRange<Int>) -> Int? {
    guard let value = field(key) else { return nil }
    guard let number = value.int else {
      let isPercent = value.kind == .scalar && value.text.hasSuffix("%")
      findings.add(
        .wrongType, "'\(key)' of \(what) is \(describe(value)), not a whole number",
        remedy: isPercent
          ? "write a number of hosts; per cent is not read" : "write it without quotes",
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
    return number
  }

  mutating func bool(_ key: StaticString) -> Bool? {
    guard let value = field(key) else { return nil }
    guard let flag = value.bool else {
      findings.add(
        .wrongType, "'\(key)' of \(what) is \(describe(value)), not true or false",
        remedy: "write true or false without quotes", at: value.position(findings.path))
      return nil
    }
    return flag
  }

  /// A value in one of the forms of quantities.
  mutating func quantity(
    _ key: StaticString, _ form: String, _ parse: (String) -> Int?
  ) -> Int? {
    guard let value = field(key), let text = text(value, key.description) else { return nil }
    guard let number = parse(text) else {
      findings.add(
        .invalidValue, "'\(key)' of \(what) is '\(safe(text))'", remedy: "write \(form)",
        at: value.position(findings.path))
      return nil
    }
    return number
  }

  mutating func list(_ key: StaticString) -> [YAMLNode] {
    guard let value = field(key) else { return [] }
    guard value.kind == .sequence else {
      findings.add(
        .wrongType, "'\(key)' of \(what) is \(describe(value)), not a list",
        remedy: "begin each element with '- '", at: value.position(findings.path))
      return []
    }
    return Array(value.elements)
  }

  /// A mapping of texts, such as labels or the entries of a config.
  func texts(_ value: YAMLNode, _ key: String) -> [String: String] {
    guard value.kind == .mapping else {
      findings.add(
        .wrongType, "'\(key)' of \(what) is \(describe(value)), not a mapping",
        remedy: "write keys and values", at: value.position(findings.path))
      return [:]
    }
    var texts: [String: String] = [:]
    for entry in value.entries {
      guard let text = text(entry.value, "\(key).\(safe(entry.key.text))") else { continue }
      warnIfSurprising(entry.value, text)
      texts[entry.key.text] = text
    }
    return texts
  }

  private func warnIfSurprising(_ value: YAMLNode, _ text: String) {
    let words = ["yes", "no", "on", "off", "y", "n"]
    guard value.style == .plain, words.contains(text.lowercased()) else { return }
    findings.add(
      .surprisingText, .warning, "'\(text)' is taken as the text it is; other tools read a boolean",
      remedy: "put it in quotes", at: value.position(findings.path))
  }

  /// Reports every key that nobody asked for, with the nearest known one.
  func finish() {
    for entry in node.entries where !known.contains(entry.key.text) {
      let key = entry.key.text
      let nearest = nearestWord(to: key, in: known)
      findings.add(
        .unknownKey, "\(what) has no key '\(safe(key))'",
        remedy: nearest.map { "write '\($0)'" }
          ?? "remove it; known are \(known.sorted().joined(separator: ", "))",
        at: entry.key.position(findings.path))
    }
  }
}

/// A text from a manifest, safe to print, cut where it is long.
func safe(_ text: String) -> String {
  escapingControlCharacters(text.count > 80 ? String(text.prefix(77)) + "..." : text)
}

func describe(_ node: YAMLNode) -> String {
  switch node.kind {
  case .mapping: "a mapping"
  case .sequence: "a list"
  case .scalar: node.isNull ? "empty" : "'\(safe(node.text))'"
  }
}
