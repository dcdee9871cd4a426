/// Where a NATS server is and how to be let in.
public struct NATSOptions: Hashable, Sendable {
  /// Addresses such as `nats://127.0.0.1:4222`, tried in turn; a user and password or a token may
  /// stand in them, percent-encoded where need be.
  public var servers: [String]
  /// The user, where none stands in the addresses.
  public var user: String?
  /// The user's password.
  public var password: Secret?
  /// The path of a file that holds the user's password.
  public var passwordFile: String?
  /// A token, where none stands in the addresses.
  public var token: Secret?
  /// The path of a file that holds a token.
  public var tokenFile: String?
  /// What the subjects begin with on which answers come.
  public var inboxPrefix = "_INBOX"
  /// The path of a credentials file (JWT and seed).
  public var credentialsFile: String?
  /// The path of a file that holds an nkey seed.
  public var nkeyFile: String?
  /// The path of the authority's certificate.
  public var tlsAuthority: String?
  /// The path of our certificate.
  public var tlsCertificate: String?
  /// The path of our certificate's key.
  public var tlsKey: String?
  /// The name that the server's monitoring shows.
  public var name: String
  /// How long to try to connect.
  public var connectTimeout: Duration

  /// Creates options.
  ///
  /// - Parameters:
  ///   - servers: Addresses, tried in turn.
  ///   - credentialsFile: The path of a credentials file.
  ///   - nkeyFile: The path of a file that holds an nkey seed.
  ///   - tlsAuthority: The path of the authority's certificate.
  ///   - tlsCertificate: The path of our certificate.
  ///   - tlsKey: The path of our certificate's key.
  ///   - name: The name that the server's monitoring shows.
  ///   - connectTimeout: How long to try to connect.
  public init(
    servers: [String], credentialsFile: String? = nil, nkeyFile: String? = nil,
    tlsAuthority: String? = nil, tlsCertificate: String? = nil, tlsKey: String? = nil,
    name: String = "reconcile", connectTimeout: Duration = .seconds(5)
  ) {
    self.servers = servers
    self.credentialsFile = credentialsFile
    self.nkeyFile = nkeyFile
    self.tlsAuthority = tlsAuthority
    self.tlsCertificate = tlsCertificate
    self.tlsKey = tlsKey
    self.name = name
    self.connectTimeout = connectTimeout
  }

  /// Whether nothing may be said in the clear: an address or a file asks for TLS.
  public var isSecure: Bool {
    tlsAuthority != nil || tlsCertificate != nil
      || servers.contains { $0.lowercased().hasPrefix("tls://") }
  }

  /// Whether the server lets us in by a signature of what it asks.
  var signs: Bool { credentialsFile != nil || nkeyFile != nil }

  /// The addresses without user, password and token, for messages.
  public var publicServers: [String] {
    servers.map { server in
      guard let at = server.lastIndex(of: "@") else { return server }
      let host = server[server.index(after: at)...]
      guard let scheme = server.range(of: "://") else { return String(host) }
      return String(server[..<scheme.upperBound] + host)
    }
  }
}

/// A text that no message, log or dump shows.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  /// The text itself.
  public let text: String

  /// Keeps a text.
  ///
  /// - Parameter text: The text itself.
  public init(_ text: String) { self.text = text }

  /// What stands in its place.
  public var description: String { "***" }
  /// Nothing of it.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension String {
  /// The first place of a text within this one.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
