import Foundation
import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("A controller that follows a repository on another machine")
struct RemoteControllerTests {
  /// A bare repository behind a server, to which the site's commits are pushed.
  private func server(of site: Site) async throws -> GitHTTPServer {
    let root = site.repository.folder + "/root"
    let server = try await GitHTTPServer(serving: root, logins: ["*:token-canary"])
    try await site.commit(["shop": Site.application(prune: true)])
    try await site.repository.git("clone", "-q", "--bare", site.repository.path, root + "/shop.git")
    try await site.repository.git("remote", "add", "origin", root + "/shop.git")
    return server
  }

  private func push(_ instances: Int, of site: Site) async throws {
    try await site.commit(["shop": Site.application(instances: instances, prune: true)])
    try await site.repository.git("push", "-q", "origin", "main")
  }

  /// Has it look at once, and waits until it has.
  private func trigger(_ site: Site) async throws {
    _ = try? await site.client.request(
      [], to: "reconcile.trigger.default.default", timeout: .seconds(30))
  }

  @Test("it follows pushes; with the server gone it heals the last good state, and says so")
  func follows() async throws {
    let site = try await Site()
    let server = try await server(of: site)
    let controller = try ControllerRun(
      on: site,
      [
        "--expect-hosts", "3", "--repo", server.address("shop.git"), "--git-ca", server.authority,
        "--git-token", "env:TOKEN", "--stale-after", "0", "--listen", "127.0.0.1:0",
      ], environment: ["TOKEN": "token-canary"])
    try await site.wait(for: 3)
    try await push(5, of: site)
    try await trigger(site)
    try await site.wait(for: 5)

    server.stop()
    try await trigger(site)
    try await controller.wait(forLine: "Repository cannot be read, the last good revision stands")
    let line = controller.lines("Repository cannot be read, the last good revision stands").first
    #expect(line?["error.code"]?.string == "GIT-19")
    #expect(try await controller.page("/readyz").contains("503"))
    let victim = try #require(await site.instances(of: "shop-web").keys.sorted().first)
    await site.lattice.kill(victim)
    try await site.wait(for: 5)

    try server.restart()
    try server.letIn(["*:another"])
    try await trigger(site)
    try await waitUntil("it says that the token is refused") {
      controller.lines("Repository cannot be read, the last good revision stands")
        .contains { $0["error.code"]?.string == "GIT-24" }
    }
    try server.letIn(["*:token-canary"])
    try await push(6, of: site)
    try await trigger(site)
    try await site.wait(for: 6)
    #expect(controller.lines("Repository can be read again").isEmpty == false)
    await controller.end()
    #expect(!readFile(controller.log).contains("canary"))
    #expect(await site.lattice.ledger.allSatisfy { $0.count != 0 })
  }

  @Test("a history that was rewritten, and a branch that is gone, stop nothing")
  func rewritten() async throws {
    let site = try await Site()
    let server = try await server(of: site)
    let controller = try ControllerRun(
      on: site,
      [
        "--expect-hosts", "3", "--prune", "--repo", server.address("shop.git"), "--git-ca",
        server.authority, "--git-token", "env:TOKEN", "--ref", "main",
      ], environment: ["TOKEN": "token-canary"])
    try await site.wait(for: 3)
    let good = try await site.repository.git("rev-parse", "HEAD")
    let start = await site.lattice.ledger.count
    let told = "Repository cannot be read, the last good revision stands"
    try await site.repository.git("checkout", "-q", "--orphan", "rewritten")
    try site.repository.remove("manifests")
    try await site.commit(["blog": Site.application("blog", prune: true)])
    try await site.repository.git("push", "-q", "-f", "origin", "rewritten:main")
    try await trigger(site)
    try await waitUntil("it holds the other history") {
      controller.lines(told).contains { $0["error.code"]?.string == "RUN-5" }
    }
    try await site.repository.git("push", "-q", "origin", "\(good):refs/heads/kept")
    try await site.repository.git(
      "-C", site.repository.folder + "/root/shop.git", "update-ref", "-d", "refs/heads/main")
    try await trigger(site)
    try await waitUntil("it misses the branch") {
      controller.lines(told).contains { $0["error.code"]?.string == "GIT-5" }
    }
    #expect(await site.lattice.ledger.count == start)
    await controller.end()
  }

  @Test("two that read one repository ask its server once")
  func shared() async throws {
    let site = try await Site()
    let server = try await server(of: site)
    let file = site.repository.folder + "/reconcile.yaml"
    let entry =
      "url: \(server.address("shop.git")), auth: {token: env:TOKEN, ca: \(server.authority)}"
    try writeFile(
      file,
      """
      repositories:
        - {name: one, lattice: default, \(entry)}
        - {name: two, lattice: other, \(entry)}
      lattices:
        - {name: default, nats: \(site.server.address), expectHosts: 3}
        - {name: other, nats: \(site.server.address), mode: observe}
      """)
    let controller = try ControllerRun(
      on: site, ["--config", file], environment: ["TOKEN": "token-canary"])
    try await site.wait(for: 3)
    try await waitUntil("both have read it") {
      Set(controller.lines("Follows another revision").compactMap { $0["repository"]?.string })
        .count == 2
    }
    #expect(server.looks <= 2)
    await controller.end()
  }
}
