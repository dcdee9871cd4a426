import LatticeModel
import ReconcileTestKit
import RecordKeeping
import Testing

@testable import PlanExecution

@Suite("The record once a plan was carried out")
struct ReleasingTests {
  @Test("what is to be put is ours before it is put, and nobody's once it was deleted")
  func claiming() {
    var plan = Plan(lattice: "default", revision: "1")
    plan.stages = [Stage(title: "", steps: [put("conf"), put(Sample.link()), start(on: "NA")])]
    let claimed = LatticeRecord().claiming(plan.steps)
    #expect(claimed.owns(Sample.link()) && claimed.configs["conf"]?.application == "shop")
    #expect(claimed.hosts.isEmpty)
    var outcome = PlanOutcome()
    func delete(_ intent: Intent, _ result: StepResult) {
      let step = PlannedStep(
        unit: UnitKey(application: "shop", kind: .link, name: "x"), intents: [intent],
        reason: .notDeclared, found: .nothing)
      outcome.results.append((step, result))
    }
    delete(.disconnect(Sample.link()), .timedOut)
    delete(.drop("conf"), .failed("no"))
    #expect(claimed.releasing(outcome) == claimed)
    delete(.disconnect(Sample.link()), .confirmed)
    delete(.drop("conf"), .confirmed)
    #expect(claimed.releasing(outcome) == LatticeRecord())
  }
}
