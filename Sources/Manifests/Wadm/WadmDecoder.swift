import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// What the components of one application of wadm have in common while it is read.
struct WadmDecoder {
  let application: ApplicationName
  let findings: Findings
  private(set) var actors: [ActorSpec] = []
  private(set) var providers: [ProviderSpec] = []
  private var components: [Component] = []
  private var store: WadmConfigs
  private var secrets: Secrets
  private var policies: [String: ObjectReader] = [:]
  /// Whether one of the components has no name that can be read.
  private var hasNameless = false

  init(application: ApplicationName, findings: Findings) {
    self.application = application
    self.findings = findings
    store = WadmConfigs(application: application, findings: findings)
    secrets = Secrets(application: application, findings: findings)
  }

  var configs: [ConfigSpec] { store.declared + secrets.declared }

  /// A component as its links see it.
  private struct Component {
    /// As it is written.
    var name: String
    var end: LinkManifest.End
    var links: [ObjectReader]
  }

  mutating func readPolicies(_ spec: ObjectReader) {
    for policy in spec[WadmFields.policies] ?? [] {
      let name = policy[WadmPolicyFields.name]
      _ = policy[WadmPolicyFields.properties]
      guard policy[WadmPolicyFields.type] != nil, let name else { continue }
      policies[name] = policy
    }
  }

  mutating func readComponents(_ spec: ObjectReader) {
    var places: [String: SourcePosition] = [:]
    for reader in spec[WadmFields.components] ?? [] {
      let name = reader[WadmComponentFields.name]
      let label = name.flatMap(LatticeNames.label)
      if name == nil { hasNameless = true }
      if let name, label == nil { addNameless(name, reader) }
      if let name, let label, let first = places.updateValue(reader.position, forKey: label) {
        findings.add(
          .duplicateName, "'\(excerpt(name))' is declared twice in \(application)",
          remedy: "give one of them another name; the other is at \(first)", at: reader.position)
      }
      let component = readComponent(reader, label ?? "")
      guard let name, label != nil, let component else { continue }
      components.append(Component(name: name, end: component.end, links: component.links))
    }
  }

  private func addNameless(_ name: String, _ reader: ObjectReader) {
    findings.add(
      .invalidName, "'\(excerpt(name))' is no name for the component",
      remedy: "write letters and digits, at most 63, one of them first and last",
      at: (reader.node["name"] ?? reader.node).position(findings.path))
  }

  private mutating func readComponent(
    _ reader: ObjectReader, _ label: String
  ) -> (end: LinkManifest.End, links: [ObjectReader])? {
    let type = reader[WadmComponentFields.type]
    let kind: LinkManifest.End.Kind = type == "capability" ? .provider : .actor
    let properties = reader[WadmComponentFields.properties]
    let traits = WadmTraits(reader[WadmComponentFields.traits] ?? [])
    guard let properties else { return nil }
    let image = properties[WadmPropertyFields.image]
    let shared = properties[WadmPropertyFields.application]
    let id = properties[WadmPropertyFields.id]
    let own = store.names(of: properties[WadmPropertyFields.config] ?? [], ofLink: false)
    let references = readSecrets(properties)
    let configs = own + references
    let mark = secrets.mark(of: references)
    if let shared {
      checkShared(properties, traits)
      return decodeShared(shared, kind).map { ($0, traits.links) }
    }
    if !properties.has(WadmPropertyFields.image) {
      findings.add(
        .missingKey, "the component has neither 'image' nor 'application'",
        remedy: "add the image that it runs", at: properties.position)
    }
    let end = LinkManifest.End(name: label, position: reader.position)
    guard type != nil, let image else { return (end, traits.links) }
    let scale = traits.scale ?? unscaled(kind, label, reader)
    let key = id ?? LatticeNames.join(application.rawValue, label)
    if kind == .provider {
      var provider = ProviderSpec(
        name: label, id: ProviderID(key), image: image, instances: scale.instances,
        perHost: scale.perHost, spread: scale.spread, configs: configs, origin: reader.position)
      provider.secretsMark = mark
      providers.append(provider)
    } else {
      var actor = ActorSpec(
        name: label, id: ActorID(key), image: image, instances: scale.instances,
        perHost: scale.perHost, spread: scale.spread, configs: configs, origin: reader.position)
      actor.secretsMark = mark
      actors.append(actor)
    }
    return (end, traits.links)
  }

  /// How many run where no trait says it: one of a capability, no component.
  private func unscaled(
    _ kind: LinkManifest.End.Kind, _ label: String, _ reader: ObjectReader
  ) -> WadmTraits.Scale {
    if kind == .actor {
      findings.add(
        .neverRuns, .warning, "nothing says how many instances of '\(label)' run, so none does",
        remedy: "add a trait of type spreadscaler", at: reader.position)
    }
    return WadmTraits.Scale(instances: kind == .actor ? 0 : 1)
  }

  // MARK: Components of other applications

  private func checkShared(_ properties: ObjectReader, _ traits: WadmTraits) {
    func refuse(_ isThere: Bool, _ key: String, _ node: YAMLNode?) {
      guard isThere else { return }
      findings.add(
        .invalidValue, "a component of another application has \(key) here",
        remedy: "remove it: the application that declares the component says that",
        at: (node ?? properties.node).position(findings.path))
    }
    let node = properties.node
    for key in ["image", "config", "secrets"] {
      let value = node.value(forKey: key)
      refuse(value.map { !$0.isNull && ($0.kind == .scalar || $0.count > 0) } ?? false, key, value)
    }
    refuse(traits.scale != nil, "a scaler", nil)
  }

  private func decodeShared(
    _ shared: ObjectReader, _ kind: LinkManifest.End.Kind
  ) -> LinkManifest.End? {
    let application = shared[WadmPropertyFields.sharedApplication]
    let component = shared[WadmPropertyFields.sharedComponent]
    guard let application, let component else { return nil }
    return LinkManifest.End(
      application: ApplicationName(LatticeNames.label(application) ?? application),
      name: LatticeNames.label(component) ?? component, kind: kind, position: shared.position)
  }

  // MARK: Links

  mutating func readLinks() -> [LinkManifest] {
    var links: [LinkManifest] = []
    for component in components {
      var seen: Set<[String]> = []
      for reader in component.links {
        guard let link = readLink(reader, of: component) else { continue }
        let names = link.interfaces.map { [link.name, link.namespace, link.package, $0] }
        if let twice = names.first(where: seen.contains) {
          findings.add(
            .duplicateName,
            "link '\(excerpt(link.name))' of '\(excerpt(component.name))' for "
              + "\(excerpt("\(link.namespace):\(link.package)/\(twice[3])")) is declared twice",
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
    let contract = readContract(reader)
    let name = reader[WadmLinkFields.name]
    let source = reader[WadmLinkFields.source]
    let target = reader[WadmLinkFields.target].flatMap { readTarget($0, reader) }
    let end = target.flatMap { find($0.name, at: $0.place) }
    let sourceConfig = configs(source, or: WadmLinkFields.sourceConfig, of: reader)
    let targetConfig = configs(target?.reader, or: WadmLinkFields.targetConfig, of: reader)
    let secrets = [source, target?.reader].map { $0.map { readSecrets($0) } ?? [] }
    guard let contract, let end else { return nil }
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
      source: from, target: end, namespace: contract.namespace, package: contract.package,
      interfaces: contract.interfaces, name: name, values: [:],
      sourceConfig: sourceConfig + secrets[0], targetConfig: targetConfig + secrets[1],
      origin: reader.position)
  }

  private func readContract(_ reader: ObjectReader) -> LinkManifest.Contract? {
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
    return LinkManifest.Contract(namespace: namespace, package: package, interfaces: interfaces)
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
  private func find(_ name: String, at node: YAMLNode) -> LinkManifest.End? {
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

  // MARK: Secrets

  /// The names in the lattice of references to secrets.
  private mutating func readSecrets(_ owner: ObjectReader) -> [ConfigName] {
    (owner[WadmPropertyFields.secrets] ?? []).compactMap { reader in
      let name = reader[WadmSecretFields.name]
      guard let place = reader[WadmSecretFields.properties] else { return nil }
      let policy = place[WadmSecretFields.policy]
      let key = place[WadmSecretFields.key]
      let (field, version) = (place[WadmSecretFields.field], place[WadmSecretFields.version])
      guard let policy, let store = store(of: policy, at: place.position), let name, let key
      else { return nil }
      let secret = SecretReference(
        name: name, store: policy, key: key, field: field, version: version)
      return secrets.declare(secret, in: store, at: reader.position)
    }
  }

  /// The store that a policy stands for.
  private func store(of name: String, at place: SourcePosition) -> SecretStore? {
    guard let policy = policies[name] else {
      findings.add(
        .unknownReference, "there is no policy '\(excerpt(name))'",
        remedy: nearestWord(to: name, in: policies.keys.sorted()).map { "write '\($0)'" }
          ?? "declare it under spec.policies", at: place)
      return nil
    }
    guard policy[WadmPolicyFields.type] == WadmPolicyFields.typeOfSecrets else {
      findings.add(
        .invalidValue, "policy '\(excerpt(name))' is none of secrets",
        remedy: "give it the type \(WadmPolicyFields.typeOfSecrets)", at: policy.position)
      return nil
    }
    var properties = policy[WadmPolicyFields.properties] ?? [:]
    guard let backend = properties.removeValue(forKey: "backend") else {
      findings.add(
        .missingKey, "policy '\(excerpt(name))' has no 'backend' in its properties",
        remedy: "add the backend that holds the secrets", at: policy.position)
      return nil
    }
    return SecretStore(backend: backend, properties: properties)
  }
}

extension LinkManifest {
  /// Whether a host would keep one of the two only, though both can be in force as one.
  fileprivate func isOfOneKind(as other: LinkManifest) -> Bool {
    func key(_ link: LinkManifest) -> [String?] {
      [link.source, link.target].flatMap { [$0.application?.rawValue, $0.name] }
        + [link.name, link.namespace, link.package]
    }
    return key(self) == key(other)
  }

  fileprivate mutating func merge(_ other: LinkManifest) {
    interfaces += other.interfaces
    sourceConfig += other.sourceConfig.filter { !sourceConfig.contains($0) }
    targetConfig += other.targetConfig.filter { !targetConfig.contains($0) }
  }
}
