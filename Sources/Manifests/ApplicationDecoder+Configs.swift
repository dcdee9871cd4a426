import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

/// The configs of an application, and the secrets that lie among them.
extension ApplicationDecoder {
  mutating func readSecretStores(_ body: ObjectReader) {
    for reader in readNamed(ApplicationFields.secretStores, body) {
      let store = reader[SecretStoreFields.name]
      let backend = reader[SecretStoreFields.backend]
      let properties = reader[SecretStoreFields.properties] ?? [:]
      if store == nil || backend == nil { unread.insert("secretStores") }
      guard let store, let backend,
        isNew(store, "store ", after: storePlaces.declare(store, reader.position), reader)
      else { continue }
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

  mutating func readConfigs(_ body: ObjectReader) {
    for reader in readNamed(ApplicationFields.configs, body) {
      let config = reader[ConfigFields.name]
      if config == nil { unread.insert("configs") }
      let isExternal = reader[ConfigFields.external]
      let values = reader[ConfigFields.values]
      if let config, !isExternal, !isToken(config) { addFullStops(config, reader) }
      if isExternal == reader.has(ConfigFields.values) { addMisplacedValues(reader, isExternal) }
      guard let config,
        isNew(config, "config ", after: configPlaces.declare(config, reader.position), reader)
      else { continue }
      let inLattice = ConfigName(isExternal ? config : LatticeNames.join(name.rawValue, config))
      namedConfigs.declare(config, inLattice)
      if !isExternal, let values {
        configs.append(ConfigSpec(name: inLattice, values: values, origin: reader.position))
      }
    }
  }

  /// An inline config becomes one of its own; a list names configs of `spec.configs`.
  mutating func config(
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
      addUnknown(node, "config", among: namedConfigs.names)
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
}
