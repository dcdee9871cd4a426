import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("Buckets and accounts that are not as reconcile would make them", .serialized)
struct BucketTests {
  private let linked = Site.application(
    more: """
        providers: [{name: server, image: "registry.example.com/http:1", id: server}]
        links:
          - {source: server, target: web, interface: "wasi:http/incoming-handler", values: {PORT: "80"}}
      """)

  /// Makes a stream anew as another tool would.
  private func make(_ bucket: String, _ more: String, on site: Site) async throws {
    _ = try await site.client.request(
      [], to: "$JS.API.STREAM.DELETE.KV_\(bucket)", timeout: .seconds(5))
    let settings = """
      {"name":"KV_\(bucket)","subjects":["$KV.\(bucket).>"],"max_msgs_per_subject":1,\
      "allow_rollup_hdrs":true\(more)}
      """
    let answer = try await site.client.request(
      Array(settings.utf8), to: "$JS.API.STREAM.CREATE.KV_\(bucket)", timeout: .seconds(5))
    #expect(!String(decoding: answer.payload, as: UTF8.self).contains("\"error\""))
  }

  private func users(_ denied: String) -> String {
    """
    authorization { users: [
      {user: admin, password: secret},
      {user: other, password: secret, permissions: {publish: {deny: [\(denied)]}}}
    ]}
    """
  }

  private func other(_ site: Site) -> [String: String] {
    ["RECONCILE_NATS": "nats://other:secret@127.0.0.1:\(site.server.port)"]
  }

  @Test("buckets without direct access are read all the same: links and configs are confirmed")
  func withoutDirectAccess() async throws {
    let site = try await Site()
    for bucket in [
      "LATTICEDATA_default", "CONFIGDATA_default", "RECONCILE_default",
    ] {
      try await make(bucket, "", on: site)
    }
    try await make("RECONCILELEASE_default", ",\"max_age\":4000000000", on: site)
    try await site.commit(["shop": linked])
    try await site.sync("--expect-hosts", "3")
    #expect(try await site.reconcile("diff").status == 0)
  }

  @Test("a record that may not be read is no empty one: the permission is named, nothing is sent")
  func unreadableRecord() async throws {
    let site = try await Site(
      configuration: users("\"$JS.API.STREAM.INFO.>\", \"$JS.API.STREAM.MSG.GET.>\""),
      user: "admin:secret")
    try await site.commit(["shop": Site.application()])
    let first = try await site.reconcile(["--dry-run"], environment: other(site))
    #expect(first.status == 1 && first.output.isEmpty, "\(first.output)")
    #expect(first.errors.contains("NAT-19") && first.errors.contains("STREAM.INFO.KV_RECONCILE"))
    try await make("RECONCILE_default", "", on: site)
    let file = "\(site.repository.folder)/.local/state/reconcile/default.json"
    for command in ["diff", "status", "apply"] {
      let run = try await site.reconcile(
        [command, "--expect-hosts", "3"], environment: other(site))
      #expect(run.status == 1 && run.errors.contains("NAT-19"), "\(command): \(run.errors)")
      #expect(readFile(file).isEmpty)
    }
    #expect(await site.lattice.ledger.isEmpty)
  }

  @Test("the lease that may not be read is nobody's that is known")
  func unreadableLease() async throws {
    let site = try await Site(
      configuration: users("\"$JS.API.DIRECT.GET.KV_RECONCILELEASE_default.>\""),
      user: "admin:secret")
    try await site.commit(["shop": Site.application()])
    let admin = ["RECONCILE_NATS": "nats://admin:secret@127.0.0.1:\(site.server.port)"]
    let run = try await site.reconcile(["--expect-hosts", "3"], environment: admin)
    #expect(run.status == 0, "\(run.errors)")
    let status = try await site.reconcile(["status"], environment: other(site))
    #expect(
      status.output.contains(
        "controller  not known: this NATS user may not use "
          + "$JS.API.DIRECT.GET.KV_RECONCILELEASE_default.$KV.RECONCILELEASE_default.lease"),
      "\(status.output)\(status.errors)")
    let json = try await site.reconcile(["status", "-o", "json"], environment: other(site)).json
    #expect(json?["controller"] == .null)
    #expect(json?["controller_unknown"]?.string?.contains("may not use") == true)
  }

  @Test("an account without JetStream on a server with it has its record in a file, which is told")
  func accountWithoutJetStream() async throws {
    let site = try await Site(
      configuration: """
        accounts {
          EDGE { users: [{user: edge, password: secret}] }
          HUB { jetstream: enabled, users: [{user: hub, password: secret}] }
        }
        """, user: "edge:secret")
    try await site.commit(["shop": linked])
    let edge = ["RECONCILE_NATS": "nats://edge:secret@127.0.0.1:\(site.server.port)"]
    let state = "\(site.repository.folder)/state"
    for status in [2, 0] as [Int32] {
      let run = try await site.reconcile(
        ["diff", "--state-dir", state, "--expect-hosts", "3"], environment: edge)
      #expect(run.status == status, "\(run.output)\(run.errors)")
      #expect(run.output.contains("this NATS user's account has no JetStream; the record lies in"))
      let done = try await site.reconcile(
        ["--state-dir", state, "--expect-hosts", "3"], environment: edge)
      #expect(done.status == 0, "\(done.output)\(done.errors)")
    }
  }

  @Test("JetStream comes later: the controller moves its record there, and is seen to command")
  func jetStreamLater() async throws {
    let site = try await Site()
    try site.server.restart(jetStream: false)
    try await site.commit(["shop": Site.application()])
    let state = "\(site.repository.folder)/state"
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3", "--state-dir", state])
    try await controller.rest()
    #expect(controller.lines("Record is a file").count == 1)
    let start = await site.lattice.ledger.count
    try site.server.restart()
    try await controller.wait(forLine: "Record was moved from a file to JetStream")
    try await site.waitForLease()
    let run = try await site.reconcile("--expect-hosts", "3")
    #expect(run.status == 3 && run.errors.contains("LEA-1"), "\(run.output)\(run.errors)")
    let status = try await site.reconcile("status")
    #expect(!status.output.contains("controller  none"), "\(status.output)")
    #expect(readFile("\(state)/default.json").isEmpty)
    #expect(readFile("\(state)/default.json.moved").contains("shop"))
    try await site.commit(["shop": Site.application(instances: 5)])
    try await site.wait(for: 5)
    await controller.end()
    for entry in await site.lattice.ledger.dropFirst(start) {
      #expect([.started, .rescaled].contains(entry.effect), "\(entry)")
    }
  }

  @Test("two records of one lattice, one of them in a file, are refused by name")
  func twoRecords() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    try await site.sync("--expect-hosts", "3")
    let file = "\(site.repository.folder)/state/default.json"
    mkdir("\(site.repository.folder)/state", 0o700)
    try writeFile(
      file, #"{"version":1,"keys":{"format":{"revision":1,"value":"{\"version\":1}"}}}"#)
    let start = await site.lattice.ledger.count
    try await site.commit(["shop": Site.application(instances: 5)])
    let run = try await site.reconcile("--state-dir", "\(site.repository.folder)/state")
    #expect(run.status == 1 && run.errors.contains("REC-4"), "\(run.errors)")
    #expect(run.errors.contains(file) && run.errors.contains("RECONCILE_default"))
    #expect(await site.lattice.ledger.count == start)
  }

  @Test("a lease's bucket that keeps the dead: who comes next sees that nobody renews it")
  func leaseForEver() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    try await make("RECONCILELEASE_default", ",\"allow_direct\":true", on: site)
    let store = NATSKeyValue(bucket: "RECONCILELEASE_default", over: site.client)
    try await store.put("lease", Array(#"{"version":1,"holder":"dead"}"#.utf8))
    let run = try await site.reconcile("--expect-hosts", "3")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("the bucket of the lease keeps a dead holder's claim"))
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await controller.rest()
    let other = try await site.reconcile("--expect-hosts", "3")
    #expect(other.status == 3 && other.errors.contains("LEA-1"), "\(other.errors)")
    await controller.end()
  }

  @Test("a lease's bucket that forgets before the lease is over is refused")
  func shortLease() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    try await make("RECONCILELEASE_default", ",\"max_age\":1000000000", on: site)
    let run = try await site.reconcile("--expect-hosts", "3")
    #expect(run.status == 1 && run.errors.contains("LEA-3"), "\(run.errors)")
    #expect(await site.lattice.ledger.isEmpty)
  }

  @Test("a server in lame duck mode is left at once, and what stands in its place is used")
  func lameDuck() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3"])
    try await controller.rest()
    site.server.signal(SIGUSR2)
    try await controller.wait(forLine: "Controller cannot work, tries again")
    let line = try #require(controller.lines("Controller cannot work, tries again").first)
    #expect(line["error.code"]?.string == "NAT-8", "\(line)")
    #expect(controller.lines("Lease cannot be taken, nothing is sent").isEmpty)
    try site.server.restart()
    try await site.commit(["shop": Site.application(instances: 5)])
    try await site.wait(for: 5)
    await controller.end()
  }
}
