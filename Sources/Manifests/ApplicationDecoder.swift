import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// What the parts of one application's document have in common while it is read.
struct ApplicationDecoder {
  let name: ApplicationName
  let findings: Findings
  var configs: [ConfigSpec] = []
  var secrets: Secrets
  var stores: [String: SecretStore] = [:]
  private(set) var actors: [ActorSpec] = []
  private(set) var providers: [ProviderSpec] = []
  private var spread = NameTable<[SpreadConstraint]>()
  var namedConfigs = NameTable<ConfigName>()
  private var parts = NameTable<SourcePosition>()
  var configPlaces = NameTable<SourcePosition>()
  var storePlaces = NameTable<SourcePosition>()
  /// What of each part is left as others change it.
  private var ignoring: [String: Set<String>] = [:]
  /// The ends of links of which something else cannot be read.
  var looseEnds: [LinkManifest.End] = []
  /// Whether one of the actors and providers has no name that can be read.
  private var hasNameless = false
  /// Of which lists not all can be read, so that what is not among them may be in them.
  var unread: Set<String> = []

  init(name: ApplicationName, findings: Findings) {
    self.name = name
    self.findings = findings
    secrets = Secrets(application: name, findings: findings)
  }

  /// The configs that it declares, and its references to secrets, which lie among them.
  var declaredConfigs: [ConfigSpec] { configs + secrets.declared }

  /// The mappings of a list whose elements others name.
  mutating func readNamed(
    _ field: Field<[ObjectReader]>, _ body: ObjectReader
  ) -> [ObjectReader] {
    let readers = body[field] ?? []
    let isWhole =
      body.node[field.key].map { $0.isNull || $0.kind == .sequence && $0.count == readers.count }
    if isWhole == false || body.isMeant(field) { unread.insert(field.key.description) }
    return readers
  }

  mutating func readSpread(_ body: ObjectReader) {
    guard let node = body[ApplicationFields.spread] else {
      if body.has(ApplicationFields.spread) || body.isMeant(ApplicationFields.spread) {
        unread.insert("spread")
      }
      return
    }
    for entry in node.entries {
      let name = entry.key.text
      spread.declare(
        name, decodeRules(entry.value, "spread '\(excerpt(name))'", findings))
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
    let isNew =
      part.map { self.isNew($0, after: parts.declare($0, reader.position), reader) } ?? false
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
        let nearest = findings.nearest(to: end.name, in: parts.names.sorted())
        return end.unknown(in: name, nearest: nearest)
      }
      findings.add(
        .unknownReference, finding().message, remedy: finding().remedy, at: end.position)
    }
  }

  /// Whether a name is used for the first time in this application; reports it where not.
  func isNew(
    _ declared: String, _ kind: StaticString = "", after first: SourcePosition?,
    _ reader: ObjectReader
  ) -> Bool {
    guard let first else { return true }
    findings.add(
      .duplicateName, "'\(kind)\(declared)' is declared twice in \(name)",
      remedy: "give one of them another name; the other is at \(first)", at: reader.position)
    return false
  }

  private func rules(_ reader: ObjectReader) -> [SpreadConstraint] {
    guard let node = reader[PartFields.spread] else { return [] }
    guard node.kind == .scalar else { return decodeRules(node, "'spread'", findings) }
    guard let rules = spread[node.text] else {
      addUnknown(node, "spread", among: spread.names)
      return []
    }
    return rules
  }

  func addUnknown(
    _ node: YAMLNode, _ what: String, among known: @autoclosure () -> [String]
  ) {
    let key = what == "spread" ? "spread" : "configs"
    guard !unread.contains(key) else { return }
    let list = "spec.\(key)"
    findings.add(
      .unknownReference, "there is no \(what) \(describe(node)) in \(list)",
      remedy: findings.nearest(to: node.text, in: known().sorted()).map { "write '\($0)'" }
        ?? "declare it under \(list)", at: node.position(findings.path))
  }
}
