import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Signed commits")
struct SignatureTests {
  @Test("a plan says who signed; what nobody signed who may is an error, and nothing is sent")
  func oneShot() async throws {
    let (site, keys) = (try await Site(), try SigningKeys())
    let alice = try await keys.sshKey("alice")
    let options = [
      "--verify", "head", "--allowed-signers",
      try keys.allowedSigners([("alice@example.com", "", alice)]),
    ]
    try site.repository.write("manifests/shop.yaml", Site.application())
    try await site.repository.commit("Declare", signedBy: keys.signing(ssh: alice))
    let plan = try await site.reconcile(["diff"] + options)
    #expect(plan.status == 2, "\(plan.errors)")
    #expect(plan.output.contains("\nsigned   by alice@example.com (ssh ed25519 SHA256:"))
    let signature = try await site.reconcile(["diff", "-o", "json"] + options).result?["source"]?[
      "signature"]
    #expect(signature?["signer"]?.string == "alice@example.com")
    #expect(signature?["of"]?.string == "commit")
    try await site.commit(["shop": Site.application(instances: 5)])
    let refused = try await site.reconcile(options)
    #expect(refused.status == 1 && refused.output.isEmpty, "\(refused.output)")
    #expect(refused.errors.contains("SIG-1") && refused.errors.contains("carries no signature"))
    #expect(await site.lattice.ledger.isEmpty)
    let range = ["--verify", "range"] + options.dropFirst(2)
    try await site.repository.commit("Sign what was there", signedBy: keys.signing(ssh: alice))
    #expect(try await site.reconcile(range).status == 0)
    try await site.commit(["shop": Site.application(instances: 4)])
    try await site.repository.commit("Cover it", signedBy: keys.signing(ssh: alice))
    let hidden = try await site.reconcile(range)
    #expect(hidden.status == 1 && hidden.errors.contains("SIG-1"), "\(hidden.errors)")
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 5)
  }

  @Test("a controller keeps the last revision that somebody signed, heals it, also started anew")
  func controller() async throws {
    let (site, keys) = (try await Site(), try SigningKeys())
    let alice = try await keys.sshKey("alice")
    let mallory = try await keys.sshKey("mallory")
    let options = [
      "--verify", "head", "--allowed-signers",
      try keys.allowedSigners([("alice@example.com", "", alice)]), "--listen", "127.0.0.1:0",
      "--stale-after", "1s", "--expect-hosts", "2",
    ]
    try site.repository.write("manifests/shop.yaml", Site.application())
    try await site.repository.commit("Declare", signedBy: keys.signing(ssh: alice))
    let first = try ControllerRun(on: site, options)
    try await first.wait(forLine: "Lattice is in sync")
    try site.repository.write("manifests/shop.yaml", Site.application(instances: 6))
    try await site.repository.commit("Take over", signedBy: keys.signing(ssh: mallory))
    try await first.wait(forLine: "Commit is refused, the last good revision stands")
    let told = first.lines("Commit is refused, the last good revision stands")[0]
    #expect(told["error.code"]?.string == "SIG-2", "\(told)")
    try await waitUntil("it is not ready, and says why", within: .seconds(30)) {
      let page = try await first.page("/readyz")
      return page.hasPrefix("HTTP/1.1 503") && page.contains("is signed with ssh ed25519 SHA256:")
    }
    await first.end()
    let second = try ControllerRun(on: site, options, log: "second")
    try await second.wait(forLine: "Lattice is in sync")
    await site.lattice.kill(
      try #require(await site.instances(of: "shop-web").keys.sorted().first))
    try await site.wait(for: 3)
    #expect(second.lines("Commit is refused, the last good revision stands").count == 1)
    try site.repository.write("manifests/shop.yaml", Site.application(instances: 4))
    try await site.repository.commit("Go on", signedBy: keys.signing(ssh: alice))
    try await site.wait(for: 4)
    await second.end()
  }
}
