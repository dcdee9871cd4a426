import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Decodes what stands in a scaler; what is wrong is among the findings.
func decodeScale(
  _ node: YAMLNode, perHost: Bool, _ findings: Findings
) -> WadmTraits.Scale? {
  guard let reader = ObjectReader(node, "the scaler", WadmScalerFields.table, findings)
  else { return nil }
  let instances = readInstances(reader)
  let spread = readSpread(reader)
  guard let instances else { return nil }
  checkWeights(spread, instances, at: reader.position, findings)
  return WadmTraits.Scale(instances: instances, perHost: perHost, spread: spread)
}

/// How many run, by either of its names.
private func readInstances(_ reader: ObjectReader) -> Int? {
  let (field, old) = (WadmScalerFields.instances, WadmScalerFields.replicas)
  let numbers = [field, old].filter { reader.node[$0.key] != nil }
  if numbers.isEmpty, !reader.isMeant(field), !reader.isMeant(old) {
    reader.findings.add(
      .missingKey, "the scaler has no 'instances'", remedy: "say how many run",
      at: reader.position)
  }
  if numbers.count > 1, let node = reader.node[old.key] {
    reader.findings.add(
      .missingKey, "the scaler has both 'instances' and 'replicas', its old name",
      remedy: "keep 'instances'", at: node.position(reader.findings.path))
  }
  return numbers.first.flatMap { reader[$0] }
}

private func readSpread(_ reader: ObjectReader) -> [SpreadConstraint] {
  var names: [String: String] = [:]
  return (reader[WadmScalerFields.spread] ?? []).compactMap { rule -> SpreadConstraint? in
    let name = rule[WadmScalerFields.name]
    let requirements = rule[WadmScalerFields.requirements] ?? [:]
    let weight = rule[WadmScalerFields.weight]
    guard let name else { return nil }
    let token = LatticeNames.token(name)
    guard let token, names[token] == nil else {
      addNoName(name, token.flatMap { names[$0] }, rule)
      return nil
    }
    names[token] = name
    return SpreadConstraint(
      name: token, weight: weight,
      requirements: requirements.map { LabelRequirement($0.key, .equals($0.value)) })
  }
}

private func addNoName(_ name: String, _ other: String?, _ rule: ObjectReader) {
  let place = (rule.node["name"] ?? rule.node).position(rule.findings.path)
  guard let other else {
    return rule.findings.add(
      .invalidName, "'\(excerpt(name))' is no name for the rule",
      remedy: "write letters, digits, '-' and '_', a letter or digit first", at: place)
  }
  rule.findings.add(
    .invalidName,
    other == name
      ? "two rules of the scaler are called '\(excerpt(name))'"
      : "the rules '\(excerpt(other))' and '\(excerpt(name))' become one name here",
    remedy: "give one of them another name", at: place)
}
