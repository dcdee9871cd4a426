import Diagnostics
import TextForms
import YAMLTree

/// Reads the fields of one mapping.
///
/// What its table does not have is reported where it is opened, and what of it nobody reads yet is
/// checked there. Every accessor reports a value of another form with its place and returns `nil`;
/// the caller goes on, so that one report has all findings.
struct ObjectReader {
  let node: YAMLNode
  /// The key at which it stands, where it is called by that.
  private let key: StaticString?
  /// What it is called, or what the mapping that has the key is.
  private let name: String
  let findings: Findings
  /// The fields that its misspelt keys most likely stand for: such a one is not missing too.
  private let meant: [String]

  /// Opens a mapping, or reports that it is none.
  init?(_ node: YAMLNode, _ what: String, _ table: ObjectTable, _ findings: Findings) {
    self.init(node, key: nil, what, table, findings)
  }

  /// Opens the mapping at a key of another one, or reports that it is none.
  init?(_ node: YAMLNode, at key: StaticString, of owner: ObjectReader, _ table: ObjectTable) {
    self.init(node, key: key, owner.what, table, owner.findings)
  }

  private init?(
    _ node: YAMLNode, key: StaticString?, _ name: String, _ table: ObjectTable,
    _ findings: Findings
  ) {
    self.node = node
    self.key = key
    self.name = name
    self.findings = findings
    func what() -> String { Self.what(key, name) }
    guard node.kind == .mapping else {
      meant = []
      findings.add(
        .wrongType, "\(what()) is \(describe(node)), not a mapping",
        remedy: "write keys and values", at: node.position(findings.path))
      return nil
    }
    let unread = table.unread(of: node)
    meant = unread.unknown.compactMap { addUnknown($0, of: what(), in: node, table, findings) }
    for row in unread.rows { row.check(self) }
  }

  /// What it is called in findings; made where one is.
  var what: String { Self.what(key, name) }

  private static func what(_ key: StaticString?, _ name: String) -> String {
    key.map { "'\($0)' of \(name)" } ?? name
  }

  var position: SourcePosition { node.position(findings.path) }

  /// The value of a field, or `nil` where it is absent or of another form.
  subscript<Value>(field: Field<Value>) -> Value? {
    withValue(of: field) { field.form.read($0, field.key, self) } ?? nil
  }

  /// The value of a field, or what stands in for it.
  subscript<Value>(field: FieldWithDefault<Value>) -> Value { self[field.field] ?? field.value }

  /// Whether a field has a value, of whatever form.
  func has<Value>(_ field: Field<Value>) -> Bool { node[field.key]?.isNull == false }

  /// Whether a key that is misspelt most likely stands for a field; its finding says so.
  func isMeant<Value>(_ field: Field<Value>) -> Bool { meant.contains(field.key.description) }

  /// Checks each field that is not checked already, for a mapping that nobody reads.
  func checkAll(_ table: ObjectTable) {
    for row in table.rows where row.effect != .none { row.check(self) }
  }

  /// Calls a closure with the value of a field, if there is one, and warns where nothing comes of
  /// it yet.
  @discardableResult
  func withValue<Value, Result>(
    of field: Field<Value>, _ body: (YAMLNode) -> Result
  ) -> Result? {
    guard let value = value(of: field) else { return nil }
    let errors = findings.errors
    let result = body(value)
    if field.effect != .acts, findings.errors == errors {
      warnNotActedOn(field.key, remedy: field.remedy, at: value)
    }
    return result
  }

  func warnNotActedOn(_ key: StaticString, remedy: String? = nil, at value: YAMLNode) {
    findings.add(
      .notActedOn, .warning, "'\(key)' of \(what) is accepted, not acted on yet", remedy: remedy,
      at: value.position(findings.path))
  }

  /// The value of a field; reports it where it must be there, or must not be null.
  private func value<Value>(of field: Field<Value>) -> YAMLNode? {
    let value = node[field.key]
    if let value, !value.isNull || field.form.takesBlank && value.isBlank { return value }
    switch (field.need, value) {
    case (.optional, nil), (.notNull, nil): break
    case (.optional, let value?):
      findings.add(
        .emptyValue, .warning, "'\(field.key)' of \(what) has no value, which counts as absent",
        remedy: "give it a value, or remove it", at: value.position(findings.path))
    case (.required, nil) where isMeant(field): break
    case (.required, nil):
      findings.add(
        .missingKey, "\(what) has no '\(field.key)'", remedy: "add '\(field.key)'", at: position)
    case (_, let value?):
      findings.add(
        .missingKey, "\(what) has no value for '\(field.key)'", remedy: "add it",
        at: value.position(findings.path))
    }
    return nil
  }
}

/// Reports a key that a table does not have; returns which one it stands for, where that is an error.
private func addUnknown(
  _ key: YAMLNode, of what: String, in node: YAMLNode, _ table: ObjectTable, _ findings: Findings
) -> String? {
  let known = table.keys.map(\.description)
  let hint = table.hints[key.text]
  var meant: String?
  var remedy: String?
  switch hint {
  case .word(let word)?: meant = word.description
  case .elsewhere(let place)?: remedy = place
  case nil: meant = nearestWord(to: key.text, in: known)
  }
  let isMissed = table.rows.contains {
    $0.need == .required && $0.key.description == meant && node[$0.key] == nil
  }
  let severity: Severity =
    switch table.unknownKeys {
    case .refused: .error
    case .passedOver: isMissed ? .error : .warning
    case .passedOverIfFar: hint == nil && meant == nil ? .warning : .error
    }
  findings.add(
    .unknownKey, severity, "\(what) has no key '\(excerpt(key.text))'",
    remedy: remedy ?? meant.map { "write '\($0)'" }
      ?? "remove it; known are \(known.sorted().joined(separator: ", "))",
    at: key.position(findings.path))
  return severity == .error ? meant : nil
}

extension YAMLNode {
  /// Whether nothing at all is written, not even null.
  fileprivate var isBlank: Bool { kind == .scalar && style == .plain && count == 0 }
}

func describe(_ node: YAMLNode) -> String {
  switch node.kind {
  case .mapping: "a mapping"
  case .sequence: "a list"
  case .scalar: node.isNull ? "empty" : "'\(excerpt(node.text))'"
  }
}
