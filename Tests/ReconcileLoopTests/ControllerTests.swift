import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import PlanExecution
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import ReconcileLoop

@Suite("Controller")
struct ControllerTests {
  @Test("commits are followed, and once in sync nothing more is sent")
  func follows() async throws {
    let estate = try await Estate()
    try await estate.commit(Estate.application())
    estate.start(estate.settings())
    try await estate.wait(for: 6)
    try await estate.commit(Estate.application(instances: 9))
    try await estate.wait(for: 9)
    try await waitUntil("it is in sync") { estate.health.current.plan?.isEmpty ?? false }
    let count = 6
    try await waitUntil("a command a host and commit was carried out") {
      await estate.lattice.ledger.count == count
    }
    let answer = try await estate.client.request(
      [], to: "reconcile.trigger.default.shop", timeout: .seconds(10))
    #expect(try JSONValue(parsing: answer.payload)["in_sync"]?.bool == true)
    #expect(await estate.lattice.ledger.count == count)
    await estate.stop()
    #expect(await estate.instances(of: "shop-web") == 9)
  }

  @Test("a killed host is found lost and its instances run elsewhere")
  func heals() async throws {
    let estate = try await Estate()
    try await estate.commit(Estate.application())
    estate.start(estate.settings())
    try await estate.wait(for: 6)
    try await waitUntil("it is in sync") { estate.health.current.plan?.isEmpty ?? false }
    try await waitUntil("the connection is steady") {
      estate.log.lines.contains { $0.message == "Lattice is in sync" }
    }
    let victim = try #require(await estate.lattice.truth.keys.sorted().first)
    await estate.lattice.kill(victim)
    try await estate.wait(for: 6)
    try await estate.wait(forLine: "Host is lost")
    await estate.stop()
  }

  @Test("what no host can take is told by log, event and answer, and is not called in sync")
  func unplaceable() async throws {
    let estate = try await Estate()
    let events = try await estate.client.subscribe(
      to: "reconcile.evt.default.>", queue: nil, limit: 100)
    try await estate.commit(Estate.application(requirements: "zone: nowhere"))
    estate.start(estate.settings())
    try await estate.wait(forLine: "Lattice differs, nothing more can be done now")
    let answer = try await estate.client.request(
      [], to: "reconcile.trigger.default.shop", timeout: .seconds(10))
    await estate.stop()
    #expect(try JSONValue(parsing: answer.payload)["in_sync"]?.bool == false)
    #expect(!estate.log.lines.contains { $0.message == "Lattice is in sync" })
    let told = estate.log.lines.filter { $0.message == "Instances cannot be placed" }
    #expect(told.count == 1)
    #expect(told.first?.metadata["missing"] == .int(6))
    #expect(told.first?.metadata["detail"] == .string("no usable host with zone=nowhere"))

    var event: JSONValue?
    for await batch in events where event == nil {
      event = try batch.elements.first { $0.subject.hasSuffix(".unplaceable") }
        .map { try JSONValue(parsing: $0.payload) }
      if event != nil { break }
    }
    #expect(event?["type"] == "dev.reconcile.unplaceable")
    #expect(event?["data"]?["application"] == "shop")
    #expect(event?["data"]?["unit"] == "actor web")
    #expect(event?["data"]?["missing"]?.int == 6)
  }
}
