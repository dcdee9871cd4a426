public import NATSTransport

extension LatticeConfiguration {
  /// The settings that a context of the NATS command line may fill in.
  public enum ContextPart: CaseIterable, Hashable, Sendable {
    /// Where the servers are.
    case servers
    /// Who we are: a user, a token, credentials or an nkey, one of them.
    case identity
    /// The authority's certificate.
    case authority
    /// Our certificate and its key.
    case certificate
    /// What the subjects begin with on which answers come.
    case inboxPrefix
    /// The JetStream domain.
    case domain
  }

  /// Takes from a context what is not given otherwise.
  ///
  /// Who we are is taken as a whole or not at all: a user of one place with the password of another is
  /// nobody.
  ///
  /// - Parameters:
  ///   - context: The context.
  ///   - given: What is given otherwise, which stays.
  public mutating func adopt(_ context: NATSContext, except given: Set<ContextPart>) {
    if !given.contains(.servers), !context.servers.isEmpty { servers = context.servers }
    if !given.contains(.identity) {
      (user, password, token) = (context.user, context.password, context.token)
      (credentials, nkey) = (context.credentials, context.nkey)
    }
    if !given.contains(.authority) { tlsAuthority = context.tlsAuthority }
    if !given.contains(.certificate) {
      (tlsCertificate, tlsKey) = (context.tlsCertificate, context.tlsKey)
    }
    if !given.contains(.inboxPrefix) { inboxPrefix = context.inboxPrefix ?? inboxPrefix }
    if !given.contains(.domain) { jetStreamDomain = context.domain }
  }
}
