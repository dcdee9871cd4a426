import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@Suite("Builtin servers, end to end", .serialized)
struct BuiltinServerTests {
  private static let names = (1...12).map { "app_\($0)" }

  private func application(_ number: Int) -> String {
    Site.application(
      "app-\(number)", instances: number % 2 + 1,
      more: """
          providers:
            - {name: http, image: "wasmcloud+builtin://http-server"}
          links:
            - source: http
              target: web
              interface: wasi:http/incoming-handler
              values: {address: "0.0.0.0:\(8000 + number)"}
        """)
  }

  /// The applications of which every instance is answered for, by what really runs.
  private func answered(_ site: Site) async -> Int {
    let hosts = await site.lattice.truth
    return Self.names.count { name in
      let actors = hosts.filter { $0.value.actors["\(name)-web"] != nil }
      return !actors.isEmpty
        && actors.allSatisfy { _, host in
          host.providers["\(name)-http"]?.links.contains { $0.address != nil } ?? false
        }
    }
  }

  @Test("of twelve applications over five hosts twelve are answered, and again once a host is lost")
  func twelve() async throws {
    let site = try await Site(hosts: 5)
    for number in 1...11 {
      try site.repository.write("manifests/app-\(number).yaml", application(number))
    }
    try await site.commit(["app-12": application(12)])
    let run = try await site.reconcile("--expect-hosts", "5")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(await answered(site) == 12)
    let providers = try await site.reconcile("get", "providers")
    #expect(providers.output.contains("wasmcloud+builtin://http-server"))
    let controller = try ControllerRun(on: site, ["--expect-hosts", "5"])
    try await controller.wait(forLine: "Lattice is in sync")
    let victim = try #require(
      await site.lattice.truth.max { $0.value.actors.count < $1.value.actors.count }?.key)
    await site.lattice.kill(victim)
    try await waitUntil("twelve are answered again, by as many", within: .seconds(60)) {
      let hosts = await site.lattice.truth.values
      let instances = Self.names.map { name in
        hosts.reduce(0) { $0 + ($1.actors["\(name)-web"]?.instances ?? 0) }
      }
      return await answered(site) == 12 && instances == (1...12).map { $0 % 2 + 1 }
    }
    await controller.end()
  }
}
