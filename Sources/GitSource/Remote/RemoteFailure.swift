import Diagnostics

/// Why nothing could be learnt from a repository on another machine, or fetched from it.
///
/// What was fetched before stands in each case.
public struct RemoteFailure: Error, Hashable, Sendable {
  /// What to do about it; the text is what the child process says to its parent.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// No connection, or it broke.
    case unreachable
    /// It took longer than it may.
    case overdue
    /// The server's key is in no `known_hosts`.
    case unknownHost
    /// The server shows another key than is known, or one that was revoked.
    case wrongHostKey
    /// The certificate is not one of an authority that is trusted, or of another name, or too old.
    case untrusted
    /// The server does not let us in.
    case refused
    /// The server wants to know who we are, and nothing was given.
    case noCredentials
    /// A password, token, passphrase or key cannot be read where it should be.
    case noSecret
    /// There is no such repository, or we may not see it.
    case notFound
    /// It has no branch and no tag.
    case empty
    /// The server sends us to another one.
    case redirected
    /// The memory of the child process was used up.
    case outOfMemory
    /// The folder of the mirror cannot be written.
    case unwritable
    /// Anything else.
    case failed
  }

  /// What to do about it.
  public var kind: Kind
  /// What happened, as a part of a sentence, without a secret.
  public var detail: String
  /// What helps here, where that is known better than by the kind.
  public var remedy: String?

  init(_ kind: Kind, _ detail: String, remedy: String? = nil) {
    (self.kind, self.detail, self.remedy) = (kind, detail, remedy)
  }

  /// The number of its code, what is wrong with the repository at an address, and what helps.
  func finding(_ address: String) -> (Int, String, String) {
    let (number, what, remedy) = Self.texts(of: kind)
    return (number, "\(address) \(what): \(detail)", self.remedy ?? remedy)
  }

  private static func texts(of kind: Kind) -> (Int, String, String) {
    switch kind {
    case .unreachable:
      (19, "cannot be reached", "see that the server is there and that the address is right")
    case .overdue:
      (
        20, "was not read in time",
        "see what keeps the server, or allow more time with --fetch-timeout (fetchTimeout)"
      )
    case .unknownHost:
      (
        21, "is on a server that is not known",
        "compare the fingerprint with what its operator says, and add the key to the file of "
          + "--git-known-hosts (auth.knownHosts)"
      )
    case .wrongHostKey:
      (
        22, "is on a server that is not who it says",
        "ask its operator whether the key was changed before you trust another one"
      )
    case .untrusted:
      (
        23, "is on a server whose certificate is not trusted",
        "give its authority's certificate with --git-ca (auth.ca), and the name that it is for"
      )
    case .refused:
      (24, "does not let us in", "give a token, password or key that is valid and may read it")
    case .noCredentials:
      (
        25, "is for those whom it knows",
        "give --git-token (auth.token), --git-username and --git-password, or for ssh "
          + "--git-ssh-key (auth.sshKey)"
      )
    case .noSecret: (26, "cannot be asked", "see that it is there and that we may read it")
    case .notFound:
      (27, "is not there, or not for us", "check the path, and that the token or key may read it")
    case .empty: (28, "has no branch and no tag", "push a commit first; until then nothing changes")
    case .redirected:
      (29, "sends us to another server", "give the address of that one, if it is right")
    case .outOfMemory:
      (30, "cannot be fetched in the memory that it may take", "keep large files elsewhere")
    case .unwritable:
      (31, "cannot be kept here", "make room, or give another folder with --state-dir (stateDir)")
    case .failed: (32, "cannot be fetched", "try it with 'git ls-remote' and the same address")
    }
  }

  /// Whether another try may go better without anybody's doing.
  var isTransient: Bool {
    switch kind {
    case .unreachable, .overdue, .unwritable, .failed: true
    default: false
    }
  }
}
