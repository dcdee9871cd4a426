import DesiredSources
import Diagnostics
import GitSource
import LatticeModel
import ReconcileTestKit
import ServiceRuntime
import Signatures
import Testing

@Suite("Signatures of what is read")
struct SignatureTests {
  private func policy(
    _ mode: SignaturePolicy.Mode, ssh: String? = nil, gpg: String? = nil
  ) -> SignaturePolicy {
    var policy = SignaturePolicy()
    (policy.mode, policy.allowedSigners, policy.keyring) = (mode, ssh, gpg)
    return policy
  }

  /// The sentence with which a reading is refused; empty where it is not.
  private func refusal(
    _ shop: Shop, _ policy: SignaturePolicy, _ reference: String = "HEAD"
  ) async throws -> String {
    do {
      let source = try shop.source { ($0.signatures, $0.reference) = (policy, reference) }
      try await source.verify(try await source.read(), since: shop.record)
      return ""
    } catch let error as SignatureError {
      return error.diagnostics[0].description
    }
  }

  /// A commit like another one that carries no signature, with one for a purpose.
  private func signature(
    for purpose: String, by key: String, of commit: String, in shop: Shop
  ) async throws -> String {
    let text = try await shop.repository.git("cat-file", "commit", commit) + "\n"
    try shop.repository.write("object", text)
    let path = shop.repository.path + "/object"
    let run = try await ChildProcess.run(
      "ssh-keygen", ["-q", "-Y", "sign", "-f", key, "-n", purpose, path])
    #expect(run.ending == .exited(0))
    let armour = readFile(path + ".sig").split(separator: "\n").joined(separator: "\n ")
    let parts = text.split(separator: "\n\n", maxSplits: 1)
    try shop.repository.write("object", "\(parts[0])\ngpgsig \(armour)\n\n\(parts[1])")
    defer { for name in ["object", "object.sig"] { try? shop.repository.remove(name) } }
    return try await shop.repository.git("hash-object", "-w", "-t", "commit", "object")
  }

  @Test("keys of ssh: an allowed signer's commit is read, with who it was")
  func ssh() async throws {
    let (keys, shop) = (try SigningKeys(), try await Shop())
    for type in ["ed25519", "ecdsa", "rsa"] {
      let key = try await keys.sshKey(type, type)
      let signers = try keys.allowedSigners([("alice@example.com", "namespaces=\"git\"", key)])
      try await shop.repository.commit("Sign with \(type)", signedBy: keys.signing(ssh: key))
      let signature = try await shop.source {
        $0.signatures = policy(.head, ssh: signers)
      }.read().signature
      #expect(signature?.signer == "alice@example.com" && signature?.subject == "commit")
      #expect(signature?.key.hasPrefix("ssh \(type) SHA256:") == true, "\(signature as Any)")
    }
  }

  @Test("keys of ssh: whatever is not an allowed signer's is refused, and why")
  func sshRefusals() async throws {
    let (keys, shop) = (try SigningKeys(), try await Shop())
    let unsigned = try await shop.repository.git("rev-parse", "--short=7", "HEAD")
    let alice = try await keys.sshKey("alice")
    let mallory = try await keys.sshKey("mallory")
    let signers = try keys.allowedSigners([("alice@example.com", "", alice)])
    let head = policy(.head, ssh: signers)
    #expect(
      try await refusal(shop, head)
        == "error SIG-1: commit \(unsigned) carries no signature; sign it: `git commit -S`, "
        + "`git tag -s`")
    let id = try await shop.repository.commit("Good", signedBy: keys.signing(ssh: alice))
    #expect(try await refusal(shop, head) == "")
    func expect(
      _ code: String, _ words: String, _ options: String,
      at place: SourceLocation = #_sourceLocation
    ) async throws {
      let file = try keys.allowedSigners([("alice@example.com", options, alice)], in: "other")
      let text = try await refusal(shop, policy(.head, ssh: file))
      #expect(
        text.contains("error \(code): commit \(id.prefix(7)) ") && text.contains(words), "\(text)",
        sourceLocation: place)
    }
    // The fixture's commits are of 2026-01-02; what counts is that moment, not now.
    try await expect("SIG-4", "key has expired", "valid-before=\"20260101\"")
    try await expect("SIG-4", "key is not yet valid", "valid-after=\"20260103\"")
    try await expect("SIG-4", "alice@example.com (ssh ed25519", "namespaces=\"file\"")
    let valid = try keys.allowedSigners(
      [("alice@example.com", "valid-before=\"20260103\"", alice)], in: "valid")
    #expect(try await refusal(shop, policy(.head, ssh: valid)) == "")
    // The same signature on other contents.
    let object = try await shop.repository.git("cat-file", "commit", "HEAD")
    try shop.repository.write("commit", object.replacing("Good", with: "Evil") + "\n")
    let evil = try await shop.repository.git("hash-object", "-w", "-t", "commit", "commit")
    try shop.repository.remove("commit")
    try await shop.repository.git("update-ref", "refs/heads/evil", evil)
    let altered = try await refusal(shop, head, "evil")
    #expect(
      altered.contains("SIG-3: commit \(evil.prefix(7)) is not what was signed"), "\(altered)")
    // A good signature that was made for something else.
    let file = try await signature(for: "file", by: alice, of: "HEAD~1", in: shop)
    try await shop.repository.git("update-ref", "refs/heads/file", file)
    let purpose = try await refusal(shop, head, "file")
    #expect(purpose.contains("SIG-6") && purpose.contains("made for \"file\""), "\(purpose)")
    try await shop.repository.commit("Other", signedBy: keys.signing(ssh: mallory))
    let other = try await refusal(shop, head)
    #expect(
      other.contains("SIG-2") && other.contains("which is nobody's in \(signers)"), "\(other)")
    let gpgOnly = try await refusal(shop, policy(.head, gpg: signers))
    #expect(gpgOnly.contains("SIG-7") && gpgOnly.contains("--allowed-signers"), "\(gpgOnly)")
    #expect(try await refusal(shop, policy(.head, ssh: "/nowhere")).contains("SIG-8"))
    #expect(try await refusal(shop, policy(.head)).contains("SIG-15"))
    #expect(try await refusal(shop, policy(.off, ssh: signers)).contains("SIG-15"))
    await #expect(throws: SignatureError.worktree) {
      try await shop.source { ($0.signatures, $0.readsWorktree) = (head, true) }.read()
    }
  }

  @Test("what was refused is read once its signer is allowed, and refused again when not")
  func renewed() async throws {
    let (keys, shop) = (try SigningKeys(), try await Shop())
    let (alice, bob) = (try await keys.sshKey("alice"), try await keys.sshKey("bob"))
    try await shop.repository.commit("Sign", signedBy: keys.signing(ssh: bob))
    let path = try keys.allowedSigners([("alice@example.com", "", alice)])
    let source = try shop.source { $0.signatures = policy(.head, ssh: path) }
    await #expect(throws: SignatureError.self) { try await source.read() }
    _ = try keys.allowedSigners([("bob@example.com", "", bob)])
    #expect(try await source.read().signature?.signer == "bob@example.com")
    _ = try keys.allowedSigners([("alice@example.com", "", alice)])
    await #expect(throws: SignatureError.self) { try await source.read() }
  }

  @Test("keys of gpg: good, unknown, expired, revoked, on something else")
  func gpg() async throws {
    let (keys, shop) = (try SigningKeys(), try await Shop())
    let ann = try await keys.gpgKey("Ann <ann@example.com>")
    let old = try await keys.gpgKey(
      "Old <old@example.com>", expiry: "2d", at: "20200101T000000")
    let eve = try await keys.gpgKey("Eve <eve@example.com>")
    let ring = try await keys.keyring(["ann@example.com", "old@example.com"])
    let head = policy(.head, gpg: ring)
    try await shop.repository.commit("Good", signedBy: ann)
    let signature = try await shop.source { $0.signatures = head }.read().signature
    #expect(signature?.signer == "Ann <ann@example.com>")
    #expect(signature?.key.hasPrefix("gpg ") == true && signature?.key.count == 44)
    let object = try await shop.repository.git("cat-file", "commit", "HEAD")
    try shop.repository.write("commit", object.replacing("Good", with: "Evil") + "\n")
    let evil = try await shop.repository.git("hash-object", "-w", "-t", "commit", "commit")
    try shop.repository.remove("commit")
    try await shop.repository.git("update-ref", "refs/heads/evil", evil)
    #expect(try await refusal(shop, head, "evil").contains("SIG-3"))
    try await shop.repository.commit("Old", signedBy: old)
    let expired = try await refusal(shop, head)
    #expect(expired.contains("SIG-4") && expired.contains("the key has expired"), "\(expired)")
    try await shop.repository.commit("Eve", signedBy: eve)
    let unknown = try await refusal(shop, head)
    #expect(unknown.contains("SIG-2") && unknown.contains("is signed with gpg "), "\(unknown)")
    try await shop.repository.commit("Again", signedBy: ann)
    try await keys.revoke("ann@example.com")
    let revoked = policy(.head, gpg: try await keys.keyring(["ann@example.com"], in: "revoked"))
    let text = try await refusal(shop, revoked)
    #expect(text.contains("SIG-4") && text.contains("the key was revoked"), "\(text)")
    let noKeys = try keys.allowedSigners([], in: "text")
    #expect(try await refusal(shop, policy(.head, gpg: noKeys)).contains("SIG-8"))
  }

  @Test("a signed tag is read under its own name, and under no other")
  func tags() async throws {
    let (keys, shop) = (try SigningKeys(), try await Shop())
    let alice = try await keys.sshKey("alice")
    let signers = try keys.allowedSigners([("alice@example.com", "", alice)])
    let tag = policy(.tag, ssh: signers)
    try await shop.repository.git(
      keys.signing(ssh: alice) + ["tag", "-s", "-m", "First", "v1"])
    let reading = try await shop.source { ($0.signatures, $0.reference) = (tag, "v1") }.read()
    #expect(reading.signature?.signer == "alice@example.com")
    #expect(reading.signature?.subject == "tag v1")
    try await shop.repository.git("tag", "plain")
    try await shop.repository.git("tag", "-a", "-m", "No", "unsigned")
    try await shop.repository.git("update-ref", "refs/tags/v2", "refs/tags/v1")
    #expect(try await refusal(shop, tag, "plain").contains("SIG-10"))
    #expect(try await refusal(shop, tag, "main").contains("SIG-10"))
    #expect(try await refusal(shop, tag, "unsigned").contains("SIG-1: tag unsigned"))
    let moved = try await refusal(shop, tag, "v2")
    #expect(moved.contains("SIG-11: \"v2\" leads to tag v1"), "\(moved)")
  }

  @Test("in a range every commit since those last applied must be signed, merged ones too")
  func ranges() async throws {
    let keys = try SigningKeys()
    var shop = try await Shop()
    let alice = try await keys.sshKey("alice")
    let range = policy(
      .range, ssh: try keys.allowedSigners([("alice@example.com", "", alice)]))
    let sign = keys.signing(ssh: alice)
    try await shop.repository.commit("First", signedBy: sign)
    #expect(try await refusal(shop, range) == "", "what came before the first one is not looked at")
    shop.apply(try await shop.source().read())
    try await shop.repository.commit("Second", signedBy: sign)
    try await shop.repository.commit("Third", signedBy: sign)
    #expect(try await refusal(shop, range) == "")
    try await shop.repository.git("checkout", "-q", "-b", "side")
    let hidden = try await shop.commit(Shop.application("blog"), to: "blog")
    try await shop.repository.git("checkout", "-q", "main")
    try await shop.repository.git(sign + ["merge", "-q", "-S", "--no-ff", "-m", "Merge", "side"])
    let text = try await refusal(shop, range)
    #expect(text.contains("SIG-1: commit \(hidden.prefix(7)) "), "\(text)")
    #expect(try await refusal(shop, policy(.head, ssh: range.allowedSigners)) == "")
    let name = ApplicationName("shop")
    shop.record.applied[name]?.revision = Revision(String(repeating: "1", count: 40))
    let unknown = try await refusal(shop, range)
    #expect(unknown.contains("SIG-12") && unknown.contains("1111111"), "\(unknown)")
  }

  @Test("what was last applied is what others stand on that were applied")
  func lastApplied() async throws {
    var shop = try await Shop()
    let source = try shop.source()
    #expect(try await source.lastApplied(in: shop.record) == nil)
    shop.apply(try await source.read())
    let second = try await shop.commit(Shop.application("blog"), to: "blog")
    let reading = try await source.read()
    shop.record.applied["blog"] = AppliedApplication(
      revision: reading.desired.revision, path: "manifests/blog.yaml",
      sync: reading.desired.applications[0].sync, scope: reading.scope)
    try await shop.commit(Shop.application("blog", instances: "9"), to: "blog")
    let last = try await source.lastApplied(in: shop.record)
    #expect(try await last?.read().commit.id == second)
    try await shop.repository.git("checkout", "-q", "--orphan", "other")
    try await shop.repository.commit("Begin anew")
    shop.record.applied["shop"]?.revision = try await source.read().desired.revision
    #expect(try await source.lastApplied(in: shop.record) == nil)
  }
}
