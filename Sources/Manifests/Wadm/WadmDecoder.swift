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
  /// The ends that links may have, by their names as they are written.
  private(set) var ends: [String: LinkManifest.End] = [:]
  var store: WadmConfigs
  var secrets: Secrets
  private(set) var policies: [String: ObjectReader] = [:]
  /// Whether one of the components has no name that can be read.
  private(set) var hasNameless = false
  private var ids: [(id: String, place: SourcePosition)] = []

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
      guard let earlier = policies.updateValue(policy, forKey: name) else { continue }
      findings.add(
        .declaredTwice, .warning,
        "policy '\(excerpt(name))' is declared twice, of which the last one counts",
        remedy: "remove one of them; the other is at \(earlier.position)", at: policy.position)
    }
  }

  mutating func readComponents(_ spec: ObjectReader) {
    readComponents(spec[WadmFields.components] ?? []) {
      $0.readComponent($1, $2, isNew: $3)
    }
  }

  /// Reads components by what reads one of them, under a label that is its name where there is none, and
  /// as one that is new or declared before.
  mutating func readComponents(
    _ readers: [ObjectReader],
    _ read: (inout WadmDecoder, ObjectReader, String, _ isNew: Bool) -> (
      end: LinkManifest.End, links: [ObjectReader]
    )?
  ) {
    var first: [String: (name: String, place: SourcePosition)] = [:]
    for reader in readers {
      let name = reader[WadmComponentFields.name]
      let label = name.flatMap(LatticeNames.label)
      if name == nil { hasNameless = true }
      if let name, label == nil { addNameless(name, reader) }
      var isNew = true
      if let name, let label,
        let earlier = first.updateValue((name, reader.position), forKey: label)
      {
        addSecond(name, earlier.name, earlier.place, reader)
        isNew = false
      }
      let component = read(&self, reader, label ?? name ?? "", isNew && label != nil)
      guard let name else { continue }
      let end =
        component?.end ?? LinkManifest.End(name: label ?? name, position: reader.position)
      components.append(Component(name: name, end: end, links: component?.links ?? []))
      if ends[name] == nil { ends[name] = end }
    }
  }

  private func addSecond(
    _ name: String, _ earlier: String, _ place: SourcePosition, _ reader: ObjectReader
  ) {
    findings.add(
      .duplicateName,
      name == earlier
        ? "'\(excerpt(name))' is declared twice in \(application)"
        : "'\(excerpt(earlier))' and '\(excerpt(name))' become one name here",
      remedy: "give one of them another name; the other is at \(place)", at: reader.position)
  }

  private func addNameless(_ name: String, _ reader: ObjectReader) {
    findings.add(
      .invalidName,
      "'\(excerpt(name))' is no name for the component here: \(LatticeNames.whyNoLabel(name))",
      remedy: "write letters and digits, at most 63, one of them first and last",
      at: (reader.node["name"] ?? reader.node).position(findings.path))
  }

  private mutating func readComponent(
    _ reader: ObjectReader, _ label: String, isNew: Bool
  ) -> (end: LinkManifest.End, links: [ObjectReader]) {
    let type = reader[WadmComponentFields.type]
    let kind: LinkManifest.End.Kind = type == "capability" ? .provider : .actor
    let properties = reader[WadmComponentFields.properties]
    let traits = WadmTraits(of: reader)
    let end = LinkManifest.End(name: label, position: reader.position)
    guard let properties else { return (end, traits.links) }
    let image = properties[WadmPropertyFields.image]
    let id = properties[WadmPropertyFields.id]
    let own = store.names(of: properties[WadmPropertyFields.config] ?? [], ofLink: false)
    let references = readSecrets(properties)
    guard !properties.has(WadmPropertyFields.application) else {
      return (decodeShared(properties, traits, kind) ?? end, traits.links)
    }
    if !properties.has(WadmPropertyFields.image),
      !properties.isMeant(WadmPropertyFields.image),
      !properties.isMeant(WadmPropertyFields.application)
    {
      findings.add(
        .missingKey, "the component has neither 'image' nor 'application'",
        remedy: "add the image that it runs", at: properties.position)
    }
    let key = id ?? LatticeNames.join(application.rawValue, label)
    if isNew { ids.append((key, reader.position)) }
    guard type != nil, let image else { return (end, traits.links) }
    let scale = traits.scale ?? unscaled(kind, label, reader, traits)
    if kind == .provider {
      var provider = ProviderSpec(
        name: label, id: ProviderID(key), image: image, instances: scale.instances,
        perHost: scale.perHost, spread: scale.spread, configs: own + references,
        origin: reader.position)
      provider.secretsMark = secrets.mark(of: references)
      providers.append(provider)
    } else {
      var actor = ActorSpec(
        name: label, id: ActorID(key), image: image, instances: scale.instances,
        perHost: scale.perHost, spread: scale.spread, configs: own + references,
        origin: reader.position)
      actor.secretsMark = secrets.mark(of: references)
      actors.append(actor)
    }
    return (end, traits.links)
  }

  /// How many run where no trait says it: one of a capability, no component.
  func unscaled(
    _ kind: LinkManifest.End.Kind, _ label: String, _ reader: ObjectReader, _ traits: WadmTraits
  ) -> WadmTraits.Scale {
    if kind == .actor, !traits.isUncertain {
      findings.add(
        .neverRuns, .warning, "nothing says how many instances of '\(label)' run, so none does",
        remedy: "add a trait of type spreadscaler", at: reader.position)
    }
    return WadmTraits.Scale(instances: kind == .actor ? 0 : 1)
  }

  /// Reports ids that stand for two components, in an application that cannot be used anyway: one
  /// mistake does not hide another.
  func checkIDs() {
    var first: [String: SourcePosition] = [:]
    for (id, place) in ids {
      guard let earlier = first.updateValue(place, forKey: id) else { continue }
      findings.add(
        .collision, "id '\(id)' is declared twice",
        remedy: "give one of them another name or id; the other is at \(earlier)", at: place)
    }
  }
}
