import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Manifests for hosts before 1.0. Those tell an actor by the key in its image, and a provider by that
/// and the name of its links.
extension WadmDecoder {
  mutating func readComponentsOfActorEra(_ spec: ObjectReader) {
    readComponents(spec[ActorEraFields.components] ?? []) { decoder, reader, label, _ in
      let type = reader[ActorEraFields.type]
      let isActor = type != "capability"
      let traits = WadmTraits(of: reader, isOfActorEra: true)
      guard let type, let node = reader[ActorEraFields.properties] else { return nil }
      let table = isActor ? ActorEraFields.actorTable : ActorEraFields.capabilityTable
      let what = "'properties' of the \(type)"
      guard let properties = ObjectReader(node, what, table, decoder.findings) else { return nil }
      let scale =
        traits.scale ?? decoder.unscaled(isActor ? .actor : .provider, label, reader, traits)
      if isActor {
        decoder.readActor(properties, scale, label, reader.position)
      } else {
        decoder.readCapability(properties, scale, label, reader.position)
        decoder.refuse(traits.links)
      }
      return (
        LinkManifest.End(name: label, position: reader.position), isActor ? traits.links : []
      )
    }
  }

  private mutating func readActor(
    _ properties: ObjectReader, _ scale: WadmTraits.Scale, _ label: String, _ place: SourcePosition
  ) {
    guard let image = properties[ActorEraFields.image] else { return }
    if let first = actors.first(where: { $0.image.names(sameImageAs: image) }) {
      findings.add(
        .duplicateName, "'\(label)' and '\(first.name)' run one image, by which hosts tell actors",
        remedy: "keep one, with the instances of both; the other is at \(first.origin)", at: place)
    }
    actors.append(
      ActorSpec(
        name: label, id: ActorID(LatticeNames.join(application.rawValue, label)), image: image,
        instances: scale.instances, perHost: scale.perHost, spread: scale.spread, origin: place))
  }

  private mutating func readCapability(
    _ properties: ObjectReader, _ scale: WadmTraits.Scale, _ label: String, _ place: SourcePosition
  ) {
    let image = properties[ActorEraFields.image]
    let contract = properties[ActorEraFields.contract]
    let linkName = properties[ActorEraFields.linkName]
    let config = properties[ActorEraFields.config]
    guard let image, let contract else { return }
    let isOne = { (other: ProviderSpec) in
      other.image.repository == image.repository && other.linkName == linkName
    }
    if let first = providers.first(where: isOne) {
      findings.add(
        .duplicateName,
        "'\(label)' and '\(first.name)' run one image under the link name "
          + "'\(excerpt(linkName))', by which hosts tell providers",
        remedy: "give one of them another 'link_name'; the other is at \(first.origin)", at: place)
    }
    var provider = ProviderSpec(
      name: label, id: ProviderID(LatticeNames.join(application.rawValue, label)), image: image,
      instances: scale.instances, perHost: scale.perHost, spread: scale.spread, origin: place)
    (provider.contract, provider.linkName, provider.startConfig) = (contract, linkName, config)
    providers.append(provider)
  }

  /// Hosts before 1.0 know links of actors to providers only.
  private func refuse(_ links: [ObjectReader]) {
    for link in links {
      findings.add(
        .invalidValue, "a linkdef stands on a capability, so nothing comes of it",
        remedy: "write it on the actor that calls", at: link.position)
    }
  }

  /// The links of actors, each by the contract and the link name of its target.
  mutating func readLinkdefs() -> [LinkManifest] {
    var links: [LinkManifest] = []
    for component in components {
      var places: [String: SourcePosition] = [:]
      for reader in component.links {
        guard let link = readLinkdef(reader, of: component) else { continue }
        if let first = places.updateValue(reader.position, forKey: link.target.name) {
          findings.add(
            .duplicateName,
            "the linkdef of '\(excerpt(component.name))' to '\(link.target.name)' is declared twice",
            remedy: "keep one, with the values of both; the other is at \(first)",
            at: reader.position)
        }
        links.append(link)
      }
    }
    return links
  }

  private func readLinkdef(_ reader: ObjectReader, of component: Component) -> LinkManifest? {
    let target = reader[ActorEraFields.target]
    let values = reader[ActorEraFields.values] ?? [:]
    guard let target, let node = reader.node["target"], let end = find(target, at: node)
    else { return nil }
    guard let provider = providers.first(where: { $0.name == end.name }) else {
      // A capability that could not be read has findings of its own.
      guard actors.contains(where: { $0.name == end.name }) else { return nil }
      findings.add(
        .invalidValue, "'\(excerpt(target))' is an actor, so nothing comes of a linkdef to it",
        remedy: "link a capability; actors call one another without", at: end.position)
      return nil
    }
    var source = component.end
    source.position = reader.position
    return LinkManifest(
      source: source, target: end, contract: provider.contract, name: provider.linkName,
      values: values, origin: reader.position)
  }
}
