import Diagnostics
import JSONCoding
import LatticeModel
import TextForms
import YAMLTree

/// A reference to a secret: where its value lies, never the value.
struct SecretReference {
  /// What the actor or provider calls it.
  var name: String
  var key: String
  var field: String?
  var version: String?
}

/// A store of secrets as an application names it.
struct SecretStore {
  /// What hosts call it.
  var backend: String
  /// What the store is told beside the key.
  var properties: [String: String]

  /// The entries of the config that hosts read as a reference, as wasmCloud 1.1 and later take it.
  func entries(of secret: SecretReference) -> [String: String] {
    let properties = JSONValue.object(self.properties.mapValues { .string($0) }).bytes()
    var entries = [
      "name": secret.name, "type": "secret.wasmcloud.dev/v1alpha1", "backend": backend,
      "key": secret.key,
      "policy": "{\"type\":\"properties.secret.wasmcloud.dev/v1alpha1\",\"properties\":"
        + String(decoding: properties, as: UTF8.self) + "}",
    ]
    entries["field"] = secret.field
    entries["version"] = secret.version
    return entries
  }
}

/// The references of one application, which lie in the lattice as configs.
struct Secrets {
  let application: ApplicationName
  let findings: Findings
  private(set) var declared: [ConfigSpec] = []
  /// Where each stands among them.
  private var places: [ConfigName: Int] = [:]

  init(application: ApplicationName, findings: Findings) {
    self.application = application
    self.findings = findings
  }

  /// Declares a reference; returns its name in the lattice.
  mutating func declare(
    _ secret: SecretReference, in store: SecretStore, at place: SourcePosition,
    called node: YAMLNode
  ) -> ConfigName? {
    guard let token = LatticeNames.token(secret.name) else {
      findings.add(
        .invalidName, "'\(excerpt(secret.name))' is no name for the secret",
        remedy: "write letters, digits, '-' and '_', a letter or digit first",
        at: node.position(findings.path))
      return nil
    }
    let name = Self.name(of: token, in: application)
    let values = store.entries(of: secret)
    if let first = places[name].map({ declared[$0] }) {
      if first.values != values {
        findings.add(
          .declaredTwice,
          "the secret '\(excerpt(secret.name))' refers to something else here than at "
            + "\(first.origin)", remedy: "give one of them another name", at: place)
      }
      return name
    }
    places[name] = declared.count
    declared.append(ConfigSpec(name: name, values: values, origin: place))
    return name
  }

  /// The name of a reference in the lattice; hosts know it by its beginning.
  static func name(of secret: String, in application: ApplicationName) -> ConfigName {
    ConfigName("SECRET_" + LatticeNames.join(application.rawValue, secret))
  }

  /// What some references say, as one text; hosts fetch secrets at a start only, so that another text
  /// means another start.
  func mark(of names: [ConfigName]) -> String {
    guard !names.isEmpty else { return "" }
    let values = names.compactMap { places[$0] }.map { declared[$0] }.map { spec in
      JSONValue.object(spec.values.mapValues { .string($0) })
    }
    return String(decoding: JSONValue.array(values).bytes(), as: UTF8.self)
  }
}
