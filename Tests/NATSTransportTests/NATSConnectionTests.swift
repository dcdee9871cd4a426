import Diagnostics
import Glibc
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import NATSTransport

@Suite("NATSConnection")
struct NATSConnectionTests {
  @Test("requests in flight together each get their own answer")
  func requests() async throws {
    let server = try NATSServerProcess()
    let client = try await server.connect()
    let responder = try await server.connect()
    let asked = try await responder.subscribe(to: "echo.*", queue: nil, limit: 100_000)
    let answering = Task {
      for await batch in asked {
        for message in batch.elements {
          try await responder.publish(message.payload, to: message.reply ?? "", replyTo: nil)
        }
      }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<2_000 {
        group.addTask {
          let payload = Array("\(number)".utf8)
          let answer = try await client.request(
            payload, to: "echo.\(number % 7)", timeout: .seconds(5))
          #expect(answer.payload == payload)
        }
      }
      try await group.waitForAll()
    }
    asked.unsubscribe()
    try await answering.value
  }

  @Test("on a slow line every wait is longer by what the line takes, and silence is still silence")
  func slowLine() async throws {
    let server = try NATSServerProcess()
    let proxy = try TCPProxy(to: server.port)
    proxy.slow(by: .milliseconds(200))
    let client = try await NATSConnection.connect(
      NATSOptions(servers: [proxy.address], name: "test"))
    let responder = try await server.connect()
    let asked = try await responder.subscribe(to: "echo", queue: nil, limit: 10)
    let deaf = try await responder.subscribe(to: "deaf", queue: nil, limit: 10)
    let answering = Task {
      for await batch in asked {
        for message in batch.elements {
          try await responder.publish(message.payload, to: message.reply ?? "", replyTo: nil)
        }
      }
    }
    #expect(try await client.request([7], to: "echo", timeout: .milliseconds(300)).payload == [7])
    let window = GatherWindow(
      atLeast: .milliseconds(100), quiet: .milliseconds(50), atMost: .milliseconds(300))
    #expect(try await client.requestMany([7], to: "echo", within: window).count == 1)
    await #expect(throws: NATSError.timeout(subject: "deaf", after: .milliseconds(300))) {
      try await client.request([], to: "deaf", timeout: .milliseconds(300))
    }
    deaf.unsubscribe()
    asked.unsubscribe()
    try await answering.value
  }

  @Test("one stall is none of the line; two are, up to a limit")
  func lineSpeed() {
    var line = LineSpeed()
    #expect(line.roundTrip == .zero)
    line.note(.milliseconds(1))
    line.note(.seconds(1))
    #expect(line.roundTrip == .milliseconds(1))
    line.note(.seconds(2))
    #expect(line.roundTrip == .seconds(1))
    line.note(.seconds(60))
    line.note(.seconds(60))
    #expect(line.roundTrip == LineSpeed.limit)
  }

  @Test("a subject without listeners is told apart from one without answers")
  func silence() async throws {
    let server = try NATSServerProcess()
    let client = try await server.connect()
    await #expect(throws: NATSError.noResponders(subject: "nobody")) {
      try await client.request([], to: "nobody", timeout: .seconds(2))
    }
    let deaf = try await client.subscribe(to: "deaf", queue: nil, limit: 10)
    await #expect(throws: NATSError.timeout(subject: "deaf", after: .milliseconds(50))) {
      try await client.request([], to: "deaf", timeout: .milliseconds(50))
    }
    deaf.unsubscribe()
  }

  @Test("a refused subject is named at once")
  func permissions() async throws {
    let server = try NATSServerProcess(
      configuration: """
        authorization { users: [
          {user: reader, password: p, permissions: {publish: ["allowed"], subscribe: "_INBOX.>"}}
        ] }
        """)
    let client = try await server.connect(as: "reader:p")
    await #expect(throws: NATSError.permissionDenied(subject: "forbidden")) {
      try await client.request([], to: "forbidden", timeout: .seconds(5))
    }
    await #expect(throws: NATSError.noResponders(subject: "allowed")) {
      try await client.request([], to: "allowed", timeout: .seconds(5))
    }
    await #expect(throws: NATSError.self) { try await server.connect(as: "reader:wrong") }
  }

  @Test("a server that is not there is named without its password")
  func absent() async throws {
    let options = NATSOptions(servers: ["nats://me:secret@127.0.0.1:1"])
    do {
      _ = try await NATSConnection.connect(options)
      Issue.record("connected to nobody")
    } catch {
      let text = error.diagnostics.map(\.description).joined()
      #expect(text.contains("nats://127.0.0.1:1"))
      #expect(!text.contains("secret"))
    }
  }

  /// The seed of the one user of `nkeyOnly`.
  private static let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
  private static let nkeyOnly = """
    authorization { users: [
      {nkey: UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4}
    ] }
    """

  @Test("an nkey seed lets its user in, alone or in a file with more")
  func nkey() async throws {
    let server = try NATSServerProcess(configuration: Self.nkeyOnly)
    let seed = Self.seed
    let path = "\(server.directory)/user.nk"
    for text in [seed, " \(seed)\n", "# a user\n\(seed)\n"] {
      try writeFile(path, text)
      let client = try await NATSConnection.connect(
        NATSOptions(servers: [server.address], nkeyFile: path))
      try await client.flush()
      client.close()
    }
    let stranger = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y"
    try writeFile(path, stranger)
    await #expect {
      try await NATSConnection.connect(NATSOptions(servers: [server.address], nkeyFile: path))
    } throws: {
      if case NATSError.unauthorized = $0 { true } else { false }
    }
  }

  @Test("a good nkey is never refused, whatever its signatures begin with")
  func signatures() async throws {
    let server = try NATSServerProcess(configuration: Self.nkeyOnly)
    let path = "\(server.directory)/user.nk"
    try writeFile(path, Self.seed)
    let options = NATSOptions(servers: [server.address], nkeyFile: path)
    for _ in 0..<800 { try await NATSConnection.connect(options).close() }
  }

  @Test(
    "a file without a seed is named, and nothing that it holds",
    arguments: ["", "secret", "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VX"])
  func noSeed(_ text: String) async throws {
    let path = "/tmp/reconcile-\(UInt64.random(in: 0 ... .max)).nk"
    defer { removeFolder(path) }
    try writeFile(path, text)
    await #expect(throws: NATSError.noSeed(path: path)) {
      try await NATSConnection.connect(
        NATSOptions(servers: ["nats://127.0.0.1:1"], nkeyFile: path))
    }
  }

  @Test("while the server is gone everything fails at once, and nothing is sent afterwards")
  func outage() async throws {
    let server = try NATSServerProcess()
    let client = try await server.connect()
    let other = try await server.connect()
    server.stop()
    try await waitUntil("the loss is noticed") {
      do throws(NATSError) {
        try await client.flush()
        return false
      } catch {
        return error == .disconnected
      }
    }
    let start = ContinuousClock.now
    await #expect(throws: NATSError.disconnected) {
      _ = try await client.request([], to: "a", timeout: .seconds(30))
    }
    await #expect(throws: NATSError.disconnected) {
      _ = try await client.requestMany([], to: "a", within: GatherWindow(atMost: .seconds(30)))
    }
    await #expect(throws: NATSError.disconnected) {
      _ = try await client.subscribe(to: "b", queue: nil, limit: 1)
    }
    await #expect(throws: NATSError.disconnected) {
      try await client.publish([1], to: "a", replyTo: nil)
    }
    #expect(ContinuousClock.now - start < .seconds(10))
    try server.restart()
    try await waitUntil("both are back") {
      do throws(NATSError) {
        try await client.flush()
        try await other.flush()
        return true
      } catch {
        return false
      }
    }
    let messages = try await other.subscribe(to: "a", queue: nil, limit: 10)
    try await client.publish([2], to: "a", replyTo: nil)
    #expect(await messages.makeAsyncIterator().next()?.elements.map(\.payload) == [[2]])
  }

  @Test("a message into a connection that was just cut fails as any into a lost one")
  func justCut() async throws {
    let server = try NATSServerProcess()
    let proxy = try TCPProxy(to: server.port)
    let client = try await NATSConnection.connect(
      NATSOptions(servers: [proxy.address], name: "test"))
    for _ in 0..<20 {
      try await waitUntil("it is connected") { (try? await client.flush()) != nil }
      let sending = Task { () -> NATSError in
        while true {
          do throws(NATSError) {
            try await client.publish([1], to: "a", replyTo: nil)
          } catch {
            return error
          }
        }
      }
      proxy.cut()
      #expect(await sending.value == .disconnected)
    }
    client.close()
  }

  @Test("a server that is about to leave says so")
  func lameDuck() async throws {
    let server = try NATSServerProcess()
    let client = try await server.connect()
    server.signal(SIGUSR2)
    #expect(await client.connectionEvents.next()?.elements.first == .leaving)
  }

  @Test(
    "an account and a server without JetStream, an absent bucket and one without an answer differ")
  func storeKinds() async throws {
    let accounts = """
      accounts {
        EDGE { users: [{user: edge, password: p}] }
        HUB { jetstream: enabled, users: [
          {user: hub, password: p}
          {user: few, password: p, permissions: {publish: {deny: ["$JS.API.STREAM.>"]}}}
        ] }
      }
      """
    let server = try NATSServerProcess(configuration: accounts)
    let bare = try NATSServerProcess(jetStream: false)
    func bucket(_ user: String?, on server: NATSServerProcess) async throws -> NATSKeyValue {
      NATSKeyValue(
        bucket: "B", over: try await server.connect(as: user), timeout: .milliseconds(500))
    }
    for (user, server, expected) in [
      ("edge:p", server, NATSError.noJetStreamForAccount(bucket: "B")),
      ("hub:p", server, .storeAbsent(bucket: "B")), (nil, bare, .storeUnavailable(bucket: "B")),
    ] {
      let bucket = try await bucket(user, on: server)
      await #expect(throws: expected) { try await bucket.get("a") }
      await #expect(throws: expected) { try await bucket.write("a", [1], expecting: 0) }
      await #expect(throws: expected) { try await bucket.describe() }
      if expected != .storeAbsent(bucket: "B") {
        await #expect(throws: expected) { try await bucket.create() }
      }
    }
    let few = try await bucket("few:p", on: server)
    let error = await #expect(throws: NATSError.self) { try await few.get("a") }
    let words = error?.diagnostics.first?.description ?? ""
    #expect(words.contains("NAT-19") && words.contains("$JS.API.STREAM.INFO.KV_B"), "\(words)")
  }

  @Test("answers are gathered until it is quiet")
  func gathering() async throws {
    let server = try NATSServerProcess()
    let client = try await server.connect()
    let responder = try await server.connect()
    let asked = try await responder.subscribe(to: "ping", queue: nil, limit: 10)
    let answering = Task {
      for await batch in asked {
        for message in batch.elements {
          for _ in 0..<3 {
            try await responder.publish([1], to: message.reply ?? "", replyTo: nil)
          }
        }
      }
    }
    let answers = try await client.requestMany(
      [], to: "ping",
      within: GatherWindow(
        atLeast: .seconds(1), quiet: .milliseconds(500), atMost: .seconds(10)))
    #expect(answers.count == 3)
    let none = try await client.requestMany(
      [], to: "nobody.pings", within: GatherWindow(atMost: .seconds(5)))
    #expect(none.isEmpty)
    asked.unsubscribe()
    try await answering.value
  }
}

@Suite("NATSKeyValue")
struct NATSKeyValueTests {
  @Test("a key is written only over the write that was read")
  func compareAndSet() async throws {
    let server = try NATSServerProcess()
    let client = try await server.connect()
    let bucket = NATSKeyValue(bucket: "TEST", over: client)
    try await bucket.create()
    try await bucket.create()
    #expect(try await bucket.get("a") == nil)
    let first = try await bucket.write("a", [1], expecting: 0)
    #expect(try await bucket.get("a") == KeyValueEntry(value: [1], revision: first))
    await #expect(throws: NATSError.conflict(bucket: "TEST", key: "a")) {
      try await bucket.write("a", [2], expecting: 0)
    }
    let second = try await bucket.write("a", [2], expecting: first)
    let third = try await bucket.write("a", nil, expecting: second)
    #expect(try await bucket.get("a") == KeyValueEntry(value: nil, revision: third))
    #expect(try await bucket.write("a", [3], expecting: third) > third)
  }

  @Test("a server without JetStream is told apart from an absent key")
  func noJetStream() async throws {
    let server = try NATSServerProcess(jetStream: false)
    let client = try await server.connect()
    let bucket = NATSKeyValue(bucket: "TEST", over: client)
    await #expect(throws: NATSError.storeUnavailable(bucket: "TEST")) {
      try await bucket.get("a")
    }
    await #expect(throws: NATSError.storeUnavailable(bucket: "TEST")) {
      try await bucket.create()
    }
  }
}
