import Foundation
import Glibc
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("A repository behind ssh")
struct RemoteSSHTests {
  /// A server, and how it is asked.
  struct Way: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var key: String? = "ed25519"
    /// The file of known keys, of those that the test writes.
    var known = "known"
    var options: [String] = []
    var path = "/shop.git"
    var user: String?
    var hasAgent = false
    /// The code and words of the error; none where it is read.
    var told: [String] = []
  }

  static let ways = [
    Way(testDescription: "a key"),
    Way(testDescription: "a key of ECDSA", key: "ecdsa"),
    Way(testDescription: "a key of RSA", key: "rsa", told: ["GIT-24", "RSA", "ed25519"]),
    Way(
      testDescription: "a key with a passphrase", key: "locked",
      options: ["--git-ssh-passphrase", "env:PASSPHRASE"]),
    Way(
      testDescription: "a wrong passphrase", key: "locked",
      options: ["--git-ssh-passphrase", "env:TOKEN"], told: ["GIT-26", "--git-ssh-passphrase"]),
    Way(
      testDescription: "no passphrase", key: "locked", told: ["GIT-26", "--git-ssh-passphrase"]),
    Way(testDescription: "a key that is let in nowhere", key: "stranger", told: ["GIT-24"]),
    Way(testDescription: "a key that is not there", key: "none", told: ["GIT-26", "id_none"]),
    Way(testDescription: "another user", user: "nobody-here", told: ["GIT-24"]),
    Way(testDescription: "an agent", key: nil, hasAgent: true),
    Way(testDescription: "neither key nor agent", key: nil, told: ["GIT-25", "--git-ssh-key"]),
    Way(testDescription: "hashed names", known: "hashed"),
    Way(testDescription: "one key of several", known: "one"),
    Way(testDescription: "a pattern", known: "pattern"),
    Way(testDescription: "no known server", known: "nothing", told: ["GIT-21", "SHA256:"]),
    Way(testDescription: "the name without its port", known: "portless", told: ["GIT-21"]),
    Way(testDescription: "another key", known: "other", told: ["GIT-22", "SHA256:"]),
    Way(testDescription: "a revoked key", known: "revoked", told: ["GIT-22", "revoked"]),
    Way(testDescription: "an authority's key", known: "authority", told: ["GIT-21"]),
    Way(
      testDescription: "only its key of RSA is known", known: "rsa", told: ["GIT-21", "ssh-rsa"]),
    Way(testDescription: "it is not there", path: "/none.git", told: ["GIT-27"]),
    Way(testDescription: "nothing was pushed", path: "/empty.git", told: ["GIT-28"]),
    Way(testDescription: "a quote in its path", path: "/it's.git", told: ["GIT-18"]),
  ]

  /// Writes the files of known keys that the table names.
  private func writeKnownHosts(of server: GitSSHServer) async throws {
    func key(_ name: String) -> String {
      let text: String = readFile("\(server.directory)/\(name).pub")
      return text
    }
    let name = "[127.0.0.1]:\(server.port)"
    let all = ["ed25519", "ecdsa", "rsa"].map { key("host_\($0)") }
    let other = key("id_stranger")
    let files = [
      "known": all.map { "\(name) \($0)" }.joined(),
      "hashed": all.map { "\(name) \($0)" }.joined(),
      "one": "# a comment\nexample.com \(other)\(name) \(all[0])",
      "pattern": "*.example.com,[127.*]:\(server.port) \(all[1])",
      "nothing": "example.com \(other)",
      "portless": all.map { "127.0.0.1 \($0)" }.joined(),
      "other": "\(name) \(other)",
      "revoked": "@revoked * \(all[0])" + all.map { "\(name) \($0)" }.joined(),
      "authority": all.map { "@cert-authority * \($0)" }.joined(),
      "rsa": "\(name) \(all[2])",
    ]
    for (name, text) in files { try writeFile("\(server.directory)/\(name)", text) }
    let hashing = try await ChildProcess.run(
      "ssh-keygen", ["-q", "-H", "-f", server.directory + "/hashed"])
    #expect(hashing.ending == .exited(0))
    #expect(!readFile(server.directory + "/hashed").contains("127.0.0.1"))
  }

  @Test("who is let in, which server is spoken to, and what each refusal is called")
  func ssh() async throws {
    let place = try await RemotePlace()
    let server = try await GitSSHServer(hostKeys: ["ed25519", "ecdsa", "rsa"])
    try await writeKnownHosts(of: server)
    let socket = server.directory + "/agent"
    let agent = try ChildProcess("ssh-agent", ["-D", "-a", socket])
    defer {
      agent.signal(SIGKILL)
      agent.waitBlocking()
    }
    try await waitUntil("the agent listens") { access(socket, F_OK) == 0 }
    let adding = try await ChildProcess.run(
      "ssh-add", ["-q", server.key("ed25519")], environment: ["SSH_AUTH_SOCK": socket])
    #expect(adding.ending == .exited(0))
    for way in Self.ways {
      var address = server.address(place.root + way.path)
      if let user = way.user { address = address.replacing("\(server.user)@", with: "\(user)@") }
      let key = way.key.map { ["--git-ssh-key", server.key($0)] } ?? []
      let run = try await place.reconcile(
        [
          "validate", "--repo", address, "--git-known-hosts", "\(server.directory)/\(way.known)",
        ] + key + way.options, way.hasAgent ? ["SSH_AUTH_SOCK": socket] : [:])
      #expect(run.status == (way.told.isEmpty ? 0 : 1), "\(way): \(run.output)\(run.errors)")
      for words in way.told { #expect(run.errors.contains(words), "\(way): \(run.errors)") }
      for canary in RemotePlace.canaries {
        #expect(!(run.output + run.errors).contains(canary), "\(way)")
      }
    }
  }
}
