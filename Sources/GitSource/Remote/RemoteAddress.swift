import TextForms

/// The address of a repository on another machine; whoever has one has checked it.
///
/// What would be read as an option or a command by a program behind it is refused here.
public struct RemoteAddress: Hashable, Sendable {
  /// How the repository is reached.
  enum Transport: String, Hashable, Sendable {
    case https, http, ssh
  }

  let transport: Transport
  /// Who asks, where the address says so.
  let user: String?
  /// A password that stands in the address.
  let password: String?
  /// A name, or an IP address without brackets; in lower case.
  let host: String
  let port: Int?
  /// The path as the server is told, for `https` with a slash at its beginning.
  let path: String
  /// The address without what opens it.
  public let shown: String
  /// Whether it is written `host:path`, whose path is relative to the user's home.
  private let isShort: Bool

  /// The user of `ssh` where nothing else is said.
  static let standardUser = "git"

  /// Reads an address of `https`, `http` or `ssh`.
  ///
  /// - Parameter text: A URL.
  /// - Throws: `GitError.unreadableAddress` with what is wrong.
  init(url text: String) throws(GitError) {
    shown = withoutCredentials(text)
    let parts = try URLParts(text, shown: shown)
    guard let transport = Transport(rawValue: parts.scheme) else {
      throw .unreadableAddress(
        shown, why: "it begins with \(parts.scheme)://",
        remedy: "give one that begins with https:// or ssh://, or a folder")
    }
    (self.transport, isShort, host, port) = (transport, false, parts.host, parts.port)
    (user, password) = (parts.user, parts.password)
    path = parts.path
    try check()
  }

  /// Reads `host:path` or `user@host:path`.
  init(short text: String, colon: String.Index) throws(GitError) {
    shown = withoutCredentials(text)
    let (place, rest) = (text[..<colon], text[text.index(after: colon)...])
    guard !rest.prefix(while: { $0 != "/" }).contains("@") else {
      throw .unreadableAddress(shown, why: "it has a password", remedy: "use a key")
    }
    let names = place.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    guard names.count <= 2, let host = names.last else {
      throw .unreadableAddress(shown, why: "it has more than one '@'", remedy: nil)
    }
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    self.host = (isBracketed ? String(host.dropFirst().dropLast()) : host).lowercased()
    (transport, isShort, port, password) = (.ssh, true, nil, nil)
    user = names.count == 2 ? names[0] : nil
    path = String(rest)
    try check()
  }

  /// What is the same however it is written, for the name of a folder.
  var canonical: String {
    "\(transport.rawValue)://\(host):\(port ?? standardPort)/\(isShort ? "~/" : "")"
      + path.drop { $0 == "/" }
  }

  /// The address that libgit2 is told: never with a password.
  func url(as user: String?) -> String {
    let shownHost = host.contains(":") ? "[\(host)]" : host
    let name = (user ?? self.user).map { "\($0)@" } ?? ""
    guard !isShort else { return "\(name)\(shownHost):\(path)" }
    let port = port.map { ":\($0)" } ?? ""
    // What `https` is told of the user goes with the password.
    return "\(transport.rawValue)://\(transport == .ssh ? name : "")\(shownHost)\(port)\(path)"
  }

  /// The host as `known_hosts` writes it.
  var knownHost: String {
    port == nil || port == 22 ? host : "[\(host)]:\(port ?? 22)"
  }

  var standardPort: Int {
    switch transport {
    case .https: 443
    case .http: 80
    case .ssh: 22
    }
  }

  private func check() throws(GitError) {
    func refuse(_ why: String, _ remedy: String?) throws(GitError) {
      throw .unreadableAddress(shown, why: why, remedy: remedy)
    }
    guard isHost(host) else {
      return try refuse("its host is no name and no IP address", "write the name of the server")
    }
    if let user, !isUser(user, ofSSH: transport == .ssh) {
      return try refuse("its user cannot be used", "write letters, digits, '.', '-' and '_'")
    }
    guard path.contains(where: { $0 != "/" }), !hasOddCharacters(path) else {
      return try refuse("its path cannot be used", "write the path of the repository there")
    }
    switch transport {
    case .ssh:
      guard password == nil else {
        return try refuse("it has a password", "use a key: libgit2 is given no password for ssh")
      }
      // The server's shell reads it, and libgit2 quotes nothing of it.
      guard !path.contains(where: { "'\"`!\\$;&|<>()".contains($0) }), !path.hasPrefix("-") else {
        return try refuse(
          "its path has a character that a shell reads in its own way",
          "move the repository there to a path without quotes, '!', '$' and the like")
      }
    case .http:
      guard isLoopback(host) else {
        return try refuse(
          "whoever is on the way could change what is read",
          "use https://; http:// is for this machine only")
      }
    case .https: break
    }
  }
}

/// Where a repository is, as people write it.
package enum RepositoryAddress: Hashable {
  /// A folder of this machine.
  case folder(String)
  /// On another machine, or behind a server of this one.
  case remote(RemoteAddress)

  /// The part before the first slash, and the colon in it that makes an address of a text.
  fileprivate static func beginning(of text: String) -> (head: Substring, colon: String.Index)? {
    let head = text.prefix { $0 != "/" }
    guard let colon = head.firstIndex(of: ":"), colon > text.startIndex else { return nil }
    return (head, colon)
  }

  /// Reads what people write; a folder that is there wins over an address that looks like it.
  ///
  /// - Throws: `GitError.unreadableAddress`.
  package init(_ text: String) throws(GitError) {
    guard let (head, colon) = Self.beginning(of: text), realPath(text) == nil else {
      self = .folder(text)
      return
    }
    if let helper = head.firstRange(of: "::"), !head.contains("[") {
      throw .unreadableAddress(
        text[..<helper.upperBound] + "…", why: "what follows '::' may be a command",
        remedy: "give an address that begins with https:// or ssh://, or a folder")
    }
    guard text[colon...].hasPrefix("://") else {
      let end = head.hasPrefix("[") || head.contains("@[") ? head.lastIndex(of: ":") : colon
      self = .remote(try RemoteAddress(short: text, colon: end ?? colon))
      return
    }
    guard text[..<colon].lowercased() == "file" else {
      self = .remote(try RemoteAddress(url: text))
      return
    }
    let rest = text[text.index(colon, offsetBy: 3)...]
    let host = rest.prefix { $0 != "/" }
    guard host.isEmpty || host == "localhost" else {
      throw .unreadableAddress(
        withoutCredentials(text), why: "it names a host, and file:// is for this machine",
        remedy: "write file:/// and the folder")
    }
    self = .folder(percentDecoded(rest.dropFirst(host.count)) ?? String(rest))
  }
}

/// Returns whether a text is the address of a repository on another machine, or looks like one; looks
/// at no disk.
///
/// - Parameter text: What people write.
/// - Returns: Whether it is reached over a network.
public func isRemoteAddress(_ text: String) -> Bool {
  RepositoryAddress.beginning(of: text) != nil && !text.lowercased().hasPrefix("file:")
}

private func isHost(_ text: String) -> Bool {
  guard !text.isEmpty, text.utf8.count <= 253, !text.hasPrefix("-") else { return false }
  if text.contains(":") {
    return text.utf8.allSatisfy { isHexDigit($0) || ":.".utf8.contains($0) }
  }
  return text.utf8.allSatisfy { isLetterOrDigit($0) || ".-_".utf8.contains($0) }
}

private func isUser(_ text: String, ofSSH: Bool) -> Bool {
  guard !text.isEmpty, !text.hasPrefix("-"), !hasOddCharacters(text) else { return false }
  return !ofSSH || text.utf8.allSatisfy { isLetterOrDigit($0) || "._-".utf8.contains($0) }
}

private func isLoopback(_ host: String) -> Bool {
  let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
  let isOfIPv4 = numbers.count == 4 && numbers.first == 127 && !numbers.contains(nil)
  return isOfIPv4 || host == "localhost" || host == "::1"
}

func hasOddCharacters(_ text: String) -> Bool {
  text.unicodeScalars.contains { $0.value <= 0x20 || (0x7F...0x9F).contains($0.value) }
}

func isHexDigit(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
}
