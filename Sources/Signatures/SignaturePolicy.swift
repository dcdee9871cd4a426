/// What of a repository must be signed, and by whom.
public struct SignaturePolicy: Hashable, Sendable {
  /// What must be signed.
  public enum Mode: String, CaseIterable, Hashable, Sendable {
    /// Nothing.
    case off
    /// The commit that is read.
    case head
    /// The annotated tag that the reference names.
    case tag
    /// Every commit from the one last applied to the one that is read.
    case range
  }

  /// What must be signed.
  public var mode = Mode.off
  /// The path of a file in the form of `ssh-keygen`'s allowed signers; read anew each time.
  public var allowedSigners: String?
  /// The path of a file of exported OpenPGP keys, armoured or not; read anew each time.
  public var keyring: String?

  /// Creates a policy by which nothing must be signed.
  public init() {}

  /// What the policy lacks or has too much, and what can be done; `nil` where it can be used.
  public var contradiction: (message: String, remedy: String)? {
    let hasSigners = allowedSigners != nil || keyring != nil
    switch (mode, hasSigners) {
    case (.off, true):
      return (
        "signers are given, and nothing must be signed",
        "say what must be signed: head, tag or range"
      )
    case (.off, false), (_, true): return nil
    case (_, false):
      return (
        "signatures are asked for, and nobody is named who may sign",
        "name a file of allowed signers, a keyring, or both"
      )
    }
  }
}

/// Somebody whose signature was found good.
public struct Signer: Hashable, Sendable, CustomStringConvertible {
  /// Who it is by the file of allowed signers, or by the key of the keyring.
  public let name: String
  /// The key: `ssh ed25519 SHA256:…`, or `gpg` and its fingerprint.
  public let key: String

  init(name: String, key: String) {
    self.name = name
    self.key = key
  }

  /// Name and key, as plans show them.
  public var description: String { "\(name) (\(key))" }
}
