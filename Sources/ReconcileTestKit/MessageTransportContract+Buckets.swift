import NATSTransport
import Testing

extension MessageTransportContract {
  static let buckets = [
    TransportCheck("a key is written only over the write that was read") { stage in
      let bucket = NATSKeyValue(bucket: "TEST", over: stage.asker)
      try await bucket.create()
      #expect(try await bucket.get("a") == nil)
      let first = try await bucket.write("a", [1], expecting: 0)
      #expect(try await bucket.get("a") == KeyValueEntry(value: [1], revision: first))
      await #expect(throws: NATSError.conflict(bucket: "TEST", key: "a")) {
        try await bucket.write("a", [2], expecting: 0)
      }
      _ = try await bucket.write("b", [], expecting: 0)
      let second = try await bucket.write("a", [2], expecting: first)
      await #expect(throws: NATSError.conflict(bucket: "TEST", key: "a")) {
        try await bucket.write("a", nil, expecting: first)
      }
      #expect(try await bucket.get("a") == KeyValueEntry(value: [2], revision: second))
      #expect(try await bucket.get("b")?.value == [])
    },
    TransportCheck("a deleted key tells its revision and is written again over it") { stage in
      let bucket = NATSKeyValue(bucket: "TEST", over: stage.asker)
      try await bucket.create()
      let first = try await bucket.put("a.b_C-1/x=", [1])
      let second = try await bucket.write("a.b_C-1/x=", nil, expecting: first)
      #expect(
        try await bucket.get("a.b_C-1/x=") == KeyValueEntry(value: nil, revision: second))
      let third = try await bucket.write("a.b_C-1/x=", [3], expecting: second)
      let fourth = try await bucket.purge("a.b_C-1/x=")
      #expect(third > second)
      #expect(
        try await bucket.get("a.b_C-1/x=") == KeyValueEntry(value: nil, revision: fourth))
    },
    TransportCheck("of two who write at once one wins") { stage in
      let writers = [stage.asker, stage.answerer].map { NATSKeyValue(bucket: "RACE", over: $0) }
      try await writers[0].create()
      var revision: UInt64 = 0
      for round in 0..<20 {
        let outcomes = await withTaskGroup(of: (UInt8, UInt64?).self) { tasks in
          for (number, bucket) in zip(UInt8(0)..., writers) {
            tasks.addTask { [revision] in
              (number, try? await bucket.write("k", [number], expecting: revision))
            }
          }
          return await tasks.reduce(into: []) { $0.append($1) }
        }
        let won = outcomes.filter { $0.1 != nil }
        #expect(won.count == 1, "round \(round)")
        let entry = try #require(try await writers[0].get("k"))
        #expect(entry.value == won.first.map { [$0.0] })
        #expect(entry.revision == won.first?.1)
        revision = entry.revision
      }
    },
    TransportCheck("a bucket is made once, and stays as it is") { stage in
      let bucket = NATSKeyValue(bucket: "TEST", over: stage.asker)
      try await bucket.create()
      try await bucket.put("a", [1])
      try await bucket.create()
      try await bucket.create(lifetime: .seconds(60))
      #expect(try await bucket.get("a")?.value == [1])
    },
    TransportCheck("an absent bucket is told apart from an absent key") { stage in
      let bucket = NATSKeyValue(
        bucket: "ABSENT", over: stage.asker, timeout: .milliseconds(200))
      await #expect(throws: NATSError.storeAbsent(bucket: "ABSENT")) { try await bucket.get("a") }
      await #expect(throws: NATSError.storeAbsent(bucket: "ABSENT")) {
        try await bucket.write("a", [1], expecting: 0)
      }
      await #expect(throws: NATSError.storeAbsent(bucket: "ABSENT")) {
        try await bucket.describe()
      }
    },
    TransportCheck("a bucket that others made without direct access is read all the same") {
      stage in
      let made = try await stage.asker.request(
        Array(#"{"name":"KV_OLD","subjects":["$KV.OLD.>"],"max_msgs_per_subject":1}"#.utf8),
        to: "$JS.API.STREAM.CREATE.KV_OLD", timeout: .seconds(5))
      #expect(!String(decoding: made.payload, as: UTF8.self).contains("error"))
      let bucket = NATSKeyValue(bucket: "OLD", over: stage.asker, timeout: .milliseconds(500))
      #expect(try await bucket.get("a") == nil)
      #expect(try await !bucket.describe().allowsDirect)
      let value = (0...255).map { UInt8($0) }
      for count in [0, 1, 2, 3, 256] {
        let revision = try await bucket.put("a", Array(value.prefix(count)))
        let entry = KeyValueEntry(value: Array(value.prefix(count)), revision: revision)
        #expect(try await bucket.get("a") == entry)
      }
      let last = try #require(try await bucket.get("a")?.revision)
      let deleted = try await bucket.write("a", nil, expecting: last)
      #expect(try await bucket.get("a") == KeyValueEntry(value: nil, revision: deleted))
      await #expect(throws: NATSError.self) { try await bucket.get("a b") }
    },
    TransportCheck("a value is gone when its time is over") { stage in
      let bucket = NATSKeyValue(bucket: "LEASE", over: stage.asker)
      try await bucket.create(lifetime: .milliseconds(200))
      _ = try await bucket.write("a", [1], expecting: 0)
      try await waitUntil("the value is gone") { try await bucket.get("a") == nil }
      _ = try await bucket.write("a", [2], expecting: 0)
    },
    TransportCheck("a bucket is told to keep values longer, and loses none; never shorter") {
      stage in
      let bucket = NATSKeyValue(bucket: "LEASE", over: stage.asker)
      try await bucket.create(lifetime: .seconds(4))
      let first = try await bucket.write("a", [1], expecting: 0)
      for (lifetime, kept) in [(8, 8), (6, 8), (32, 32)] {
        try await bucket.keepValues(atLeast: .seconds(lifetime))
        #expect(try await bucket.describe().lifetime == .seconds(kept))
      }
      #expect(try await bucket.get("a") == KeyValueEntry(value: [1], revision: first))
      _ = try await bucket.write("a", [2], expecting: first)
      let lasting = NATSKeyValue(bucket: "TEST", over: stage.asker)
      try await lasting.create()
      try await lasting.keepValues(atLeast: .seconds(8))
      #expect(try await lasting.describe().lifetime == nil)
      let absent = NATSKeyValue(bucket: "NONE", over: stage.asker)
      await #expect(throws: NATSError.storeAbsent(bucket: "NONE")) {
        try await absent.keepValues(atLeast: .seconds(8))
      }
    },
    TransportCheck("a key that is none is refused before it is sent") { stage in
      let bucket = NATSKeyValue(bucket: "TEST", over: stage.asker)
      try await bucket.create()
      for key in ["", "a b", "*", "a.>", "a..b", ".a", "a\r\n"] {
        await #expect(throws: NATSError.self) { try await bucket.get(key) }
        await #expect(throws: NATSError.self) { try await bucket.put(key, [1]) }
      }
    },
    TransportCheck("writes are messages to whoever listens on the bucket") { stage in
      let bucket = NATSKeyValue(bucket: "TEST", over: stage.asker)
      try await bucket.create()
      let written = try await stage.answerer.subscribe(to: "$KV.TEST.*", queue: nil, limit: 10)
      try await bucket.put("a", [1])
      try await bucket.purge("b")
      let messages = await written.messages { $0.subject == "$KV.TEST.b" }
      #expect(messages.map(\.subject) == ["$KV.TEST.a", "$KV.TEST.b"])
      #expect(messages.first?.payload == [1])
      #expect(messages.last?.headers["KV-Operation"] == "PURGE")
    },
    TransportCheck("a bucket answers by its JetStream domain as well") { stage in
      let ofDomain = NATSKeyValue(
        bucket: "TEST", domain: TransportStage.domain, over: stage.asker)
      let bucket = NATSKeyValue(bucket: "TEST", over: stage.asker)
      try await ofDomain.create()
      let first = try await ofDomain.write("a", [1], expecting: 0)
      #expect(try await bucket.get("a") == KeyValueEntry(value: [1], revision: first))
      let second = try await bucket.put("a", [2])
      #expect(try await ofDomain.get("a") == KeyValueEntry(value: [2], revision: second))
    },
  ]
}
