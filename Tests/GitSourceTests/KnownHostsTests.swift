import Digests
import Testing

@testable import GitSource

@Suite("Known hosts")
struct KnownHostsTests {
  private static func key(_ kind: String, _ last: UInt8) -> [UInt8] {
    [0, 0, 0, UInt8(kind.utf8.count)] + Array(kind.utf8) + [last]
  }

  private static let one = key("ssh-ed25519", 1)
  private static let two = key("ssh-ed25519", 2)
  private static let rsa = key("ssh-rsa", 3)

  private static func line(_ hosts: String, _ key: [UInt8]) -> String {
    "\(hosts) \(sshText(at: key[...]) ?? "") \(base64(key)) a comment"
  }

  private static func hashed(_ host: String) -> String {
    let salt = Array("salt and salt and sa".utf8)
    return "|1|\(base64(salt))|\(base64(sha1Code(of: Array(host.utf8), key: salt)))"
  }

  static let table: [(lines: [String], host: String, verdict: KnownHosts.Verdict)] = [
    ([], "a", .unknown),
    ([line("a", one)], "a", .known),
    ([line("A,b", one)], "a", .known),
    ([line("b", one)], "a", .unknown),
    ([line("a", two)], "a", .other(["ssh-ed25519"])),
    ([line("a", two), line("a", one)], "a", .known),
    ([line("a", rsa)], "a", .other(["ssh-rsa"])),
    ([line("a", one)], "[a]:2222", .unknown),
    ([line("[a]:2222", one)], "[a]:2222", .known),
    ([line("[a]:*", one)], "[a]:2222", .known),
    ([line("*.b", one)], "a.b", .known),
    ([line("*.b", one)], "a.c", .unknown),
    ([line("?.b", one)], "aa.b", .unknown),
    ([line("*,!a.b", one)], "a.b", .unknown),
    ([line("!a.b,*", one)], "a.b", .unknown),
    ([line(hashed("a"), one)], "a", .known),
    ([line(hashed("b"), one)], "a", .unknown),
    ([line(hashed("[a]:2222"), one)], "[a]:2222", .known),
    (["@revoked " + line("*", one), line("a", one)], "a", .revoked),
    (["@revoked " + line("a", two), line("a", one)], "a", .known),
    (["@cert-authority " + line("a", one)], "a", .unknown),
    (["@other " + line("a", one)], "a", .unknown),
    (["# " + line("a", one)], "a", .unknown),
    (["a ssh-rsa " + base64(one)], "a", .unknown),
    (["a ssh-ed25519", "a", "@revoked", "|1|x a b", "a ssh-ed25519 %%%"], "a", .unknown),
    (["", "\t", line("a", one) + "\r"], "a", .known),
  ]

  @Test("a server is known by its key alone", arguments: table)
  func verdict(_ lines: [String], _ host: String, _ verdict: KnownHosts.Verdict) {
    let hosts = KnownHosts(lines.joined(separator: "\n"))
    #expect(hosts.verdict(on: Self.one, of: host) == verdict, "\(lines)")
  }
}
