import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

extension WadmDecoder {
  mutating func readLinks() -> [LinkManifest] {
    var links = WadmLinks()
    for component in components {
      var seen: Set<[String]> = []
      for reader in component.links {
        guard let link = readLink(reader, of: component), let called = link.interface
        else { continue }
        let names = called.interfaces.map {
          [link.name, called.contract.namespace, called.contract.package, $0]
        }
        if let twice = names.first(where: seen.contains) {
          findings.add(
            .duplicateName,
            "link '\(excerpt(link.name))' of '\(excerpt(component.name))' for "
              + "\(excerpt("\(called.contract)/\(twice[3])")) is declared twice",
            remedy: "give one of them another name", at: reader.position)
        }
        seen.formUnion(names)
        links.add(link)
      }
    }
    return links.all
  }

  private mutating func readLink(
    _ reader: ObjectReader, of component: Component
  ) -> LinkManifest? {
    let interface = readInterface(reader)
    let name = readName(reader)
    let source = reader[WadmLinkFields.source]
    let target = reader[WadmLinkFields.target].flatMap { readTarget($0, reader) }
    let end = target.flatMap { find($0.name, at: $0.place) }
    let sourceConfig = configs("source", WadmLinkFields.sourceConfig, source, of: reader)
    let targetConfig = configs("target", WadmLinkFields.targetConfig, target?.reader, of: reader)
    let secrets = [source, target?.reader].map { $0.map { readSecrets($0) } ?? [] }
    guard let interface, let name, let end else { return nil }
    var from = component.end
    from.position = reader.position
    return LinkManifest(
      source: from, target: end, interface: interface, name: name, values: [:],
      sourceConfig: sourceConfig + secrets[0], targetConfig: targetConfig + secrets[1],
      origin: reader.position)
  }

  private func readName(_ reader: ObjectReader) -> String? {
    let name = reader[WadmLinkFields.name]
    guard !isToken(name) else { return name }
    findings.add(
      .invalidName,
      "'\(excerpt(name))' is no name for a link here: it is one part of NATS subjects",
      remedy: "write letters, digits, '-' and '_', a letter or digit first",
      at: (reader.node["name"] ?? reader.node).position(findings.path))
    return nil
  }

  /// The target of a link: a name, or since 0.13 a mapping with one.
  private func readTarget(
    _ node: YAMLNode, _ reader: ObjectReader
  ) -> (name: String, place: YAMLNode, reader: ObjectReader?)? {
    switch node.kind {
    case .scalar:
      return reader.string(node, "target").map { ($0, node, nil) }
    case .mapping:
      let target = ObjectReader(node, "the target", WadmLinkFields.targetTable, findings)
      return target.flatMap { target in
        target[WadmLinkFields.targetName].map { ($0, node["name"] ?? node, target) }
      }
    case .sequence:
      let first = node.elements.first { _ in true }
      let name = first.map { $0.kind == .scalar ? $0.text : $0["name"]?.text ?? "" } ?? ""
      findings.add(
        .wrongType, "'target' of the link is a list, and a link has one target",
        remedy: "write target: {name: \(name.isEmpty ? "…" : excerpt(name))}"
          + (node.count > 1 ? ", and a link of its own for each of the others" : ""),
        at: node.position(findings.path))
      return first.flatMap { name.isEmpty ? nil : (name, $0["name"] ?? $0, nil) }
    }
  }

  /// The component of a name; a link may call a part of this application only.
  func find(_ name: String, at node: YAMLNode) -> LinkManifest.End? {
    let place = node.position(findings.path)
    if var end = ends[name] {
      end.position = place
      return end
    }
    guard !hasNameless else { return nil }
    findings.add(
      .unknownReference, "\(application) has no component '\(excerpt(name))'",
      remedy: findings.nearest(to: name, in: components.map(\.name)).map { "write '\($0)'" }
        ?? "declare it, or link what is declared", at: place)
    return nil
  }

  /// The configs that one end is given: those of its mapping, else those of the older key.
  private mutating func configs(
    _ key: String, _ old: Field<[ObjectReader]>, _ end: ObjectReader?, of link: ObjectReader
  ) -> [ConfigName] {
    let outer = link[old] ?? []
    guard let end else { return store.names(of: outer, ofLink: true) }
    let inner = end[WadmPropertyFields.config] ?? []
    let given = Set(inner.compactMap { $0.node["name"]?.text })
    if let node = link.node[old.key], !outer.isEmpty {
      let isLost = outer.contains { !given.contains($0.node["name"]?.text ?? "") }
      findings.add(
        .invalidValue, isLost ? .error : .warning,
        "wadm passes over '\(old.key)' of the link, as '\(key)' is a mapping",
        remedy: isLost ? "write what it lists under \(key): {config: […]}" : "remove it",
        at: node.position(findings.path))
    }
    return store.names(of: inner, ofLink: true)
  }
}
