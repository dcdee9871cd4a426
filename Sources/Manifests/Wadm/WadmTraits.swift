import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// What the traits of a component say, by their types.
///
/// wadm tells them apart by what is in them and passes over what does not fit its type; here the type
/// decides, and what does not fit it is an error.
struct WadmTraits {
  /// How many run, and where.
  struct Scale {
    var instances: Int
    var perHost = false
    var spread: [SpreadConstraint] = []
  }

  /// The first scaler.
  private(set) var scale: Scale?
  private(set) var links: [ObjectReader] = []

  /// Reads the traits of a component.
  ///
  /// - Parameters:
  ///   - readers: The traits.
  ///   - isOfActorEra: Whether its links are those of manifests for hosts before 1.0.
  init(_ readers: [ObjectReader], isOfActorEra: Bool = false) {
    let link = isOfActorEra ? "linkdef" : "link"
    for reader in readers {
      let type = reader[WadmTraitFields.type]
      guard let node = reader[WadmTraitFields.properties], let type else { continue }
      switch type {
      case link:
        let table = isOfActorEra ? ActorEraFields.linkTable : WadmLinkFields.table
        ObjectReader(node, table.noun, table, reader.findings).map { links.append($0) }
      case "spreadscaler", "daemonscaler":
        let scale = decodeScale(node, perHost: type == "daemonscaler", reader.findings)
        if self.scale != nil { addSecond(reader) }
        self.scale = self.scale ?? scale ?? Scale(instances: 1)
      default:
        addUnknown(type, reader, link)
      }
    }
  }

  private func addSecond(_ reader: ObjectReader) {
    reader.findings.add(
      .declaredTwice, "the component has two scalers, each of which would undo what the other does",
      remedy: "keep one, with the rules of both", at: reader.position)
  }

  private func addUnknown(_ type: String, _ reader: ObjectReader, _ link: String) {
    let place = (reader.node["type"] ?? reader.node).position(reader.findings.path)
    let isLink = type == "link" || type == "linkdef"
    let nearest = isLink ? link : nearestWord(to: type, in: [link, "spreadscaler", "daemonscaler"])
    reader.findings.add(
      .invalidValue, nearest == nil ? .warning : .error,
      "there is no trait of type '\(excerpt(type))', so nothing comes of it",
      remedy: nearest.map { "write '\($0)'" } ?? "remove it", at: place)
  }
}

private func decodeScale(
  _ node: YAMLNode, perHost: Bool, _ findings: Findings
) -> WadmTraits.Scale? {
  guard let reader = ObjectReader(node, "the scaler", WadmScalerFields.table, findings)
  else { return nil }
  let numbers = [WadmScalerFields.instances, WadmScalerFields.replicas].filter { reader.has($0) }
  let isMeant = [WadmScalerFields.instances, WadmScalerFields.replicas].contains(
    where: reader.isMeant)
  if numbers.count != 1, !(numbers.isEmpty && isMeant) {
    findings.add(
      .missingKey,
      "the scaler has \(numbers.isEmpty ? "no" : "both") 'instances'"
        + (numbers.isEmpty ? "" : " and 'replicas', its old name"),
      remedy: numbers.isEmpty ? "say how many run" : "keep 'instances'", at: reader.position)
  }
  let instances = numbers.compactMap { reader[$0] }.first
  var names: Set<String> = []
  let spread = (reader[WadmScalerFields.spread] ?? []).compactMap { rule -> SpreadConstraint? in
    let name = rule[WadmScalerFields.name]
    let requirements = rule[WadmScalerFields.requirements] ?? [:]
    let weight = rule[WadmScalerFields.weight]
    guard let name else { return nil }
    guard let token = LatticeNames.token(name), names.insert(token).inserted else {
      findings.add(
        .invalidName, "'\(excerpt(name))' is no name for a rule that tells it from the others",
        remedy: "write letters, digits, '-' and '_', another name for each", at: rule.position)
      return nil
    }
    return SpreadConstraint(
      name: token, weight: weight,
      requirements: requirements.map { LabelRequirement($0.key, .equals($0.value)) })
  }
  guard let instances else { return nil }
  checkWeights(spread, instances, at: reader.position, findings)
  return WadmTraits.Scale(instances: instances, perHost: perHost, spread: spread)
}
