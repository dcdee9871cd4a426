import LatticeModel
import Testing

@testable import Scheduling

@Suite("Which hosts take what")
struct HostRuleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var test: LabelRequirement.Test
    /// The hosts that meet it, of those below.
    var hosts: [Int]
    var testDescription: String { LabelRequirement("rank", test).description }
  }

  @Test(
    "a requirement of each operator admits the hosts that meet it, and says so when none does",
    arguments: [
      Case(test: .equals("5"), hosts: [1]),
      Case(test: .isIn(["5", "x"]), hosts: [1, 3]),
      Case(test: .isNotIn(["5", "x"]), hosts: [0, 2]),
      Case(test: .exists, hosts: [1, 2, 3]),
      Case(test: .doesNotExist, hosts: [0]),
      Case(test: .isGreaterThan(5), hosts: [2]),
      Case(test: .isLessThan(6), hosts: [1]),
    ])
  func operators(_ test: Case) {
    let labels = [[:], ["rank": "5"], ["rank": "10"], ["rank": "x"]]
    let rule = SpreadConstraint(name: "r", requirements: [LabelRequirement("rank", test.test)])
    var scheduler = Scheduler(hosts: hosts(labels))
    let daemon = scheduler.place(PlacementRequest(wanted: 1, perHost: true, rules: [rule]))
    #expect(daemon.assignments.map(\.host) == test.hosts)
    let spread = scheduler.place(PlacementRequest(wanted: test.hosts.count, rules: [rule]))
    #expect(spread.assignments.map(\.host) == test.hosts)
    let others = labels.enumerated().filter { !test.hosts.contains($0.offset) }.map(\.element)
    var without = Scheduler(hosts: hosts(others))
    let nowhere = without.place(PlacementRequest(wanted: 1, rules: [rule]))
    #expect(nowhere.shortfalls.first?.reasons == ["no usable host with \(test.testDescription)"])
  }

  @Test("all requirements of a rule must hold")
  func allRequirements() {
    var scheduler = Scheduler(hosts: hosts([["a": "1"], ["a": "1", "b": "2"], ["b": "2"]]))
    let rule = SpreadConstraint(
      name: "r",
      requirements: [LabelRequirement("a", .equals("1")), LabelRequirement("b", .equals("2"))])
    let placement = scheduler.place(PlacementRequest(wanted: 3, rules: [rule]))
    #expect(placement.assignments.map(\.host) == [1])
    #expect(placement.assignments.map(\.instances) == [3])
  }

  @Test("hosts with more preferred labels come first, and the others take what is left")
  func preferred() {
    var scheduler = Scheduler(hosts: hosts([[:], ["r": "1"], ["r": "1", "d": "ssd"]]))
    let rule = SpreadConstraint(
      name: "r",
      preferred: [LabelRequirement("r", .equals("1")), LabelRequirement("d", .equals("ssd"))],
      maxPerHost: 2)
    func placed(_ wanted: Int) -> [Int] {
      var counts = [0, 0, 0]
      for part in scheduler.place(PlacementRequest(wanted: wanted, rules: [rule])).assignments {
        counts[part.host] = part.instances
      }
      return counts
    }
    #expect(placed(1) == [0, 0, 1])
    #expect(placed(3) == [0, 1, 2])
    #expect(placed(5) == [1, 2, 2])
  }

  @Test("no host takes more than a rule that admits it allows, whichever rule asks")
  func maxPerHost() {
    let edge = SpreadConstraint(
      name: "edge", weight: 20, requirements: [LabelRequirement("tier", .equals("edge"))],
      maxPerHost: 1)
    let any = SpreadConstraint(name: "any", weight: 80)
    for wanted in [10, 4_000_000] {
      var scheduler = Scheduler(hosts: hosts([["tier": "edge"], [:]]))
      let placement = scheduler.place(PlacementRequest(wanted: wanted, rules: [edge, any]))
      #expect(placement.assignments.map(\.instances) == [1, wanted / 5 * 4])
      #expect(placement.shortfalls.map(\.missing) == [wanted / 5 - 1])
      #expect(placement.shortfalls.map(\.reasons) == [["1 host at the most of 1 each"]])
    }
    var scheduler = Scheduler(hosts: hosts([["tier": "edge"], [:]]))
    let daemon = scheduler.place(
      PlacementRequest(wanted: 3, perHost: true, rules: [edge, any]))
    #expect(daemon.assignments.map(\.instances) == [1, 3])
  }

  @Test("a provider runs at most once on a host")
  func limitPerHost() {
    var scheduler = Scheduler(hosts: hosts([[:], [:]]))
    let placement = scheduler.place(PlacementRequest(wanted: 3, limitPerHost: 1))
    #expect(placement.assignments.map(\.instances) == [1, 1])
    #expect(placement.shortfalls.map(\.reasons) == [["2 hosts at the most of 1 each"]])
  }

  @Test("a host takes no more than its declared capacity has room for, what runs counted")
  func capacity() {
    let labels = [
      ["reconcile.dev/cpu": "1", "reconcile.dev/memory": "1Gi"],
      ["reconcile.dev/cpu": "1500m", "reconcile.dev/memory": "128Mi"], ["zone": "far"],
    ]
    var scheduler = Scheduler(hosts: hosts(labels))
    let request = ResourceRequest(cpu: 500, memory: 64 << 20)
    scheduler.reserve(1, of: request, on: 0)
    let near = SpreadConstraint(
      name: "near", requirements: [LabelRequirement("zone", .doesNotExist)])
    let first = scheduler.place(
      PlacementRequest(wanted: 5, rules: [near], resources: request))
    #expect(first.assignments.map(\.instances) == [1, 2])
    #expect(
      first.shortfalls.first?.reasons
        == ["1 host full: 500m cpu short", "1 host full: 64Mi memory short"])
    let second = scheduler.place(PlacementRequest(wanted: 7, resources: request))
    #expect(second.assignments.map(\.host) == [2])
    let free = scheduler.place(PlacementRequest(wanted: 2, rules: [near]))
    #expect(free.assignments.map(\.host) == [0, 1])
  }

  @Test("a daemon stays as it is where it does not fit, and the hosts are counted")
  func fullDaemon() {
    var scheduler = Scheduler(hosts: hosts([["reconcile.dev/cpu": "1"], [:]]))
    let request = ResourceRequest(cpu: 800)
    scheduler.reserve(1, of: request, on: 0)
    let placement = scheduler.place(
      PlacementRequest(
        wanted: 2, perHost: true, resources: request,
        running: [PlacementRequest.Running(host: 0, instances: 1)]))
    #expect(placement.assignments.map(\.instances) == [1, 2])
    #expect(placement.shortfalls.map(\.missing) == [1])
    #expect(placement.shortfalls.map(\.wanted) == [2])
    var empty = Scheduler(hosts: [])
    let nowhere = empty.place(PlacementRequest(wanted: 2, perHost: true))
    #expect(nowhere.shortfalls.map(\.missing) == [1])
    #expect(nowhere.shortfalls.map(\.wanted) == [1])
    #expect(nowhere.shortfalls.map(\.reasons) == [["no usable host"]])
  }

  @Test("between equals the emptier host takes the next instance, then the first by id")
  func tieBreaks() {
    let labels = [
      ["reconcile.dev/cpu": "1"], ["reconcile.dev/cpu": "2"], ["reconcile.dev/memory": "1Gi"],
      ["reconcile.dev/memory": "2Gi"],
    ]
    func next(_ resources: ResourceRequest, on hosts: [HostState]) -> [Int] {
      var scheduler = Scheduler(hosts: hosts)
      for host in hosts.indices { scheduler.reserve(1, of: resources, on: host) }
      return scheduler.place(PlacementRequest(wanted: 1)).assignments.map(\.host)
    }
    #expect(next(ResourceRequest(), on: hosts(labels)) == [0])
    #expect(next(ResourceRequest(cpu: 500), on: hosts(Array(labels.prefix(2)))) == [1])
    #expect(next(ResourceRequest(memory: 1 << 20), on: hosts(Array(labels.suffix(2)))) == [1])
    var scheduler = Scheduler(hosts: hosts([[:], [:]]))
    #expect(scheduler.place(PlacementRequest(wanted: 1)).assignments.map(\.host) == [0])
    #expect(scheduler.place(PlacementRequest(wanted: 1)).assignments.map(\.host) == [1])
  }
}
