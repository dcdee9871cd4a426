import JSONCoding
import LatticeModel
import YAMLTree

enum LinkFields {
  static let source = Field("source", .end, "Who calls: an actor or provider of this application")
  static let target = Field("target", .end, "Who is called")
  static let provider = Field(
    "provider", .object(SharedEndFields.table),
    "A provider of another application, in place of the source or the target")
  static let interface = Field(
    "interface", .interface,
    "What is called: namespace:package/interface, with further interfaces behind commas")
  static let contract = Field(
    "contract", .contract,
    "What is called, as hosts before 1.0 name it: beside the interface, or alone for them")
  static let name = Field("name", .token, "Its name, where one source has several for one package")
    .or("default")
  static let values = Field("values", .entries, "What the provider is given for it; no secrets")
  static let sourceConfig = Field(
    "sourceConfig", .configNames, "What its source is given for it, by names from spec.configs")
  static let targetConfig = Field(
    "targetConfig", .configNames, "What its target is given for it, by names from spec.configs")
  static let sourceSecrets = Field(
    "sourceSecrets", .objects(SecretFields.table), "References to secrets that its source is given")
  static let targetSecrets = Field(
    "targetSecrets", .objects(SecretFields.table), "References to secrets that its target is given")

  static let table = ObjectTable(
    "link",
    hints: [
      "secrets": .elsewhere("write sourceSecrets or targetSecrets, for whichever end they are"),
      "config": .elsewhere(
        "write sourceConfig or targetConfig, with names from spec.configs, or 'values' for entries"),
    ],
    rules: JSONSchema.exactlyTwo(of: "source", "target", "provider")
      + [JSONSchema.oneAtLeast(of: "interface", "contract")],
    [
      source, target, provider, interface, contract, name, values, sourceConfig, targetConfig,
      sourceSecrets, targetSecrets,
      Field("timeout", .duration(), effect: .none, "How long a call may take"),
      Field("retry", .object(retry), effect: .none, "What becomes of a call that fails"),
    ])

  private static let retry = ObjectTable(
    "retry",
    [
      Field("count", .whole(0...1_000), "How often it is tried again"),
      Field("delay", .duration(orZero: true), "How long it waits before"),
    ])
}

/// An actor or provider of another application.
enum SharedEndFields {
  static let application = Field("application", .name, need: .required, "The other application")
  static let name = Field("name", .name, need: .required, "Its name there")

  static let table = ObjectTable("sharedEnd", [application, name])
}

extension Form where Value == LinkManifest.End {
  /// The name of an actor or provider of the same application, or one of another application.
  static let end = Form(
    ["anyOf": [.object(JSONSchema.text), .object(SharedEndFields.table.reference)]],
    tables: [SharedEndFields.table]
  ) { value, key, reader in
    guard value.kind == .mapping else {
      return reader.text(value, key.description).map {
        LinkManifest.End(name: $0, position: value.position(reader.findings.path))
      }
    }
    return ObjectReader(
      value, "'\(key)' of \(reader.what)", SharedEndFields.table, reader.findings
    ).flatMap { decodeShared($0) }
  }
}

extension Form where Value == LinkInterface {
  static let interface = Form(JSONSchema.text(matching: JSONSchema.interface)) {
    value, _, reader in
    decodeInterface(value, reader.findings)
  }
}

extension Form where Value == YAMLNode {
  /// A list of names from `spec.configs`; whoever reads it looks them up.
  static let configNames = Form(["type": "array", "items": .object(JSONSchema.text)]) {
    value, key, reader in
    reader.list(value, key).map { _ in value }
  }
}
