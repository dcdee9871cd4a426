import Diagnostics
import JSONCoding
import LatticeModel
import TextForms
import YAMLTree

/// Decodes a list of spread rules.
func decodeRules(
  _ node: YAMLNode, _ what: @autoclosure () -> String, _ findings: Findings
) -> [SpreadConstraint] {
  guard node.kind == .sequence else {
    findings.add(
      .wrongType, "\(what()) is \(describe(node)), not a list of rules",
      remedy: "begin each rule with '- name:'", at: node.position(findings.path))
    return []
  }
  var names = NameTable<Void>()
  return node.elements.compactMap { element -> SpreadConstraint? in
    guard let reader = ObjectReader(element, RuleFields.table.noun, RuleFields.table, findings)
    else { return nil }
    let name = reader[RuleFields.name]
    let rule = SpreadConstraint(
      name: name ?? "", weight: reader[RuleFields.weight],
      requirements: reader[RuleFields.requirements] ?? [],
      preferred: reader[RuleFields.preferred] ?? [],
      maxPerHost: reader[RuleFields.maxPerHost])
    guard let name else { return nil }
    guard names.declare(name, ()) == nil else {
      findings.add(
        .duplicateName, "\(what()) has two rules '\(excerpt(name))'",
        remedy: "give one of them another name", at: element.position(findings.path))
      return nil
    }
    if rule.weight > 0, !rule.requirements.mayBeMet {
      findings.add(
        .neverRuns, .warning, "no host can meet all requirements of rule '\(excerpt(name))'",
        remedy: "correct them: they say different things of one label",
        at: element.position(findings.path))
    }
    return rule
  }
}

/// Reports rules of which none would take an instance.
func checkWeights(
  _ rules: [SpreadConstraint], _ instances: Int, at place: SourcePosition, _ findings: Findings
) {
  guard instances > 0, !rules.isEmpty, rules.allSatisfy({ $0.weight == 0 }) else { return }
  findings.add(
    .invalidValue, "all weights of its spread are 0, so nothing would run",
    remedy: "give one rule a weight, or set instances to 0", at: place)
}

/// Warns of rules in `spec.spread` that no actor or provider names: whoever was meant runs anywhere.
func checkUse(ofSpread body: ObjectReader) {
  guard let spread = body.node["spread"], spread.kind == .mapping else { return }
  var used = NameTable<Void>()
  for list in ["actors", "providers"] as [StaticString] {
    for part in body.node[list]?.elements ?? .empty {
      if let name = part["spread"], name.kind == .scalar { used.declare(name.text, ()) }
    }
  }
  for entry in spread.entries where used[entry.key.text] == nil {
    body.findings.add(
      .unused, .warning, "no actor or provider has the spread '\(excerpt(entry.key.text))'",
      remedy: "name it under their 'spread', or remove it",
      at: entry.key.position(body.findings.path))
  }
}

extension Form where Value == [LabelRequirement] {
  /// What a host is to be like: a mapping of labels, or a list with operators.
  static let requirements = Form(
    [
      "anyOf": [
        .object(Form<[String: String]>.entries.schema),
        .object(Form<[ObjectReader]>.objects(RequirementFields.table).schema),
      ]
    ], tables: [RequirementFields.table]
  ) { value, key, reader in
    switch value.kind {
    case .mapping:
      var requirements: [LabelRequirement] = []
      reader.forEachEntry(of: value, key) {
        requirements.append(LabelRequirement($0, .equals($1)))
      }
      return requirements
    case .sequence:
      return value.elements.compactMap { decodeRequirement($0, reader.findings) }
    case .scalar:
      reader.findings.add(
        .wrongType, "'\(key)' is \(describe(value)), neither a mapping nor a list",
        remedy: "write 'label: value'", at: value.position(reader.findings.path))
      return nil
    }
  }
}

private func decodeRequirement(_ node: YAMLNode, _ findings: Findings) -> LabelRequirement? {
  let table = RequirementFields.table
  guard let reader = ObjectReader(node, table.noun, table, findings) else { return nil }
  let label = reader[RequirementFields.key]
  let operation = reader[RequirementFields.test]
  let errors = findings.errors
  let values = reader[RequirementFields.values] ?? []
  guard let operation, findings.errors == errors else { return nil }
  let test: LabelRequirement.Test? =
    switch operation {
    case "In": values.isEmpty ? nil : .isIn(values.sorted())
    case "NotIn": values.isEmpty ? nil : .isNotIn(values.sorted())
    case "Exists": values.isEmpty ? .exists : nil
    case "DoesNotExist": values.isEmpty ? .doesNotExist : nil
    case "Gt": values.count == 1 ? Int(values[0]).map { .isGreaterThan($0) } : nil
    case "Lt": values.count == 1 ? Int(values[0]).map { .isLessThan($0) } : nil
    default: nil
    }
  guard let test else {
    findings.add(
      .invalidValue, "the values do not suit operator '\(operation)'",
      remedy: "In and NotIn take a list, Gt and Lt one whole number, the others none",
      at: node.position(findings.path))
    return nil
  }
  return label.map { LabelRequirement($0, test) }
}
