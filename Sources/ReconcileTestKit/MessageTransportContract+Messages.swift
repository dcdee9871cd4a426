import NATSTransport
import ServiceRuntime
import Testing

extension MessageTransportContract {
  private static let end = Array("end".utf8)

  static let messages = [
    TransportCheck("a message reaches everyone who listens, in the order sent") { stage in
      let first = try await stage.asker.subscribe(to: "news", queue: nil, limit: 10_000)
      let second = try await stage.answerer.subscribe(to: "news", queue: nil, limit: 10_000)
      for number in 0..<1_000 {
        try await stage.answerer.publish(Array("\(number)".utf8), to: "news", replyTo: "answers")
      }
      try await stage.answerer.publish(end, to: "news", replyTo: nil)
      for listener in [first, second] {
        let messages = await listener.messages { $0.payload == end }
        #expect(
          messages.map(\.payload) == (0..<1_000).map { Array("\($0)".utf8) } + [end])
        #expect(messages.first?.subject == "news")
        #expect(messages.first?.reply == "answers")
        #expect(messages.last?.reply == nil)
      }
    },
    TransportCheck("headers arrive with a message") { stage in
      let listener = try await stage.asker.subscribe(to: "headed", queue: nil, limit: 10)
      let headers = ["content-type": "application/cloudevents+json", "X-Name": "a value: with"]
      try await stage.answerer.publish(end, to: "headed", headers: headers, replyTo: nil)
      let message = await listener.messages { $0.payload == end }.first
      #expect(headers.allSatisfy { message?.headers[$0.key] == $0.value })
    },
    TransportCheck("a pattern gets what it matches and nothing else") { stage in
      let subjects = ["a", "a.b", "a.c", "a.b.c", "b", "b.b", "ab", "a.bb"]
      // The witness is published last and tells that all that could come has come.
      let rows: [(pattern: String, witness: String, matches: [String])] = [
        ("a", "a", ["a"]), ("a.*", "a.z", ["a.b", "a.c", "a.bb"]), ("*", "z", ["a", "b", "ab"]),
        ("a.>", "a.z", ["a.b", "a.c", "a.b.c", "a.bb"]), (">", "z", subjects),
        ("*.b", "z.b", ["a.b", "b.b"]), ("*.b.*", "z.b.z", ["a.b.c"]),
        ("a.b.c", "a.b.c", ["a.b.c"]),
      ]
      var listeners: [MessageBatches] = []
      for row in rows {
        listeners.append(
          try await stage.asker.subscribe(to: row.pattern, queue: nil, limit: 1_000))
      }
      for subject in subjects { try await stage.answerer.publish([], to: subject, replyTo: nil) }
      for (row, number) in zip(rows, UInt8(1)...) {
        try await stage.answerer.publish([number], to: row.witness, replyTo: nil)
      }
      for ((row, number), listener) in zip(zip(rows, UInt8(1)...), listeners) {
        let messages = await listener.messages { $0.payload == [number] }
        #expect(
          messages.filter { $0.payload.isEmpty }.map(\.subject) == row.matches, "\(row.pattern)")
      }
    },
    TransportCheck("each message reaches one member of a queue group") { stage in
      let limit = 10_000
      let group = [
        try await stage.asker.subscribe(to: "work.*", queue: "crew", limit: limit),
        try await stage.answerer.subscribe(to: "work.*", queue: "crew", limit: limit),
        try await stage.answerer.subscribe(to: "work.*", queue: "crew", limit: limit),
      ]
      let everyone = try await stage.asker.subscribe(to: "work.*", queue: nil, limit: limit)
      for number in 0..<600 {
        try await stage.answerer.publish(Array("\(number)".utf8), to: "work.a", replyTo: nil)
      }
      try await stage.answerer.publish(end, to: "work.end", replyTo: nil)
      #expect(await everyone.messages { $0.payload == end }.count == 601)
      let shares = Lock<[Int: [[UInt8]]]>([:])
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for (member, messages) in group.enumerated() {
          tasks.addTask {
            for await batch in messages {
              shares.withLock { $0[member, default: []] += batch.elements.map(\.payload) }
            }
          }
        }
        try await waitUntil("the group has all messages") {
          shares.withLock { $0.values.joined().count } >= 601
        }
        for messages in group { messages.unsubscribe() }
        try await tasks.waitForAll()
      }
      let taken = shares.withLock { $0 }
      #expect(taken.values.joined().count == 601)
      #expect(Set(taken.values.joined()).count == 601)
      #expect(taken.count == 3)
    },
    TransportCheck("a subscription that ended has no listener") { stage in
      let messages = try await stage.answerer.subscribe(to: "brief", queue: nil, limit: 10)
      messages.unsubscribe()
      messages.unsubscribe()
      for await batch in messages { Issue.record("\(batch)") }
      try await waitUntil("nobody listens") {
        do {
          _ = try await stage.asker.request([], to: "brief", timeout: .milliseconds(100))
          return false
        } catch {
          return error as? NATSError == .noResponders(subject: "brief")
        }
      }
    },
    TransportCheck("a subscription that nobody holds has no listener") { stage in
      _ = try await stage.answerer.subscribe(to: "lost", queue: nil, limit: 10)
      try await waitUntil("nobody listens") {
        do {
          _ = try await stage.asker.request([], to: "lost", timeout: .milliseconds(100))
          return false
        } catch {
          return error as? NATSError == .noResponders(subject: "lost")
        }
      }
    },
    TransportCheck("what a slow consumer loses is counted") { stage in
      let count = 10_000
      let slow = try await stage.asker.subscribe(to: "flood", queue: nil, limit: 10)
      let quick = try await stage.asker.subscribe(to: "flood", queue: nil, limit: count)
      for _ in 0..<count { try await stage.answerer.publish([], to: "flood", replyTo: nil) }
      var received = 0
      for await batch in quick {
        received += batch.elements.count
        if received == count { break }
      }
      var taken = 0
      var dropped = 0
      for await batch in slow {
        taken += batch.elements.count
        dropped += batch.dropped
        if taken + dropped == count { break }
      }
      #expect(taken + dropped == count)
      #expect(dropped > 0)
    },
    TransportCheck("a subject that is none is refused before it is sent") { stage in
      for subject in ["", ".", "a.", ".a", "a..b", "a b", "a\r\nPUB b", "a\tb", "a.*", "a.>", ">"] {
        await #expect(throws: NATSError.invalidSubject(subject)) {
          try await stage.asker.publish([], to: subject, replyTo: nil)
        }
        await #expect(throws: NATSError.invalidSubject(subject)) {
          try await stage.asker.request([], to: subject, timeout: .seconds(1))
        }
        await #expect(throws: NATSError.invalidSubject(subject)) {
          try await stage.asker.publish([], to: "a", replyTo: subject)
        }
      }
      for subject in ["", "a.", "a..b", "a b", "a.>.b", "a\r\nSUB b 9"] {
        await #expect(throws: NATSError.invalidSubject(subject)) {
          try await stage.asker.subscribe(to: subject, queue: nil, limit: 1)
        }
      }
      await #expect(throws: NATSError.self) {
        try await stage.asker.subscribe(to: "a", queue: "two words", limit: 1)
      }
    },
    TransportCheck("a message that is too large is refused before it is sent") { stage in
      let most = 1 << 20
      let messages = try await stage.answerer.subscribe(to: "large", queue: nil, limit: 10)
      await #expect(throws: NATSError.tooLarge(subject: "large", bytes: most + 1)) {
        try await stage.asker.publish(
          [UInt8](repeating: 0, count: most + 1), to: "large", replyTo: nil)
      }
      try await stage.asker.publish(
        [UInt8](repeating: 7, count: most), to: "large", replyTo: nil)
      let arrived = await messages.messages { _ in true }
      #expect(arrived.map(\.payload.count) == [most])
    },
  ]
}
