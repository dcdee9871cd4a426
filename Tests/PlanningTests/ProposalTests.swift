import LatticeModel
import ReconcileTestKit
import Testing

@testable import Planning

@Suite("What a person may approve")
struct ProposalTests {
  /// The rules that ask for a judgement; every other one states a fact, which no approval changes.
  private static let yielding: Set<GuardRule> = [.history, .takesHostsDown, .unprovenRecord]

  @Test("an approval passes what asks for a person's judgement, and no other rule")
  func rules() {
    #expect(Guards.yielding == Self.yielding)
    // Of a rule with several rows, each is alike.
    for row in Guards.table {
      #expect(row.yieldsToApproval == Self.yielding.contains(row.rule), "\(row.rule)")
    }
  }

  @Test(
    "an approved plan sends nothing that another rule holds, and holds nothing that yields",
    arguments: GuardRowTests.cases)
  func approved(_ test: GuardRowTests.Case) {
    var released = 0
    for seed in 1...200 {
      let world = World.of(seed: UInt64(seed))
      var (context, observed) = (world.context, world.observed)
      test.change(
        &context, &observed, plan(from: observed, to: world.desired, in: context).steps)
      let before = plan(from: observed, to: world.desired, in: context)
      let proposal = Planning.proposal(
        beside: before, from: observed, to: world.desired, in: context)
      guard let proposal else {
        for held in before.held where Self.yielding.contains(held.rule) {
          #expect(isHeldAlike(held, observed, world, context), "seed \(seed): \(held.step.unit)")
        }
        continue
      }
      let sent = proposal.digests
      for held in before.held where !Self.yielding.contains(held.rule) {
        #expect(
          !sent.contains(stepDigest(held.step)), "seed \(seed): \(held.step.unit) \(held.rule)")
      }
      #expect(!proposal.plan.held.contains { Self.yielding.contains($0.rule) }, "seed \(seed)")
      #expect(proposal.id == planIdentifier(proposal.plan))
      released += proposal.released.count
    }
    let asks = [
      "rewritten history", "history that cannot be seen", "a suspect", "a record that is doubted",
    ]
    if asks.contains(test.testDescription) { #expect(released > 0) }
  }

  /// Whether another rule holds a step too, so that an approval would change nothing.
  private func isHeldAlike(
    _ held: HeldStep, _ observed: ObservedState, _ world: World, _ context: PlanningContext
  ) -> Bool {
    var context = context
    context.isApproved = true
    return plan(from: observed, to: world.desired, in: context).held.contains {
      stepDigest($0.step) == stepDigest(held.step)
    }
  }

  private func proposed(instances: Int, tree: String = "tree") -> Proposal? {
    let place = GuardTests.place
    var desired = DesiredState(
      revision: "r",
      applications: ["shop", "blog"].map { name in
        ApplicationSpec(
          name: name, origin: place,
          actors: [
            ActorSpec(
              name: "web", id: ActorID("\(name)-web"), image: "r/web:1",
              instances: name == "shop" ? instances : 1, origin: place)
          ])
      })
    desired.tree = tree
    var observed = ObservedState()
    for host in ["N0", "N1"] {
      observed.note(HostReport(host: HostID(host)), at: Timestamp(nanoseconds: 1))
    }
    observed.view = .complete
    var context = PlanningContext(lattice: "default")
    context.doubts = ["shop": HistoryDoubt(of: "r", after: "q")]
    context.refusesRewrittenHistory = true
    let plan = plan(from: observed, to: desired, in: context)
    return Planning.proposal(beside: plan, from: observed, to: desired, in: context)
  }

  private func approval(of proposal: Proposal, without count: Int = 0) -> PlanApproval {
    PlanApproval(
      of: proposal.id, tree: proposal.plan.tree,
      releasing: proposal.digests.sorted().dropFirst(count), reason: "looked at", by: "ann",
      at: Timestamp(nanoseconds: 1), until: Timestamp(nanoseconds: 9))
  }

  @Test("an approval is for its steps and its tree: what is another by then is not approved")
  func coverage() throws {
    let first = try #require(proposed(instances: 2))
    #expect(first.released.count == 3 && first.isCovered(by: approval(of: first)))
    #expect(!first.isCovered(by: approval(of: first, without: 1)))
    #expect(try !#require(proposed(instances: 3)).isCovered(by: approval(of: first)))
    #expect(try !#require(proposed(instances: 2, tree: "other")).isCovered(by: approval(of: first)))
    // What was done meanwhile leaves the rest approved.
    var rest = first
    rest.released.removeLast()
    #expect(rest.isCovered(by: approval(of: first)))
  }

  @Test("an approval ends by itself")
  func end() throws {
    let approval = approval(of: try #require(proposed(instances: 2)))
    #expect(approval.stands(at: Timestamp(nanoseconds: 8)))
    #expect(!approval.stands(at: Timestamp(nanoseconds: 9)) && !approval.stands(at: nil))
  }
}
