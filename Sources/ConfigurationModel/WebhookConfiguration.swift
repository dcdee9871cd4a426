public import Signatures

/// Whether a forge may announce pushes to a repository, and how it proves that it is the forge.
public struct WebhookConfiguration: Hashable, Sendable {
  /// How many bytes a secret has at least.
  public static let leastSecret = 16

  /// How the forge proves it; `nil` where no webhook is taken.
  public var provider: WebhookForm?
  /// What only the forge and we know.
  public var secret: String?
  /// The path of a file that holds it, but for a line feed at its end; read when the configuration is.
  public var secretFile: String?

  /// Creates the configuration of a repository that takes none.
  public init() {}

  /// Which key contradicts the others, in which words, and what can be done.
  var contradiction: (key: String, message: String, remedy: String)? {
    switch (provider, secret, secretFile) {
    case (nil, nil, nil), (.some, .some, nil), (.some, nil, .some): nil
    case (_, .some, .some):
      (
        "webhook.secretFile", "a webhook has both 'secret' and 'secretFile'", "keep one of them"
      )
    case (nil, _, _):
      (
        "webhook.provider", "a webhook has a secret and no 'provider'",
        "say how the forge proves itself: "
          + WebhookForm.allCases.map(\.rawValue).joined(separator: ", ")
      )
    case (.some, nil, nil):
      (
        "webhook.provider", "a webhook has no secret, and nobody else may send one",
        "give 'secret: env:NAME' or 'secretFile'"
      )
    }
  }
}
