import LatticeModel
import PlanExecution
import Testing

@testable import ReconcileLoop

@Suite("What fails, how often and since when")
struct FailureTallyTests {
  private func step(_ name: String = "web", image: String = "r/web:1") -> PlannedStep {
    PlannedStep(
      unit: UnitKey(application: "shop", kind: .actor, name: name, host: "NA"),
      intents: [
        .run(
          .actor(ActorLaunch(id: ActorID("shop-\(name)"), image: ImageReference(image))),
          instances: 1, on: "NA")
      ], reason: .missing, found: .nothing)
  }

  private func moment(_ second: Int64) -> Timestamp {
    Timestamp(nanoseconds: second * 1_000_000_000)
  }

  @Test("tries and ends of one cause are one failure, told at 1, 10 and 100 times")
  func growing() {
    var tally = FailureTally()
    var told: [Int] = []
    for second in 1...40 {
      for attempt in 2...3 {
        tally.note(.retry(step(), attempt: attempt, reason: "no"), at: moment(Int64(second)))
      }
      tally.note(.step(step(), .failed("no\nmore")), at: moment(Int64(second)))
      told += tally.takeDue().map(\.count)
    }
    #expect(told == [3, 12, 102])
    #expect(tally.failures.map(\.count) == [120])
    #expect(tally.failures.map(\.since) == [moment(1)])
    #expect(tally.failures.map(\.sentence) == ["failed: no more"])
    #expect(tally.failures.map(\.word) == ["failed"])
  }

  @Test("other words and another image are told anew, another number or id in the words is not")
  func causes() {
    var tally = FailureTally()
    func fail(_ words: String, _ step: PlannedStep, at second: Int64) -> [Int] {
      tally.note(.failed(words), of: step, at: moment(second))
      return tally.takeDue().map(\.count)
    }
    #expect(fail("port 80 is taken", step(), at: 1) == [1])
    #expect(fail("port 81 is taken", step(), at: 2) == [])
    #expect(fail("no such image", step(), at: 3) == [1])
    #expect(fail("no such image", step(image: "r/web:2"), at: 4) == [1])
    #expect(fail("no such image", step("api"), at: 5) == [1])
    #expect(tally.failures.map(\.since) == [moment(5), moment(4)])
  }

  @Test("what is no longer to be done is over once, and only what was told is told to be over")
  func over() {
    var tally = FailureTally()
    tally.note(.timedOut, of: step(), at: moment(1))
    _ = tally.takeDue()
    tally.note(.lost("gone"), of: step("api"), at: moment(2))
    #expect(tally.takeOver(except: [step().unit, step("api").unit]) == [])
    #expect(tally.takeOver(except: []).map(\.word) == ["timed-out"])
    #expect(tally.failures == [])
  }

  @Test("what was not sent, is under way or is out of date has not failed")
  func harmless() {
    var tally = FailureTally()
    for result in [.confirmed, .underWay, .stale, .dropped("left")] as [StepResult] {
      tally.note(result, of: step(), at: moment(1))
    }
    tally.note(.retry(step(), attempt: 2, reason: "no"), at: moment(1))
    tally.note(.confirmed, of: step(), at: moment(2))
    tally.note(.failed("no"), of: step(), at: moment(3))
    #expect(tally.failures.map(\.count) == [1])
  }
}
