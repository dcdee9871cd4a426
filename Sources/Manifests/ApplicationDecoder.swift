import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// What the parts of one application's document have in common while it is read.
struct ApplicationDecoder {
  let name: ApplicationName
  let findings: Findings
  private(set) var configs: [ConfigSpec] = []
  private(set) var actors: [ActorSpec] = []
  private(set) var providers: [ProviderSpec] = []
  private var spread: [String: [SpreadConstraint]] = [:]
  private var namedConfigs: [String: ConfigName] = [:]
  private var places: [String: SourcePosition] = [:]

  init(name: ApplicationName, findings: Findings) {
    self.name = name
    self.findings = findings
  }

  mutating func readSpread(_ body: inout ObjectReader) {
    guard let reader = body.object("spread") else { return }
    for entry in reader.node.entries {
      spread[entry.key.text] = decodeRules(
        entry.value, "spread '\(excerpt(entry.key.text))'", findings)
    }
  }

  mutating func readConfigs(_ body: inout ObjectReader) {
    for node in body.list("configs") ?? [] {
      guard var reader = ObjectReader(node, "the config", findings) else { continue }
      let config = reader.name()
      let values = reader.required("values").map { reader.texts($0, "values") }
      reader.finish()
      guard let config, let values, isNew("config \(config)", node) else { continue }
      let inLattice = ConfigName(LatticeNames.join(name.rawValue, config))
      namedConfigs[config] = inLattice
      configs.append(
        ConfigSpec(name: inLattice, values: values, origin: node.position(findings.path)))
    }
  }

  mutating func readActors(_ body: inout ObjectReader) {
    for node in body.list("actors") ?? [] {
      guard var reader = ObjectReader(node, "the actor", findings) else { continue }
      let part = readPart(&reader, upTo: 4_294_967_295) { .actor($0) }
      let resources = decodeResources(&reader) ?? ResourceRequest()
      reader.notActedOn("preempt") { $0.bool($1) }
      reader.finish()
      guard let part, isNew(part.name, node) else { continue }
      actors.append(
        ActorSpec(
          name: part.name, id: ActorID(part.id), image: part.image, instances: part.instances,
          perHost: part.perHost, spread: part.rules, configs: part.configs, resources: resources,
          priority: part.priority, update: part.update, origin: node.position(findings.path)))
    }
  }

  mutating func readProviders(_ body: inout ObjectReader) {
    for node in body.list("providers") ?? [] {
      guard var reader = ObjectReader(node, "the provider", findings) else { continue }
      let part = readPart(&reader, upTo: 100_000) { .provider($0) }
      reader.notActedOn("contract") { $0.contract($1) }
      reader.notActedOn("linkName") { $0.token($1) }
      reader.notActedOn("resources") { reader, _ in decodeResources(&reader) }
      reader.finish()
      guard let part, isNew(part.name, node) else { continue }
      providers.append(
        ProviderSpec(
          name: part.name, id: ProviderID(part.id), image: part.image, instances: part.instances,
          perHost: part.perHost, spread: part.rules, configs: part.configs,
          priority: part.priority, update: part.update, origin: node.position(findings.path)))
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
  }

  private mutating func readPart(
    _ reader: inout ObjectReader, upTo most: Int, _ user: (String) -> ConfigUser
  ) -> Part? {
    let part = reader.name()
    let image = reader.image()
    let id = reader.token("id")
    let instances = reader.int("instances", in: 0...most) ?? 1
    let perHost = reader.bool("perHost") ?? false
    let priority = reader.int("priority", in: 0...255) ?? 0
    let rules = rules(&reader)
    let update = decodeUpdate(&reader)
    let configs = config(&reader, of: part ?? "", user)
    reader.notActedOn("maxLatency") { $0.duration($1) }
    checkWeights(rules, instances, at: reader.position)
    guard let part, let image else { return nil }
    return Part(
      name: part, id: id ?? LatticeNames.join(name.rawValue, part), image: image,
      instances: instances, perHost: perHost, priority: priority, rules: rules, update: update,
      configs: configs)
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

  private func checkWeights(
    _ rules: [SpreadConstraint], _ instances: Int, at place: SourcePosition
  ) {
    guard instances > 0, !rules.isEmpty, rules.allSatisfy({ $0.weight == 0 }) else { return }
    findings.add(
      .invalidValue, "all weights of its spread are 0, so nothing would run",
      remedy: "give one rule a weight, or set instances to 0", at: place)
  }

  private func rules(_ reader: inout ObjectReader) -> [SpreadConstraint] {
    guard let node = reader.field("spread") else { return [] }
    guard node.kind == .scalar else { return decodeRules(node, "'spread'", findings) }
    guard let rules = spread[node.text] else {
      addUnknown(node, "spread", among: spread.keys)
      return []
    }
    return rules
  }

  /// An inline config becomes one of its own; a list names configs of `spec.configs`.
  private mutating func config(
    _ reader: inout ObjectReader, of part: String, _ user: (String) -> ConfigUser
  ) -> [ConfigName] {
    guard let node = reader.field("config") else { return [] }
    switch node.kind {
    case .mapping:
      let inLattice = ConfigName(LatticeNames.join(name.rawValue, part))
      configs.append(
        ConfigSpec(
          name: inLattice, values: reader.texts(node, "config"), user: user(part),
          origin: node.position(findings.path)))
      return [inLattice]
    case .sequence:
      return node.elements.compactMap { element in
        guard let text = reader.text(element, "config") else { return nil }
        if let known = namedConfigs[text] { return known }
        addUnknown(element, "config", among: namedConfigs.keys)
        return nil
      }
    case .scalar:
      findings.add(
        .wrongType, "'config' is \(describe(node)), neither a mapping nor a list of names",
        remedy: "write entries, or names from spec.configs", at: node.position(findings.path))
      return []
    }
  }

  private func addUnknown(
    _ node: YAMLNode, _ what: String, among known: some Sequence<String>
  ) {
    let list = what == "spread" ? "spec.spread" : "spec.configs"
    findings.add(
      .unknownReference, "there is no \(what) \(describe(node)) in \(list)",
      remedy: nearestWord(to: node.text, in: known.sorted()).map { "write '\($0)'" }
        ?? "declare it under \(list)", at: node.position(findings.path))
  }
}
