import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Decodes a list of spread rules.
func decodeRules(
  _ node: YAMLNode, _ what: String, _ findings: Findings
) -> [SpreadConstraint] {
  guard node.kind == .sequence else {
    findings.add(
      .wrongType, "\(what) is \(describe(node)), not a list of rules",
      remedy: "begin each rule with '- name:'", at: node.position(findings.path))
    return []
  }
  var names: Set<String> = []
  return node.elements.compactMap { element -> SpreadConstraint? in
    guard var reader = ObjectReader(element, "the rule", findings) else { return nil }
    let name = reader.required("name").flatMap { reader.token($0, "name") }
    let weight = reader.int("weight", in: 0...1_000_000) ?? 100
    let requirements = decodeRequirements(&reader, "requirements", findings)
    let preferred = decodeRequirements(&reader, "preferred", findings)
    let maxPerHost = reader.int("maxPerHost", in: 1...4_294_967_295)
    reader.notActedOn("maxSkew") { $0.int($1, in: 0...4_294_967_295) }
    reader.notActedOn("whenUnsatisfiable") { $0.word($1, of: ["hold", "spill"]) }
    reader.finish()
    guard let name else { return nil }
    guard names.insert(name).inserted else {
      findings.add(
        .duplicateName, "\(what) has two rules '\(excerpt(name))'",
        remedy: "give one of them another name", at: element.position(findings.path))
      return nil
    }
    return SpreadConstraint(
      name: name, weight: weight, requirements: requirements, preferred: preferred,
      maxPerHost: maxPerHost)
  }
}

/// Requirements as a mapping of labels, or as a list with operators.
private func decodeRequirements(
  _ rule: inout ObjectReader, _ key: StaticString, _ findings: Findings
) -> [LabelRequirement] {
  guard let node = rule.field(key) else { return [] }
  if node.kind == .mapping {
    return rule.texts(node, key.description).map { LabelRequirement($0.key, .equals($0.value)) }
  }
  guard node.kind == .sequence else {
    findings.add(
      .wrongType, "'\(key)' is \(describe(node)), neither a mapping nor a list",
      remedy: "write 'label: value'", at: node.position(findings.path))
    return []
  }
  return node.elements.compactMap { decodeRequirement($0, findings) }
}

private func decodeRequirement(_ node: YAMLNode, _ findings: Findings) -> LabelRequirement? {
  guard var reader = ObjectReader(node, "the requirement", findings) else { return nil }
  let label = reader.required("key").flatMap { reader.text($0, "key") }
  let operation = reader.required("operator")
  let values = reader.texts("values") ?? []
  reader.finish()
  guard let label, let operation else { return nil }
  let test: LabelRequirement.Test?
  switch operation.kind == .scalar ? operation.text : "" {
  case "In": test = values.isEmpty ? nil : .isIn(values.sorted())
  case "NotIn": test = values.isEmpty ? nil : .isNotIn(values.sorted())
  case "Exists": test = values.isEmpty ? .exists : nil
  case "DoesNotExist": test = values.isEmpty ? .doesNotExist : nil
  case "Gt": test = values.count == 1 ? Int(values[0]).map { .isGreaterThan($0) } : nil
  case "Lt": test = values.count == 1 ? Int(values[0]).map { .isLessThan($0) } : nil
  default:
    findings.add(
      .invalidValue, "operator is \(describe(operation))",
      remedy: "write In, NotIn, Exists, DoesNotExist, Gt or Lt",
      at: operation.position(findings.path))
    return nil
  }
  guard let test else {
    findings.add(
      .invalidValue, "the values do not suit operator '\(operation.text)'",
      remedy: "In and NotIn take a list, Gt and Lt one whole number, the others none",
      at: node.position(findings.path))
    return nil
  }
  return LabelRequirement(label, test)
}
