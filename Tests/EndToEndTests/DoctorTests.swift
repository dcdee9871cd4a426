import JSONCoding
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Doctor")
struct DoctorTests {
  private func codes(_ run: Run) -> Set<String> {
    Set((run.result?["checks"]?.array ?? []).compactMap { $0["code"]?.string })
  }

  @Test("a healthy lattice is all well, before and after a pass, and nothing is sent")
  func healthy() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let before = try await site.reconcile("doctor")
    #expect(before.status == 0 && before.output.hasSuffix("\nall well\n"), "\(before.output)")
    #expect(before.output.contains("3 commands to send: reconcile diff"), "\(before.output)")
    #expect(await site.lattice.ledger.isEmpty)
    try await site.sync()
    let after = try await site.reconcile("doctor", "-o", "json")
    #expect(after.status == 0 && after.json?["schema"]?.string == "reconcile.doctor/1")
    let checks = after.result?["checks"]?.array ?? []
    #expect(checks.allSatisfy { $0["level"]?.string == "ok" }, "\(after.output)")
    #expect(checks.last?["message"]?.string == "in sync")
    let lines = try await site.reconcile("doctor", "-o", "ndjson")
    #expect(lines.output.split(separator: "\n").count == checks.count + 1)
  }

  @Test("a server that is down and a broken manifest are told together")
  func down() async throws {
    let site = try await Site(hosts: 0)
    try await site.commit([
      "shop": Site.application().replacing("kind: Application", with: "kin: x")
    ])
    let run = try await site.reconcile("doctor", "-o", "json", "--nats", "nats://127.0.0.1:1")
    #expect(run.status == 1)
    #expect(codes(run).isSuperset(of: ["NAT-1", "DOC-1"]), "\(run.output)")
    let failed = run.result?["checks"]?.array?.filter { $0["level"]?.string == "failed" } ?? []
    #expect(failed.contains { $0["area"]?.string == "git" }, "\(run.output)")
  }

  @Test("without JetStream there is a warning, without hosts a failure")
  func missing() async throws {
    let site = try await Site(hosts: 0, jetStream: false)
    try await site.commit(["shop": Site.application()])
    let run = try await site.reconcile("doctor", "-o", "json")
    #expect(run.status == 1 && codes(run) == ["DOC-6", "DOC-10", "OBS-1"], "\(run.output)")
  }

  @Test("a user who may not look, and one who may only look, are told what is missing")
  func permissions() async throws {
    let configuration = """
      authorization {
        users = [
          {user: all, password: all}
          {user: reader, password: r, permissions: {publish: {deny: [
            "wasmbus.ctl.v1.default.component.>", "wasmbus.ctl.v1.default.provider.>"]}}}
          {user: blind, password: b, permissions: {subscribe: {deny: "wasmbus.evt.>"}}}
        ]
      }
      """
    let site = try await Site(configuration: configuration, user: "all:all")
    try await site.commit(["shop": Site.application()])
    let address = site.server.address.replacing("nats://", with: "")
    let reader = try await site.reconcile("doctor", "--nats", "nats://reader:r@\(address)")
    #expect(reader.status == 0, "\(reader.output)")
    #expect(
      reader.output.contains(
        "DOC-8: this NATS user may not command: publish wasmbus.ctl.v1.default.component.scale.*"),
      "\(reader.output)")
    let blind = try await site.reconcile("doctor", "--nats", "nats://blind:b@\(address)")
    #expect(blind.status == 1 && blind.output.contains("subscribe wasmbus.evt.default.*"))
    #expect(!blind.output.contains("blind:b"), "\(blind.output)")
    #expect(await site.lattice.ledger.isEmpty)
  }

  @Test("words of a host are explained; unknown ones are not guessed at")
  func words() async throws {
    let site = try await Site(hosts: 0)
    let known = try await site.reconcile("explain-error", "failed to", "fetch component: x")
    #expect(known.status == 0 && known.output.hasPrefix("HST-3: "), "\(known.output)")
    let data = try await site.reconcile("explain-error", "-o", "json", "heartbeat timeout")
    #expect(data.json?["code"]?.string == "HST-9" && data.json?["remedy"]?.string != nil)
    let unknown = try await site.reconcile("explain-error", "the moon")
    #expect(unknown.status == 1 && unknown.errors.contains("DOC-17"))
    #expect(try await site.reconcile("explain-error").status == 64)
  }
}
