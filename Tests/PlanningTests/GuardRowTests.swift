import LatticeModel
import ReconcileTestKit
import Testing

@testable import Planning

@Suite("The table of guards")
struct GuardRowTests {
  /// What stops commanding, and what a plan is made in then.
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: @Sendable (inout PlanningContext, inout ObservedState, [PlannedStep]) -> Void
  }

  static let cases: [Case] = [
    Case(testDescription: "nothing") { _, _, _ in },
    Case(testDescription: "a halt") { context, _, _ in context.record.halt = "a person said so" },
    Case(testDescription: "a suspended application") { context, _, steps in
      guard let unit = steps.first?.unit else { return }
      context.record.suspensions = [
        Suspension(.application(unit.application), reason: "debugging", by: "ann")
      ]
    },
    Case(testDescription: "rewritten history") { context, _, steps in
      for name in steps.prefix(1).map(\.unit.application) {
        context.doubts[name] = HistoryDoubt(of: "r", after: "q")
      }
      context.refusesRewrittenHistory = true
    },
    Case(testDescription: "history that cannot be seen") { context, _, steps in
      for name in steps.map(\.unit.application) {
        context.doubts[name] = HistoryDoubt(of: "r", after: "q", "the clone is shallow")
      }
    },
    Case(testDescription: "a unit that flaps") { context, _, steps in
      context.flapping = Set(steps.suffix(1).map(\.unit))
    },
    Case(testDescription: "a suspect") { context, _, steps in
      for unit in steps.suffix(1).map(\.unit) {
        context.record.suspects[unit.withoutHost] = Suspect(
          form: "",
          losses: ["N8", "N9"].map { Suspect.Loss(host: $0, time: Timestamp(nanoseconds: 1)) })
      }
    },
    Case(testDescription: "a host that is late") { _, observed, steps in
      for host in steps.suffix(1).compactMap(\.unit.host) { observed.mark(host, .late(reason: "")) }
    },
    Case(testDescription: "an unhealthy host") { context, _, steps in
      for host in steps.suffix(1).compactMap(\.unit.host) {
        context.record.troubles[host] = HostTrouble(
          reason: "", isUnhealthy: true, until: Timestamp(nanoseconds: .max))
      }
    },
    Case(testDescription: "a record that is doubted") { context, _, _ in
      context.record.doubt = RecordDoubt("it was lost", since: Timestamp(nanoseconds: 1))
    },
    Case(testDescription: "a view that is not proven") { _, observed, _ in
      observed.view = .unproven
    },
    Case(testDescription: "a view that is incomplete") { _, observed, _ in
      observed.view = .incomplete(silent: ["N9"], expected: 2, answered: 1)
    },
  ]

  @Test("every reason to hold a step is a row")
  func rows() { #expect(Set(Guards.table.map(\.rule)) == Set(GuardRule.allCases)) }

  @Test("a row that is not asked about starts would not object to any", arguments: cases)
  func asleep(_ test: Case) {
    var count = 0
    for seed in 1...200 {
      let world = World.of(seed: UInt64(seed))
      var (context, observed) = (world.context, world.observed)
      // The starts that are planned where nothing stops them.
      let starts = plan(from: observed, to: world.desired, in: context).steps
        .filter { $0.found == .nothing }
      test.change(&context, &observed, starts)
      var facts = GuardFacts(observed, world.desired, context)
      facts.irreplaceable = Set(starts.prefix(1).map(\.unit))
      for step in starts {
        let awake = Guards.awake(for: step.unit.application, facts)
        #expect(
          Guards.held(step, facts)?.rule == Guards.held(step, facts, by: awake)?.rule,
          "seed \(seed): \(step.unit)")
        count += 1
      }
    }
    #expect(count > 200)
  }

  @Test("every planned step has passed every row", arguments: cases)
  func passed(_ test: Case) {
    for seed in 1...200 {
      let world = World.of(seed: UInt64(seed))
      var (context, observed) = (world.context, world.observed)
      test.change(
        &context, &observed, plan(from: observed, to: world.desired, in: context).steps)
      let facts = GuardFacts(observed, world.desired, context)
      for step in plan(from: observed, to: world.desired, in: context).steps {
        #expect(Guards.held(step, facts) == nil, "seed \(seed): \(step.unit)")
      }
    }
  }
}
