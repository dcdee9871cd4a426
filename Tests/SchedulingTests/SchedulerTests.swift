import LatticeModel
import Testing

@testable import Scheduling

@Suite("Scheduling")
struct SchedulerTests {
  @Test("overlapping rules are solved together: 12 at 25, 25 and 50 per cent over four hosts")
  func overlap() {
    var scheduler = Scheduler(
      hosts: hosts([["side": "east"], ["side": "east"], ["side": "west"], ["side": "west"]]))
    let placement = scheduler.place(
      PlacementRequest(
        wanted: 12,
        rules: [
          SpreadConstraint(
            name: "east", weight: 25, requirements: [LabelRequirement("side", .equals("east"))]),
          SpreadConstraint(
            name: "west", weight: 25, requirements: [LabelRequirement("side", .equals("west"))]),
          SpreadConstraint(name: "any", weight: 50),
        ]))
    #expect(placement.assignments.map(\.instances) == [3, 3, 3, 3])
    #expect(placement.shortfalls.isEmpty)
  }

  /// What a host runs that takes nothing new, as rules ask for it.
  struct Closed: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var wanted: Int
    var perHost = false
    var rules: [SpreadConstraint] = []
    var running: [Int] = []
    /// By host, of three; the first takes nothing new.
    var instances: [Int]
    var reasons: [String] = []
  }

  @Test(
    "a host that takes nothing new keeps what it runs and gets nothing",
    arguments: [
      Closed(testDescription: "new", wanted: 3, instances: [0, 2, 1]),
      Closed(testDescription: "kept", wanted: 3, running: [2, 1], instances: [2, 1, 0]),
      Closed(testDescription: "more", wanted: 6, running: [1, 1], instances: [1, 3, 2]),
      Closed(testDescription: "fewer", wanted: 2, running: [2, 2], instances: [1, 1, 0]),
      Closed(
        testDescription: "overlapping rules", wanted: 6,
        rules: [
          SpreadConstraint(name: "any"),
          SpreadConstraint(name: "low", requirements: [LabelRequirement("n", .isLessThan(2))]),
        ], running: [1], instances: [1, 3, 2]),
      Closed(testDescription: "daemon", wanted: 2, perHost: true, instances: [0, 2, 2]),
      Closed(
        testDescription: "daemon there", wanted: 2, perHost: true, running: [1, 2],
        instances: [1, 2, 2]),
      Closed(
        testDescription: "no other host", wanted: 1,
        rules: [SpreadConstraint(name: "r", requirements: [LabelRequirement("n", .equals("0"))])],
        instances: [0, 0, 0], reasons: ["no usable host with n=0; 1 unhealthy host left out"]),
      Closed(
        testDescription: "no other room", wanted: 9,
        rules: [SpreadConstraint(name: "r", maxPerHost: 2)], instances: [0, 2, 2],
        reasons: ["2 hosts at the most of 2 each", "1 unhealthy host left out"]),
    ])
  func closed(_ test: Closed) {
    var scheduler = Scheduler(hosts: hosts([["n": "0"], ["n": "1"], ["n": "2"]]), closed: [0])
    let placement = scheduler.place(
      PlacementRequest(
        wanted: test.wanted, perHost: test.perHost, rules: test.rules,
        running: test.running.enumerated().map {
          PlacementRequest.Running(host: $0.offset, instances: $0.element)
        }))
    var instances = [0, 0, 0]
    for part in placement.assignments { instances[part.host] = part.instances }
    #expect(instances == test.instances)
    #expect(placement.shortfalls.flatMap(\.reasons) == test.reasons)
  }

  @Test("what runs stays, and removals keep the rest balanced")
  func sticky() {
    var scheduler = Scheduler(hosts: hosts([[:], [:], [:]]))
    let running = [
      PlacementRequest.Running(host: 0, instances: 4),
      PlacementRequest.Running(host: 1, instances: 2),
    ]
    let same = scheduler.place(PlacementRequest(wanted: 6, running: running))
    #expect(same.assignments.map(\.instances) == [4, 2])
    let fewer = scheduler.place(PlacementRequest(wanted: 4, running: running))
    #expect(fewer.assignments.map(\.instances) == [2, 2])
    let more = scheduler.place(PlacementRequest(wanted: 7, running: running))
    #expect(more.assignments.map(\.instances) == [4, 2, 1])
  }

  @Test("what no host can take is said, with why")
  func shortfall() {
    var scheduler = Scheduler(hosts: hosts([["zone": "a"]]))
    let rule = SpreadConstraint(
      name: "west", requirements: [LabelRequirement("zone", .equals("west"))])
    let placement = scheduler.place(PlacementRequest(wanted: 3, rules: [rule]))
    #expect(placement.assignments.isEmpty)
    #expect(placement.shortfalls.first?.missing == 3)
    #expect(placement.shortfalls.first?.reasons == ["no usable host with zone=west"])
  }

  @Test("a set that stays where no rule asks for it is answered once and named")
  func unasked() {
    var scheduler = Scheduler(hosts: hosts([[:], [:]]))
    let running = [PlacementRequest.Running(host: 0, instances: 3, isFixed: true)]
    let none = scheduler.place(PlacementRequest(wanted: 0, running: running))
    #expect(none.assignments.map(\.host) == [0])
    #expect(none.assignments.map(\.instances) == [3])
    #expect(none.unasked == [0])
    let all = scheduler.place(PlacementRequest(wanted: 3, running: running))
    #expect(all.unasked.isEmpty)
  }

  @Test("nothing is added to a set that stays as it is")
  func fixed() {
    var scheduler = Scheduler(hosts: hosts([[:], [:]]))
    let running = [PlacementRequest.Running(host: 0, instances: 1, isFixed: true)]
    let placement = scheduler.place(PlacementRequest(wanted: 5, running: running))
    #expect(placement.assignments.map(\.instances) == [1, 4])
    let rules = [
      SpreadConstraint(name: "most", maxPerHost: 2), SpreadConstraint(name: "rest", weight: 0),
    ]
    let short = scheduler.place(PlacementRequest(wanted: 5, rules: rules, running: running))
    #expect(short.assignments.map(\.instances) == [1, 2])
    #expect(short.shortfalls.map(\.missing) == [2])
  }

  @Test("between hosts that balance alike, the one that needs no other command is chosen")
  func fewestCommands() {
    var scheduler = Scheduler(hosts: hosts([[:], [:], [:]]))
    func running(_ host: Int, isOutdated: Bool) -> PlacementRequest.Running {
      PlacementRequest.Running(host: host, instances: 1, isOutdated: isOutdated)
    }
    let fewer = scheduler.place(
      PlacementRequest(
        wanted: 1, running: [running(0, isOutdated: true), running(1, isOutdated: false)]))
    #expect(fewer.assignments.map(\.host) == [1])
    let three = [
      running(0, isOutdated: false), running(1, isOutdated: false), running(2, isOutdated: true),
    ]
    let more = scheduler.place(PlacementRequest(wanted: 4, running: three))
    #expect(more.assignments.map(\.instances) == [1, 1, 2])
    let overlapping = [SpreadConstraint(name: "one"), SpreadConstraint(name: "two")]
    let together = scheduler.place(
      PlacementRequest(wanted: 4, rules: overlapping, running: three))
    #expect(together.assignments.map(\.instances) == [1, 1, 2])
  }
}

/// Hosts with these labels, all of them usable.
func hosts(_ labels: [[String: String]]) -> [HostState] {
  var state = ObservedState()
  for (index, labels) in labels.enumerated() {
    state.note(
      HostReport(host: HostID("N\(index)"), labels: labels), at: Timestamp(nanoseconds: 1))
  }
  return state.hosts
}
