import Diagnostics
import Testing

@testable import GitSource

@Suite("Addresses of repositories")
struct RemoteAddressTests {
  @Test(
    "what is read, and how the server is told",
    arguments: [
      ("https://example.com/a.git", "https://example.com/a.git", "https://example.com:443/a.git"),
      ("HTTPS://Example.COM:8443/a", "https://example.com:8443/a", "https://example.com:8443/a"),
      ("https://u:p%40s@example.com/a", "https://example.com/a", "https://example.com:443/a"),
      ("http://127.0.0.1:80/a", "http://127.0.0.1:80/a", "http://127.0.0.1:80/a"),
      ("https://[::1]:8443/a", "https://[::1]:8443/a", "https://::1:8443/a"),
      ("ssh://git@example.com/a", "ssh://git@example.com/a", "ssh://example.com:22/a"),
      (
        "ssh://example.com:2222/~/a", "ssh://git@example.com:2222/~/a", "ssh://example.com:2222/~/a"
      ),
      ("git@example.com:a/b.git", "git@example.com:a/b.git", "ssh://example.com:22/~/a/b.git"),
      ("example.com:/srv/b.git", "git@example.com:/srv/b.git", "ssh://example.com:22/~/srv/b.git"),
      ("me@[::1]:b", "me@[::1]:b", "ssh://::1:22/~/b"),
    ])
  func read(_ text: String, _ url: String, _ canonical: String) throws {
    guard case .remote(let address) = try RepositoryAddress(text) else {
      Issue.record("\(text) is a folder")
      return
    }
    let user = address.transport == .ssh ? address.user ?? "git" : nil
    #expect(address.url(as: user) == url)
    #expect(address.canonical == canonical)
  }

  @Test(
    "what is a folder",
    arguments: [
      (".", "."), ("/srv/a", "/srv/a"), ("./a:b", "./a:b"), ("a", "a"),
      ("file:///srv/a%20b", "/srv/a b"), ("file://localhost/srv/a", "/srv/a"),
    ])
  func folder(_ text: String, _ path: String) throws {
    #expect(try RepositoryAddress(text) == .folder(path))
    #expect(!isRemoteAddress(text))
  }

  @Test(
    "what is refused, and nothing that opens it is told",
    arguments: [
      "http://example.com/a", "http://10.0.0.1/a", "http://localhost.example.com/a",
      "git://example.com/a", "ftp://example.com/a", "ext::sh -c canary", "fd::17",
      "https://-oProxyCommand=x/a", "ssh://-oProxyCommand=x/a", "-oProxyCommand=x:a",
      "ssh://-l@example.com/a", "ssh://a:canary@example.com/b", "a:canary@example.com:b",
      "ssh://example.com/a'b", "ssh://example.com/a!b", "git@example.com:a`b", "git@example.com:-a",
      "ssh://example.com/$(x)", "https://example.com", "https://example.com/", "https:///a",
      "https://example.com/a?token=canary", "https://example.com/a#canary",
      "https://example.com/a b", "https://example.com/a\u{1B}[2J", "https://example.com:0/a",
      "https://example.com:65536/a", "https://example.com:x/a", "https://exa mple.com/a",
      "https://[::1/a", "https://[example.com]/a", "https://::1/a", "https://a@b@example.com/a",
      "https://a:%zz@example.com/a", "file://example.com/a", "https://example.com\\@evil/a",
      "https://a:can/ary@example.com/a",
    ])
  func refused(_ text: String) {
    do throws(GitError) {
      let address = try RepositoryAddress(text)
      Issue.record("\(address)")
    } catch {
      let finding = error.diagnostics[0]
      #expect("\(finding.code)" == "GIT-18")
      #expect(!finding.description.contains("canary"), "\(finding)")
    }
  }

  @Test("a secret is looked up anew each time, and what may be one is no place for one")
  func secrets() throws {
    #expect(SecretSource("env:TOKEN") == .variable("TOKEN"))
    #expect(SecretSource("/run/token") == .file("/run/token"))
    for text in ["ghp_canary", "abc/def+ghi==", "env:", ""] { #expect(SecretSource(text) == nil) }
  }
}
