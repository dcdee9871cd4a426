import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

extension WadmDecoder {
  mutating func readLinks() -> [LinkManifest] {
    var links: [LinkManifest] = []
    for component in components {
      var seen: Set<[String]> = []
      for reader in component.links {
        guard let link = readLink(reader, of: component) else { continue }
        guard let called = link.interface else { continue }
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
        if let one = links.firstIndex(where: { $0.isOfOneKind(as: link) }) {
          links[one].merge(link)
        } else {
          links.append(link)
        }
      }
    }
    return links
  }

  private mutating func readLink(
    _ reader: ObjectReader, of component: Component
  ) -> LinkManifest? {
    let interface = readInterface(reader)
    let name = reader[WadmLinkFields.name]
    let source = reader[WadmLinkFields.source]
    let target = reader[WadmLinkFields.target].flatMap { readTarget($0, reader) }
    let end = target.flatMap { find($0.name, at: $0.place) }
    let sourceConfig = configs(source, or: WadmLinkFields.sourceConfig, of: reader)
    let targetConfig = configs(target?.reader, or: WadmLinkFields.targetConfig, of: reader)
    let secrets = [source, target?.reader].map { $0.map { readSecrets($0) } ?? [] }
    guard let interface, let end else { return nil }
    guard isToken(name) else {
      findings.add(
        .invalidName, "'\(excerpt(name))' is no name for the link",
        remedy: "write letters, digits, '-' and '_', a letter or digit first",
        at: reader.position)
      return nil
    }
    var from = component.end
    from.position = reader.position
    return LinkManifest(
      source: from, target: end, interface: interface, name: name, values: [:],
      sourceConfig: sourceConfig + secrets[0], targetConfig: targetConfig + secrets[1],
      origin: reader.position)
  }

  private func readInterface(_ reader: ObjectReader) -> LinkInterface? {
    let namespace = reader[WadmLinkFields.namespace]
    let package = reader[WadmLinkFields.package]
    let interfaces = reader[WadmLinkFields.interfaces]
    guard let namespace, let package, let interfaces else { return nil }
    let words = [namespace, package] + interfaces
    guard !interfaces.isEmpty, Set(interfaces).count == interfaces.count,
      words.allSatisfy(isToken)
    else {
      findings.add(
        .invalidValue, "the link names nothing that can be called",
        remedy: "write a namespace, a package and its interfaces, such as wasi, keyvalue and "
          + "[store, atomics]", at: reader.position)
      return nil
    }
    return LinkInterface(
      contract: Contract(namespace: namespace, package: package), interfaces: interfaces)
  }

  /// The target of a link: a name, or since 0.13 a mapping with one.
  private func readTarget(
    _ node: YAMLNode, _ reader: ObjectReader
  ) -> (name: String, place: YAMLNode, reader: ObjectReader?)? {
    guard node.kind == .mapping else {
      return reader.string(node, "target").map { ($0, node, nil) }
    }
    let target = ObjectReader(node, "the target", WadmLinkFields.targetTable, findings)
    return target.flatMap { target in
      target[WadmLinkFields.targetName].map { ($0, node["name"] ?? node, target) }
    }
  }

  /// The component of a name; a link may call a part of this application only.
  func find(_ name: String, at node: YAMLNode) -> LinkManifest.End? {
    let place = node.position(findings.path)
    if var end = components.first(where: { $0.name == name })?.end {
      end.position = place
      return end
    }
    guard !hasNameless else { return nil }
    findings.add(
      .unknownReference, "\(application) has no component '\(excerpt(name))'",
      remedy: nearestWord(to: name, in: components.map(\.name)).map { "write '\($0)'" }
        ?? "declare it, or link what is declared", at: place)
    return nil
  }

  private mutating func configs(
    _ end: ObjectReader?, or old: Field<[ObjectReader]>, of link: ObjectReader
  ) -> [ConfigName] {
    let outer = link[old] ?? []
    let inner = end?[WadmPropertyFields.config]
    return store.names(of: inner ?? outer, ofLink: true)
  }
}

extension LinkManifest {
  /// Whether a host would keep one of the two only, though both can be in force as one.
  fileprivate func isOfOneKind(as other: LinkManifest) -> Bool {
    func key(_ link: LinkManifest) -> [String?] {
      [link.source, link.target].flatMap { [$0.application?.rawValue, $0.name] }
        + [link.name, link.interface?.contract.description]
    }
    return key(self) == key(other)
  }

  fileprivate mutating func merge(_ other: LinkManifest) {
    interface?.interfaces += other.interface?.interfaces ?? []
    sourceConfig += other.sourceConfig.filter { !sourceConfig.contains($0) }
    targetConfig += other.targetConfig.filter { !targetConfig.contains($0) }
  }
}
