/// The `spec` of a policy.
enum PolicyFields {
  static let contracts = Field(
    "contracts", .object(AllowanceFields.table), "Contracts and interfaces of links")
  static let images = Field(
    "images", .object(ImageFields.table), "Images of actors and providers")
  static let issuers = Field(
    "issuers", .object(AllowanceFields.table), "Public keys of those who signed an image")
  static let network = Field(
    "network", .object(AllowanceFields.table), "Places that may be reached over the network")
  static let actor = Field("actor", .object(ActorLimitFields.table), "Limits of an actor")
  static let appliesTo = Field(
    "appliesTo", .object(ScopeFields.table), "Whom it applies to; everything unless given")

  static let table = ObjectTable(
    "policy", hasHelperKeys: true, [contracts, images, issuers, network, actor, appliesTo])
}

/// What is allowed and what is denied; what is denied is never allowed.
enum AllowanceFields {
  static let allow = Field(
    "allow", .texts, need: .notNull,
    "What is allowed, '*' for any text; everything where absent, nothing where empty")
  static let deny = Field("deny", .texts, "What is never allowed")

  static let table = ObjectTable("allowance", [allow, deny])
}

enum ImageFields {
  static let requireDigest = Field(
    "requireDigest", .boolean, "Whether an image must be named by its digest"
  ).or(false)

  static let table = ObjectTable(
    "images", [AllowanceFields.allow, AllowanceFields.deny, requireDigest])
}

enum ActorLimitFields {
  static let maxMemory = Field("maxMemory", .bytes, "What one instance may ask for")
  static let maxInstances = Field(
    "maxInstances", .whole(0...4_294_967_295), "How many instances one actor may ask for")

  static let table = ObjectTable("actorLimits", [maxMemory, maxInstances])
}

enum ScopeFields {
  static let applications = Field("applications", .texts, "Applications, '*' for any text")
  static let hosts = Field("hosts", .texts, "Hosts, '*' for any text")

  static let table = ObjectTable("scope", [applications, hosts])
}
