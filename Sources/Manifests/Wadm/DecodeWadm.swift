import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Decodes one application of wadm; what is wrong is among the findings.
func decodeWadm(_ root: YAMLNode, _ findings: Findings) -> ApplicationManifest? {
  let isOfActorEra = wordOfActorEra(in: root) != nil
  let table = isOfActorEra ? ActorEraFields.document : WadmFields.document
  let errors = findings.errors
  guard let document = ObjectReader(root, "the manifest", table, findings) else { return nil }
  let metadata = document[WadmFields.metadata]
  let name = metadata.flatMap { decodeName($0, root) }
  guard let spec = document[isOfActorEra ? ActorEraFields.spec : WadmFields.spec]
  else { return nil }
  var decoder = WadmDecoder(application: ApplicationName(name ?? ""), findings: findings)
  var links: [LinkManifest] = []
  if isOfActorEra {
    decoder.readComponentsOfActorEra(spec)
    links = decoder.readLinkdefs()
  } else {
    decoder.readPolicies(spec)
    decoder.readComponents(spec)
    links = decoder.readLinks()
  }
  noteMerges(in: spec.node, findings)
  if findings.errors > errors { decoder.checkIDs() }
  guard let name else { return nil }
  var application = ApplicationSpec(
    name: ApplicationName(name), origin: root.position(findings.path), actors: decoder.actors,
    providers: decoder.providers, configs: decoder.configs)
  application.isForHostsBefore1 = isOfActorEra
  return ApplicationManifest(application: application, links: links, dependsOn: [], policies: [])
}

/// The word that shows that a document is for hosts before 1.0, whose links have contracts.
func wordOfActorEra(in root: YAMLNode) -> YAMLNode? {
  guard let components = root["spec"]?["components"] else { return nil }
  for component in components.elements {
    let keys = component["properties"]?.entries.lazy.map(\.key)
    if let key = keys?.first(where: { $0.hasText("contract") || $0.hasText("link_name") }) {
      return key
    }
    for trait in component["traits"]?.elements ?? .empty {
      guard let type = trait["type"], type.hasText("linkdef"),
        trait["properties"]?["namespace"] == nil
      else { continue }
      return type
    }
  }
  return nil
}

private func decodeName(_ metadata: ObjectReader, _ root: YAMLNode) -> String? {
  let findings = metadata.findings
  _ = metadata[WadmFields.labels]
  if metadata[WadmFields.annotations]?["version"] == "latest",
    let version = metadata.node["annotations"]?["version"]
  {
    findings.add(
      .invalidValue, "the version is 'latest', which names none",
      remedy: "write a version, or remove it", at: version.position(findings.path))
  }
  guard let written = metadata[WadmFields.name], let node = metadata.node["name"]
  else { return nil }
  let isLegal = written.unicodeScalars.allSatisfy {
    $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "-" || $0 == "_"
  }
  guard isLegal, let name = LatticeNames.label(written) else {
    findings.add(
      .invalidName,
      "'\(excerpt(written))' is no name for the application"
        + (isLegal ? " here: \(LatticeNames.whyNoLabel(written))" : ""),
      remedy: "write letters, digits, '-' and '_', at most 63, a letter or digit first and last",
      at: node.position(findings.path))
    return nil
  }
  if name != written {
    findings.add(
      .renamed, .note, "'\(excerpt(written))' is called '\(name)' here",
      at: node.position(findings.path))
  }
  return name
}

/// Notes the first place where keys are merged, which wadm does not do.
private func noteMerges(in node: YAMLNode, _ findings: Findings) {
  guard let merging = firstMerge(in: node) else { return }
  findings.add(
    .surprisingText, .note, "keys are merged here by '<<'; wadm merges none, and refuses it",
    remedy: "write them out where wadm is to read it too", at: merging.position(findings.path))
}

/// The first mapping with merged keys: what is merged stands before it in the text.
private func firstMerge(in node: YAMLNode) -> YAMLNode? {
  for element in node.elements {
    if let found = firstMerge(in: element) { return found }
  }
  let mark = node.mark
  for entry in node.entries {
    let key = entry.key.mark
    let isOfOneText = !node.isLaidOver && !entry.key.isLaidOver
    if isOfOneText, (key.line, key.column) < (mark.line, mark.column) { return node }
    if let found = firstMerge(in: entry.value) { return found }
  }
  return nil
}
