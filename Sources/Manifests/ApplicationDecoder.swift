import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// What the parts of one application's document have in common while it is read.
struct ApplicationDecoder {
  let name: ApplicationName
  let findings: Findings
  private(set) var configs: [ConfigSpec] = []
  private var secrets: Secrets
  private var stores: [String: SecretStore] = [:]
  private(set) var actors: [ActorSpec] = []
  private(set) var providers: [ProviderSpec] = []
  private var spread: [String: [SpreadConstraint]] = [:]
  private var namedConfigs: [String: ConfigName] = [:]
  private var parts: [String: SourcePosition] = [:]
  /// What of each part is left as others change it.
  private var ignoring: [String: Set<String>] = [:]
  /// The ends of links of which something else cannot be read.
  var looseEnds: [LinkManifest.End] = []
  /// Whether one of the actors and providers has no name that can be read.
  private var hasNameless = false
  /// Of which lists not all can be read, so that what is not among them may be in them.
  private var unread: Set<String> = []

  init(name: ApplicationName, findings: Findings) {
    self.name = name
    self.findings = findings
    secrets = Secrets(application: name, findings: findings)
  }

  /// The configs that it declares, and its references to secrets, which lie among them.
  var declaredConfigs: [ConfigSpec] { configs + secrets.declared }

  /// The mappings of a list whose elements others name.
  private mutating func readNamed(
    _ field: Field<[ObjectReader]>, _ body: ObjectReader
  ) -> [ObjectReader] {
    let readers = body[field] ?? []
    let isWhole =
      body.node[field.key].map { $0.isNull || $0.kind == .sequence && $0.count == readers.count }
    if isWhole == false || body.isMeant(field) { unread.insert(field.key.description) }
    return readers
  }

  mutating func readSecretStores(_ body: ObjectReader) {
    for reader in readNamed(ApplicationFields.secretStores, body) {
      let store = reader[SecretStoreFields.name]
      let backend = reader[SecretStoreFields.backend]
      let properties = reader[SecretStoreFields.properties] ?? [:]
      if store == nil || backend == nil { unread.insert("secretStores") }
      guard let store, let backend, isNew("store \(store)", reader) else { continue }
      stores[store] = SecretStore(backend: backend, properties: properties)
    }
  }

  /// The names in the lattice of references to secrets.
  mutating func readSecrets(
    _ owner: ObjectReader, _ field: Field<[ObjectReader]>
  ) -> [ConfigName] {
    var isToNobody = false
    let names = (owner[field] ?? []).compactMap { reader -> ConfigName? in
      let name = reader[SecretFields.name]
      guard let place = reader[SecretFields.properties] else { return nil }
      let policy = place[SecretFields.policy]
      let key = place[SecretFields.key]
      let (field, version) = (place[SecretFields.field], place[SecretFields.version])
      guard let name, let policy, let key else { return nil }
      let secret = SecretReference(name: name, key: key, field: field, version: version)
      if let store = stores[policy] {
        return secrets.declare(
          secret, in: store, at: reader.position, called: reader.node["name"] ?? reader.node)
      }
      guard !unread.contains("secretStores") else { return nil }
      guard !stores.isEmpty else {
        isToNobody = true
        return nil
      }
      findings.add(
        .unknownReference, "there is no store '\(excerpt(policy))' in spec.secretStores",
        remedy: findings.nearest(to: policy, in: stores.keys.sorted()).map { "write '\($0)'" }
          ?? "declare it under spec.secretStores", at: place.position)
      return nil
    }
    if isToNobody, let node = owner.node[field.key] {
      owner.warnNotActedOn(
        field.key,
        remedy:
          "declare the store under spec.secretStores, for hosts get none of it so; do not write "
          + "the value into a config instead, which everybody in the lattice can read", at: node)
    }
    return names
  }

  mutating func readSpread(_ body: ObjectReader) {
    guard let node = body[ApplicationFields.spread] else {
      if body.has(ApplicationFields.spread) || body.isMeant(ApplicationFields.spread) {
        unread.insert("spread")
      }
      return
    }
    for entry in node.entries {
      spread[entry.key.text] = decodeRules(
        entry.value, "spread '\(excerpt(entry.key.text))'", findings)
    }
  }

  mutating func readConfigs(_ body: ObjectReader) {
    for reader in readNamed(ApplicationFields.configs, body) {
      let config = reader[ConfigFields.name]
      if config == nil { unread.insert("configs") }
      let isExternal = reader[ConfigFields.external]
      let values = reader[ConfigFields.values]
      if let config, !isExternal, !isToken(config) { addFullStops(config, reader) }
      if isExternal == reader.has(ConfigFields.values) { addMisplacedValues(reader, isExternal) }
      guard let config, isNew("config \(config)", reader) else { continue }
      let inLattice = ConfigName(isExternal ? config : LatticeNames.join(name.rawValue, config))
      namedConfigs[config] = inLattice
      if !isExternal, let values {
        configs.append(ConfigSpec(name: inLattice, values: values, origin: reader.position))
      }
    }
  }

  mutating func readActors(_ body: ObjectReader) {
    for reader in body[ApplicationFields.actors] ?? [] {
      let ignored = reader[ActorFields.sync].flatMap { $0[PartSyncFields.ofActor] } ?? []
      let part = readPart(reader, ActorFields.instances, ignored) { .actor($0) }
      let resources = reader[ActorFields.resources].map {
        ResourceRequest(cpu: $0[ResourceFields.cpu], memory: $0[ResourceFields.memory])
      }
      guard let part else { continue }
      var actor = ActorSpec(
        name: part.name, id: ActorID(part.id), image: part.image, instances: part.instances,
        perHost: part.perHost, spread: part.rules, configs: part.configs,
        resources: resources ?? ResourceRequest(), priority: part.priority,
        update: part.update, origin: reader.position)
      actor.secretsMark = secrets.mark(of: part.secrets)
      actor.ignoresInstances = ignored.contains("instances")
      actors.append(actor)
    }
  }

  mutating func readProviders(_ body: ObjectReader) {
    for reader in body[ApplicationFields.providers] ?? [] {
      let ignored = reader[ProviderFields.sync].flatMap { $0[PartSyncFields.ofProvider] } ?? []
      let part = readPart(reader, ProviderFields.instances, ignored) { .provider($0) }
      let contract = reader[ProviderFields.contract]
      let linkName = reader[ProviderFields.linkName]
      let start = reader[ProviderFields.startConfig]
      guard let part else { continue }
      var provider = ProviderSpec(
        name: part.name, id: ProviderID(part.id), image: part.image, instances: part.instances,
        perHost: part.perHost, spread: part.rules, configs: part.configs,
        priority: part.priority, update: part.update, origin: reader.position)
      provider.secretsMark = secrets.mark(of: part.secrets)
      (provider.contract, provider.linkName, provider.startConfig) = (contract, linkName, start)
      providers.append(provider)
    }
  }

  /// What actors and providers have in common.
  private struct Part {
    var name: String
    var id: String
    var image: ImageReference
    var instances: Int
    var perHost: Bool
    var priority: Int
    var rules: [SpreadConstraint]
    var update: UpdatePolicy
    var configs: [ConfigName]
    /// Those of the configs that are references to secrets.
    var secrets: [ConfigName]
  }

  private mutating func readPart(
    _ reader: ObjectReader, _ number: FieldWithDefault<Int>, _ ignored: [String],
    _ user: (String) -> ConfigUser
  ) -> Part? {
    let part = reader[PartFields.name]
    if let part, !ignored.isEmpty { ignoring[part] = Set(ignored) }
    let isNew = part.map { self.isNew($0, reader) } ?? false
    if part == nil { hasNameless = true }
    let image = reader[PartFields.image]
    let id = reader[PartFields.id]
    let instances = reader[number]
    let perHost = reader[PartFields.perHost]
    let priority = reader[PartFields.priority]
    let rules = rules(reader)
    let update = reader[PartFields.update].map(decodeUpdate) ?? UpdatePolicy()
    let secrets = readSecrets(reader, PartFields.secrets)
    let configs = config(reader, of: part ?? "", user) + secrets
    checkWeights(rules, instances, at: reader.position, findings)
    guard let part, isNew, let image else { return nil }
    return Part(
      name: part, id: id ?? LatticeNames.join(name.rawValue, part), image: image,
      instances: instances, perHost: perHost, priority: priority, rules: rules, update: update,
      configs: configs, secrets: secrets)
  }

  /// Marks what is left as others change it: configs whose users all ignore theirs.
  mutating func markIgnored(_ links: inout [LinkManifest]) {
    guard !ignoring.isEmpty else { return }
    let users =
      actors.map { ($0.name, $0.configs) } + providers.map { ($0.name, $0.configs) }
    for index in configs.indices {
      let names = users.filter { $0.1.contains(configs[index].name) }.map(\.0)
      configs[index].isLeft = !names.isEmpty && names.allSatisfy { ignores("config", $0) }
    }
    for index in links.indices {
      links[index].isLeft = [links[index].source, links[index].target].contains {
        $0.application == nil && ignores("links", $0.name)
      }
    }
  }

  private func ignores(_ what: String, _ part: String) -> Bool {
    ignoring[part]?.contains(what) ?? false
  }

  /// Reports the ends of links that are not declared here, in an application that cannot be used
  /// anyway: one mistake does not hide another.
  func checkEnds(of links: [LinkManifest]) {
    // A part whose name cannot be read may be the one.
    guard !hasNameless else { return }
    for end in links.flatMap({ [$0.source, $0.target] }) + looseEnds
    where end.application == nil && parts[end.name] == nil {
      // Looked up for what is shown only: a word is held against every name.
      func finding() -> (message: String, remedy: String) {
        let nearest = findings.nearest(to: end.name, in: parts.keys.sorted())
        return end.unknown(in: name, nearest: nearest)
      }
      findings.add(
        .unknownReference, finding().message, remedy: finding().remedy, at: end.position)
    }
  }

  /// Whether a name is used for the first time in this application; reports it where not.
  private mutating func isNew(_ part: String, _ reader: ObjectReader) -> Bool {
    let place = reader.position
    guard let first = parts.updateValue(place, forKey: part) else { return true }
    findings.add(
      .duplicateName, "'\(part)' is declared twice in \(name)",
      remedy: "give one of them another name; the other is at \(first)", at: place)
    return false
  }

  private func rules(_ reader: ObjectReader) -> [SpreadConstraint] {
    guard let node = reader[PartFields.spread] else { return [] }
    guard node.kind == .scalar else { return decodeRules(node, "'spread'", findings) }
    guard let rules = spread[node.text] else {
      addUnknown(node, "spread", among: spread.keys)
      return []
    }
    return rules
  }

  /// An inline config becomes one of its own; a list names configs of `spec.configs`.
  private mutating func config(
    _ reader: ObjectReader, of part: String, _ user: (String) -> ConfigUser
  ) -> [ConfigName] {
    guard let node = reader[PartFields.config] else { return [] }
    switch node.kind {
    case .mapping:
      let inLattice = ConfigName(LatticeNames.join(name.rawValue, part))
      configs.append(
        ConfigSpec(
          name: inLattice, values: reader.configEntries(node, "config"), user: user(part),
          origin: node.position(findings.path)))
      return [inLattice]
    case .sequence:
      return configs(named: node.elements, reader)
    case .scalar:
      findings.add(
        .wrongType, "'config' is \(describe(node)), neither a mapping nor a list of names",
        remedy: "write entries, or names from spec.configs", at: node.position(findings.path))
      return []
    }
  }

  /// The names in the lattice of configs of `spec.configs`.
  func configs(named nodes: YAMLElements, _ reader: ObjectReader) -> [ConfigName] {
    nodes.compactMap { node in
      guard let text = reader.text(node, "config") else { return nil }
      if let known = namedConfigs[text] { return known }
      addUnknown(node, "config", among: namedConfigs.keys)
      return nil
    }
  }

  private func addFullStops(_ name: String, _ reader: ObjectReader) {
    findings.add(
      .invalidName,
      "'\(excerpt(name))' has a full stop, which only the name of an external config may",
      remedy: "write '-' or '_' in its place",
      at: (reader.node[ConfigFields.name.key] ?? reader.node).position(findings.path))
  }

  private func addMisplacedValues(_ reader: ObjectReader, _ isExternal: Bool) {
    if isExternal {
      findings.add(
        .invalidValue, "the config is external and has values",
        remedy: "remove its values, or 'external'", at: reader.position)
    } else if reader.node[ConfigFields.values.key] == nil, !reader.isMeant(ConfigFields.values),
      !reader.isMeant(ConfigFields.external.field)
    {
      findings.add(
        .missingKey, "the config has no 'values'",
        remedy: "add 'values', or 'external: true' where somebody else puts it",
        at: reader.position)
    }
  }

  private func addUnknown(
    _ node: YAMLNode, _ what: String, among known: some Sequence<String>
  ) {
    let key = what == "spread" ? "spread" : "configs"
    guard !unread.contains(key) else { return }
    let list = "spec.\(key)"
    findings.add(
      .unknownReference, "there is no \(what) \(describe(node)) in \(list)",
      remedy: findings.nearest(to: node.text, in: known.sorted()).map { "write '\($0)'" }
        ?? "declare it under \(list)", at: node.position(findings.path))
  }
}
