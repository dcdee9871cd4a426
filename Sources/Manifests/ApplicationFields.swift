import LatticeModel
import YAMLTree

/// The `spec` of an application.
enum ApplicationFields {
  static let actors = Field(
    "actors", .objects(ActorFields.table), "What runs, and how many instances of it")
  static let providers = Field(
    "providers", .objects(ProviderFields.table), "What connects actors with the world")
  static let links = Field(
    "links", .objects(LinkFields.table), "Who may call whom, over which interface")
  static let configs = Field(
    "configs", .objects(ConfigFields.table), "Configs that actors and providers share by name")
  static let secretStores = Field(
    "secretStores", .objects(SecretStoreFields.table),
    "Where the secrets lie that actors, providers and links refer to")
  static let spread = Field(
    "spread", .mapping(of: .objects(RuleFields.table)),
    "Spread rules that actors and providers share by name")
  static let dependsOn = Field(
    "dependsOn", .list(of: Form<Reference<ApplicationName>>.named()),
    "Applications that come up before this one, and go down after it")
  static let policies = Field(
    "policies", .list(of: Form<Reference<PolicyName>>.named()), effect: .lookedUp,
    "Policies that it is held to")
  static let sync = Field(
    "sync", .object(SyncFields.table), "How far its hosts are made to agree with it")

  static let table = ObjectTable(
    "application", hasHelperKeys: true,
    [actors, providers, links, configs, secretStores, spread, dependsOn, policies, sync])
}

/// A config that has a name.
enum ConfigFields {
  static let name = Field(
    "name", .configName, need: .required,
    "Its name within the application; of an external one, that in the lattice, full stops and all")
  static let values = Field(
    "values", .entries, need: .notNull, "Its entries; no secrets; none of an external one")
  static let external = Field(
    "external", .boolean, "Whether somebody else puts it: it is used, neither written nor removed"
  ).or(false)

  static let table = ObjectTable(
    "config",
    rules: [
      JSONSchema.either("external", or: "values"),
      JSONSchema.unless("external", "name", is: JSONSchema.spelling(JSONSchema.token)),
    ], [name, values, external])
}

enum SyncFields {
  static let prune = Field("prune", .boolean, "Whether what it no longer declares is removed")
    .or(false)

  static let table = ObjectTable(
    "sync",
    [
      prune,
      Field("selfHeal", .boolean, effect: .none, "Whether what changes by itself is put right"),
      Field(
        "maxPrune", .object(pruneLimits), effect: .none, "How much is removed in one pass at most"),
    ])

  private static let pruneLimits = ObjectTable(
    "maxPrune",
    [
      Field("count", .whole(0...4_294_967_295), "How many units"),
      Field("percent", .whole(0...100), "How many in a hundred of its units"),
    ])
}

extension Form {
  /// The name of something that is declared elsewhere.
  static func named<Name: Identifier>() -> Form where Value == Reference<Name> {
    Form(JSONSchema.text) { value, key, reader in
      reader.text(value, key.description).map {
        Reference(name: Name($0), position: value.position(reader.findings.path))
      }
    }
  }
}
