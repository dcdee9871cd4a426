import LatticeModel
import YAMLTree

/// The fields of wadm's applications, as its version 0.21 reads them.
///
/// Where a text is meant in the properties of a component or trait, numbers and booleans are none; around
/// them they are taken as written. A key that wadm refuses is an error. One that it passes over is a warning, or an error where it is
/// nearly another key, since then something would not come about that is written.
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
    "annotations", .labelsOrNull, need: .required, "For people and tools")
  static let labels = Field("labels", .labelsOrNull, "For people and tools")
  static let metadataTable = ObjectTable(
    "metadata", unknownKeys: .passedOver, [name, annotations, labels])

  static let components = Field(
    "components", .objects(WadmComponentFields.table), need: .required, "What runs")
  static let policies = Field(
    "policies", .objects(WadmPolicyFields.table), "Which stores hold the secrets")
  private static let specTable = ObjectTable(
    "spec", unknownKeys: .passedOverIfFar, [components, policies])
}

enum WadmPolicyFields {
  static let typeOfSecrets = "policy.secret.wasmcloud.dev/v1alpha1"

  static let name = Field("name", .text, need: .required, "Its name")
  static let type = Field("type", .text, need: .required, "What it is")
  static let properties = Field("properties", .plainEntries, need: .required, "What it says")

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
    "component", unknownKeys: .passedOverIfFar, [name, type, properties, traits])
}

enum WadmPropertyFields {
  static let image = Field("image", .image, "What runs")
  static let application = Field(
    "application", .object(shared), "The component of another application that it stands for")
  static let id = Field("id", .token, "Its id in the lattice")
  static let config = Field("config", .objects(WadmConfigFields.table), "Its configs")
  static let secrets = Field("secrets", .objects(WadmSecretFields.table), "Its secrets")

  static let table = ObjectTable("properties", [image, application, id, config, secrets])

  static let sharedApplication = Field("name", .string, need: .required, "The other application")
  static let sharedComponent = Field("component", .string, need: .required, "Its name there")
  private static let shared = ObjectTable("application", [sharedApplication, sharedComponent])
}

enum WadmConfigFields {
  static let name = Field("name", .string, need: .required, "Its name")
  static let properties = Field(
    "properties", .configStrings, "Its entries; none where others put it")

  static let table = ObjectTable("config", [name, properties])
}

enum WadmSecretFields {
  static let name = Field("name", .string, need: .required, "Its name")
  static let properties = Field("properties", .object(place), need: .required, "Where it lies")
  static let policy = Field("policy", .string, need: .required, "Which store, by its policy")
  static let key = Field("key", .string, need: .required, "Its key there")
  static let field = Field("field", .string, "Which field of it")
  static let version = Field("version", .string, "Which version")

  static let table = ObjectTable("secret", [name, properties])
  private static let place = ObjectTable("secretProperties", [policy, key, field, version])
}

enum WadmTraitFields {
  static let type = Field("type", .string, need: .required, "What it says")
  static let properties = Field("properties", .anything, need: .required, "By its type")

  static let table = ObjectTable("trait", [type, properties])
}

enum WadmScalerFields {
  private static let number = Form.whole(0...4_294_967_295)
  static let instances = Field("instances", number, "How many run")
  static let replicas = Field("replicas", number, "The same, by its old name")
  static let spread = Field("spread", .objects(rule), "On which hosts, in which shares")

  static let table = ObjectTable("scaler", [instances, replicas, spread])

  static let name = Field("name", .string, need: .required, "Its name, unique in the spread")
  static let requirements = Field(
    "requirements", .strings, need: .required, "The labels of a host")
  static let weight = Field("weight", .whole(0...1_000_000), "Its share").or(100)
  private static let rule = ObjectTable("rule", [name, requirements, weight])
}

enum WadmLinkFields {
  static let namespace = Field("namespace", .string, need: .required, "Of what is called")
  static let package = Field("package", .string, need: .required, "Of what is called")
  static let interfaces = Field(
    "interfaces", .list(of: .string), need: .required, "What is called")
  static let name = Field("name", .string, "Its name").or("default")
  static let source = Field("source", .object(sourceTable), "What the source is given for it")
  static let target = Field(
    "target", .either(.string, .object(targetTable)), need: .required, "Who is called")
  /// Of versions before 0.13, and still read.
  static let sourceConfig = Field(
    "source_config", .objects(WadmConfigFields.table), "What the source is given for it")
  static let targetConfig = Field(
    "target_config", .objects(WadmConfigFields.table), "What the target is given for it")

  static let table = ObjectTable(
    "link", unknownKeys: .passedOverIfFar,
    [namespace, package, interfaces, name, source, target, sourceConfig, targetConfig])

  static let targetName = Field("name", .string, need: .required, "Its name")
  static let sourceTable = ObjectTable(
    "source", unknownKeys: .passedOverIfFar,
    [WadmPropertyFields.config, WadmPropertyFields.secrets])
  static let targetTable = ObjectTable(
    "target", unknownKeys: .passedOverIfFar,
    [targetName, WadmPropertyFields.config, WadmPropertyFields.secrets])
}
