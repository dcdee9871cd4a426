import Glibc
import JSONCoding
import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import ServiceRuntime
import Testing

extension SimulatedLattice {
  /// Expects that no command was sent that had been sent before or that changed nothing; counts only
  /// grow.
  func expectNoDuplicate(at place: SourceLocation = #_sourceLocation) {
    var last: [String: Int] = [:]
    for entry in ledger {
      #expect(
        entry.effect == .started || entry.effect == .rescaled, "\(entry)", sourceLocation: place)
      let thing = "\(entry.host) \(entry.subject)"
      #expect(
        last[thing].map { $0 < entry.count ?? 0 } ?? true, "\(entry)", sourceLocation: place)
      last[thing] = entry.count
    }
  }
}

@Suite("Two controllers on one lattice")
struct RivalTests {
  /// One that commands, a command at a time, and one that stands by.
  private func pair(on site: Site) async throws -> (first: ControllerRun, second: ControllerRun) {
    try await site.commit(["shop": Site.application()])
    let first = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--holder", "first", "--commands-in-flight", "1"],
      log: "first")
    try await first.wait(forLine: "Lattice is in sync")
    let second = try ControllerRun(
      on: site, ["--expect-hosts", "3", "--holder", "second"], log: "second")
    try await second.wait(forLine: "Stands by, somebody else commands")
    return (first, second)
  }

  @Test("two of one name are two: one commands, the other says why it does not, and takes over")
  func namesakes() async throws {
    let site = try await Site()
    try await site.commit(["shop": Site.application()])
    let options = ["--expect-hosts", "3", "--holder", "twin", "--prune"]
    let first = try ControllerRun(on: site, options, log: "first")
    try await first.wait(forLine: "Lattice is in sync")
    let second = try ControllerRun(on: site, options, log: "second")
    let message = "Stands by, another process of our name commands, or did a moment ago"
    try await second.wait(forLine: message)
    #expect(second.lines(message).first?["holder"]?.string == "twin")
    #expect(second.lines(message).first?["remedy"]?.string?.contains("--holder") == true)
    try await site.commit(["shop": Site.application(instances: 5)])
    try await site.wait(for: 5)
    #expect(second.lines("Commands the lattice").isEmpty)
    #expect(try await site.reconcile("status").output.contains("controller  twin"))
    first.child.signal(SIGKILL)
    #expect(await first.child.wait() == .signalled(SIGKILL))
    try await second.wait(forLine: "Commands the lattice")
    try await site.commit(["shop": Site.application(instances: 7)])
    try await site.wait(for: 7)
    await second.end()
    await site.lattice.expectNoDuplicate()
  }

  @Test("the second commands once the first was killed")
  func killed() async throws {
    let site = try await Site()
    let (first, second) = try await pair(on: site)
    first.child.signal(SIGKILL)
    #expect(await first.child.wait() == .signalled(SIGKILL))
    try await second.wait(forLine: "Commands the lattice")
    try await site.commit(["shop": Site.application(instances: 5)])
    try await site.wait(for: 5)
    await second.end()
    await site.lattice.expectNoDuplicate()
  }

  @Test("one that was paused past its lease sends nothing when it wakes up, and stands by")
  func paused() async throws {
    let site = try await Site()
    let (first, second) = try await pair(on: site)
    let more = (1...30).map { "    - {name: more-\($0), image: \"registry.example.com/m:1\"}" }
    try await site.commit(["shop": Site.application(more: more.joined(separator: "\n"))])
    // It wakes up in the middle of a plan that the other has carried out.
    let start = await site.lattice.ledger.count
    try await waitUntil("it is at work") { await site.lattice.ledger.count > start + 3 }
    first.child.signal(SIGSTOP)
    #expect(await site.lattice.ledger.count < start + 30)
    try await second.wait(forLine: "Commands the lattice")
    try await second.rest()
    #expect(await site.lattice.ledger.count == start + 30)
    first.child.signal(SIGCONT)
    try await first.wait(forLine: "Stands by, somebody else commands")
    await second.end()
    try await waitUntil("the first commands again") {
      first.lines("Commands the lattice").count == 2
    }
    try await site.commit(["shop": Site.application(instances: 5)])
    try await site.wait(for: 5)
    await first.end()
    await site.lattice.expectNoDuplicate()
  }
}
