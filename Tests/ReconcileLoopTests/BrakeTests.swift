import ConfigurationModel
import LatticeModel
import LatticeSimulator
import NATSTransport
import PlanExecution
import ReconcileTestKit
import RecordKeeping
import ServiceRuntime
import Testing

@testable import ReconcileLoop

@Suite("Brakes that cannot be understood for a while", .serialized)
struct BrakeTests {
  @Test("a controller goes on at once when they can be understood again")
  func controller() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    try await workshop.wait(forLine: "Lattice is in sync")
    let before = await workshop.commands()
    try await workshop.scrawl(true)
    workshop.repository.commit(Estate.application(instances: 6))
    try await workshop.wait(forLine: "Cycle failed, is tried again")
    #expect(await workshop.commands() == before)
    try await workshop.scrawl(false)
    try await waitUntil("it goes on", within: .seconds(5)) { await workshop.running() == 6 }
    await workshop.stop()
  }
}

@Suite("Brakes that cannot be understood in the middle of a plan", .serialized)
struct BrakeMidwayTests {
  @Test("what was not sent for that is sent once they can be understood, though nothing happens")
  func midway() async throws {
    let workshop = try await Workshop(hosts: 1)
    let host = try #require(await workshop.lattice.truth.keys.first)
    await workshop.lattice.setFaults(of: host) { $0.neverActs = true }
    workshop.repository.commit(
      """
      apiVersion: reconcile.dev/v1
      kind: Application
      metadata: {name: shop}
      spec:
        actors:
          - {name: api, image: "registry.example.com/api:1"}
          - {name: web, image: "registry.example.com/web:1"}
      """)
    let commands = try await workshop.bus.subscribe(
      to: "wasmbus.ctl.v1.default.component.scale.*", queue: nil, limit: 100)
    let told = Lock(0)
    let counting = Task {
      for await batch in commands { told.withLock { $0 += batch.elements.count } }
    }
    defer { counting.cancel() }
    try await workshop.start {
      $0.pass.execution.perHost = 1
      $0.pass.execution.confirmTimeout = .seconds(3)
    }
    try await waitUntil("the first is told") { told.withLock { $0 } == 1 }
    try await workshop.scrawl(true)
    try await workshop.wait(forLine: "Plan carried out")
    #expect(told.withLock { $0 } == 1)
    try await workshop.scrawl(false)
    try await waitUntil("the second is told") { told.withLock { $0 } == 2 }
    let log = workshop.log.lines.suffix(12).map(\.message)
    #expect(told.withLock { $0 } == 2, "\(log)")
    await workshop.stop()
  }
}

extension Workshop {
  /// Writes what cannot be understood where suspensions stand, or takes it back.
  func scrawl(_ isScrawled: Bool) async throws {
    let bucket = NATSKeyValue(bucket: RecordStore.bucket("default"), over: bus)
    let known = try await bucket.get("suspensions")?.revision ?? 0
    let text = isScrawled ? Array("{".utf8) : nil
    _ = try await bucket.write("suspensions", text, expecting: known)
  }
}
