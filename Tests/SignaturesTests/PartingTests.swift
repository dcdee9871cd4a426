import Testing

@testable import Signatures

@Suite("What is signed of a commit or a tag")
struct PartingTests {
  private static let tree = "tree 1111111111111111111111111111111111111111\n"
  private static let people = "author A <a@b> 5 +0000\ncommitter A <a@b> 1767323045 +0100\n"
  private static let armour = "-----BEGIN SSH SIGNATURE-----\nAA==\n-----END SSH SIGNATURE-----\n"
  private static let field =
    "gpgsig -----BEGIN SSH SIGNATURE-----\n AA==\n -----END SSH SIGNATURE-----\n"

  private func commit(_ text: String) throws -> SignedObject {
    try SignedObject(commit: "1234567890", Array(text.utf8))
  }

  @Test("a commit is what is left without its signature, wherever that stands")
  func commits() throws {
    for header in [
      Self.tree + Self.people + Self.field, Self.tree + Self.field + Self.people,
      Self.tree + Self.people + Self.field + "gpgsig-sha256 x\n y\n",
    ] {
      let object = try commit(header + "\nSay gpgsig\n\ngpgsig no\n")
      #expect(
        String(decoding: object.payload, as: UTF8.self)
          == Self.tree + Self.people + "\nSay gpgsig\n\ngpgsig no\n")
      #expect(object.signature.map { String(decoding: $0, as: UTF8.self) } == Self.armour)
      #expect(object.time == 1_767_323_045 && sshTime(object.time) == "20260102030405")
      #expect(object.target == String(repeating: "1", count: 40) && object.tagName == nil)
    }
    #expect(try commit(Self.tree + Self.people + "\nx\n").signature == nil)
  }

  @Test(
    "what can be read in two ways, or says too little, is refused",
    arguments: [
      Self.tree + Self.people + Self.field + Self.field + "\nx\n",
      Self.field + Self.tree + Self.tree + Self.people + "\nx\n",
      Self.people + "\nx\n", Self.tree + "\nx\n", Self.tree + "committer A <a@b> -5 +0000\n\nx\n",
      Self.tree + "committer A <a@b> 99999999999999999 +0000\n\nx\n", "",
    ])
  func doubtful(_ text: String) {
    #expect(throws: SignatureError.self) { try commit(text) }
  }

  @Test("a tag's signature begins at its last mark at the beginning of a line")
  func tags() throws {
    let head =
      "object 2222\ntype commit\ntag v1\ntagger A <a@b> 7 +0000\n\nSay\n\(Self.armour)more\n"
    let tag = try SignedObject(tag: "1", Array((head + Self.armour).utf8))
    #expect(String(decoding: tag.payload, as: UTF8.self) == head && tag.tagName == "v1")
    #expect(tag.target == "2222" && tag.subject == "tag v1" && tag.time == 7)
    for text in ["object 2\ntype tree\ntag v1\ntagger A <a@b> 7 +0000\n\n", "tag v1\n\n", ""] {
      #expect(throws: SignatureError.self) { try SignedObject(tag: "1", Array(text.utf8)) }
    }
  }

  @Test("a signature of ssh says its purpose and its key, and nothing torn is taken for one")
  func ssh() {
    let armour = """
      -----BEGIN SSH SIGNATURE-----
      U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgxnh3CWUeO/QYLYv4/pbWDQNZN0
      CQskChuZCoyea4AvMAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5
      AAAAQM0erpjzoa/rCzA0KXqvvI2XpxzYmrxM12uSXepUlHtOA1bA1Xo5FDtxU0087KCsay
      xRbQ1KXLLBPFip1OzuMAg=
      -----END SSH SIGNATURE-----

      """
    let signature = SSHSignature(Array(armour.utf8))
    #expect(signature?.namespace == "git")
    #expect(signature?.key == "ssh ed25519 SHA256:QMKVjSQit6E8jwkrgUNA1d4IDwQ1+Dz6fGK1NsSNEws")
    for count in 0..<armour.utf8.count - 28 {
      #expect(SSHSignature(Array(armour.utf8.prefix(count))) == nil)
    }
  }

  @Test("what gpg says of a signature, line by line")
  func gpg() {
    func status(_ lines: String...) -> GPGStatus {
      GPGStatus(Array(lines.map { "[GNUPG:] \($0)\n" }.joined().utf8))
    }
    let valid = "VALIDSIG AABB 2026-01-02 1767323045 0 4 0 22 8 00 CCDD"
    #expect(
      status("NEWSIG", "GOODSIG BB Ann <a@b>", valid)
        == .good(Signer(name: "Ann <a@b>", key: "gpg CCDD")))
    #expect(status("GOODSIG BB Ann") == .unclear("gpg does not say which key is good"))
    #expect(
      status("GOODSIG CC Ann", valid) == .unclear("gpg does not say which key is good"))
    #expect(
      status("GOODSIG BB Ann", valid, "GOODSIG BB Ann", valid)
        == .unclear("it holds several signatures"))
    #expect(status("NODATA 4") == .unclear("gpg finds no signature in it"))
    #expect(GPGStatus(Array("GOODSIG BB Ann\n".utf8)) == .unclear("gpg finds no signature in it"))
    #expect(
      status("ERRSIG BB 22 8 00 5 9 AABB", "NO_PUBKEY BB") == .unknownKey("gpg AABB"))
    #expect(
      status("ERRSIG BB 22 8 00 5 4 -") == .unclear("gpg cannot check a signature of its kind"))
    #expect(status("BADSIG BB Ann") == .bad(key: "Ann (gpg BB)"))
    #expect(
      status("EXPKEYSIG BB Ann", valid)
        == .refused(signer: "Ann (gpg BB)", reason: "the key has expired"))
    #expect(
      status("REVKEYSIG BB A\u{1B}[31m", valid)
        == .refused(signer: "A\\u{1B}[31m (gpg BB)", reason: "the key was revoked"))
  }
}
