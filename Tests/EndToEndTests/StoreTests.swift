import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@Suite("A controller and the buckets it stands on", .serialized)
struct StoreTests {
  private let linked = """
      providers: [{name: server, image: "registry.example.com/http:1", id: server}]
      links:
        - {source: server, target: web, interface: "wasi:http/incoming-handler", values: {PORT: "80"}}
    """

  private func shop(_ instances: Int) -> String {
    Site.application(instances: instances, prune: true, more: linked)
  }

  /// A lattice in sync with a commit, and a controller that keeps it so.
  private func kept(_ options: String...) async throws -> (Site, ControllerRun) {
    let site = try await Site()
    try await site.commit(["shop": shop(3)])
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3", "--prune"] + options)
    try await controller.rest()
    return (site, controller)
  }

  /// Expects that nothing was sent since an entry but what starts something that was wanted.
  private func expectOnlyStarts(
    _ site: Site, since start: Int, at place: SourceLocation = #_sourceLocation
  ) async {
    for entry in await site.lattice.ledger.dropFirst(start) {
      #expect(
        ["component.scale", "provider.start"].contains(entry.verb) && entry.count != 0
          && [.started, .rescaled].contains(entry.effect), "\(entry)", sourceLocation: place)
    }
  }

  @Test("JetStream goes: told once, nothing is sent without a lease; it is back: all goes on")
  func withoutJetStream() async throws {
    let (site, controller) = try await kept("--listen", "127.0.0.1:0")
    let start = await site.lattice.ledger.count
    try site.server.restart(jetStream: false)
    try await controller.wait(forLine: "Lease cannot be taken, nothing is sent")
    let line = try #require(controller.lines("Lease cannot be taken, nothing is sent").last)
    #expect(line["error.code"]?.string == "NAT-11" && line["remedy"]?.string != nil, "\(line)")
    try await site.commit(["shop": shop(5)])
    try await waitUntil("it has seen the commit, or tried") {
      controller.lines("Cycle failed, is tried again").count > 0
    }
    let victim = try #require(await site.instances(of: "shop-web").keys.sorted().first)
    let left = try #require(await site.instances(of: "shop-web")[victim])
    await site.lattice.kill(victim)
    // Until well after the lease would have been taken, and the loss found.
    let end = ContinuousClock.now + .seconds(6)
    try await waitUntil("a while has passed") { ContinuousClock.now > end }
    #expect(await site.lattice.ledger.count == start)
    #expect(await site.instances(of: "shop-web").values.reduce(0, +) == 3 - left)
    #expect(controller.lines("Cycle failed, is tried again").count < 5)
    try site.server.restart()
    try await site.wait(for: 5)
    try await controller.rest()
    await controller.end()
    await expectOnlyStarts(site, since: start)
    #expect(controller.lines("Record is a file").isEmpty)
  }

  @Test(
    "a bucket is deleted under it: it is told, made again, nothing is removed, and all goes on",
    arguments: [
      ["RECONCILELEASE_default"], ["RECONCILE_default"],
      ["RECONCILE_default", "RECONCILELEASE_default"],
    ])
  func withoutBucket(_ buckets: [String]) async throws {
    let (site, controller) = try await kept()
    let start = await site.lattice.ledger.count
    for bucket in buckets {
      let answer = try await site.client.request(
        [], to: "$JS.API.STREAM.DELETE.KV_\(bucket)", timeout: .seconds(5))
      #expect(String(decoding: answer.payload, as: UTF8.self).contains("\"success\":true"))
    }
    try await site.commit(["shop": shop(5)])
    try await site.wait(for: 5)
    try await controller.rest()
    await controller.end()
    await expectOnlyStarts(site, since: start)
    let isNamed = buckets.contains("RECONCILE_default")
    #expect(controller.lines("Record is gone, a new one is begun").isEmpty != isNamed)
    #expect(try await site.reconcile("diff", "--prune").status == 0)
  }

  @Test(
    "what a bucket holds that is not ours to read stops all commanding until it is repaired",
    arguments: ServerTests.odd)
  func odd(_ test: ServerTests.Odd) async throws {
    let site = try await Site()
    try await site.commit(["shop": shop(3)])
    try await site.sync("--expect-hosts", "3", "--prune")
    let start = await site.lattice.ledger.count
    try await site.commit(["shop": shop(5)])
    let store = NATSKeyValue(bucket: test.bucket, over: site.client)
    let before = try await store.get(test.key)?.value
    try await store.put(test.key, Array(test.value.utf8))
    site.forgetJournals()
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3", "--prune"])
    let failures = ["Cycle failed, is tried again", "Controller cannot work, tries again"]
    try await waitUntil("it names \(test.code)", within: .seconds(60)) {
      failures.flatMap { controller.lines($0) }.contains {
        $0["error.code"]?.string?.hasPrefix(test.code) == true
          && $0["remedy"]?.string?.isEmpty == false
      }
    }
    #expect(await site.lattice.ledger.count == start)
    if let before { try await store.put(test.key, before) } else { try await store.purge(test.key) }
    try await site.wait(for: 5)
    await controller.end()
    await expectOnlyStarts(site, since: start)
  }

  @Test("a bucket full of other tools' keys and huge values is used as if they were not there")
  func crowded() async throws {
    let site = try await Site()
    try await site.commit(["shop": shop(3)])
    try await site.sync("--expect-hosts", "3", "--prune")
    let huge = [UInt8](repeating: UInt8(ascii: "x"), count: 900_000)
    for bucket in ["RECONCILE_default", "LATTICEDATA_default", "CONFIGDATA_default"] {
      let store = NATSKeyValue(bucket: bucket, over: site.client)
      for number in 0..<100 { try await store.put("other.tool-\(number)", Array("{".utf8)) }
      for key in ["huge", "applied.zz", "CLAIMS_x"] { try await store.put(key, huge) }
    }
    let controller = try ControllerRun(on: site, ["--expect-hosts", "3", "--prune"])
    try await controller.rest()
    let start = await site.lattice.ledger.count
    try await site.commit(["shop": shop(5)])
    try await site.wait(for: 5)
    try await controller.rest()

    let record = NATSKeyValue(bucket: "RECONCILE_default", over: site.client)
    try await record.put("halt", Array(#"{"reason":""#.utf8) + huge + Array("\"}".utf8))
    try await site.commit(["shop": shop(6)])
    try await controller.wait(forLine: "Steps are held")
    let status = try await site.reconcile("status")
    #expect(status.output.contains("halted") && status.output.utf8.count < 5_000)
    #expect(readFile(controller.log).utf8.count < 100_000)
    try await record.purge("halt")
    try await site.wait(for: 6)
    await controller.end()
    await expectOnlyStarts(site, since: start)
  }
}
