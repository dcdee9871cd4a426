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
  private var known: [StaticString] = []

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

  /// The value of a key, or `nil` where it is absent or, with a warning, null.
  mutating func field(_ key: StaticString) -> YAMLNode? {
    known.append(key)
    guard let value = node[key] else { return nil }
    guard value.isNull else { return value }
    findings.add(
      .emptyValue, .warning, "'\(key)' of \(what) has no value, which counts as absent",
      remedy: "give it a value, or remove it", at: value.position(findings.path))
    return nil
  }

  /// The value of a key that must be there.
  mutating func required(_ key: StaticString) -> YAMLNode? {
    known.append(key)
    let value = node[key]
    if let value, !value.isNull { return value }
    findings.add(
      .missingKey, "\(what) has no \(value == nil ? "" : "value for ")'\(key)'",
      remedy: "add \(value == nil ? "'\(key)'" : "it")",
      at: value?.position(findings.path) ?? position)
    return nil
  }

  /// Checks the form of a field that has no effect yet, and says that it has none.
  mutating func notActedOn<Ignored>(
    _ key: StaticString, _ check: (inout ObjectReader, StaticString) -> Ignored
  ) {
    let errors = findings.errors
    _ = check(&self, key)
    guard findings.errors == errors, let value = node[key], !value.isNull else { return }
    warnNotActedOn(key, at: value)
  }

  func warnNotActedOn(_ key: StaticString, at value: YAMLNode) {
    findings.add(
      .notActedOn, .warning, "'\(key)' of \(what) is accepted, not acted on yet",
      at: value.position(findings.path))
  }

  /// Opens the mapping of a key.
  mutating func object(_ key: StaticString) -> ObjectReader? {
    field(key).flatMap { ObjectReader($0, "'\(key)' of \(what)", findings) }
  }

  /// Reports every key that nobody asked for, with the nearest known one.
  func finish() {
    for entry in node.entries where !known.contains(where: entry.key.hasText) {
      let key = entry.key.text
      findings.add(
        .unknownKey, "\(what) has no key '\(excerpt(key))'", remedy: remedy(for: key),
        at: entry.key.position(findings.path))
    }
  }

  private func remedy(for key: String) -> String {
    let known = known.map(\.description)
    return nearestWord(to: key, in: known).map { "write '\($0)'" }
      ?? "remove it; known are \(known.sorted().joined(separator: ", "))"
  }
}

func describe(_ node: YAMLNode) -> String {
  switch node.kind {
  case .mapping: "a mapping"
  case .sequence: "a list"
  case .scalar: node.isNull ? "empty" : "'\(excerpt(node.text))'"
  }
}
