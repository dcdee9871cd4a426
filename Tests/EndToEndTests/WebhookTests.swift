import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("Webhooks")
struct WebhookTests {
  private static let secret = "only the forge knows"

  /// Posts so many bytes with the signature of a secret, as many times; returns the statuses.
  private func post(
    _ target: String, at address: String, secret: String = Self.secret, bytes: Int = 20,
    times: Int = 1
  ) async throws -> [String] {
    let script = """
      import hashlib, hmac, http.client, sys
      address, target, secret, count, times = sys.argv[1:]
      body = b"{" + b" " * (int(count) - 1)
      code = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
      for _ in range(int(times)):
        connection = http.client.HTTPConnection(address, timeout=20)
        try:
          connection.request("POST", target, body, {"X-Hub-Signature-256": "sha256=" + code})
        except OSError:
          pass
        print(connection.getresponse().status)
      """
    let run = try await ChildProcess.run(
      "python3", ["-c", script, address, target, secret, String(bytes), String(times)],
      deadline: .seconds(60))
    #expect(run.ending == .exited(0), "\(String(decoding: run.errorOutput, as: UTF8.self))")
    return String(decoding: run.output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func start(_ site: Site, _ holder: String) throws -> ControllerRun {
    try site.repository.write(
      "../\(holder).yaml",
      """
      listen: 127.0.0.1:0
      holder: \(holder)
      repositories:
        - name: shop
          interval: 1h
          webhook: {provider: github, secret: env:HOOK_SECRET}
      lattices: [{name: default, expectHosts: 3}]

      """)
    return try ControllerRun(
      on: site, ["--config", "\(site.repository.folder)/\(holder).yaml"], log: holder,
      environment: ["HOOK_SECRET": Self.secret])
  }

  @Test("a push that a forge announces is followed at once; what it did not send changes nothing")
  func followed() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let controller = try start(site, "first")
    try await controller.wait(forLine: "Lattice is in sync")
    let address = try #require(
      controller.lines("HTTP server listens").first?["address"]?.string)
    try await site.commit(["shop": Site.application(instances: 5)])
    let wrong = try await post("/hooks/shop", at: address, secret: "not the secret", times: 50)
    #expect(wrong == Array(repeating: "401", count: 50))
    #expect(try await post("/hooks/other", at: address) == ["404"])
    #expect(try await post("/hooks/shop", at: address, bytes: (1 << 20) + 1) == ["413"])
    #expect(try await page("/hooks/shop", at: address).hasPrefix("HTTP/1.1 405"))
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 3)
    #expect(controller.lines("Follows another revision").count == 1)
    #expect(try await post("/hooks/shop", at: address, bytes: 1 << 20) == ["202"])
    try await site.wait(for: 5)
    let metrics = try await page("/metrics", at: address)
    for (outcome, count) in [("accepted", 1), ("refused", 50)] {
      #expect(
        metrics.contains(
          "reconcile_webhooks_total{repository=\"shop\",outcome=\"\(outcome)\"} \(count)\n"),
        "\(metrics)")
    }
    // Whoever stands by passes it on to whoever commands.
    let second = try start(site, "second")
    try await second.wait(forLine: "Stands by, somebody else commands")
    try await site.commit(["shop": Site.application(instances: 4)])
    let other = try #require(second.lines("HTTP server listens").first?["address"]?.string)
    #expect(try await post("/hooks/shop", at: other) == ["202"])
    try await site.wait(for: 4)
    await second.end()
    await controller.end()
    for log in [controller.log, second.log] {
      #expect(!readFile(log).contains(Self.secret))
    }
  }
}
