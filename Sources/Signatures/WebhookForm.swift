import Digests

/// How a forge proves that a webhook comes from whoever knows the secret; pure.
public enum WebhookForm: String, CaseIterable, Hashable, Sendable {
  /// `X-Hub-Signature-256: sha256=…` over the body.
  case github
  /// `X-Gitlab-Token`: the secret itself.
  case gitlab
  /// `X-Gitea-Signature: …` over the body.
  case gitea
  /// As `gitea`, by `X-Forgejo-Signature` where that is there.
  case forgejo
  /// `X-Hub-Signature: sha256=…` over the body.
  case bitbucket
  /// `X-Reconcile-Signature: sha256=…` over the body.
  case generic

  /// Returns whether a request was made by somebody who knows the secret.
  ///
  /// Reads nothing of the body but its bytes; costs a microsecond for each KiB of it, the same
  /// wherever a wrong proof differs.
  ///
  /// - Parameters:
  ///   - field: The value of a header field, by its name; `nil` where it is not there, or twice.
  ///   - body: The body as it was sent.
  ///   - secret: The secret; nothing is proven by an empty one.
  /// - Returns: Whether it is proven.
  public func isProven(
    by field: (String) -> String?, of body: [UInt8], secret: [UInt8]
  ) -> Bool {
    guard !secret.isEmpty else { return false }
    switch self {
    case .gitlab:
      // Digests of both are compared, so that not even the length tells.
      let token = field("X-Gitlab-Token").map { Array($0.utf8) } ?? []
      return areEqual(SHA256Digest.of(token).bytes, SHA256Digest.of(secret).bytes)
    case .github: return isProven(field("X-Hub-Signature-256"), "sha256=", body, secret)
    case .bitbucket: return isProven(field("X-Hub-Signature"), "sha256=", body, secret)
    case .generic: return isProven(field("X-Reconcile-Signature"), "sha256=", body, secret)
    case .gitea: return isProven(field("X-Gitea-Signature"), "", body, secret)
    case .forgejo:
      let text = field("X-Forgejo-Signature") ?? field("X-Gitea-Signature")
      return isProven(text, "", body, secret)
    }
  }

  private func isProven(
    _ text: String?, _ prefix: String, _ body: [UInt8], _ secret: [UInt8]
  ) -> Bool {
    // What is no code of this form needs no digest to be refused.
    guard let text, text.hasPrefix(prefix), text.utf8.count == prefix.utf8.count + 64 else {
      return false
    }
    let code = Array(authenticationCode(of: body, key: secret).hex.utf8)
    return areEqual(Array(text.dropFirst(prefix.count).lowercased().utf8), code)
  }
}
