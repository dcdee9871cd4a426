import LatticeModel
import YAMLTree

/// What actors and providers have in common.
enum PartFields {
  static let name = Field(
    "name", .name, need: .required,
    "Its name, unique among the actors and providers of the application")
  static let image = Field(
    "image", .image, need: .required, "What runs: registry/repository with a tag or digest")
  static let id = Field("id", .token, "Its id in the lattice; made from the names unless given")
  static let perHost = Field(
    "perHost", .boolean, "Whether every eligible host runs that many instances"
  ).or(false)
  static let priority = Field("priority", .whole(0...255), "Who is higher is placed first").or(0)
  static let spread = Field(
    "spread", .either(.text, .objects(RuleFields.table)),
    "On which hosts it runs, in which shares: a name from spec.spread, or rules")
  static let config = Field(
    "config", .either(.entries, .list(of: .text)),
    "What it is configured with: entries, or names from spec.configs; no secrets")
  static let update = Field(
    "update", .object(UpdateFields.table), "How a new image or config comes in")

  /// All of them but how many run, of which hosts take more of one kind than of the other.
  static let all: [any TableField] = [
    name, image, id, perHost, priority, spread, config, update,
    Field("maxLatency", .duration(), effect: .none, "Only hosts that answer faster"),
    secrets,
  ]

  static let secrets = Field(
    "secrets", .objects(SecretFields.table), "References to secrets that its host fetches")

  /// How many instances run, of a kind of which a host takes so many.
  static func instances(upTo most: Int) -> FieldWithDefault<Int> {
    Field("instances", .whole(0...most), "How many run; 0 keeps it declared and runs none").or(1)
  }
}

enum ActorFields {
  static let instances = PartFields.instances(upTo: 4_294_967_295)
  static let resources = Field(
    "resources", .object(ResourceFields.table), "What one instance takes of its host")
  static let sync = Field(
    "sync", .object(PartSyncFields.actorTable), "What of it is not made to agree")

  static let table = ObjectTable(
    "actor",
    PartFields.all + [
      instances, resources, sync,
      Field(
        "preempt", .boolean, effect: .none, "Whether it may take the place of what is less urgent"),
    ])
}

enum ProviderFields {
  static let instances = PartFields.instances(upTo: 100_000)
  static let sync = Field(
    "sync", .object(PartSyncFields.providerTable), "What of it is not made to agree")
  static let contract = Field(
    "contract", .contract, "What it offers, as hosts before 1.0 name it")
  static let linkName = Field(
    "linkName", .token, "The name of its links on hosts before 1.0, one process for each"
  ).or(ProviderSpec.linkName)
  static let startConfig = Field(
    "startConfig", .startConfig, effect: .lookedUp,
    remedy: "hosts since 1.0 are given 'config'",
    "What hosts before 1.0 start it with: a text, or a mapping of anything")

  static let table = ObjectTable(
    "provider",
    PartFields.all + [
      instances, sync, contract, linkName, startConfig,
      Field(
        "resources", .object(ResourceFields.table), effect: .none,
        "What one instance takes of its host"),
    ])
}

/// What of an actor or provider is left as others change it.
enum PartSyncFields {
  static let ofActor = Field(
    "ignore", .list(of: .word("instances", "config", "links")),
    "What is left as others change it: instances, while any runs; config and links, once they are there"
  )
  static let ofProvider = Field(
    "ignore", .list(of: .word("config", "links")),
    "What is left as others change it, once it is there")

  static let actorTable = ObjectTable("actorSync", [ofActor])
  static let providerTable = ObjectTable("providerSync", [ofProvider])
}

enum ResourceFields {
  static let cpu = Field("cpu", .cpu, "A share of processors, such as 500m or 0.5")
  static let memory = Field("memory", .bytes, "A size, such as 64Mi or 64M")

  static let table = ObjectTable("resources", [cpu, memory])
}

enum UpdateFields {
  static let strategy = Field(
    "strategy", .word("rolling", "recreate"),
    "Host by host, or all at once; recreate is not acted on yet"
  ).or("rolling")
  static let maxUnavailable = Field(
    "maxUnavailable", .whole(1...100_000), "How many hosts at once may be without it"
  ).or(UpdatePolicy().maxUnavailable)
  static let startTimeout = Field(
    "startTimeout", .duration(atLeast: .seconds(10)), "How long a start may take; 10s or more"
  ).or(UpdatePolicy().startTimeout)

  static let table = ObjectTable(
    "update",
    [
      strategy, maxUnavailable, startTimeout,
      Field("maxSurge", .whole(0...100_000), effect: .none, "How many more may run meanwhile"),
      Field(
        "minHealthy", .duration(orZero: true), effect: .none,
        "How long the new one must run before the next host"),
      Field("autoRevert", .boolean, effect: .none, "Whether a failure brings the old one back"),
    ])
}

/// A reference to a secret, as wadm has it: where its value lies, never the value.
enum SecretFields {
  static let name = Field("name", .text, need: .required, "What the actor or provider calls it")
  static let properties = Field(
    "properties", .object(place), need: .required, "Where its value lies")
  static let policy = Field(
    "policy", .text, need: .required, "Which store of secrets, by its name in spec.secretStores")
  static let key = Field("key", .text, need: .required, "Its key there")
  static let field = Field("field", .text, "Which field of it, where it has several")
  static let version = Field("version", .text, "Which version; the newest unless given")

  static let table = ObjectTable("secret", [name, properties])
  private static let place = ObjectTable("secretProperties", [policy, key, field, version])
}

/// A store of secrets.
enum SecretStoreFields {
  static let name = Field("name", .text, need: .required, "Its name within the application")
  static let backend = Field("backend", .text, need: .required, "What hosts call it")
  static let properties = Field(
    "properties", .entries, "What it is told beside the key; no secrets")

  static let table = ObjectTable("secretStore", [name, backend, properties])
}
