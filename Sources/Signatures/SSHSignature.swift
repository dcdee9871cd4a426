import Digests
import TextForms

/// What a signature of ssh says of itself; whether it is true, `ssh-keygen` says.
struct SSHSignature: Hashable {
  /// What it was made for; git's are for `git`.
  let namespace: String
  /// The key: `ssh ed25519 SHA256:…`.
  let key: String

  /// Reads a signature in its armour; `nil` where it is none.
  init?(_ armour: [UInt8]) {
    let lines = String(decoding: armour, as: UTF8.self).split(whereSeparator: \.isNewline)
    guard lines.first == "-----BEGIN SSH SIGNATURE-----",
      let end = lines.firstIndex(of: "-----END SSH SIGNATURE-----"), end == lines.count - 1,
      let bytes = decodeBase64(lines[1..<end].joined())
    else { return nil }
    var fields = Fields(rest: bytes[...])
    guard fields.take(6).map(Array.init) == Array("SSHSIG".utf8), fields.number() == 1,
      let key = fields.string(), let namespace = fields.string()
    else { return nil }
    var inner = Fields(rest: key)
    guard let type = inner.string() else { return nil }
    self.namespace = String(decoding: namespace, as: UTF8.self)
    let digest = base64(SHA256Digest.of(Array(key)).bytes).replacing("=", with: "")
    self.key = "ssh \(Self.word(String(decoding: type, as: UTF8.self))) SHA256:\(digest)"
  }

  private static func word(_ type: String) -> String {
    switch type {
    case "ssh-ed25519": "ed25519"
    case "ssh-rsa": "rsa"
    case "sk-ssh-ed25519@openssh.com": "ed25519-sk"
    case "sk-ecdsa-sha2-nistp256@openssh.com": "ecdsa-sk"
    case _ where type.hasPrefix("ecdsa-sha2-nistp"): "ecdsa"
    default: excerpt(type, upTo: 40)
    }
  }
}

/// Fields as ssh writes them: numbers of four bytes, strings after their length.
private struct Fields {
  var rest: ArraySlice<UInt8>

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func number() -> Int? { take(4)?.reduce(0) { $0 << 8 | Int($1) } }

  mutating func string() -> ArraySlice<UInt8>? { number().flatMap { take($0) } }
}
