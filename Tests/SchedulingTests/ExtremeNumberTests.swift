import LatticeModel
import ReconcileTestKit
import Testing

@testable import Scheduling

@Suite("Extreme numbers")
struct ExtremeNumberTests {
  private let numbers = [
    0, 1, 2, 5, 1000, 4_294_967_291, 4_294_967_295, Int.max / 2, Int.max - 1, Int.max,
  ]

  @Test("whatever the numbers, each placement keeps the hard rules and accounts for all instances")
  func fuzz() {
    for seed in 1...5_000 {
      var random = Seeded(UInt64(seed))
      let labels = (0..<random.number(0...5)).map { _ in
        var labels = ["zone": random.one(of: ["a", "b"])]
        if random.chance(40) {
          labels["reconcile.dev/cpu"] = random.one(of: ["0", "1", "9000000000000", "\(Int.max)"])
        }
        if random.chance(30) { labels["reconcile.dev/memory"] = "\(random.one(of: numbers))" }
        return labels
      }
      let hosts = hosts(labels)
      var scheduler = Scheduler(hosts: hosts)
      for _ in 0..<random.number(1...3) {
        let request = request(labels.count, &random)
        for entry in request.running {
          scheduler.reserve(entry.instances, of: request.resources, on: entry.host)
        }
        let room = hosts.indices.map { scheduler.load.room($0, for: request.resources) }
        let placement = scheduler.place(request)
        if let failure = failure(of: placement, for: request, labels, room) {
          Issue.record("seed \(seed): \(failure)\n\(request)\n\(labels)\n\(placement)")
        }
      }
    }
  }

  private func request(_ hosts: Int, _ random: inout Seeded) -> PlacementRequest {
    let pool = [
      SpreadConstraint(name: "a", requirements: [LabelRequirement("zone", .equals("a"))]),
      SpreadConstraint(name: "b", requirements: [LabelRequirement("zone", .isNotIn(["a"]))]),
      SpreadConstraint(name: "any", preferred: [LabelRequirement("zone", .equals("b"))]),
    ].shuffled(using: &random)
    let rules = pool.prefix(random.number(0...3)).map { rule in
      var rule = rule
      rule.weight = random.one(of: numbers + [-1])
      if random.chance(30) { rule.maxPerHost = max(1, random.one(of: numbers)) }
      return rule
    }
    let running = (0..<hosts).filter { _ in random.chance(40) }.map { host in
      PlacementRequest.Running(
        host: host, instances: max(1, random.one(of: numbers)), isFixed: random.chance(20),
        isOutdated: random.chance(30))
    }
    return PlacementRequest(
      wanted: random.one(of: numbers + [-1]), perHost: random.chance(15), rules: rules,
      limitPerHost: random.chance(20) ? 1 : .max,
      resources: ResourceRequest(
        cpu: random.chance(30) ? random.one(of: numbers) : nil,
        memory: random.chance(30) ? random.one(of: numbers) : nil), running: running)
  }

  private func failure(
    of placement: Placement, for request: PlacementRequest, _ labels: [[String: String]],
    _ room: [Int]
  ) -> String? {
    let rules = request.rules.isEmpty ? [SpreadConstraint(name: "")] : request.rules
    let running = Dictionary(uniqueKeysWithValues: request.running.map { ($0.host, $0) })
    for part in placement.assignments {
      let present = running[part.host]?.instances ?? 0
      if running[part.host]?.isFixed == true {
        if part.instances != present { return "a fixed set changes" }
        continue
      }
      let admitting = rules.filter { rule in
        rule.requirements.allSatisfy { $0.isMet(by: labels[part.host]) }
      }
      if admitting.isEmpty { return "no rule admits host \(part.host)" }
      let most = min(request.limitPerHost, admitting.compactMap(\.maxPerHost).min() ?? .max)
      let mayStay = request.perHost && part.instances == present
      if part.instances > most, !mayStay { return "host \(part.host) takes more than \(most)" }
      if part.instances > present, part.instances - present > room[part.host] {
        return "host \(part.host) has no room"
      }
    }
    guard !request.perHost, placement.unasked.isEmpty else { return nil }
    let wanted = rules.allSatisfy { $0.weight <= 0 } ? 0 : max(0, request.wanted)
    let placed = placement.assignments.reduce(UInt128(0)) { $0 + UInt128($1.instances) }
    let missing = placement.shortfalls.reduce(UInt128(0)) { $0 + UInt128($1.missing) }
    return placed + missing == UInt128(wanted) ? nil : "\(placed) and \(missing) of \(wanted)"
  }
}
