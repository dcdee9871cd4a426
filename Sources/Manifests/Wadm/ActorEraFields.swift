import LatticeModel
import YAMLTree

/// The fields of wadm's applications for hosts before 1.0, as its versions 0.4 to 0.10 read them.
///
/// Those versions pass over every key that they do not know.
enum ActorEraFields {
  static let spec = Field("spec", .object(specTable), need: .required, "What runs")
  static let document = ObjectTable(
    "manifest", unknownKeys: .passedOverIfFar,
    [
      Field("apiVersion", .anything, need: .required, "The version of this form"),
      Field("kind", .anything, need: .required, "Always Application"), WadmFields.metadata, spec,
    ])

  static let components = Field(
    "components", .objects(componentTable), need: .required, "What runs")
  private static let specTable = ObjectTable(
    "spec", unknownKeys: .passedOverIfFar, [components])

  static let type = Field("type", .word("actor", "capability"), need: .required, "What it is")
  /// Whoever reads it opens it by the type.
  static let properties = Field("properties", .anything, need: .required, "What it runs")
  private static let componentTable = ObjectTable(
    "component", unknownKeys: .passedOverIfFar,
    [WadmComponentFields.name, type, properties, WadmComponentFields.traits])

  static let image = Field("image", .image, need: .required, "What runs")
  static let actorTable = ObjectTable("properties", unknownKeys: .passedOverIfFar, [image])

  static let contract = Field("contract", .contract, need: .required, "What it offers")
  static let linkName = Field("link_name", .token, "The name of its links")
    .or(ProviderSpec.linkName)
  static let config = Field("config", .startConfig, "What it is started with")
  static let capabilityTable = ObjectTable(
    "properties", unknownKeys: .passedOverIfFar, [image, contract, linkName, config])

  static let target = Field("target", .string, need: .required, "The capability that is called")
  static let values = Field("values", .configStrings, "What it is given for it")
  static let linkTable = ObjectTable(
    "linkdef", unknownKeys: .passedOverIfFar, [target, values])
}
