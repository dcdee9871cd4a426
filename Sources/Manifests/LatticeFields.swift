/// The `spec` of a lattice: how it is watched and commanded; never how it is reached.
enum LatticeFields {
  static let sites = Field(
    "sites", .mapping(of: .element(site)), "What differs at a site, by the site's name")

  static let table = ObjectTable(
    "lattice", hasHelperKeys: true,
    [
      Field("dialect", .word("auto", "v0", "v1", "v2"), "The protocol that its hosts speak")
        .or("auto"),
      Field("site", .text, "The label that tells sites apart"),
      sites,
    ] + tuning)

  private static let site = ObjectTable("site", tuning)

  /// What may differ from site to site.
  private static let tuning: [any TableField] = [
    Field("failureDetection", .object(failureDetection), "How the loss of a host is found"),
    Field(
      "onUnreachable", .object(onUnreachable), "What is done about a site that vanished as a whole"),
    Field(
      "maintenance", .objects(window), need: .notNull,
      "When commands are sent; at any time unless given"),
    Field("limits", .object(limits), "How much is under way at once"),
  ]

  private static let failureDetection = ObjectTable(
    "failureDetection",
    [
      Field("probe", .duration(orZero: true), "The time between two pings; 0 for none").or(
        .seconds(1)),
      Field("silence", .duration(), "How long a host is silent before it is lost").or(.seconds(30)),
      Field(
        "heartbeatTimeout", .duration(), "How long no heartbeat comes before a host is lost"
      ).or(.seconds(70)),
      Field(
        "maxErrors", .whole(1...1_000), "How many recent errors make a host unhealthy"
      ).or(5),
    ])

  private static let onUnreachable = ObjectTable(
    "onUnreachable",
    [
      Field(
        "replaceAfter", .duration(),
        "After how long what ran there is started elsewhere; never unless given"),
      Field(
        "reconnect", .word("keepReplacement", "preferOriginal"),
        "Where what was started elsewhere runs once a host is back"
      ).or("keepReplacement"),
    ])

  private static let window = ObjectTable(
    "window",
    [
      Field(
        "days", .list(of: .word("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")),
        need: .notNull,
        "The days on which it opens; every day unless given"),
      Field("start", .timeOfDay, need: .required, "When it opens, such as 02:00"),
      Field("duration", .duration(), need: .required, "How long it is open"),
      Field("timeZone", .timeZone, "Whose time that is, such as Europe/Oslo").or("UTC"),
    ])

  private static let limits = ObjectTable(
    "limits",
    [
      Field("commandsInFlight", .whole(1...10_000), "How many commands are under way at once")
        .or(64),
      Field(
        "perHost", .whole(1...1_000), "How many commands are under way on one host at once"
      ).or(4),
    ])
}
