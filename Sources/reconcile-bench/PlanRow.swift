import BaselineC
import Diagnostics
import LatticeModel
import Planning

extension BenchRow {
  /// Plans from nothing and with nothing to do, at three sizes that are ten times one another.
  static let plan = BenchRow(
    name: "plan", summary: "plan at 1k, 10k and 100k instances, from nothing and with nothing to do"
  ) {
    var figures: [Figure] = []
    for applications in [20, 200, 2_000] { figures += try await plans(of: applications) }
    return figures
  }
}

private func plans(of applications: Int) async throws -> [Figure] {
  let world = PlanWorld(applications: applications)
  let instances = applications * PlanWorld.actors * PlanWorld.instances
  var steps = [baseline_step](repeating: baseline_step(), count: instances)
  var first: Plan?
  let floor = Int32(applications * PlanWorld.actors)
  let fromNothing = await Pairs(5) {
    await processorTime {
      _ = baseline_plan(floor, Int32(PlanWorld.instances), Int32(world.hosts), &steps)
    }
  } ours: {
    first = nil
    return await processorTime { first = world.plan(from: world.empty) }
  }
  guard let first, first.unplaceable.isEmpty, first.counts.missing > 0 else {
    throw BenchError("not everything is placed")
  }
  let full = simulate(first, on: world.empty, record: LatticeRecord()).observed
  var nothingToDo: [Double] = []
  for _ in 0..<5 {
    var second: Plan?
    nothingToDo.append(await processorTime { second = world.plan(from: full) })
    guard second?.isEmpty == true else { throw BenchError("the plan is not empty") }
  }
  func figure(_ what: String, _ times: [Double], beside: String = "", goal: Double) -> Figure {
    let time = median(times)
    let isLargest = instances == 100_000
    return Figure(
      what: "\(what), \(instances / 1_000)k instances", ours: time.milliseconds, beside: beside,
      ratio: "\((time / Double(instances) * 1e9).text(0)) ns each",
      goal: isLargest ? goal.milliseconds : "", isMet: isLargest ? time <= goal : nil)
  }
  return [
    figure(
      "plan from nothing", fromNothing.ours,
      beside: "steps written in C \(median(fromNothing.theirs).milliseconds)", goal: 0.05),
    figure("plan with nothing to do", nothingToDo, goal: 0.01),
  ]
}

/// Five hosts an application, with three labels and capacities; five actors of ten instances.
private struct PlanWorld {
  static let actors = 5
  static let instances = 10

  let hosts: Int
  let desired: DesiredState
  private(set) var empty = ObservedState()

  init(applications: Int) {
    hosts = applications * 5
    desired = DesiredState(
      revision: "bench", applications: (0..<applications).map(Self.application))
    for host in 0..<hosts {
      let id = HostID("N\(1_000_000 + host)")
      empty.note(
        HostReport(
          host: id,
          labels: [
            "zone": ["a", "b", "c"][host % 3], "tier": host % 2 == 0 ? "edge" : "cloud",
            "region": ["ap-east-1", "eu-west-1", "us-east-1", "us-west-2"][host % 4],
            "reconcile.dev/cpu": "16", "reconcile.dev/memory": "32Gi",
          ], version: "1.9.2"), at: Timestamp(nanoseconds: 1))
    }
    empty.view = .complete
  }

  func plan(from observed: ObservedState) -> Plan {
    Planning.plan(from: observed, to: desired, in: PlanningContext(lattice: "default"))
  }

  private static func application(_ number: Int) -> ApplicationSpec {
    let origin = SourcePosition(path: "manifests/app-\(number).yaml", line: 1, column: 1)
    let actors = (0..<actors).map { actor in
      ActorSpec(
        name: "worker-\(actor)", id: ActorID("app-\(number)-worker-\(actor)"),
        image: ImageReference("registry.example.com/worker-\(actor):1.\(number).0"),
        instances: instances,
        spread: [
          SpreadConstraint(
            name: "edge", weight: 80, requirements: [requirement("tier", "edge")],
            preferred: [requirement("region", "ap-east-1")]),
          SpreadConstraint(
            name: "cloud", weight: 20,
            requirements: [requirement("tier", "cloud"), requirement("zone", "a")]),
        ], resources: ResourceRequest(cpu: 100, memory: 64 << 20), origin: origin)
    }
    return ApplicationSpec(
      name: ApplicationName("app-\(number)"), origin: origin, actors: actors)
  }

  private static func requirement(_ key: String, _ value: String) -> LabelRequirement {
    LabelRequirement(key, .equals(value))
  }
}
