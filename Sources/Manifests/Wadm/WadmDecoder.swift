import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// What the components of one application of wadm have in common while it is read.
struct WadmDecoder {
  let application: ApplicationName
  let findings: Findings
  var actors: [ActorSpec] = []
  var providers: [ProviderSpec] = []
  private(set) var components: [Component] = []
  var store: WadmConfigs
  var secrets: Secrets
  private(set) var policies: [String: ObjectReader] = [:]
  /// Whether one of the components has no name that can be read.
  private(set) var hasNameless = false

  init(application: ApplicationName, findings: Findings) {
    self.application = application
    self.findings = findings
    store = WadmConfigs(application: application, findings: findings)
    secrets = Secrets(application: application, findings: findings)
  }

  var configs: [ConfigSpec] { store.declared + secrets.declared }

  /// A component as its links see it.
  struct Component {
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
    readComponents(spec[WadmFields.components] ?? []) { $0.readComponent($1, $2) }
  }

  /// Reads components by what reads one of them, under a label that is empty where there is none.
  mutating func readComponents(
    _ readers: [ObjectReader],
    _ read: (inout WadmDecoder, ObjectReader, String) -> (
      end: LinkManifest.End, links: [ObjectReader]
    )?
  ) {
    var places: [String: SourcePosition] = [:]
    for reader in readers {
      let name = reader[WadmComponentFields.name]
      let label = name.flatMap(LatticeNames.label)
      if name == nil { hasNameless = true }
      if let name, label == nil { addNameless(name, reader) }
      if let name, let label, let first = places.updateValue(reader.position, forKey: label) {
        findings.add(
          .duplicateName, "'\(excerpt(name))' is declared twice in \(application)",
          remedy: "give one of them another name; the other is at \(first)", at: reader.position)
      }
      let component = read(&self, reader, label ?? "")
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
    let errors = findings.errors
    let traits = WadmTraits(reader[WadmComponentFields.traits] ?? [])
    let isScaled = findings.errors > errors || reader.isMeant(WadmComponentFields.traits)
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
    let isMeant =
      properties.isMeant(WadmPropertyFields.image)
      || properties.isMeant(WadmPropertyFields.application)
    if !properties.has(WadmPropertyFields.image), !isMeant {
      findings.add(
        .missingKey, "the component has neither 'image' nor 'application'",
        remedy: "add the image that it runs", at: properties.position)
    }
    let end = LinkManifest.End(name: label, position: reader.position)
    guard type != nil, let image else { return (end, traits.links) }
    let scale = traits.scale ?? unscaled(kind, label, reader, isMeant: isScaled)
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
  func unscaled(
    _ kind: LinkManifest.End.Kind, _ label: String, _ reader: ObjectReader, isMeant: Bool = false
  ) -> WadmTraits.Scale {
    if kind == .actor, !isMeant {
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
}
