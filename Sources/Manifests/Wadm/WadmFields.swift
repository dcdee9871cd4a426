import Diagnostics
import JSONCoding
import LatticeModel
import TextForms
import YAMLTree

/// The fields of wadm's applications, as its version 0.21 reads them.
///
/// Where a text is meant in the properties of a component or trait, numbers and booleans are none; around
/// them they are taken as written, and a list or mapping that is left blank is empty. A key that wadm
/// refuses is an error. One that it passes over is a warning, or an error where it is nearly another key
/// or means something at another place, since then something would not come about that is written.
enum WadmFields {
  static let metadata = Field(
    "metadata", .object(metadataTable), need: .required, "What it is called")
  static let spec = Field("spec", .object(specTable), need: .required, "What runs")
  static let document = ObjectTable(
    "manifest",
    [
      Field("apiVersion", .anything, need: .required, "The version of this form"),
      Field("kind", .anything, need: .required, "Always Application"), metadata, spec,
    ])

  static let name = Field("name", .text, need: .required, "Its name")
  static let annotations = Field(
    "annotations", .labelsOrNull.orBlank([:]), need: .required, "For people and tools")
  static let labels = Field(
    "labels", .labelsOrNull.orBlank([:]), need: .notNull, "For people and tools")
  static let metadataTable = ObjectTable(
    "metadata", unknownKeys: .passedOver, [name, annotations, labels])

  static let components = Field(
    "components", .objects(WadmComponentFields.table).orBlank([]), need: .required, "What runs")
  static let policies = Field(
    "policies", .objects(WadmPolicyFields.table).orBlank([]), need: .notNull,
    "Which stores hold the secrets")
  private static let specTable = ObjectTable(
    "spec", unknownKeys: .passedOverIfFar, hints: ["policy": .word("policies")],
    [components, policies])
}

enum WadmPolicyFields {
  static let typeOfSecrets = "policy.secret.wasmcloud.dev/v1alpha1"

  static let name = Field("name", .text, need: .required, "Its name")
  static let type = Field("type", .text, need: .required, "What it is")
  static let properties = Field(
    "properties", .plainEntries.orBlank([:]), need: .required, "What it says")

  static let table = ObjectTable("policy", unknownKeys: .passedOver, [name, type, properties])
}

enum WadmComponentFields {
  static let name = Field("name", .text, need: .required, "Its name")
  static let type = Field(
    "type", .word("component", "actor", "capability"), need: .required, "What it is")
  static let properties = Field(
    "properties", .object(WadmPropertyFields.table), need: .required, "What it runs")
  static let traits = Field(
    "traits", .objects(WadmTraitFields.table), "Where it runs and what it calls")

  static let table = ObjectTable(
    "component", unknownKeys: .passedOverIfFar,
    hints: [
      "image": inProperties, "id": inProperties, "application": inProperties,
      "config": inProperties, "configs": inProperties, "secrets": inProperties,
      "instances": inScaler, "replicas": inScaler, "spread": inScaler, "spreadscaler": inScaler,
      "daemonscaler": inScaler, "link": inLink, "links": inLink,
    ], [name, type, properties, traits])

  private static let inProperties = KeyHint.elsewhere("write it under 'properties'")
  fileprivate static let inScaler = KeyHint.elsewhere(
    "write it under 'traits', in the properties of one of type spreadscaler")
  fileprivate static let inLink = KeyHint.elsewhere("write a trait of type link")
}

enum WadmPropertyFields {
  static let image = Field("image", Form<ImageReference>.unquoted(.image), "What runs")
  static let application = Field(
    "application", .object(shared), "The component of another application that it stands for")
  static let id = Field("id", .idOfWadm, "Its id in the lattice")
  static let config = Field(
    "config", .objects(WadmConfigFields.table), need: .notNull, "Its configs")
  static let secrets = Field(
    "secrets", .objects(WadmSecretFields.table), need: .notNull, "Its secrets")

  static let table = ObjectTable(
    "properties",
    hints: [
      "traits": .elsewhere("write it beside 'properties'"),
      "instances": WadmComponentFields.inScaler, "replicas": WadmComponentFields.inScaler,
      "spread": WadmComponentFields.inScaler, "links": WadmComponentFields.inLink,
    ], [image, application, id, config, secrets])

  static let sharedApplication = Field("name", .string, need: .required, "The other application")
  static let sharedComponent = Field("component", .string, need: .required, "Its name there")
  private static let shared = ObjectTable("application", [sharedApplication, sharedComponent])
}

enum WadmConfigFields {
  static let name = Field("name", .string, need: .required, "Its name")
  static let properties = Field(
    "properties", .configStrings, "Its entries; none where others put it")

  static let table = ObjectTable(
    "config", hints: ["property": .word("properties"), "values": .word("properties")],
    [name, properties])
}

enum WadmSecretFields {
  static let name = Field("name", .string, need: .required, "Its name")
  static let properties = Field("properties", .object(place), need: .required, "Where it lies")
  static let policy = Field("policy", .string, need: .required, "Which store, by its policy")
  static let key = Field("key", .string, need: .required, "Its key there")
  static let field = Field("field", .string, "Which field of it")
  static let version = Field("version", .string, "Which version")

  static let table = ObjectTable(
    "secret",
    hints: [
      "policy": inProperties, "key": inProperties, "field": inProperties, "version": inProperties,
    ], [name, properties])
  private static let inProperties = KeyHint.elsewhere("write it under 'properties'")
  private static let place = ObjectTable("secretProperties", [policy, key, field, version])
}

enum WadmTraitFields {
  static let type = Field("type", .string, need: .required, "What it says")
  static let properties = Field("properties", .anything, need: .required, "By its type")

  static let table = ObjectTable(
    "trait", hints: ["property": .word("properties")], [type, properties])
}

enum WadmScalerFields {
  private static let number = Form.whole(0...4_294_967_295)
  static let instances = Field("instances", number, need: .notNull, "How many run")
  static let replicas = Field("replicas", number, need: .notNull, "The same, by its old name")
  static let spread = Field(
    "spread", .objects(rule), need: .notNull, "On which hosts, in which shares")

  static let table = ObjectTable("scaler", [instances, replicas, spread])

  static let name = Field("name", .string, need: .required, "Its name, unique in the spread")
  static let requirements = Field(
    "requirements", .strings, need: .required, "The labels of a host")
  static let weight = Field("weight", .whole(0...4_294_967_295), "Its share").or(100)
  private static let rule = ObjectTable("rule", [name, requirements, weight])
}

enum WadmLinkFields {
  static let namespace = Field("namespace", .string, need: .required, "Of what is called")
  static let package = Field("package", .string, need: .required, "Of what is called")
  static let interfaces = Field(
    "interfaces", .list(of: .string), need: .required, "What is called")
  static let name = Field("name", .string, need: .notNull, "Its name").or("default")
  static let source = Field(
    "source", .object(sourceTable), need: .notNull, "What the source is given for it")
  static let target = Field(
    "target", .either(.string, .object(targetTable)), need: .required, "Who is called")
  /// Of versions before 0.13, and still read.
  static let sourceConfig = Field(
    "source_config", .objects(WadmConfigFields.table), need: .notNull,
    "What the source is given for it")
  static let targetConfig = Field(
    "target_config", .objects(WadmConfigFields.table), need: .notNull,
    "What the target is given for it")

  /// What is said of entries that stand where nobody reads them.
  static let placeOfValues =
    "the values as target: {name: …, config: [{name: …, properties: {…}}]}"
  static let table = ObjectTable(
    "link", unknownKeys: .passedOverIfFar,
    hints: [
      "config": ofOneEnd, "configs": ofOneEnd, "secrets": ofOneEnd, "link_name": .word("name"),
      "values": .elsewhere("write \(placeOfValues)"),
    ], [namespace, package, interfaces, name, source, target, sourceConfig, targetConfig])
  private static let ofOneEnd = KeyHint.elsewhere(
    "write it under 'source' or 'target', whichever is given it")

  static let targetName = Field("name", .string, need: .required, "Its name")
  private static let hintsOfEnds: [String: KeyHint] = [
    "values": asConfig, "properties": asConfig,
  ]
  private static let asConfig = KeyHint.elsewhere(
    "write config: [{name: …, properties: {…}}]")
  static let sourceTable = ObjectTable(
    "source", unknownKeys: .passedOverIfFar, hints: hintsOfEnds,
    [WadmPropertyFields.config, WadmPropertyFields.secrets])
  static let targetTable = ObjectTable(
    "target", unknownKeys: .passedOverIfFar, hints: hintsOfEnds,
    [targetName, WadmPropertyFields.config, WadmPropertyFields.secrets])
}

extension Form {
  /// The same, where numbers and booleans are none.
  fileprivate static func unquoted(_ form: Form) -> Form {
    Form(form.schema, tables: form.tables) { value, key, reader in
      reader.string(value, key.description).flatMap { _ in form.read(value, key, reader) }
    }
  }
}

extension Form where Value == String {
  /// An id in the lattice.
  fileprivate static let idOfWadm = Form(["type": "string"]) { value, key, reader in
    guard let text = reader.string(value, key.description) else { return nil }
    guard text.utf8.count <= 200, isToken(text) else {
      reader.findings.add(
        .invalidName, "'\(excerpt(text))' is no id here: it is one part of NATS subjects",
        remedy: "write letters, digits, '-' and '_', at most 200, a letter or digit first",
        at: value.position(reader.findings.path))
      return nil
    }
    return text
  }
}
