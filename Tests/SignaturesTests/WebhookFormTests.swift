import Signatures
import Testing

@Suite("Who sends a webhook")
struct WebhookFormTests {
  private static let body = Array("what do ya want for nothing?".utf8)
  private static let secret = Array("Jefe".utf8)
  /// RFC 4231, test case 2.
  private static let code = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

  private static let forms: [(WebhookForm, String, String)] = [
    (.github, "X-Hub-Signature-256", "sha256=\(code)"), (.gitlab, "X-Gitlab-Token", "Jefe"),
    (.gitea, "X-Gitea-Signature", code), (.forgejo, "X-Forgejo-Signature", code),
    (.forgejo, "X-Gitea-Signature", code), (.bitbucket, "X-Hub-Signature", "sha256=\(code)"),
    (.generic, "X-Reconcile-Signature", "sha256=\(code)"),
  ]

  @Test("each forge has its own field and form, and a proof of another one is none")
  func forms() {
    for (form, name, value) in Self.forms {
      func isProven(_ value: String?, by secret: [UInt8] = Self.secret, in field: String? = nil)
        -> Bool
      {
        form.isProven(
          by: { $0 == (field ?? name) ? value : nil }, of: Self.body, secret: secret)
      }
      #expect(isProven(value), "\(form)")
      #expect(!isProven(nil) && !isProven("") && !isProven(value + "0"), "\(form)")
      #expect(!isProven(String(value.dropLast())) && !isProven(value, by: []), "\(form)")
      #expect(!isProven("sha1=" + value) && !isProven(value, by: Array("jefe".utf8)), "\(form)")
      #expect(!isProven(value, in: "X-Signature"), "\(form)")
      if form != .gitlab {
        let changed = Self.body + [0]
        #expect(!form.isProven(by: { _ in value }, of: changed, secret: Self.secret), "\(form)")
        #expect(!isProven(value.replacing("5bdc", with: "5bdd")), "\(form)")
      }
    }
  }
}
