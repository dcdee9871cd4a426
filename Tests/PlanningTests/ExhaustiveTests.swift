import Diagnostics
import LatticeModel
import Planning
import ReconcileTestKit
import Scheduling
import Testing

@Suite("Small cases against exhaustive search")
struct ExhaustiveTests {
  @Test("no placement is better than the planned one, and no smaller number of commands reaches it")
  func optimum() {
    var failures: [String] = []
    for seed in 1...3_000 {
      let small = SmallCase(seed: UInt64(seed))
      if let failure = small.failure { failures.append("seed \(seed): \(failure)") }
    }
    let first = failures.prefix(5).joined(separator: "\n")
    #expect(failures.isEmpty, "\(failures.count) cases\n\(first)")
  }
}

/// Two actors on at most four hosts, at most five instances each, in any state.
private struct SmallCase {
  struct Host {
    var id: HostID
    var labels: [String: String]
    var isUsable: Bool
    var cpu: Int?
  }

  struct Set {
    var instances: Int
    var isOutdated: Bool
  }

  private let place = SourcePosition(path: "m.yaml", line: 1, column: 1)
  var hosts: [Host] = []
  var actors: [ActorSpec] = []
  /// By actor, then by host.
  var running: [[Set?]] = []

  init(seed: UInt64) {
    var random = Seeded(seed)
    for index in 0..<random.number(1...4) {
      var labels = ["zone": random.one(of: ["a", "b"])]
      if random.chance(50) { labels["tier"] = "edge" }
      let cpu = random.chance(30) ? random.number(1...6) : nil
      if let cpu { labels["reconcile.dev/cpu"] = "\(cpu)" }
      hosts.append(
        Host(id: HostID("N\(index)"), labels: labels, isUsable: !random.chance(8), cpu: cpu))
    }
    for name in ["api", "web"].prefix(random.number(1...2)) {
      actors.append(
        ActorSpec(
          name: name, id: ActorID(name), image: "r/x:1", instances: random.number(0...5),
          spread: rules(&random),
          resources: ResourceRequest(cpu: random.chance(50) ? random.one(of: [1000, 2000]) : nil),
          priority: random.number(0...1), origin: place))
    }
    let isEmpty = random.chance(25)
    running = actors.map { _ in
      hosts.map { _ in
        guard !isEmpty, random.chance(55) else { return nil }
        return Set(instances: random.number(1...4), isOutdated: random.chance(25))
      }
    }
  }

  private func rules(_ random: inout Seeded) -> [SpreadConstraint] {
    var pool = [
      SpreadConstraint(name: "a", requirements: [LabelRequirement("zone", .equals("a"))]),
      SpreadConstraint(name: "b", requirements: [LabelRequirement("zone", .equals("b"))]),
      SpreadConstraint(name: "edge", requirements: [LabelRequirement("tier", .exists)]),
      SpreadConstraint(name: "any"),
    ]
    pool.shuffle(using: &random)
    return pool.prefix(random.one(of: [0, 1, 2, 2, 3])).map { rule in
      var rule = rule
      rule.weight = random.one(of: [20, 50, 100])
      if random.chance(25) { rule.maxPerHost = random.number(1...3) }
      if random.chance(30) { rule.preferred = [LabelRequirement("tier", .equals("edge"))] }
      return rule
    }
  }

  /// What the lattice looks like before.
  private var observed: ObservedState {
    var state = ObservedState()
    for (position, host) in hosts.enumerated() {
      var report = HostReport(host: host.id, labels: host.labels)
      for (actor, sets) in zip(actors, running) {
        guard let set = sets[position] else { continue }
        let digest = launchDigest(image: actor.image, configs: [])
        report.actors.append(
          ReportedActor(
            id: actor.id, image: actor.image,
            annotations: [
              AnnotationKey.managedBy: AnnotationKey.manager, AnnotationKey.application: "shop",
              AnnotationKey.actor: actor.name,
              AnnotationKey.spec: set.isOutdated ? "old" : digest,
            ], instances: set.instances))
      }
      state.note(report, at: Timestamp(nanoseconds: 1))
      if !host.isUsable { state.mark(host.id, .late(reason: "it errs")) }
    }
    state.view = .complete
    return state
  }

  /// What is wrong with the plan of this case, or `nil`.
  var failure: String? {
    let application = ApplicationSpec(name: "shop", origin: place, actors: actors)
    let plan = plan(
      from: observed, to: DesiredState(revision: "r", applications: [application]),
      in: PlanningContext(lattice: "default"))
    var room = hosts.indices.map { host in
      hosts[host].cpu.map { cpu in
        actors.indices.reduce(cpu * 1000) { left, actor in
          left - (running[actor][host]?.instances ?? 0) * (actors[actor].resources.cpu ?? 0)
        }
      }
    }
    let byPriority = actors.indices.sorted {
      (-actors[$0].priority, $0) < (-actors[$1].priority, $1)
    }
    for actor in byPriority {
      let planned = Planned(actors[actor], running[actor], hosts, plan)
      let best = bestByCounts(actor, room)
      guard let optimum = best.values.min() else { return "no answer" }
      guard let reached = best[planned.counts] else { return "\(planned) breaks a hard rule" }
      var told = reached
      told.unplaced = planned.unplaced
      told.commands = planned.commands
      if told != optimum {
        let others = best.filter { $0.value == optimum }.map(\.key)
        return "\(actors[actor].name): \(planned), \(told), where \(others), \(optimum)\n\(self)"
      }
      for host in hosts.indices {
        let added = max(0, planned.counts[host] - (running[actor][host]?.instances ?? 0))
        room[host]? -= added * (actors[actor].resources.cpu ?? 0)
      }
    }
    return nil
  }

  /// The best way to reach each division of an actor over the hosts.
  private func bestByCounts(_ actor: Int, _ room: [Int?]) -> [[Int]: Merit] {
    let spec = actors[actor]
    let rules = spec.spread.isEmpty ? [SpreadConstraint(name: "")] : spec.spread
    let shares = apportion(spec.instances, by: rules.map(\.weight))
    var best: [[Int]: Merit] = [:]
    var asked = Array(repeating: 0, count: hosts.count)
    var preferred = 0

    /// Tries every number of instances of a rule on a host, then goes on with the next host.
    func divide(_ rule: Int, _ host: Int, _ left: Int, _ unplaced: Int) {
      guard rule < rules.count else { return note(unplaced) }
      guard host < hosts.count else {
        let next = rule + 1 < rules.count ? shares[rule + 1] : 0
        return divide(rule + 1, 0, next, unplaced + left)
      }
      let before = (asked[host], preferred)
      for count in 0...left {
        asked[host] = before.0 + count
        preferred =
          before.1 + count * rules[rule].preferred.count { $0.isMet(by: hosts[host].labels) }
        guard count == 0 || isAllowed(rules[rule], host) else { break }
        divide(rule, host + 1, left - count, unplaced)
      }
      (asked[host], preferred) = before
    }

    func isAllowed(_ rule: SpreadConstraint, _ host: Int) -> Bool {
      func admits(_ rule: SpreadConstraint) -> Bool {
        rule.requirements.allSatisfy { $0.isMet(by: hosts[host].labels) }
      }
      let present = running[actor][host]?.instances ?? 0
      guard admits(rule) else { return false }
      guard hosts[host].isUsable else { return asked[host] <= present }
      let limit = rules.filter(admits).compactMap(\.maxPerHost).min() ?? .max
      let added = max(0, asked[host] - present) * (spec.resources.cpu ?? 0)
      return asked[host] <= limit && (added == 0 || room[host].map { added <= $0 } ?? true)
    }

    func note(_ unplaced: Int) {
      let counts = hosts.indices.map { host in
        hosts[host].isUsable ? asked[host] : running[actor][host]?.instances ?? 0
      }
      let merit = Merit(
        unplaced: unplaced, unasked: zip(counts, asked).reduce(0) { $0 + $1.0 - $1.1 },
        moved: zip(counts, running[actor]).reduce(0) { $0 + max(0, $1.0 - ($1.1?.instances ?? 0)) },
        unpreferred: -preferred, unbalance: counts.reduce(0) { $0 + $1 * $1 },
        commands: hosts.indices.reduce(0) { $0 + commands(actor, $1, to: counts[$1]) })
      best[counts] = min(best[counts] ?? merit, merit)
    }

    divide(0, 0, shares[0], 0)
    return best
  }

  /// How many commands bring a set to a number, those that are held included.
  private func commands(_ actor: Int, _ host: Int, to count: Int) -> Int {
    guard let set = running[actor][host] else { return count > 0 ? 1 : 0 }
    guard count > 0 else { return 1 }
    return set.isOutdated ? 2 : set.instances == count ? 0 : 1
  }
}

/// What makes a placement better than another, the weightiest first; less is better.
private struct Merit: Comparable {
  var unplaced: Int
  /// Instances on silent hosts that no rule asks for and nobody can stop.
  var unasked: Int
  /// Instances that start where none runs yet.
  var moved: Int
  var unpreferred: Int
  var unbalance: Int
  var commands: Int

  static func < (left: Merit, right: Merit) -> Bool {
    left.parts.lexicographicallyPrecedes(right.parts)
  }

  private var parts: [Int] { [unplaced, unasked, moved, unpreferred, unbalance, commands] }
}

/// What a plan says of one actor.
private struct Planned {
  var counts: [Int]
  var commands = 0
  var unplaced: Int

  init(_ actor: ActorSpec, _ running: [SmallCase.Set?], _ hosts: [SmallCase.Host], _ plan: Plan) {
    counts = running.map { $0?.instances ?? 0 }
    unplaced = plan.unplaceable.filter { $0.name == actor.name }.reduce(0) { $0 + $1.missing }
    for step in plan.steps + plan.held.map(\.step) where step.unit.name == actor.name {
      for intent in step.intents {
        guard let position = hosts.firstIndex(where: { $0.id == intent.host }) else { continue }
        if case .replace = intent { commands += 1 }
        commands += 1
        guard case .run(_, let instances, _) = intent.outcome else {
          counts[position] = 0
          continue
        }
        counts[position] = instances
      }
    }
  }
}
