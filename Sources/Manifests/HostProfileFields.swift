import JSONCoding

/// The `spec` of a profile of hosts.
enum HostProfileFields {
  static let match = Field(
    "match", .object(MatchFields.table), need: .required, "The hosts that it is for")

  static let table = ObjectTable(
    "hostProfile", hasHelperKeys: true,
    [
      match,
      Field("capacity", .object(capacity), "What such a host has for actors"),
      Field("cordoned", .boolean, "Whether nothing more is started there").or(false),
      Field("drain", .boolean, "Whether what runs there is moved elsewhere").or(false),
      Field("labels", .labels, "Labels that it counts as having beside its own"),
    ])

  private static let capacity = ObjectTable(
    "capacity",
    [
      Field("cpu", .cpu, "Processors, such as 500m or 4"),
      Field("memory", .bytes, "Memory, such as 512Mi"),
      Field("actors", .whole(0...4_294_967_295), "How many instances"),
    ])
}

/// Which hosts a profile is for.
enum MatchFields {
  static let labels = Field(
    "labels", .requirements, need: .notNull,
    "What its labels meet: labels, or a list with operators")
  static let ids = Field("ids", .texts, need: .notNull, "Its id is one of these")

  static let table = ObjectTable("match", rules: [["minProperties": 1]], [labels, ids])
}
