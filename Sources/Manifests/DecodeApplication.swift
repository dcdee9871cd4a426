import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// Decodes one application document; what is wrong is among the findings.
func decodeApplication(_ root: YAMLNode, _ findings: Findings) -> ApplicationManifest? {
  guard var reader = ObjectReader(root, "the application", findings) else { return nil }
  _ = reader.field("apiVersion")
  _ = reader.field("kind")
  let name = reader.required("metadata").flatMap { decodeMetadata($0, findings) }
  let spec = reader.required("spec")
  reader.finish()
  guard let name, let spec, var body = ObjectReader(spec, "spec", findings) else { return nil }
  var decoder = ApplicationDecoder(name: ApplicationName(name), findings: findings)
  decoder.readSpread(&body)
  decoder.readConfigs(&body)
  decoder.readActors(&body)
  decoder.readProviders(&body)
  let links = body.list("links").compactMap { decodeLink($0, findings) }
  var dependsOn: [ApplicationName] = []
  for element in body.list("dependsOn") {
    if let text = body.text(element, "dependsOn") { dependsOn.append(ApplicationName(text)) }
  }
  let sync = decodeSync(&body, findings)
  body.notActedOn("policies")
  body.finish()
  return ApplicationManifest(
    application: ApplicationSpec(
      name: ApplicationName(name), origin: root.position(findings.path), actors: decoder.actors,
      providers: decoder.providers, configs: decoder.configs, dependsOn: dependsOn, sync: sync),
    links: links)
}

private func decodeMetadata(_ node: YAMLNode, _ findings: Findings) -> String? {
  guard var reader = ObjectReader(node, "metadata", findings) else { return nil }
  let name = reader.name()
  for key: StaticString in ["annotations", "labels"] {
    if let value = reader.field(key) { _ = reader.texts(value, key.description) }
  }
  reader.finish()
  return name
}

private func decodeSync(_ body: inout ObjectReader, _ findings: Findings) -> SyncOptions {
  guard let node = body.field("sync"), var reader = ObjectReader(node, "'sync'", findings) else {
    return SyncOptions()
  }
  let prune = reader.bool("prune") ?? false
  reader.notActedOn("selfHeal", "maxPrune")
  reader.finish()
  return SyncOptions(prune: prune)
}

/// What the parts of one application's document have in common while it is read.
struct ApplicationDecoder {
  let name: ApplicationName
  let findings: Findings
  var spread: [String: [SpreadConstraint]] = [:]
  var namedConfigs: [String: ConfigName] = [:]
  var configs: [ConfigSpec] = []
  var actors: [ActorSpec] = []
  var providers: [ProviderSpec] = []
  private var places: [String: SourcePosition] = [:]

  init(name: ApplicationName, findings: Findings) {
    self.name = name
    self.findings = findings
  }

  mutating func readSpread(_ body: inout ObjectReader) {
    guard let node = body.field("spread") else { return }
    guard node.kind == .mapping else {
      findings.add(
        .wrongType, "'spread' of spec is \(describe(node)), not a mapping",
        remedy: "write a name and its list of rules", at: node.position(findings.path))
      return
    }
    for entry in node.entries {
      spread[entry.key.text] = decodeRules(
        entry.value, "spread '\(safe(entry.key.text))'", findings)
    }
  }

  mutating func readConfigs(_ body: inout ObjectReader) {
    for node in body.list("configs") {
      guard var reader = ObjectReader(node, "the config", findings) else { continue }
      let config = reader.name()
      let values = reader.required("values").map { reader.texts($0, "values") }
      reader.finish()
      guard let config, let values else { continue }
      let inLattice = ConfigName(LatticeNames.join(name.rawValue, config))
      guard isNew("config \(config)", node) else { continue }
      namedConfigs[config] = inLattice
      configs.append(
        ConfigSpec(name: inLattice, values: values, origin: node.position(findings.path)))
    }
  }

  mutating func readActors(_ body: inout ObjectReader) {
    for node in body.list("actors") {
      guard var reader = ObjectReader(node, "the actor", findings) else { continue }
      let actorName = reader.name()
      let image = reader.image()
      let id = reader.id()
      let instances = reader.int("instances", in: 0...4_294_967_295) ?? 1
      let perHost = reader.bool("perHost") ?? false
      let resources = decodeResources(&reader, findings)
      let priority = reader.int("priority", in: 0...255) ?? 0
      let rules = rules(&reader)
      let update = decodeUpdate(&reader, findings)
      let configs = config(&reader, of: actorName, .actor(actorName ?? ""))
      reader.notActedOn("maxLatency", "preempt", "autoRevert")
      reader.finish()
      guard let actorName, let image, isNew(actorName, node) else { continue }
      checkWeights(rules, instances, at: node)
      actors.append(
        ActorSpec(
          name: actorName, id: ActorID(id ?? LatticeNames.join(name.rawValue, actorName)),
          image: image, instances: instances, perHost: perHost, spread: rules, configs: configs,
          resources: resources, priority: priority, update: update,
          origin: node.position(findings.path)))
    }
  }

  mutating func readProviders(_ body: inout ObjectReader) {
    for node in body.list("providers") {
      guard var reader = ObjectReader(node, "the provider", findings) else { continue }
      let providerName = reader.name()
      let image = reader.image()
      let id = reader.id()
      let instances = reader.int("instances", in: 0...100_000) ?? 1
      let perHost = reader.bool("perHost") ?? false
      let priority = reader.int("priority", in: 0...255) ?? 0
      let rules = rules(&reader)
      let update = decodeUpdate(&reader, findings)
      let configs = config(&reader, of: providerName, .provider(providerName ?? ""))
      reader.notActedOn("contract", "linkName", "resources", "maxLatency")
      reader.finish()
      guard let providerName, let image, isNew(providerName, node) else { continue }
      checkWeights(rules, instances, at: node)
      providers.append(
        ProviderSpec(
          name: providerName,
          id: ProviderID(id ?? LatticeNames.join(name.rawValue, providerName)), image: image,
          instances: instances, perHost: perHost, spread: rules, configs: configs,
          priority: priority, update: update, origin: node.position(findings.path)))
    }
  }

  /// Whether a name is used for the first time in this application; reports it where not.
  private mutating func isNew(_ part: String, _ node: YAMLNode) -> Bool {
    let place = node.position(findings.path)
    guard let first = places.updateValue(place, forKey: part) else { return true }
    findings.add(
      .duplicateName, "'\(part)' is declared twice in \(name)",
      remedy: "give one of them another name; the other is at \(first)", at: place)
    return false
  }

  private func checkWeights(_ rules: [SpreadConstraint], _ instances: Int, at node: YAMLNode) {
    guard instances > 0, !rules.isEmpty, rules.allSatisfy({ $0.weight == 0 }) else { return }
    findings.add(
      .invalidValue, "all weights of its spread are 0, so nothing would run",
      remedy: "give one rule a weight, or set instances to 0", at: node.position(findings.path))
  }

  private func rules(_ reader: inout ObjectReader) -> [SpreadConstraint] {
    guard let node = reader.field("spread") else { return [] }
    guard node.kind == .scalar else { return decodeRules(node, "'spread'", findings) }
    guard let rules = spread[node.text] else {
      let nearest = nearestWord(to: node.text, in: spread.keys.sorted())
      findings.add(
        .unknownReference, "there is no spread '\(safe(node.text))' in spec.spread",
        remedy: nearest.map { "write '\($0)'" } ?? "declare it under spec.spread",
        at: node.position(findings.path))
      return []
    }
    return rules
  }

  /// An inline config becomes one of its own; a list names configs of `spec.configs`.
  private mutating func config(
    _ reader: inout ObjectReader, of part: String?, _ user: ConfigUser
  ) -> [ConfigName] {
    guard let node = reader.field("config"), let part else { return [] }
    if node.kind == .mapping {
      let inLattice = ConfigName(LatticeNames.join(name.rawValue, part))
      configs.append(
        ConfigSpec(
          name: inLattice, values: reader.texts(node, "config"), user: user,
          origin: node.position(findings.path)))
      return [inLattice]
    }
    guard node.kind == .sequence else {
      findings.add(
        .wrongType, "'config' is \(describe(node)), neither a mapping nor a list of names",
        remedy: "write entries, or names from spec.configs", at: node.position(findings.path))
      return []
    }
    return node.elements.compactMap { element -> ConfigName? in
      guard let text = reader.text(element, "config") else { return nil }
      if let known = namedConfigs[text] { return known }
      let nearest = nearestWord(to: text, in: namedConfigs.keys.sorted())
      findings.add(
        .unknownReference, "there is no config '\(safe(text))' in spec.configs",
        remedy: nearest.map { "write '\($0)'" } ?? "declare it under spec.configs",
        at: element.position(findings.path))
      return nil
    }
  }
}

private func decodeResources(
  _ actor: inout ObjectReader, _ findings: Findings
) -> ResourceRequest {
  guard let node = actor.field("resources"),
    var reader = ObjectReader(node, "'resources'", findings)
  else { return ResourceRequest() }
  let request = ResourceRequest(
    cpu: reader.quantity("cpu", "500m or 0.5") { parseCPUQuantity($0) },
    memory: reader.quantity("memory", "64Mi or 64M") { parseByteSize($0) })
  reader.finish()
  return request
}

private func decodeUpdate(_ part: inout ObjectReader, _ findings: Findings) -> UpdatePolicy {
  guard let node = part.field("update"), var reader = ObjectReader(node, "'update'", findings)
  else { return UpdatePolicy() }
  if let strategy = reader.field("strategy"), !strategy.hasText("rolling") {
    reader.warnNotActedOn("strategy", at: strategy)
  }
  let maxUnavailable = reader.int("maxUnavailable", in: 1...100_000) ?? 1
  reader.notActedOn("maxSurge", "minHealthy", "autoRevert")
  reader.finish()
  return UpdatePolicy(maxUnavailable: maxUnavailable)
}
