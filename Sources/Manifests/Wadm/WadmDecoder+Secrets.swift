import Diagnostics
import LatticeModel
import TextForms
import YAMLTree

extension WadmDecoder {
  /// The names in the lattice of references to secrets.
  mutating func readSecrets(_ owner: ObjectReader) -> [ConfigName] {
    (owner[WadmPropertyFields.secrets] ?? []).compactMap { reader in
      let name = reader[WadmSecretFields.name]
      guard let place = reader[WadmSecretFields.properties] else { return nil }
      let policy = place[WadmSecretFields.policy]
      let key = place[WadmSecretFields.key]
      let (field, version) = (place[WadmSecretFields.field], place[WadmSecretFields.version])
      guard let policy, let store = store(of: policy, at: place.node["policy"] ?? place.node),
        let name, let key
      else { return nil }
      let secret = SecretReference(name: name, key: key, field: field, version: version)
      return secrets.declare(
        secret, in: store, at: reader.position, called: reader.node["name"] ?? reader.node)
    }
  }

  /// The store that a policy stands for.
  private func store(of name: String, at node: YAMLNode) -> SecretStore? {
    guard let policy = policies[name] else {
      findings.add(
        .unknownReference, "there is no policy '\(excerpt(name))'",
        remedy: findings.nearest(to: name, in: policies.keys.sorted()).map { "write '\($0)'" }
          ?? "declare it under spec.policies", at: node.position(findings.path))
      return nil
    }
    guard policy[WadmPolicyFields.type] == WadmPolicyFields.typeOfSecrets else {
      findings.add(
        .invalidValue, "policy '\(excerpt(name))' is none of secrets",
        remedy: "give it the type \(WadmPolicyFields.typeOfSecrets)",
        at: (policy.node["type"] ?? policy.node).position(findings.path))
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
