import Glibc
import LatticeDialects
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Servers and stores that are not as one would wish", .serialized)
struct ServerTests {
  @Test("a server that refuses access is named, and no password is ever shown")
  func refusing() async throws {
    let users = "authorization { users: [{user: admin, password: s3cret}] }"
    let site = try await Site(hosts: 0, configuration: users, user: "admin:s3cret")
    try await site.commit(["shop": Site.application()])
    let port = site.server.port
    for address in [
      "nats://127.0.0.1:\(port)", "nats://admin:wr0ng@127.0.0.1:\(port)",
      "nats://t0ken@127.0.0.1:\(port)",
    ] {
      for run in [
        try await site.reconcile("diff", "--nats", address),
        try await site.reconcile(["get", "hosts"], environment: ["RECONCILE_NATS": address]),
      ] {
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(run.errors.contains("NAT-2") && run.errors.contains("127.0.0.1:\(port)"))
        for secret in ["wr0ng", "t0ken", "(conn.c"] { #expect(!run.errors.contains(secret)) }
      }
    }
    try await site.lattice.addHost(labels: [:])
    let address = "nats://admin:s3cret@127.0.0.1:\(port)"
    let diff = try await site.reconcile("diff", "--nats", address, "--expect-hosts", "1")
    #expect(diff.status == 2 && !(diff.output + diff.errors).contains("s3cret"))
    #expect(
      diff.output.hasSuffix(
        "To do this: reconcile --nats nats://127.0.0.1:\(port) --expect-hosts 1\n"))
  }

  @Test("a credentials file without a seed, and one that is not there, are named")
  func credentials() async throws {
    let key = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
    let site = try await Site(hosts: 0)
    let server = try NATSServerProcess(
      configuration: "authorization { users: [{nkey: \(key)}] }")
    try await site.commit(["shop": Site.application()])
    try site.repository.write("empty.creds", "nothing\n")
    for path in ["\(site.repository.path)/empty.creds", "/nowhere.creds"] {
      let run = try await site.reconcile("diff", "--nats", server.address, "--creds", path)
      #expect(run.status == 1)
      #expect(run.errors.contains("NAT-4") && run.errors.contains(path), "\(run.errors)")
    }
  }

  @Test("a file with a user's nkey seed is all that it takes to be let in")
  func seed() async throws {
    let key = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
    let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    let site = try await Site(hosts: 0)
    let server = try NATSServerProcess(
      configuration: "authorization { users: [{nkey: \(key)}] }")
    try await site.commit(["shop": Site.application()])
    let path = "\(site.repository.folder)/user.nk"
    for (text, code) in [(seed, "OBS-1"), (key, "NAT-16")] {
      try writeFile(path, text)
      let run = try await site.reconcile("diff", "--nats", server.address, "--nkey", path)
      #expect(run.status == 1 && run.errors.contains(code), "\(run.errors)")
    }
  }

  @Test("a server without TLS, and one whose certificate nobody vouches for, are named")
  func security() async throws {
    let site = try await Site(hosts: 0)
    try await site.commit(["shop": Site.application()])
    let folder = site.repository.folder
    for name in ["server", "other"] {
      let made = try await ChildProcess.run(
        "openssl",
        [
          "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
          "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
          "\(folder)/\(name).key", "-out", "\(folder)/\(name).pem",
        ])
      #expect(made.ending == .exited(0))
    }
    let server = try NATSServerProcess(
      configuration: """
        tls { cert_file: "\(folder)/server.pem", key_file: "\(folder)/server.key" }
        """)
    let strict = try NATSServerProcess(
      configuration: """
        tls { cert_file: "\(folder)/server.pem", key_file: "\(folder)/server.key", verify: true
          ca_file: "\(folder)/server.pem" }
        """)
    let nameless = try await site.reconcile(
      "diff", "--nats", "tls://localhost:\(strict.port)", "--tls-ca", "\(folder)/server.pem")
    #expect(nameless.status == 1 && nameless.errors.contains("NAT-3"), "\(nameless.errors)")
    #expect(nameless.errors.contains("--tls-cert"), "\(nameless.errors)")
    let address = "tls://localhost:\(server.port)"
    let cases: [([String], String)] = [
      (["--nats", address], "NAT-3"),
      (["--nats", address, "--tls-ca", "\(folder)/other.pem"], "NAT-3"),
      (["--nats", "tls://127.0.0.1:\(server.port)", "--tls-ca", "\(folder)/server.pem"], "NAT-3"),
      (["--tls-ca", "\(folder)/server.pem"], "NAT-3"),
      (["--nats", address, "--tls-cert", "\(folder)/server.pem"], "NAT-4"),
      (["--nats", address, "--tls-ca", "\(folder)/server.pem"], "OBS-1"),
    ]
    for (arguments, code) in cases {
      let run = try await site.reconcile(["diff"] + arguments)
      #expect(run.status == 1 && run.errors.contains(code), "\(arguments): \(run.errors)")
    }
    let open = try await site.reconcile(
      "diff", "--nats", "tls://me:s3cret@127.0.0.1:\(site.server.port)")
    #expect(open.status == 1 && open.errors.contains("offers no TLS"), "\(open.errors)")
    #expect(!open.errors.contains("s3cret"), "\(open.errors)")
  }

  @Test("a server that serves as many as it may is not taken for one that is away")
  func full() async throws {
    let site = try await Site(hosts: 0)
    try await site.commit(["shop": Site.application()])
    let server = try NATSServerProcess(configuration: "max_connections: 1")
    let first = try await NATSConnection.connect(NATSOptions(servers: [server.address]))
    defer { first.close() }
    let run = try await site.reconcile("diff", "--nats", server.address)
    #expect(run.status == 1 && run.errors.contains("NAT-1"), "\(run.errors)")
    #expect(run.errors.contains("ended the connection"), "\(run.errors)")
  }

  @Test("an address of another protocol is refused before anybody is called")
  func otherProtocol() async throws {
    let site = try await Site(hosts: 0)
    try await site.commit(["shop": Site.application()])
    let start = ContinuousClock.now
    for scheme in ["ws", "wss", "http"] {
      let run = try await site.reconcile(
        "diff", "--nats", "\(scheme)://me:s3cret@127.0.0.1:\(site.server.port)")
      #expect(run.status == 1 && run.errors.contains("NAT-1"), "\(run.errors)")
      #expect(run.errors.contains("nats://") && !run.errors.contains("s3cret"), "\(run.errors)")
    }
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("a server that accepts and says nothing does not keep anybody waiting")
  func mute() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    site.server.signal(SIGSTOP)
    defer { site.server.signal(SIGCONT) }
    let start = ContinuousClock.now
    let run = try await site.reconcile("diff")
    #expect(run.status == 1 && run.errors.contains("NAT-1"), "\(run.errors)")
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  /// What stands under a key of a bucket, and what is said of it.
  struct Odd: Sendable, CustomStringConvertible {
    var bucket: String
    var key: String
    var value: String
    var code: String
    var description: String { "\(bucket) \(key) \(value)" }
  }

  static let odd: [Odd] = [
    Odd(bucket: "RECONCILE_default", key: "format", value: "{\"version\":2}", code: "REC-2"),
    Odd(bucket: "RECONCILE_default", key: "format", value: "\u{0}", code: "REC-1"),
    Odd(bucket: "RECONCILE_default", key: "hosts.3", value: "[]", code: "REC-1"),
    Odd(bucket: "RECONCILE_default", key: "ownership.b", value: "{\"version\":7}", code: "REC-2"),
    Odd(bucket: "RECONCILE_default", key: "applied.0", value: "", code: "REC-1"),
    Odd(bucket: "LATTICEDATA_default", key: "COMPONENT_server", value: "{{", code: "WIR-"),
    Odd(
      bucket: "CONFIGDATA_default", key: "shop-server-web-wasi_http-default", value: "[1]",
      code: "WIR-"),
  ]

  @Test(
    "what a bucket holds that is not ours to read stops everything, and is named", arguments: odd)
  func oddStores(_ test: Odd) async throws {
    let site = try await Site()
    let linked = """
        providers: [{name: server, image: "registry.example.com/http:1", id: server}]
        links:
          - {source: server, target: web, interface: "wasi:http/incoming-handler", values: {PORT: "80"}}
      """
    try await site.commit(["shop": Site.application(prune: true, more: linked)])
    try await site.sync("--expect-hosts", "3")
    let start = await site.lattice.ledger.count
    try await site.commit(["shop": Site.application(instances: 1, prune: true)])
    let store = NATSKeyValue(bucket: test.bucket, over: site.client)
    try await store.put(test.key, Array(test.value.utf8))
    site.forgetJournals()
    for command in ["diff", "apply"] {
      let run = try await site.reconcile(command)
      #expect(run.status == 1, "\(run.output)\(run.errors)")
      #expect(run.errors.contains(test.code), "\(run.errors)")
    }
    #expect(await site.lattice.ledger.count == start)
    #expect(try await !site.isLeased)
  }

  @Test("a lease that nobody can read is somebody's")
  func oddLease() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    try await site.sync("--expect-hosts", "3")
    let store = NATSKeyValue(bucket: "RECONCILELEASE_default", over: site.client)
    try await store.put("lease", Array("\u{1B}[31m".utf8))
    let run = try await site.reconcile()
    #expect(run.status == 3 && run.errors.contains("somebody unknown"), "\(run.errors)")
    try await store.put("lease", Array(#"{"holder":"\u001b[31mme"}"#.utf8))
    let named = try await site.reconcile()
    #expect(named.status == 3 && named.errors.contains("\\u{1B}[31mme"), "\(named.errors)")
  }

  @Test("who may read and not write is told so, and nothing is sent")
  func readOnly() async throws {
    let site = try await Site(
      configuration: """
        authorization { users: [
          {user: admin, password: secret},
          {user: reader, password: secret, permissions: {publish: {deny: ["$JS.API.STREAM.>"]}}}
        ]}
        """, user: "admin:secret")
    try await site.commit(["shop": Site.application()])
    let reader = ["RECONCILE_NATS": "nats://reader:secret@127.0.0.1:\(site.server.port)"]
    let run = try await site.reconcile(["--expect-hosts", "3"], environment: reader)
    #expect(run.status == 1 && run.errors.contains("NAT-7"), "\(run.errors)")
    #expect(run.errors.contains("$JS.API.STREAM.CREATE.KV_RECONCILE_default"))
    #expect(await site.lattice.ledger.isEmpty)
  }
}
