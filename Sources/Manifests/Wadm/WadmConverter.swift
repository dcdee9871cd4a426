import Diagnostics
import LatticeModel
import YAMLTree

/// Walks one sound application in the order of its text; what it comes to is its model.
struct WadmConverter {
  private let root: YAMLNode
  let manifest: ApplicationManifest
  private let findings: Findings
  /// A config as it is used for the first time.
  private struct Use {
    var handle: String
    var node: YAMLNode
    var isExternal: Bool
  }
  private var configs: [ConfigName: Use] = [:]
  /// Each reference to a secret where it stands first.
  private var secrets: [ConfigName: YAMLNode] = [:]
  private var order: [ConfigName] = []
  private let actors: [String: ActorSpec]
  private let providers: [String: ProviderSpec]

  init(_ root: YAMLNode, _ manifest: ApplicationManifest, _ findings: Findings) {
    self.root = root
    self.manifest = manifest
    self.findings = findings
    actors = Dictionary(
      manifest.application.actors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    providers = Dictionary(
      manifest.application.providers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for component in components {
      component["properties"]?["config"]?.elements.forEach { use($0) }
      component["properties"]?["secrets"]?.elements.forEach { useSecret($0) }
      for link in traits(of: component, ["link"]) {
        for (end, old) in [("source", "source_config"), ("target", "target_config")] {
          let inner = link.value(forKey: end)
          let isMapping = inner?.kind == .mapping
          (isMapping ? inner?["config"] : link.value(forKey: old))?.elements.forEach { use($0) }
          link.value(forKey: end)?["secrets"]?.elements.forEach { useSecret($0) }
        }
      }
    }
    tellApart()
  }

  private var application: ApplicationSpec { manifest.application }

  var components: YAMLElements { root["spec"]?["components"]?.elements ?? .empty }

  private func traits(of component: YAMLNode, _ types: [String]) -> [YAMLNode] {
    (component["traits"]?.elements ?? .empty).compactMap { trait in
      types.contains(trait["type"]?.text ?? "") ? trait["properties"] : nil
    }
  }

  // MARK: Configs

  private mutating func use(_ node: YAMLNode) {
    let written = node["name"]?.text ?? ""
    let isExternal = node["properties"]?.isNull ?? true
    let handle = isExternal ? written : LatticeNames.token(written) ?? written
    let config = ConfigName(
      isExternal ? written : LatticeNames.join(application.name.rawValue, handle))
    guard configs[config] == nil else { return }
    configs[config] = Use(handle: handle, node: node, isExternal: isExternal)
    order.append(config)
  }

  private mutating func useSecret(_ node: YAMLNode) {
    let token = LatticeNames.token(node["name"]?.text ?? "") ?? ""
    let name = Secrets.name(of: token, in: application.name)
    if secrets[name] == nil { secrets[name] = node }
  }

  /// In the native form an own config and one of others cannot have the same name: the own one is
  /// spelt in another way that has the same name in the lattice.
  private mutating func tellApart() {
    var taken = Set(configs.values.filter(\.isExternal).map(\.handle))
    for config in order {
      guard let use = configs[config], !use.isExternal, !taken.insert(use.handle).inserted
      else { continue }
      guard let other = LatticeNames.spellings(of: use.handle).first(where: { !taken.contains($0) })
      else {
        findings.add(
          .duplicateName, "config '\(use.handle)' is both the application's and somebody else's",
          remedy: "give the application's own another name first",
          at: use.node.position(findings.path))
        continue
      }
      taken.insert(other)
      configs[config]?.handle = other
    }
  }

  /// A key with the configs among some names, and another with the references to secrets.
  func add(
    _ names: [ConfigName], _ key: String, _ keyOfSecrets: String, line: Int?,
    to lines: inout YAMLLines
  ) {
    let handles = names.compactMap { configs[$0].map { writtenText($0.handle) } }
    if !handles.isEmpty {
      lines.add(3, "\(key): [\(handles.joined(separator: ", "))]", line: line)
    }
    let references = names.compactMap { secrets[$0] }
    if !references.isEmpty { lines.add(3, "\(keyOfSecrets):", line: nil) }
    for reference in references {
      lines.beginItem()
      for entry in reference.entries where !entry.value.isNull {
        lines.add(5, entry.key, entry.value)
      }
    }
  }

  // MARK: Lines

  func lines() -> YAMLLines {
    var lines = YAMLLines()
    lines.add(0, "apiVersion: \(ownVersion)", from: root["apiVersion"])
    lines.add(0, "kind: Application", from: root["kind"])
    let metadata = root["metadata"]
    lines.add(0, "metadata:", from: root.key("metadata"))
    lines.add(1, "name: \(writtenText(application.name.rawValue))", from: metadata?["name"])
    for entry in metadata?.entries ?? .empty
    where entry.key.hasText("annotations") || entry.key.hasText("labels") {
      if entry.value.count > 0 { lines.add(1, entry.key, entry.value) }
    }
    let policies = self.policies
    let isEmpty =
      policies.stores.isEmpty && policies.others.isEmpty && application.actors.isEmpty
      && application.providers.isEmpty && order.isEmpty && manifest.links.isEmpty
    lines.add(0, "spec:\(isEmpty ? " {}" : "")", line: nil)
    addStores(policies.stores, to: &lines)
    addOthers(policies.others, to: &lines)
    addParts("actors", of: ["component", "actor"], to: &lines)
    addParts("providers", of: ["capability"], to: &lines)
    addConfigs(to: &lines)
    addLinks(to: &lines)
    return lines
  }

  /// The policies that are stores of secrets, and the others; of two with one name the last one counts.
  private var policies: (stores: [YAMLNode], others: [YAMLNode]) {
    let all = Array(root["spec"]?["policies"]?.elements ?? .empty)
    var last: [String: Int] = [:]
    for (place, policy) in all.enumerated() { last[policy["name"]?.text ?? ""] = place }
    let counting = all.enumerated().filter { last[$1["name"]?.text ?? ""] == $0 }.map(\.1)
    func isStore(_ policy: YAMLNode) -> Bool {
      policy["type"]?.text == WadmPolicyFields.typeOfSecrets
        && policy["properties"]?["backend"] != nil
    }
    return (counting.filter(isStore), counting.filter { !isStore($0) })
  }

  private func addStores(_ stores: [YAMLNode], to lines: inout YAMLLines) {
    if !stores.isEmpty { lines.add(1, "secretStores:", line: nil) }
    for store in stores {
      let properties = store["properties"]
      lines.beginItem()
      lines.add(3, "name: \(writtenText(store["name"]?.text ?? ""))", from: store["name"])
      lines.add(
        3, "backend: \(writtenText(properties?["backend"]?.text ?? ""))",
        from: properties?["backend"])
      let others = (properties?.entries ?? .empty).filter { !$0.key.hasText("backend") }
      if !others.isEmpty { lines.add(3, "properties:", line: nil) }
      for entry in others { lines.add(4, entry.key, entry.value) }
    }
  }

  /// They are kept where nobody reads them.
  private func addOthers(_ others: [YAMLNode], to lines: inout YAMLLines) {
    guard let first = others.first else { return }
    findings.add(
      .notActedOn, .warning, "a policy has no place in the native form yet",
      remedy: "it is kept under 'x-policies', which is passed over",
      at: first.position(findings.path))
    lines.add(1, "x-policies:", line: nil)
    for policy in others {
      lines.beginItem()
      for entry in policy.entries { lines.add(3, entry.key, entry.value) }
    }
  }

  private func addParts(_ key: String, of types: [String], to lines: inout YAMLLines) {
    let parts = components.filter { component in
      types.contains(component["type"]?.text ?? "")
        && component["properties"]?["application"]?.isNull ?? true
    }
    guard !parts.isEmpty else { return }
    lines.add(1, "\(key):", line: nil)
    for part in parts { add(part, to: &lines) }
  }

  private func add(_ component: YAMLNode, to lines: inout YAMLLines) {
    let name = LatticeNames.label(component["name"]?.text ?? "") ?? ""
    let (actor, provider) = (actors[name], providers[name])
    guard let image = actor?.image ?? provider?.image else { return }
    let properties = component["properties"]
    lines.keep(within: component.lines)
    lines.beginItem()
    lines.add(3, "name: \(writtenText(name))", from: component["name"])
    lines.add(3, "image: \(writtenText(image.rawValue))", from: properties?["image"])
    if let id = properties?["id"], !id.isNull {
      lines.add(3, "id: \(writtenText(id.text))", from: id)
    }
    let scaler = traits(of: component, ["spreadscaler", "daemonscaler"]).first
    let instances = actor?.instances ?? provider?.instances ?? 1
    if scaler != nil || instances != 1 {
      lines.add(
        3, "instances: \(instances)",
        from: scaler?["instances"] ?? scaler?["replicas"] ?? component)
    }
    if actor?.perHost ?? provider?.perHost ?? false { lines.add(3, "perHost: true", from: scaler) }
    addSpread(of: scaler, to: &lines)
    if let provider { addLinking(provider, properties, to: &lines) }
    add(
      actor?.configs ?? provider?.configs ?? [], "config", "secrets",
      line: properties?.key("config")?.mark.line, to: &lines)
  }

  /// What a provider says to hosts before 1.0.
  private func addLinking(
    _ provider: ProviderSpec, _ properties: YAMLNode?, to lines: inout YAMLLines
  ) {
    if let contract = provider.contract {
      lines.add(3, "contract: \(writtenText("\(contract)"))", from: properties?.key("contract"))
    }
    if provider.linkName != ProviderSpec.linkName {
      lines.add(
        3, "linkName: \(writtenText(provider.linkName))", from: properties?.key("link_name"))
    }
    guard provider.startConfig != nil, let key = properties?.key("config"),
      let config = properties?["config"]
    else { return }
    lines.keepingNull { $0.add(3, "startConfig", of: key, config) }
  }

  private func addSpread(of scaler: YAMLNode?, to lines: inout YAMLLines) {
    guard let spread = scaler?.entries.first(where: { $0.key.hasText("spread") }),
      spread.value.count > 0
    else { return }
    lines.add(3, "spread:", from: spread.key)
    for rule in spread.value.elements {
      lines.beginItem()
      let name = LatticeNames.token(rule["name"]?.text ?? "") ?? ""
      lines.add(5, "name: \(writtenText(name))", from: rule["name"])
      for entry in rule.entries
      where !entry.key.hasText("name") && !(entry.value.kind == .scalar && entry.value.isNull) {
        lines.add(5, entry.key, entry.value)
      }
    }
  }

  private func addConfigs(to lines: inout YAMLLines) {
    for (number, use) in order.compactMap({ configs[$0] }).enumerated() {
      if number == 0 { lines.add(1, "configs:", line: nil) }
      lines.beginItem()
      lines.add(3, "name: \(writtenText(use.handle))", from: use.node["name"])
      if use.isExternal {
        lines.add(3, "external: true", from: use.node)
      } else if let values = use.node["properties"] {
        let key = use.node.key("properties")
        lines.add(3, "values:\(values.count == 0 ? " {}" : "")", from: key)
        for entry in values.entries { lines.add(4, entry.key, entry.value) }
      }
    }
  }
}

extension YAMLNode {
  /// The lines on which something of it begins, but for what aliases bring in.
  var lines: ClosedRange<Int> { mark.line...max(mark.line, lastLine) }

  private var lastLine: Int {
    let inner = elements.map(\.lastLine).max() ?? mark.line
    let values = entries.map { Swift.max($0.key.mark.line, $0.value.lastLine) }.max() ?? mark.line
    return Swift.max(inner, values)
  }

  /// The node of a key, which begins before its value.
  func key(_ name: StaticString) -> YAMLNode? {
    entries.first { $0.key.hasText(name) }?.key
  }
}
