import LatticeModel
import Testing

@testable import ReconcileLoop

@Suite("What arrives at a session")
struct SessionInboxTests {
  @Test("ends arrive however much else does, and what is told often is told once")
  func flood() async throws {
    let inbox = SessionInbox()
    for number in 0..<20_000 {
      inbox.trigger(.drift)
      inbox.note { arrivals in
        arrivals.note(requestOf: "reply.\(number)")
        arrivals.note(refusal: "no \(number)")
        arrivals.note(
          failure: .providerStartFailed("kv", host: HostID("N\(number)"), error: "no"))
        arrivals.lost += 1
      }
    }
    inbox.note { $0.ended = ControllerSession.CycleEnd(wasBusy: true) }
    inbox.note { $0.isClosed = true }
    let arrivals = try #require(await inbox.next())
    #expect(arrivals.ended?.wasBusy == true && arrivals.isClosed)
    #expect(arrivals.triggers == [.drift, .request] && arrivals.lost == 20_000)
    #expect(arrivals.failures.count == SessionInbox.limit)
    #expect(arrivals.repliers.count == SessionInbox.limit)
    #expect(arrivals.refusals.count == SessionInbox.limit)
    inbox.trigger(.hosts)
    let next = try #require(await inbox.next())
    #expect(next.triggers == [.hosts] && next.ended == nil && !next.isClosed)
  }

  @Test("of what fails at one place the latest word counts")
  func failures() async throws {
    let inbox = SessionInbox()
    for words in ["first", "last"] {
      inbox.note {
        $0.note(failure: .providerStartFailed("kv", host: "NA", error: words))
        $0.note(failure: .actorScaleFailed("kv", host: "NA", image: "kv:1", error: words))
        $0.note(failure: .hostStopped("NA"))
      }
    }
    let arrivals = try #require(await inbox.next())
    #expect(arrivals.failures.count == 2)
    #expect(
      arrivals.failures.values.contains(.providerStartFailed("kv", host: "NA", error: "last")))
  }

  @Test("what happens together begins one cycle, which it does not interrupt")
  func together() {
    let now = ContinuousClock.now
    var machine = CycleStateMachine(interval: .seconds(60), at: now)
    #expect(machine.look(at: now) == .begin([.interval]))
    _ = machine.end(again: nil, at: now)
    let all: Set<CycleTrigger> = [.revision, .hosts, .drift]
    #expect(machine.handle(all, at: now) == .begin(all))
    #expect(machine.handle([.drift, .brakes], at: now) != .wait(until: now))
    #expect(machine.end(again: nil, at: now) == .begin([.drift, .brakes]))
  }
}
