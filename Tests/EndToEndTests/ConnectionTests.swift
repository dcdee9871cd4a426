import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Ways to a server", .serialized)
struct ConnectionTests {
  private let users = #"""
    authorization { users: [
      {user: admin, password: secret},
      {user: "me@x", password: "p@ss:w/rd\"\\ %"},
      {user: boxed, password: secret, permissions: {
        publish: ">", subscribe: {allow: ["_MINE.>", "wasmbus.evt.>"], deny: ["_INBOX.>"]}}}
    ]}
    """#

  @Test("a context of the NATS command line says who we are and where, below what is given")
  func contexts() async throws {
    let site = try await Site(hosts: 1, configuration: users, user: "admin:secret")
    let folder = "\(site.repository.folder)/.config/nats"
    let address = "nats://127.0.0.1:\(site.server.port)"
    mkdir("\(site.repository.folder)/.config", 0o700)
    mkdir(folder, 0o700)
    mkdir(folder + "/context", 0o700)
    func save(_ name: String, _ text: String) throws {
      try writeFile("\(folder)/context/\(name).json", text)
    }
    try save(
      "prod", #"{"url": "\#(address)", "user": "me@x", "password": "p@ss:w/rd\"\\ %", "nsc": "n"}"#)
    try save("boxed", #"{"url": "nats://boxed:secret@127.0.0.1:\#(site.server.port)"}"#)
    try save("broken", "{")
    try writeFile(folder + "/context.txt", "prod\n")
    let nowhere = ["RECONCILE_NATS": ""]
    for options in [["--nats-context", "prod"], ["--nats-context=-"]] {
      let run = try await site.reconcile(["get", "hosts"] + options, environment: nowhere)
      #expect(run.status == 0, "\(options): \(run.errors)")
      #expect(run.errors.contains("NAT-23") && run.errors.contains("'nsc'"))
      #expect(!run.errors.contains("p@ss"))
    }
    // Who is given has no part of another's: the password of the context is not tried.
    let given = try await site.reconcile(
      ["get", "hosts", "--nats-user", "me@x"],
      environment: ["RECONCILE_NATS": "", "RECONCILE_NATS_CONTEXT": "prod"])
    #expect(given.status == 1 && given.errors.contains("NAT-2"))
    for (name, code) in [("prd", "NAT-20"), ("../context/prod", "NAT-20"), ("broken", "NAT-21")] {
      let run = try await site.reconcile(
        ["get", "hosts", "--nats-context", name], environment: nowhere)
      #expect(run.status == 1 && run.errors.contains(code), "\(run.errors)")
      #expect(code != "NAT-20" || run.errors.contains("boxed, broken, prod"))
    }
    let box = try await site.reconcile(
      ["get", "hosts", "--nats-context", "boxed", "--inbox-prefix", "_MINE"],
      environment: nowhere)
    #expect(box.status == 0, "\(box.errors)")
    let text = "lattices: [{name: default, natsContext: prod}]"
    try writeFile(folder + "/c.yaml", text)
    let printed = try await site.reconcile(
      ["controller", "--config", folder + "/c.yaml", "--print-config"], environment: nowhere)
    #expect(printed.status == 0 && printed.output.contains("\(site.server.port)"))
    #expect(!(printed.output + printed.errors).contains("p@ss"))
  }

  @Test(
    "a user, a password and a token come from addresses and files; the inbox may be another one")
  func identities() async throws {
    let site = try await Site(hosts: 1, configuration: users, user: "admin:secret")
    let token = try NATSServerProcess(configuration: #"authorization { token: "t/k\"n" }"#)
    let (host, other) = ("127.0.0.1:\(site.server.port)", "127.0.0.1:\(token.port)")
    try site.repository.write("password", "p@ss:w/rd\"\\ %\n")
    try site.repository.write("token", "t/k\"n\n")
    let cases: [(address: String, options: [String], found: Bool)] = [
      ("nats://me%40x:p%40ss%3Aw%2Frd%22%5C%20%25@\(host)", [], true),
      ("nats://\(host)", ["--nats-user", "me@x", "--nats-password-file", "password"], true),
      ("nats://boxed:secret@\(host)", [], false),
      ("nats://boxed:secret@\(host)", ["--inbox-prefix", "_MINE"], true),
      ("nats://t%2Fk%22n@\(other)", [], true),
      ("nats://\(other)", ["--nats-token-file", "token"], true),
    ]
    for (address, options, isLetIn) in cases {
      let run = try await site.reconcile(
        ["get", "hosts"] + options, environment: ["RECONCILE_NATS": address])
      let isOther = address.hasSuffix(other)
      #expect((run.status == 0) == (isLetIn && !isOther), "\(address) \(options): \(run.errors)")
      // Where there is no host, being let in is what counts.
      #expect(!isOther || run.errors.contains("OBS-1"), "\(address): \(run.errors)")
    }
  }

  @Test("hosts that listen elsewhere are asked and told there")
  func controlPrefix() async throws {
    let site = try await Site(hosts: 0)
    let lattice = SimulatedLattice(
      "default", over: try await site.server.connect(), below: "acme.ctl", seed: 5)
    try await lattice.start()
    try await lattice.addHost(labels: [:], upFor: .seconds(600))
    try await site.commit(["shop": Site.application(instances: 2)])
    let deaf = try await site.reconcile("diff", "--discover-timeout", "200ms")
    #expect(deaf.status == 1)
    let plan = try await site.reconcile("diff", "-o", "json", "--control-prefix", "acme.ctl")
    let subject = plan.result?["changes"]?.array?.first?["requests"]?.array?.first?["subject"]
    #expect(subject?.string?.hasPrefix("acme.ctl.v1.default.component.scale.") == true)
    let run = try await site.reconcile(
      ["apply"], environment: ["RECONCILE_CONTROL_PREFIX": "acme.ctl"])
    #expect(run.status == 0, "\(run.errors)\(run.output)")
    #expect(await lattice.ledger.map(\.verb) == ["component.scale"])
  }

  /// A way in, as servers are set up for it.
  enum Way: String, CaseIterable, Sendable {
    case credentials, nkey, mutualTLS, sizedAccount
  }

  /// A server with its hosts' buckets, and the options by which the program gets in.
  private func server(
    for way: Way, _ authority: NATSOperator, in folder: String
  ) async throws -> (server: NATSServerProcess, options: [String]) {
    switch way {
    case .credentials:
      let server = try NATSServerProcess(
        configuration: authority.configuration,
        client: NATSOptions(servers: [], credentialsFile: authority.credentials))
      return (server, ["--nats", server.address, "--creds", authority.credentials])
    case .nkey:
      let (key, seed) = (
        "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4",
        "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
      )
      try writeFile("\(folder)/user.nk", seed)
      let server = try NATSServerProcess(
        configuration: "authorization { users: [{nkey: \(key)}] }",
        client: NATSOptions(servers: [], nkeyFile: "\(folder)/user.nk"))
      return (server, ["--nats", server.address, "--nkey", "\(folder)/user.nk"])
    case .mutualTLS:
      let (certificate, key) = ("\(folder)/both.pem", "\(folder)/both.key")
      let made = try await ChildProcess.run(
        "openssl",
        [
          "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
          "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ])
      #expect(made.ending == .exited(0))
      let server = try NATSServerProcess(
        configuration: """
          tls { cert_file: "\(certificate)", key_file: "\(key)", ca_file: "\(certificate)"
            verify: true }
          """,
        client: NATSOptions(
          servers: [], tlsAuthority: certificate, tlsCertificate: certificate, tlsKey: key))
      return (
        server,
        [
          "--nats", "tls://localhost:\(server.port)", "--tls-ca", certificate, "--tls-cert",
          certificate, "--tls-key", key,
        ]
      )
    case .sizedAccount:
      let server = try NATSServerProcess(
        configuration: """
          accounts { APP {
            jetstream {
              max_memory: 64MB, max_file: 64MB, max_streams: 10, max_bytes_required: true }
            users [ {user: app, password: secret} ] } }
          """)
      return (
        server,
        [
          "--nats", "nats://app:secret@127.0.0.1:\(server.port)", "--record-max-bytes", "4194304",
        ]
      )
    }
  }

  @Test("each way in carries all that a controller and a pass do", arguments: Way.allCases)
  func ways(_ way: Way) async throws {
    let authority = try await NATSOperator()
    let scratch = try await GitRepositoryFixture()
    let (server, options) = try await server(for: way, authority, in: scratch.folder)
    let user = way == .sizedAccount ? "app:secret" : nil
    // Hosts do not say how large their buckets may grow, so that an operator makes them.
    let client = try await server.connect(as: user)
    var sized = BucketSettings.single
    sized.maxBytes = 1 << 20
    for bucket in ["LATTICEDATA_default", "CONFIGDATA_default"] {
      try await NATSKeyValue(bucket: bucket, over: client).create(settings: sized)
    }
    let site = try await Site(user: user, on: server)
    func linked(_ instances: Int) -> String {
      Site.application(
        instances: instances,
        more: """
            providers: [{name: server, image: "registry.example.com/http:1", id: server}]
            links:
              - {source: server, target: web, interface: "wasi:http/incoming-handler", \
          values: {PORT: "80"}}
          """)
    }
    try await site.commit(["shop": linked(3)])
    let first = try await site.reconcile(["apply", "--expect-hosts", "3"] + options)
    #expect(first.status == 0, "\(first.output)\(first.errors)")
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--holder", "night"] + options,
      environment: ["RECONCILE_NATS": ""])
    try await controller.rest()
    try await site.commit(["shop": linked(5)])
    try await site.wait(for: 5)
    let status = try await site.reconcile(["status"] + options)
    #expect(status.output.contains("controller  night"), "\(status.output)\(status.errors)")
    await controller.end()
    let diff = try await site.reconcile(["diff"] + options)
    #expect(diff.status == 0, "\(diff.output)\(diff.errors)")
    withExtendedLifetime(scratch) {}
  }
}
