import JSONCoding
import YAMLTree

extension Form where Value == String {
  /// What hosts before 1.0 start a provider with: a text or a mapping of anything, as JSON.
  static let startConfig = Form(["type": ["string", "object"]]) { value, key, reader in
    reader.startConfig(value, key)
  }
}

extension ObjectReader {
  /// The text or mapping as JSON, its keys sorted; what it says is never shown.
  func startConfig(_ value: YAMLNode, _ key: StaticString) -> String? {
    guard value.kind == .mapping || value.scalarType == .string else {
      findings.add(
        .wrongType, "'\(key)' of \(what) is neither a text nor a mapping",
        remedy: "write keys and values, or put a text in quotes",
        at: value.position(findings.path))
      return nil
    }
    warnOfEntries(value, key) { $0.value.string }
    return String(decoding: JSONValue(value).bytes(), as: UTF8.self)
  }
}

extension JSONValue {
  /// A value of YAML as JSON; a number that JSON has not, such as `.inf`, is a text.
  fileprivate init(_ node: YAMLNode) {
    switch node.kind {
    case .mapping:
      self = .object(
        Dictionary(
          node.entries.map { ($0.key.text, JSONValue($0.value)) }, uniquingKeysWith: { $1 }))
    case .sequence: self = .array(node.elements.map { JSONValue($0) })
    case .scalar: self = Self.scalar(node)
    }
  }

  private static func scalar(_ node: YAMLNode) -> JSONValue {
    switch node.scalarType {
    case .null?: return .null
    case .boolean?: return node.bool.map(JSONValue.bool) ?? .string(node.text)
    case .integer?, .float?:
      if let whole = node.int { return .int(whole) }
      return node.double.flatMap { $0.isFinite ? .double($0) : nil } ?? .string(node.text)
    case .string?, nil: return .string(node.text)
    }
  }
}
