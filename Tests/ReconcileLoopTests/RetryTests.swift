import Diagnostics
import GitSource
import JSONCoding
import LatticeModel
import NATSTransport
import PlanExecution
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import ReconcileLoop

@Suite("What failed is tried again", .serialized)
struct RetryTests {
  @Test("a manifest that cannot be read for a moment is read again, though nobody commits")
  func source() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    try await workshop.wait(for: 3)
    try await workshop.wait(forLine: "Lattice is in sync")
    workshop.repository.damage(true)
    workshop.repository.commit(Estate.application(instances: 6))
    try await workshop.wait(forLine: "Manifest has an error")
    try await waitUntil("it is counted") { workshop.failing("repository") == 1 }
    #expect(await workshop.running() == 3)
    workshop.repository.damage(false)
    try await workshop.wait(for: 6)
    try await waitUntil("it is over") { workshop.failing("repository") == 0 }
    try await workshop.wait(forLine: "Lattice is in sync", times: 2)
    // Once all is read, nothing is read again.
    let reads = workshop.repository.reads.withLock { $0 }
    let cycles = workshop.count(of: "Cycle is over")
    try await workshop.requestCycle()
    #expect(workshop.count(of: "Cycle is over") > cycles)
    #expect(workshop.repository.reads.withLock { $0 } == reads + 1)
    await workshop.stop()
  }

  @Test("however long something was not there, it is used within a second, and the next thing too")
  func beginning() throws {
    var beginning = Beginning()
    var now = ContinuousClock.now
    let errors: [(Beginning.Stage, any Error)] = [
      (.repository, GitError.notARepository(path: "/srv/git")),
      (.server, NATSError.unreachable(servers: ["nats://edge:4222"], detail: "refused")),
      (.record, NATSError.storeUnavailable(bucket: "RECONCILE_default")),
    ]
    for (stage, error) in errors {
      beginning.stage = stage
      var pauses: [Duration] = []
      for _ in 0..<100 {
        let next = beginning.fail(error, after: .zero, at: now, fraction: 1)
        pauses.append(next - now)
        now = next
      }
      #expect(pauses.first == .milliseconds(250) && pauses.max() == .seconds(1), "\(stage)")
      #expect(beginning.told == error.sentence)
    }
    // What only a person can end is not asked again and again.
    let refused = NATSError.unauthorized(servers: [], detail: "")
    for _ in 0..<10 { now = beginning.fail(refused, after: .zero, at: now, fraction: 1) }
    #expect(beginning.fail(refused, after: .zero, at: now, fraction: 1) - now == .seconds(10))
  }

  @Test("who asks for a cycle has the repository read at once, however long it failed")
  func request() async throws {
    let workshop = try await Workshop()
    workshop.repository.damage(true)
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    try await workshop.wait(forLine: "Manifest has an error")
    workshop.repository.damage(false)
    try await workshop.requestCycle()
    try await workshop.wait(for: 3)
    await workshop.stop()
  }

  @Test("what a whole commit says is not forgotten where it cannot be read once more")
  func wholeReading() async throws {
    let workshop = try await Workshop()
    workshop.repository.commit(Estate.application(instances: 3))
    try await workshop.start()
    try await workshop.wait(forLine: "Lattice is in sync")
    workshop.repository.damage(true)
    try await workshop.requestCycle()
    #expect(workshop.count(of: "Manifest has an error") == 0)
    #expect(workshop.health.current.plan?.applications.first?.isFrozen == false)
    await workshop.stop()
  }

  @Test("pauses grow up to their limit, and begin anew once it works")
  func pauses() {
    let now = ContinuousClock.now
    var pause = RetryPause()
    #expect(pause.isDue(at: now))
    let pauses = (1...8).map { _ in pause.fail(at: now, fraction: 1) - now }
    #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60].map { Duration.seconds($0) })
    #expect(!pause.isDue(at: now + .seconds(59)) && pause.isDue(at: now + .seconds(60)))
    pause.end()
    #expect(pause.isDue(at: now) && pause.due == nil)
    #expect(pause.fail(at: now, fraction: 0) == now + .milliseconds(500))
    for _ in 1...1_000 { pause.fail(at: now, fraction: 7) }
    #expect(pause.due == now + .seconds(60))
  }
}

extension Workshop {
  /// What the controller counts as failing now.
  func failing(_ what: String) -> Double? {
    let family = registry.families.first { $0.name == "reconcile_failures" }
    guard case .number(let number)? = family?.series[["default", what]] else { return nil }
    return number
  }

  /// Asks for a cycle and waits until it is over.
  func requestCycle() async throws {
    _ = try await bus.request([], to: "reconcile.trigger.default.shop", timeout: .seconds(10))
  }
}
