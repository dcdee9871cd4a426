/// The `spec` of a stream of JetStream.
enum StreamFields {
  static let consumers = Field(
    "consumers", .objects(ConsumerFields.table), "Who reads it, each from where it stood last")

  static let table = ObjectTable(
    "stream", hasHelperKeys: true,
    [
      Field("name", .token, "Its name on the server; that of the document unless given"),
      Field(
        "subjects", .list(of: .subject), need: .required, "The subjects whose messages it keeps"),
      Field("storage", .word("file", "memory"), "Where it keeps them").or("file"),
      Field(
        "retention", .word("limits", "interest", "workQueue"),
        "Until when: the limits, the last reader's acknowledgement, or the first one's"
      ).or("limits"),
      Field("discard", .word("old", "new"), "What goes once it is full").or("old"),
      Field("replicas", .whole(1...5), "On how many servers").or(1),
      Field("maxMessages", .whole(1...Int.max), "How many messages at most"),
      Field("maxMessagesPerSubject", .whole(1...Int.max), "How many of one subject at most"),
      Field("maxBytes", .bytes, "How many bytes at most"),
      Field("maxMessageSize", .bytes, "How many bytes of one message at most"),
      Field("maxAge", .duration(), "How long at most"),
      Field(
        "duplicateWindow", .duration(), "For how long a message of the same id is refused"),
      consumers,
    ])
}

/// A consumer of a stream.
enum ConsumerFields {
  static let name = Field("name", .token, need: .required, "Its name, unique in the stream")

  static let table = ObjectTable(
    "consumer",
    [
      name,
      Field("filterSubjects", .list(of: .subject), "Which subjects; all unless given"),
      Field(
        "deliver", .word("all", "last", "lastPerSubject", "new"), "Where it begins"
      ).or("all"),
      Field(
        "ack", .word("explicit", "all", "none"),
        "What is acknowledged: each message, all up to one, or none"
      ).or("explicit"),
      Field("ackWait", .duration(), "After how long without it a message comes again").or(
        .seconds(30)),
      Field("maxDeliver", .whole(1...Int.max), "How often a message comes at most"),
      Field(
        "maxAckPending", .whole(1...Int.max), "How many messages wait to be acknowledged at most"
      ).or(1_000),
    ])
}
