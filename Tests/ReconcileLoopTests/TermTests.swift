import ConfigurationModel
import LatticeModel
import LatticeObservation
import LatticeSimulator
import NATSTransport
import PlanExecution
import ReconcileTestKit
import RecordKeeping
import ServiceRuntime
import Testing

@testable import ReconcileLoop

/// What a controller must know when it begins to command, whatever happened before.
@Suite("Terms of a controller", .serialized)
struct TermTests {
  @Test("a commit whose cycle failed is read by the next one")
  func failedCycle() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    try await workshop.wait(for: 3)
    try await workshop.wait(forLine: "Lattice is in sync")
    workshop.link.refuse("$JS.API.DIRECT.GET.KV_RECONCILE_default")
    workshop.repository.commit(Estate.application(instances: 6))
    try await workshop.wait(forLine: "Cycle failed, is tried again")
    workshop.link.refuse(nil)
    try await workshop.wait(for: 6)
    await workshop.stop()
  }

  @Test("a new lattice is scaled down at once: a pass is on record, and all hosts were heard again")
  func firstMinute() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 6))
    try await workshop.start { $0.observer.expectedHosts = nil }
    try await workshop.wait(for: 6)
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.wait(for: 3)
    await workshop.stop()
  }

  @Test("what commits want back and forth is carried out each time")
  func backAndForth() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    for turn in 0..<8 {
      let count = turn % 2 == 0 ? 3 : 2
      if turn > 0 { workshop.repository.commit(Estate.application(instances: count)) }
      try await workshop.wait(for: count)
      try await workshop.wait(forLine: "Lattice is in sync", times: turn + 1)
    }
    #expect(workshop.count(of: "Steps are held") == 0)
    await workshop.stop()
  }

  @Test("a term begins with a cycle, though nothing else happens")
  func firstCycle() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    let other = try await workshop.otherLease()
    try await workshop.start { $0.interval = .seconds(3_600) }
    try await workshop.wait(forLine: "Stands by, somebody else commands")
    try await workshop.wait(forLine: "Follows another revision")
    await other.release()
    try await workshop.wait(for: 3)
    await workshop.stop()
  }

  @Test("a term begins with a look at every host: what the last one did may not be told yet")
  func firstLook() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    try await workshop.wait(forLine: "Lattice is in sync")
    let truth = await workshop.lattice.truth
    await workshop.stop()
    for host in truth.keys { try await workshop.lattice.restart(host) }
    let other = try await workshop.standBy { $0.observer.detection.probe = .zero }
    let before = await workshop.commands()
    for (host, state) in truth {
      guard let set = state.actors["shop-web"] else { continue }
      await workshop.lattice.plant(set, under: "shop-web", on: host)
    }
    await other.release()
    try await workshop.wait(forLine: "Lattice is in sync", times: 2)
    #expect(await workshop.commands() == before)
    await workshop.stop()
  }

  @Test("a term begins with what the record says of hosts that do not answer")
  func recordedHost() async throws {
    let workshop = try await Workshop(hosts: 2)
    workshop.repository.commit(Estate.application(instances: 1))
    try await workshop.start()
    try await workshop.wait(forLine: "Lattice is in sync")
    await workshop.stop()
    let host = try #require(
      await workshop.lattice.truth.first { $0.value.actors["shop-web"] != nil }?.key)
    let home = try await RecordHome(of: "default", over: workshop.bus, folder: nil, isWriter: true)
    let full = try await home.records.load()
    var empty = full.record
    empty.hosts = [:]
    let emptied = try await home.records.save(empty, over: full)
    try await workshop.lattice.restart(host)
    let other = try await workshop.standBy {
      $0.observer.inventoryTimeout = .milliseconds(200)
    }
    await workshop.lattice.setFaults(of: host) { $0.isHung = true }
    let before = await workshop.commands()
    _ = try await home.records.save(full.record, over: emptied)
    await other.release()
    // It runs nothing now, which nobody knows.
    try await workshop.wait(forLine: "Lattice is unknown")
    #expect(workshop.count(of: "Lattice is in sync") == 1)
    #expect(await workshop.commands() == before)
    await workshop.stop()
  }

  @Test("a term removes nothing while a host does not answer that was there before")
  func silentHost() async throws {
    let workshop = try await Workshop(hosts: 2)
    workshop.repository.commit(Estate.application(instances: 4))
    try await workshop.start()
    try await workshop.wait(forLine: "Lattice is in sync")
    await workshop.stop()
    let other = try await workshop.standBy {
      $0.observer.inventoryTimeout = .milliseconds(200)
      $0.observer.detection.probe = .zero
    }
    let host = try #require(await workshop.lattice.truth.keys.first)
    await workshop.lattice.setFaults(of: host) { $0.isHung = true }
    workshop.repository.commit(Estate.application(instances: 2))
    let before = await workshop.commands()
    await other.release()
    try await workshop.wait(forLine: "Steps are held")
    #expect(await workshop.commands() == before)
    await workshop.stop()
  }

  @Test("a connection that ends for good is made anew")
  func closed() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    try await workshop.wait(forLine: "Lattice is in sync")
    workshop.bus.connectionEvents.append(.closed)
    try await workshop.wait(forLine: "Controller cannot work, tries again")
    workshop.repository.commit(Estate.application(instances: 6))
    try await workshop.wait(for: 6)
    await workshop.stop()
  }

  @Test("a suspension is obeyed by the commit that follows it")
  func suspension() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    try await workshop.wait(for: 3)
    try await workshop.wait(forLine: "Lattice is in sync")
    let home = try await RecordHome(of: "default", over: workshop.bus, folder: nil, isWriter: true)
    try await home.records.changeBrakes { record in
      record.suspensions.append(
        Suspension(.application("shop"), reason: "debugging", by: "a person"))
    }
    let before = await workshop.commands()
    workshop.repository.commit(Estate.application(instances: 6))
    try await workshop.wait(forLine: "Follows another revision", times: 2)
    try await waitUntil("the plan holds it") {
      workshop.health.current.plan.map { !$0.held.isEmpty } ?? false
    }
    #expect(await workshop.commands() == before)
    await workshop.stop()
  }

  @Test("what was sent and not seen yet is sent to nobody else when its host falls silent")
  func underWay() async throws {
    let workshop = try await Workshop(hosts: 2)
    let first = try #require(await workshop.lattice.truth.keys.sorted().first)
    workshop.repository.commit(Estate.application(instances: 1))
    await workshop.lattice.setFaults(of: first) { $0.neverActs = true }
    try await workshop.start { $0.pass.execution.confirmTimeout = .milliseconds(100) }
    try await workshop.wait(forLine: "Command is under way")
    await workshop.lattice.setFaults(of: first) { $0.isHung = true }
    try await workshop.wait(forLine: "Host has changed")
    workshop.repository.commit(Estate.application(instances: 1))
    try await workshop.wait(forLine: "Follows another revision", times: 2)
    let cycles = workshop.count(of: "Cycle is over")
    try await workshop.wait(forLine: "Cycle is over", times: cycles + 1)
    #expect(await workshop.commands() == 0)
    await workshop.stop()
  }
}
