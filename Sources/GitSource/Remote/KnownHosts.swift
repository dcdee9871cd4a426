import Digests
import ServiceRuntime

/// The keys of servers that somebody has vouched for, as OpenSSH keeps them in `known_hosts`.
package struct KnownHosts {
  /// A key with the hosts that it is for.
  struct Entry: Hashable {
    /// Names and patterns, or one hashed name.
    var hosts: [String]
    var isRevoked = false
    /// The key as servers send it.
    var key: [UInt8]
  }

  private(set) var entries: [Entry] = []

  /// Reads a text; lines that cannot be read vouch for nothing, and neither do those of authorities,
  /// as a key of one is no key of a server.
  package init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      var fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      guard let first = fields.first, !first.hasPrefix("#") else { continue }
      let marker = first.hasPrefix("@") ? fields.removeFirst() : nil
      guard marker == nil || marker == "@revoked", fields.count >= 3,
        let key = decodeBase64(fields[2]), sshText(at: key[...]) == fields[1]
      else { continue }
      let hosts = fields[0].split(separator: ",").map(String.init)
      entries.append(Entry(hosts: hosts, isRevoked: marker != nil, key: key))
    }
  }

  /// Reads files; one that is not there vouches for nothing.
  init(reading files: [String]) {
    let texts = files.map { path in
      (try? readFile(path, limit: 16 << 20)).flatMap(\.self)
        .map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    self.init(texts.joined(separator: "\n"))
  }

  /// The keys of a host that are not revoked, as lines for it alone; those without which servers would
  /// have to sign with SHA-1, which they do not any more, are left out.
  func lines(of host: String) -> String {
    entries.filter { !$0.isRevoked && $0.isFor(host) }.map { entry in
      let kind = sshText(at: entry.key[...]) ?? ""
      let isOld = ["ssh-rsa", "ssh-dss"].contains(kind)
      return isOld ? "" : "\(host) \(kind) \(base64(entry.key))\n"
    }.joined()
  }

  /// What a server's key is to us.
  package enum Verdict: Hashable {
    case known
    /// Nothing is known of the host.
    case unknown
    /// Other keys are known of it, of these kinds.
    case other([String])
    case revoked
  }

  /// Judges the key that a server shows.
  ///
  /// - Parameters:
  ///   - key: The key as it was sent.
  ///   - host: The host in lower case; with a port other than 22 as `[host]:port`.
  /// - Returns: The verdict.
  package func verdict(on key: [UInt8], of host: String) -> Verdict {
    let matching = entries.filter { $0.isFor(host) }
    if matching.contains(where: { $0.isRevoked && $0.key == key }) { return .revoked }
    let good = matching.filter { !$0.isRevoked }
    if good.contains(where: { $0.key == key }) { return .known }
    let kinds = Set(good.map { sshText(at: $0.key[...]) ?? "" }).sorted()
    return kinds.isEmpty ? .unknown : .other(kinds)
  }

  /// Why a server is not spoken to, in words; `nil` where its key is known.
  func refusal(of key: [UInt8], from host: String, files: [String]) -> RemoteFailure? {
    let kind = sshText(at: key[...]) ?? "key"
    let fingerprint = base64(SHA256Digest.of(key).bytes).prefix { $0 != "=" }
    let shown = "\(host) shows the \(kind) SHA256:\(fingerprint)"
    let places = files.joined(separator: " and ")
    switch verdict(on: key, of: host) {
    case .known: return nil
    case .revoked: return RemoteFailure(.wrongHostKey, "\(shown), which is revoked in \(places)")
    case .unknown:
      return RemoteFailure(
        .unknownHost, "\(shown), and \(places) has no key of it")
    case .other(let kinds) where !kinds.contains(kind):
      return RemoteFailure(
        .unknownHost,
        "\(shown), and \(places) has only its \(kinds.joined(separator: " and "))",
        remedy: "add this key too, once it is sure that it is the server's: `ssh-keyscan` shows all"
      )
    case .other:
      return RemoteFailure(.wrongHostKey, "\(shown), and \(places) has another one of it")
    }
  }
}

extension KnownHosts.Entry {
  /// Whether it is for a host: one of its patterns fits, and none that begins with `!`.
  func isFor(_ host: String) -> Bool {
    var fits = false
    for pattern in hosts {
      if pattern.hasPrefix("|1|") {
        fits = fits || isHash(pattern, of: host)
      } else if pattern.hasPrefix("!") {
        guard !matches(host, pattern.dropFirst()) else { return false }
      } else {
        fits = fits || matches(host, pattern[...])
      }
    }
    return fits
  }

  /// Whether `|1|salt|hash` is the HMAC-SHA-1 of a host.
  private func isHash(_ pattern: String, of host: String) -> Bool {
    let parts = pattern.split(separator: "|", omittingEmptySubsequences: true)
    guard parts.count == 3, let salt = decodeBase64(String(parts[1])),
      let hash = decodeBase64(String(parts[2]))
    else { return false }
    return areEqual(hash, sha1Code(of: Array(host.utf8), key: salt))
  }

  /// Whether a pattern with `*` and `?` fits a name; takes a time of their lengths' product at most.
  private func matches(_ name: String, _ pattern: Substring) -> Bool {
    let (name, pattern) = (Array(name.utf8), Array(pattern.lowercased().utf8))
    var (place, next, star, mark) = (0, 0, nil as Int?, 0)
    while place < name.count {
      if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
        (star, mark, next) = (next, place, next + 1)
      } else if next < pattern.count,
        pattern[next] == UInt8(ascii: "?") || pattern[next] == name[place]
      {
        (place, next) = (place + 1, next + 1)
      } else if let star {
        (next, mark) = (star + 1, mark + 1)
        place = mark
      } else {
        return false
      }
    }
    return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

/// The text at the beginning of a key: four bytes of length, and as many letters.
func sshText(at bytes: ArraySlice<UInt8>) -> String? {
  guard bytes.count >= 4 else { return nil }
  let count = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
  let text = bytes.dropFirst(4).prefix(count)
  return text.count == count && count <= 64 ? String(decoding: text, as: UTF8.self) : nil
}
