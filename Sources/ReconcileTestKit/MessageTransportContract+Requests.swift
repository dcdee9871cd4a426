import NATSTransport
import ServiceRuntime
import Testing

extension MessageTransportContract {
  private static let quick = GatherWindow(
    atLeast: .milliseconds(50), quiet: .milliseconds(50), atMost: .seconds(10))

  static let requests = [
    TransportCheck("an answer comes back byte for byte") { stage in
      let payloads: [[UInt8]] = [[], [0], [0, 13, 10, 255], Array(0...255)]
      try await stage.answering("echo.*", with: { [$0.payload] }) {
        for payload in payloads {
          let answer = try await stage.asker.request(payload, to: "echo.a", timeout: .seconds(5))
          #expect(answer.payload == payload)
          #expect(answer.status == nil)
        }
      }
    },
    TransportCheck("headers arrive with a request") { stage in
      let headers = ["Nats-Rollup": "sub", "X-Name": "a value: with a colon"]
      let answers: @Sendable (NATSMessage) -> [[UInt8]] = { message in
        [Array(headers.keys.sorted().map { message.headers[$0] ?? "-" }.joined().utf8)]
      }
      try await stage.answering("headed", with: answers) {
        let answer = try await stage.asker.request(
          [], to: "headed", headers: headers, timeout: .seconds(5))
        #expect(answer.payload == Array("suba value: with a colon".utf8))
      }
    },
    TransportCheck("requests in flight together each get their own answer") { stage in
      try await stage.answering("echo.*", with: { [$0.payload] }) {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
          for number in 0..<500 {
            tasks.addTask {
              let payload = Array("\(number)".utf8)
              let answer = try await stage.asker.request(
                payload, to: "echo.\(number % 7)", timeout: .seconds(10))
              #expect(answer.payload == payload)
            }
          }
          try await tasks.waitForAll()
        }
      }
    },
    TransportCheck("a request that nobody listens to fails at once") { stage in
      await #expect(throws: NATSError.noResponders(subject: "nobody")) {
        try await stage.asker.request([], to: "nobody", timeout: .seconds(60))
      }
    },
    TransportCheck("a request that nobody answers fails in time") { stage in
      let deaf = try await stage.answerer.subscribe(to: "deaf", queue: nil, limit: 10)
      let start = ContinuousClock.now
      await #expect(throws: NATSError.timeout(subject: "deaf", after: .milliseconds(50))) {
        try await stage.asker.request([], to: "deaf", timeout: .milliseconds(50))
      }
      #expect(ContinuousClock.now - start >= .milliseconds(50))
      deaf.unsubscribe()
    },
    TransportCheck("a request that is not answered is sent again, ever more seldom") { stage in
      let asked = try await stage.answerer.subscribe(to: "lost", queue: nil, limit: 10)
      let times = Lock<[ContinuousClock.Instant]>([])
      let answering = Task {
        for await batch in asked {
          for message in batch.elements {
            times.withLock { $0.append(.now) }
            guard times.withLock({ $0.count }) == 3, let reply = message.reply else { continue }
            try await stage.answerer.publish([3], to: reply, replyTo: nil)
          }
        }
      }
      let start = ContinuousClock.now
      let answer = try await stage.asker.request(
        [], to: "lost", headers: [:], timeout: .seconds(60), again: .milliseconds(50))
      #expect(answer.payload == [3])
      let seen = times.withLock { $0 }
      #expect(seen.count == 3 && seen[2] - start >= .milliseconds(150))
      asked.unsubscribe()
      try await answering.value
    },
    TransportCheck("the answer to an earlier question counts after it was asked again") { stage in
      let asked = try await stage.answerer.subscribe(to: "late", queue: nil, limit: 10)
      let answering = Task {
        var first: String?
        for await batch in asked {
          for message in batch.elements {
            guard let earlier = first else {
              first = message.reply
              continue
            }
            try await stage.answerer.publish([1], to: earlier, replyTo: nil)
          }
        }
      }
      let answer = try await stage.asker.request(
        [], to: "late", headers: [:], timeout: .seconds(60), again: .milliseconds(50))
      #expect(answer.payload == [1])
      asked.unsubscribe()
      try await answering.value
    },
    TransportCheck("a cancelled request stops waiting") { stage in
      let deaf = try await stage.answerer.subscribe(to: "deaf", queue: nil, limit: 10)
      let one = Task { () -> NATSError? in
        do throws(NATSError) {
          _ = try await stage.asker.request([], to: "deaf", timeout: .seconds(600))
          return nil
        } catch { return error }
      }
      let many = Task { () -> NATSError? in
        let window = GatherWindow(atLeast: .seconds(600), atMost: .seconds(600))
        do throws(NATSError) {
          _ = try await stage.asker.requestMany([], to: "deaf", within: window)
          return nil
        } catch { return error }
      }
      var asked = 0
      for await batch in deaf {
        asked += batch.elements.count
        if asked == 2 { break }
      }
      one.cancel()
      many.cancel()
      #expect(await one.value == .cancelled)
      #expect(await many.value == .cancelled)
      let early = Task { () -> NATSError? in
        withUnsafeCurrentTask { $0?.cancel() }
        do throws(NATSError) {
          _ = try await stage.asker.request([], to: "deaf", timeout: .seconds(600))
          return nil
        } catch { return error }
      }
      #expect(await early.value == .cancelled)
    },
    TransportCheck("answers are gathered until it is quiet") { stage in
      try await stage.answering("ping", with: { _ in [[1], [2], [3]] }) {
        let answers = try await stage.asker.requestMany([], to: "ping", within: quick)
        #expect(answers.map(\.payload) == [[1], [2], [3]])
      }
    },
    TransportCheck("gathering ends at once where nobody listens") { stage in
      let window = GatherWindow(atLeast: .seconds(60), atMost: .seconds(60))
      let answers = try await stage.asker.requestMany([], to: "nobody.pings", within: window)
      #expect(answers.isEmpty)
    },
    TransportCheck("gathering ends in time where answers never cease") { stage in
      let window = GatherWindow(
        atLeast: .zero, quiet: .seconds(60), atMost: .milliseconds(100))
      try await stage.answering("ping", with: { _ in [[1]] }) {
        let answers = try await stage.asker.requestMany([], to: "ping", within: window)
        #expect(answers.map(\.payload) == [[1]])
      }
    },
  ]
}
