import Testing

@testable import ReconcileLoop

@Suite("CycleStateMachine")
struct CycleStateMachineTests {
  private let start = ContinuousClock.now

  /// A machine whose first cycle is over.
  private func idle() -> CycleStateMachine {
    var machine = CycleStateMachine(interval: .seconds(60), at: start)
    #expect(machine.look(at: start) == .begin([.interval]))
    #expect(machine.end(again: nil, at: start) == .wait(until: start + .seconds(60)))
    return machine
  }

  @Test("a commit is acted on at once, drift waits a moment for more")
  func urgency() {
    var machine = idle()
    #expect(machine.handle(.drift, at: start) == .wait(until: start + .milliseconds(20)))
    let later = start + .milliseconds(5)
    #expect(machine.handle(.drift, at: later) == .wait(until: start + .milliseconds(20)))
    #expect(machine.look(at: start + .milliseconds(20)) == .begin([.drift]))
    var other = idle()
    #expect(other.handle(.revision, at: start) == .begin([.revision]))
  }

  @Test("what happens while a cycle runs is the reason of the next one, once")
  func coalescing() {
    var machine = idle()
    #expect(machine.handle(.request, at: start) == .begin([.request]))
    for _ in 1...10 { _ = machine.handle(.drift, at: start) }
    _ = machine.handle(.request, at: start)
    #expect(machine.end(again: nil, at: start + .seconds(1)) == .begin([.drift, .request]))
    #expect(
      machine.end(again: nil, at: start + .seconds(2)) == .wait(until: start + .seconds(62)))
  }

  @Test("a new commit, lost hosts and brakes drop the rest of a plan; drift and requests do not")
  func interruptions() {
    for trigger in CycleTrigger.allCases {
      var machine = idle()
      _ = machine.handle(.request, at: start)
      let action = machine.handle(trigger, at: start)
      let interrupts =
        if case .interrupt = action { true } else { false }
      #expect(interrupts == [.revision, .hosts, .brakes].contains(trigger), "\(trigger)")
    }
  }

  @Test("a moment that a cycle names is kept, but never later than the interval")
  func again() {
    var machine = idle()
    _ = machine.handle(.request, at: start)
    let soon = start + .seconds(3)
    #expect(machine.end(again: soon, at: start) == .wait(until: soon))
    #expect(machine.look(at: soon) == .begin([.retry]))
    let late = soon + .seconds(600)
    #expect(machine.end(again: late, at: soon) == .wait(until: soon + .seconds(60)))
    #expect(machine.look(at: soon + .seconds(60)) == .begin([.interval]))
  }
}
