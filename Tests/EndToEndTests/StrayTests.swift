import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@Suite("What a dead host leaves")
struct StrayTests {
  private let shop = Site.application(
    more: """
        providers:
          - {name: kv, image: "registry.example.com/kv:1"}
      """)

  /// Processes of a provider beside those of hosts.
  private func processes(_ count: Int, of provider: ProviderID, on site: Site) async throws
    -> [Task<Void, Never>]
  {
    var tasks: [Task<Void, Never>] = []
    for _ in 0..<count {
      let questions = try await site.client.subscribe(
        to: ControlSubject.health(of: provider, in: "default"), queue: nil, limit: 1_000)
      tasks.append(
        Task { [client = site.client] in
          for await batch in questions {
            for message in batch.elements {
              guard let reply = message.reply else { continue }
              try? await client.publish(
                Array(#"{"healthy":true}"#.utf8), to: reply, replyTo: nil)
            }
          }
        })
    }
    return tasks
  }

  private func killProvidersHost(of site: Site) async throws -> HostID {
    let host = try #require(
      await site.lattice.truth.first { $0.value.providers["shop-kv"] != nil }?.key)
    await site.lattice.kill(host)
    return host
  }

  @Test("status tells a killed host's processes by name and number, and nothing else changes")
  func status() async throws {
    let site = try await Site()
    try await site.commit(["shop": shop])
    try await site.sync("--expect-hosts", "3")
    let whole = try await site.reconcile("status", "-o", "json")
    #expect(whole.status == 0 && whole.json?["strays"]?.array?.isEmpty == true, "\(whole.output)")
    let lost = try await killProvidersHost(of: site)
    let tasks = try await processes(3, of: "shop-kv", on: site)
    defer { for task in tasks { task.cancel() } }
    let found = try await site.reconcile("status")
    #expect(
      found.output.contains(
        #/stray       \d processes of provider shop-kv run on without a host; stop them by hand on /#
      ),
      "\(found.output)\(found.errors)")
    #expect(found.output.contains("by hand on \(lost.rawValue.prefix(8))\n"), "\(found.output)")
    #expect(try await site.reconcile().status == 0)
    let start = await site.lattice.ledger.count
    let data = try await site.reconcile("status", "-o", "json")
    #expect(data.status == 0 && data.json?["in_sync"]?.bool == true, "\(data.output)")
    let stray = data.json?["strays"]?.array?.first
    #expect(stray?["provider"]?.string == "shop-kv" && stray?["count"]?.int ?? 0 > 1)
    #expect(await site.lattice.ledger.count == start)
  }

  @Test("the controller logs and counts them, and sends nothing for them")
  func controller() async throws {
    let site = try await Site()
    try await site.commit(["shop": shop])
    let controller = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--resync", "1s", "--listen", "127.0.0.1:0"])
    try await controller.wait(forLine: "Lattice is in sync")
    let lost = try await killProvidersHost(of: site)
    try await controller.wait(forLine: "Host is lost")
    let tasks = try await processes(3, of: "shop-kv", on: site)
    defer { for task in tasks { task.cancel() } }
    try await controller.wait(forLine: "Provider runs on without a host")
    let line = controller.lines("Provider runs on without a host").last
    #expect(line?["provider.id"]?.string == "shop-kv" && line?["count"]?.int ?? 0 > 0)
    #expect(line?["hosts"]?.array?.compactMap(\.string) == [lost.rawValue])
    #expect(
      try await controller.page("/metrics").contains(
        #/reconcile_stray_providers{lattice="default",provider="shop-kv"} \d/#))
    try await site.wait(for: 3)
    await controller.end()
    #expect(try await site.reconcile("diff").status == 0)
  }
}
