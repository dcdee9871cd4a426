import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
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
}
