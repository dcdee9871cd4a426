import JSONCoding

/// The `spec` of a profile of hosts.
enum HostProfileFields {
  static let table = ObjectTable(
    "hostProfile", hasHelperKeys: true,
    [
      Field("match", .object(match), need: .required, "The hosts that it is for"),
      Field("capacity", .object(capacity), "What such a host has for actors"),
      Field("cordoned", .boolean, "Whether nothing more is started there").or(false),
      Field("drain", .boolean, "Whether what runs there is moved elsewhere").or(false),
      Field("labels", .labels, "Labels that it counts as having beside its own"),
    ])

  private static let match = ObjectTable(
    "match", rules: [["minProperties": 1]],
    [
      Field(
        "labels", .requirements, need: .notNull,
        "What its labels meet: labels, or a list with operators"),
      Field("ids", .texts, need: .notNull, "Its id is one of these"),
    ])

  private static let capacity = ObjectTable(
    "capacity",
    [
      Field("cpu", .cpu, "Processors, such as 500m or 4"),
      Field("memory", .bytes, "Memory, such as 512Mi"),
      Field("actors", .whole(0...4_294_967_295), "How many instances"),
    ])
}
