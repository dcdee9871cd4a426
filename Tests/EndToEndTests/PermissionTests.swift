import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("Permissions of docs/nats.md", .serialized)
struct PermissionTests {
  private let site: Site

  init() async throws {
    let users = try ["reader", "applier", "controller"].map { name in
      try #require(codeBlocks(in: "docs/nats.md", language: "nats \(name)").first)
    }
    site = try await Site(
      configuration: """
        authorization { users: [
          {user: admin, password: secret}
          \(users.joined(separator: "\n"))
        ]}
        """, user: "admin:secret")
    try await site.commit(["shop": linked()])
  }

  private func linked(_ instances: Int = 3) -> String {
    Site.application(
      instances: instances,
      more: """
          providers: [{name: server, image: "registry.example.com/http:1", id: server}]
          links:
            - {source: server, target: web, interface: "wasi:http/incoming-handler", values: {PORT: "80"}}
        """)
  }

  private func address(_ user: String) -> [String: String] {
    ["RECONCILE_NATS": "nats://\(user):secret@127.0.0.1:\(site.server.port)"]
  }

  /// What the server's log says that it refused.
  private var refusals: [String] {
    readFile("\(site.server.directory)/server.log").split(separator: "\n").map(String.init)
      .filter { $0.contains("Violation") }
  }

  @Test(
    "a reader looks, an applier applies, neither is refused anything, and a reader can do no more")
  func readerAndApplier() async throws {
    let first = try await site.reconcile(["diff"], environment: address("reader"))
    #expect(first.status == 2, "\(first.errors)")
    #expect(refusals == [])
    let apply = try await site.reconcile(
      ["apply", "--expect-hosts", "3"], environment: address("applier"))
    #expect(apply.status == 0, "\(apply.errors)\(apply.output)")
    for command in [["diff"], ["status"], ["get", "hosts"], ["get", "links"]] {
      let run = try await site.reconcile(command, environment: address("reader"))
      #expect(run.status == 0, "\(command): \(run.errors)")
    }
    let suspended = try await site.reconcile(["suspend", "--all"], environment: address("applier"))
    #expect(suspended.status == 0)
    #expect(refusals == [])
    let count = await site.lattice.ledger.count
    let refused = try await site.reconcile(["apply"], environment: address("reader"))
    #expect(refused.status == 1 && refused.errors.contains("NAT-7"), "\(refused.errors)")
    #expect(await site.lattice.ledger.count == count)
  }

  @Test("a controller is refused nothing, and answers whoever triggers it")
  func controller() async throws {
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3"], environment: address("controller"))
    try await controller.rest()
    try await site.commit(["shop": linked(6)])
    try await site.wait(for: 6)
    let answer = try await site.client.request(
      [], to: "reconcile.trigger.default.default", timeout: .seconds(30))
    #expect(String(decoding: answer.payload, as: UTF8.self).contains("in_sync"))
    await controller.end()
    #expect(refusals == [])
  }
}
