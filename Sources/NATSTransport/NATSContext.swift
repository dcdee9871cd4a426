import JSONCoding

/// A context of the NATS command line: how a server is reached, saved under a name.
///
/// A context `NAME` is the file `nats/context/NAME.json` below `$XDG_CONFIG_HOME`, else below
/// `~/.config`; `nats/context.txt` there names the one that is selected.
public struct NATSContext: Hashable, Sendable {
  /// The addresses of its servers.
  public var servers: [String] = []
  /// The user.
  public var user: String?
  /// The user's password.
  public var password: Secret?
  /// A token.
  public var token: Secret?
  /// The path of a credentials file.
  public var credentials: String?
  /// The path of a file that holds an nkey seed.
  public var nkey: String?
  /// The path of our certificate.
  public var tlsCertificate: String?
  /// The path of our certificate's key.
  public var tlsKey: String?
  /// The path of the authority's certificate.
  public var tlsAuthority: String?
  /// What the subjects begin with on which answers come.
  public var inboxPrefix: String?
  /// The JetStream domain.
  public var domain: String?
  /// Keys that say how to get in or where to go, and that are not used here.
  public var unused: [String] = []

  /// Keys that would have us connect otherwise than the context means.
  private static let foreign = [
    "nsc", "user_jwt", "user_seed", "jetstream_api_prefix", "socks_proxy", "tls_first",
    "windows_cert_store",
  ]

  /// Tells whether a name may be one of a context, and no path.
  ///
  /// - Parameter name: The name.
  /// - Returns: Whether it may.
  public static func isName(_ name: String) -> Bool {
    !name.isEmpty && !name.contains("..") && !name.contains("/") && !name.utf8.contains(0)
  }

  /// Reads the file of a context; keys that it does not know are left alone.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - home: The home folder, for paths that begin with `~`.
  ///   - path: The file's path, for errors.
  /// - Throws: `NATSError.unusableContext` where it is no context.
  public init(parsing bytes: [UInt8], home: String?, path: String) throws(NATSError) {
    guard let value = try? JSONValue(parsing: bytes), value.object != nil else {
      throw .unusableContext(path: path, detail: "it is no object of JSON")
    }
    func text(_ key: String) -> String? {
      guard let text = value[key]?.string, !text.isEmpty else { return nil }
      return text
    }
    func file(_ key: String) throws(NATSError) -> String? {
      guard let text = text(key) else { return nil }
      // Which other program is to be asked for a secret is that command line's to know.
      guard !text.contains("://") || text.hasPrefix("file://") else {
        throw .unusableContext(path: path, detail: "its key '\(key)' names no file")
      }
      let plain = text.hasPrefix("file://") ? String(text.dropFirst(7)) : text
      guard plain.hasPrefix("~/"), let home else { return plain }
      return home + plain.dropFirst()
    }
    servers = (text("url") ?? "").split(separator: ",").map { server in
      String(server.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    (user, password) = (text("user"), text("password").map(Secret.init))
    token = text("token").map(Secret.init)
    (credentials, nkey) = (try file("creds"), try file("nkey"))
    (tlsCertificate, tlsKey) = (try file("cert"), try file("key"))
    tlsAuthority = try file("ca")
    (inboxPrefix, domain) = (text("inbox_prefix"), text("jetstream_domain"))
    unused = Self.foreign.filter { text($0) != nil || value[$0]?.bool == true }
    keepOneWayIn()
  }

  /// Of several ways in the NATS command line takes the first of these.
  private mutating func keepOneWayIn() {
    if user != nil { (credentials, nkey, token) = (nil, nil, nil) }
    if credentials != nil { (nkey, token) = (nil, nil) }
    if nkey != nil { token = nil }
    if user == nil { password = nil }
  }
}
