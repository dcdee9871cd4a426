import Diagnostics
import LatticeModel
import PlanExecution
import Planning
import ReconcileTestKit
import Testing

@testable import ReconcileLoop

@Suite("StartWatch")
struct StartWatchTests {
  private let zero = ContinuousClock.now
  private let web = UnitKey(application: "shop", kind: .actor, name: "web")
  private let page = UnitKey(application: "blog", kind: .actor, name: "page")

  private func desired(image: ImageReference = "r/web:1") -> DesiredState {
    func application(_ name: ApplicationName, _ actor: String, _ image: ImageReference)
      -> ApplicationSpec
    {
      ApplicationSpec(
        name: name, origin: .init(path: "m.yaml", line: 1, column: 1),
        actors: [
          ActorSpec(
            name: actor, id: ActorID("\(name)-\(actor)"), image: image,
            origin: .init(path: "m.yaml", line: 1, column: 1))
        ])
    }
    return DesiredState(
      revision: Revision(image.rawValue),
      applications: [
        application("shop", "web", image), application("blog", "page", "r/page:1"),
      ])
  }

  /// A watch to which things happen by the second.
  private struct Scene {
    var watch = StartWatch()
    let zero: ContinuousClock.Instant
    var desired: DesiredState

    mutating func start(
      _ unit: UnitKey, on host: HostID, at second: Double, isRescale: Bool = false
    ) {
      var there = unit
      there.host = host
      let moment = zero + .seconds(second)
      watch.note(
        [StartedUnit(unit: there, at: moment, isRescale: isRescale)], of: desired, at: moment,
        time(second))
    }

    func time(_ second: Double) -> Timestamp { Timestamp(nanoseconds: Int64(second * 1e9)) }

    mutating func lose(_ hosts: Set<HostID>, living: Set<HostID> = [], at second: Double) {
      watch.lost(
        hosts, living: living, of: desired, at: zero + .seconds(second), time(second))
    }

    func losses(of unit: UnitKey) -> Int { watch.suspects[unit]?.losses.count ?? 0 }
  }

  private func scene() -> Scene { Scene(zero: zero, desired: desired()) }

  @Test("a host lost within a minute of a start makes what was started there a suspect")
  func first() {
    var scene = scene()
    scene.start(web, on: "NA", at: 0)
    scene.start(page, on: "NA", at: 50)
    scene.lose(["NA"], at: 59)
    #expect(scene.losses(of: web) == 1 && scene.losses(of: page) == 1)
    #expect(scene.watch.suspects[web]?.isHeld == false)
    var later = self.scene()
    later.start(web, on: "NA", at: 0)
    later.lose(["NA"], at: 61)
    #expect(later.watch.suspects.isEmpty)
  }

  @Test("the second host holds it, with both hosts and times, whatever else was started beside it")
  func second() {
    var scene = scene()
    scene.start(web, on: "NA", at: 0)
    scene.lose(["NA"], at: 1)
    scene.start(web, on: "NB", at: 1.1)
    scene.start(page, on: "NB", at: 1.2)
    scene.lose(["NB"], at: 2)
    let suspect = scene.watch.suspects[web]
    #expect(suspect?.isHeld == true && suspect?.losses.map(\.host) == ["NA", "NB"])
    #expect(
      suspect?.sentence
        == "host NA was lost at 1970-01-01T00:00:01Z and host NB was lost at 1970-01-01T00:00:02Z, "
        + "right after it was started there")
    #expect(scene.watch.suspects[page]?.isHeld == false)
  }

  @Test("hosts lost within five seconds of each other count once, at once or in turn")
  func powerCut() {
    var scene = scene()
    for host: HostID in ["NA", "NB", "NC"] { scene.start(web, on: host, at: 0) }
    scene.lose(["NA", "NB"], at: 3)
    scene.lose(["NC"], at: 7)
    #expect(scene.losses(of: web) == 1)
    scene.start(web, on: "ND", at: 20)
    scene.lose(["ND"], at: 30)
    #expect(scene.losses(of: web) == 2)
  }

  @Test("a host that took it because another was lost counts, lost at once with a third or not")
  func chain() {
    var scene = scene()
    for host: HostID in ["NA", "NB"] { scene.start(web, on: host, at: 0) }
    scene.lose(["NA"], at: 1)
    scene.start(web, on: "NC", at: 1.1)
    scene.lose(["NB", "NC"], at: 2)
    #expect(scene.watch.suspects[web]?.losses.map(\.host) == ["NA", "NC"])
  }

  @Test("what is started at the very moment when its last host is found lost counts anew")
  func atOnce() {
    var scene = scene()
    scene.start(web, on: "NA", at: 0)
    scene.lose(["NA"], at: 10)
    scene.start(web, on: "NB", at: 10)
    scene.lose(["NB"], at: 11)
    #expect(scene.watch.suspects[web]?.isHeld == true)
  }

  @Test("a host that ran what it was before its change does not clear what it is now")
  func formerForm() {
    var scene = scene()
    scene.start(web, on: "NB", at: 0)
    scene.desired = desired(image: "r/web:2")
    scene.start(web, on: "NA", at: 10)
    scene.lose(["NA"], at: 11)
    scene.lose(["NB"], at: 20)
    #expect(scene.watch.suspects[web]?.losses.map(\.host) == ["NA"])
    scene.start(web, on: "NC", at: 30)
    scene.lose(["NC"], at: 31)
    #expect(scene.watch.suspects[web]?.isHeld == true)
  }

  @Test("a start counts though whoever sent it is no more, and only once")
  func onRecord() {
    var record = LatticeRecord()
    for host: HostID in ["NA", "NB"] {
      record.hosts[host] = RecordedHost(
        report: HostReport(host: host), lastSeen: Timestamp(nanoseconds: 0))
    }
    var first = scene()
    var there = web
    there.host = "NA"
    let step = PlannedStep(
      unit: there,
      intents: [
        .run(.actor(ActorLaunch(id: "shop-web", image: "r/web:1")), instances: 1, on: "NA")
      ],
      reason: .missing, found: .nothing)
    // It is on record before it is sent, and stays as it is once that is done.
    let before = first.watch.noting(
      on: record, startsOf: [step], in: first.desired, at: first.time(1))
    #expect(before.hosts["NA"]?.starts[web]?.last == first.time(1))
    first.start(web, on: "NA", at: 1)
    let after = first.watch.noting(on: before, in: first.desired, at: first.time(2))
    #expect(after == before)
    // Another controller begins with another clock, and sees that host die.
    var second = Scene(zero: zero + .seconds(1_000), desired: desired())
    second.watch.adopt(after, at: second.zero, first.time(3))
    second.lose(["NA"], at: 1)
    #expect(second.losses(of: web) == 1)
    let noted = second.watch.noting(on: after, in: second.desired, at: first.time(4))
    #expect(noted.hosts["NA"]?.starts.isEmpty == true)
    var third = Scene(zero: zero, desired: desired())
    var recorded = noted
    recorded.suspects = second.watch.suspects
    third.watch.adopt(recorded, at: zero, first.time(5))
    third.lose(["NA"], at: 6)
    #expect(third.losses(of: web) == 1)
    // Whoever commanded before, and started an earlier form there, learns of the later start.
    var former = Scene(zero: zero, desired: desired(image: "r/web:0"))
    former.start(web, on: "NA", at: 0)
    former.desired = desired()
    former.watch.adopt(after, at: zero + .seconds(3), former.time(3))
    former.lose(["NA"], at: 4)
    #expect(former.losses(of: web) == 1)
    // What was to be sent elsewhere may not have been: that other host has outlived nothing.
    var elsewhere = second
    elsewhere.watch.adopt(before, at: second.zero + .seconds(20), first.time(20))
    elsewhere.start(web, on: "NB", at: 25)
    elsewhere.lose(["NB"], living: ["NA"], at: 26)
    #expect(elsewhere.losses(of: web) == 1)
    // What is old stays on record, so that rest costs no write, and counts for nothing.
    let old = first.watch.noting(on: after, in: first.desired, at: first.time(700))
    #expect(old == after)
  }

  @Test("a host on record that is lost, or began anew, when a controller first looks was lost")
  func firstLook() throws {
    var record = LatticeRecord()
    var recorded = RecordedHost(
      report: HostReport(host: "NA"), lastSeen: Timestamp(nanoseconds: 0))
    recorded.starts[web] = RecordedStart(
      form: "f", first: scene().time(100), last: scene().time(100))
    record.hosts["NA"] = recorded
    func state(_ presence: Presence, _ uptime: Int) throws -> HostState {
      var observed = ObservedState()
      observed.note(HostReport(host: "NA", uptime: uptime), at: Timestamp(nanoseconds: 1))
      observed.mark("NA", presence)
      return try #require(observed.host("NA"))
    }
    func isLost(_ presence: Presence, uptime: Int, before: HostState? = nil) throws -> Bool {
      try state(presence, uptime).isLost(since: before, record, at: scene().time(120))
    }
    #expect(try isLost(.lost, uptime: 500) && isLost(.fresh, uptime: 10))
    #expect(try !isLost(.fresh, uptime: 20) && !isLost(.fresh, uptime: 500))
    #expect(try !isLost(.silent, uptime: 10) && !isLost(.fresh, uptime: 0))
    let known = try state(.fresh, 9)
    #expect(try !isLost(.fresh, uptime: 10, before: known))
    #expect(try isLost(.lost, uptime: 9, before: known) && isLost(.fresh, uptime: 7, before: known))
    // One answer may have overtaken another.
    #expect(try !isLost(.fresh, uptime: 8, before: known))
  }

  @Test("what another host has outlived for longer is not suspected")
  func outlived() {
    var scene = scene()
    scene.start(web, on: "NA", at: 0)
    scene.start(web, on: "NB", at: 10)
    scene.lose(["NB"], living: ["NA"], at: 11)
    #expect(scene.watch.suspects.isEmpty)
    // Another number there is no new start of it; another host that is dead itself proves nothing.
    scene.start(web, on: "NA", at: 20, isRescale: true)
    scene.start(web, on: "NC", at: 20)
    scene.lose(["NC"], living: ["NA"], at: 21)
    #expect(scene.watch.suspects.isEmpty)
    scene.start(web, on: "ND", at: 30)
    scene.lose(["ND"], at: 31)
    #expect(scene.losses(of: web) == 1)
  }

  @Test("what failed to start on another host has outlived nothing there")
  func failed() {
    var scene = scene()
    scene.start(web, on: "NB", at: 0)
    var there = web
    there.host = "NB"
    scene.watch.note(
      .failed("no such image"),
      of: PlannedStep(unit: there, intents: [], reason: .missing, found: .nothing))
    scene.start(web, on: "NA", at: 10)
    scene.lose(["NA"], living: ["NB"], at: 11)
    #expect(scene.losses(of: web) == 1)
  }

  @Test("another image, an approval and a removal lift it; a manifest that cannot be read does not")
  func lifted() {
    var scene = scene()
    func lose(_ scene: inout Scene) {
      for (index, host) in ["NA", "NB"].enumerated() {
        scene.start(web, on: HostID(host), at: Double(index) * 10)
        scene.lose([HostID(host)], at: Double(index) * 10 + 1)
      }
    }
    lose(&scene)
    func isHeld(_ desired: DesiredState, _ record: LatticeRecord = LatticeRecord()) -> Bool {
      var watch = scene.watch
      watch.settle(record, desired, at: zero + .seconds(20))
      return watch.suspects[web]?.isHeld ?? false
    }
    #expect(isHeld(desired()))
    #expect(!isHeld(desired(image: "r/web:2")))
    #expect(!isHeld(DesiredState(revision: "2")))
    let broken = DesiredState(
      revision: "2",
      frozen: [
        FrozenApplication(name: "shop", origin: .init(path: "m.yaml", line: 1, column: 1))
      ])
    #expect(isHeld(broken))
    var record = LatticeRecord()
    record.approvals = [Approval(of: "blog", at: Timestamp(nanoseconds: 12_000_000_000))]
    #expect(isHeld(desired(), record))
    record.approvals = [Approval(of: "shop", at: Timestamp(nanoseconds: 10_000_000_000))]
    #expect(isHeld(desired(), record))
    record.approvals = [Approval(of: "shop", at: Timestamp(nanoseconds: 12_000_000_000))]
    #expect(!isHeld(desired(), record))
  }

  @Test("values of a config and links that name it are part of what is held")
  func form() {
    var state = desired()
    let before = StartForms(of: state).digest(of: web)
    state.applications[1].links = [
      LinkSpec(
        definition: LinkDefinition(
          key: LinkKey(source: "bus", contract: "wasmcloud:messaging"),
          target: "shop-web", interfaces: ["handler"], sourceConfig: ["c"]),
        sourceName: "bus", targetName: "web", origin: .init(path: "m.yaml", line: 1, column: 1))
    ]
    let linked = StartForms(of: state).digest(of: web)
    state.applications[1].configs = [
      ConfigSpec(name: "c", values: ["a": "1"], origin: .init(path: "m.yaml", line: 1, column: 1))
    ]
    let configured = StartForms(of: state).digest(of: web)
    #expect(Set([before, linked, configured]).count == 3)
    #expect(StartForms(of: state).digest(of: page) == StartForms(of: desired()).digest(of: page))
  }
}
