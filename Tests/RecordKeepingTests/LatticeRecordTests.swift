import LatticeModel
import ServiceRuntime
import Testing

@testable import RecordKeeping

@Suite("The record over passes")
struct LatticeRecordTests {
  @Test("hosts are noted as they are seen, lost and forgotten ones leave, and rest costs no write")
  func seeing() {
    let now = Timestamp.now
    let ours = ["wasmcloud.dev/managed-by": "reconcile", "wasmcloud.dev/appspec": "shop"]
    var observed = ObservedState()
    observed.note(
      HostReport(
        host: "NA", labels: ["zone": "a"],
        actors: [
          ReportedActor(id: "ours", image: "i", annotations: ours, instances: 1),
          ReportedActor(id: "theirs", image: "i", instances: 1),
        ]), at: now)
    observed.mark("NB", .lost)
    observed.noteSilent(HostReport(host: "NC"))
    var record = LatticeRecord()
    for (host, age) in [("NB", 1), ("NC", 2), ("ND", 1), ("NE", 25)] as [(HostID, Int64)] {
      record.hosts[host] = RecordedHost(
        report: HostReport(host: host), lastSeen: now.earlier(by: age))
    }
    let seen = record.seeing(observed, forgetting: ["ND"], at: now)
    #expect(seen.hosts.keys.sorted() == ["NA", "NC"])
    #expect(seen.hosts["NA"]?.report.actors.map(\.id) == ["ours"])
    #expect(seen.hosts["NC"]?.lastSeen == now.earlier(by: 2))
    let later = Timestamp(nanoseconds: now.nanoseconds + 60_000_000_000)
    #expect(seen.seeing(observed, forgetting: [], at: later) == seen)
    // What was started there lately is known still when it is seen to run something else.
    var started = seen
    let unit = UnitKey(application: "shop", kind: .actor, name: "web")
    started.hosts["NA"]?.starts[unit] = RecordedStart(form: "f", first: now, last: now)
    observed.note(HostReport(host: "NA"), at: later)
    let empty = started.seeing(observed, forgetting: [], at: later).hosts["NA"]
    #expect(empty?.report.actors.isEmpty == true && empty?.starts.keys.first == unit)
  }

  @Test("a day without a pass is none in which a host was missed")
  func longRest() {
    let now = Timestamp.now
    var record = LatticeRecord()
    for host: HostID in ["NA", "NB"] {
      record.hosts[host] = RecordedHost(
        report: HostReport(host: host), lastSeen: now.earlier(by: 48))
    }
    var observed = ObservedState()
    observed.note(HostReport(host: "NA"), at: now)
    observed.noteSilent(HostReport(host: "NB"))
    let first = record.seeing(observed, forgetting: [], at: now)
    #expect(first.expected(at: now).keys.sorted() == ["NA", "NB"])
    // From then on it is missed, as long as others are seen.
    var later = first
    for hour: Int64 in 1...25 {
      let time = now.earlier(by: -hour)
      observed.note(HostReport(host: "NA"), at: time)
      later = later.seeing(observed, forgetting: [], at: time)
    }
    #expect(later.hosts.keys.sorted() == ["NA"])
  }

  @Test("what is about to be started counts as running on its host, and never as less than before")
  func expecting() {
    var record = LatticeRecord()
    let before = ReportedActor(id: "shop-web", image: "old", instances: 3)
    record.hosts["NA"] = RecordedHost(
      report: HostReport(host: "NA", actors: [before]), lastSeen: .now)
    func step(_ intent: Intent) -> PlannedStep {
      PlannedStep(
        unit: UnitKey(application: "shop", kind: .actor, name: "web", host: "NA"),
        intents: [intent], reason: .missing, found: .nothing)
    }
    func run(_ actor: ActorID, _ instances: Int) -> PlannedStep {
      step(.run(.actor(ActorLaunch(id: actor, image: "img:1")), instances: instances, on: "NA"))
    }
    let provider = step(
      .run(.provider(ProviderLaunch(id: "kv", image: "img:2")), instances: 1, on: "NA"))
    let report = record.claiming([run("shop-web", 1), run("api", 2), provider]).hosts["NA"]?.report
    #expect(report?.actors.map(\.instances) == [3, 2])
    #expect(report?.providers.map(\.id) == ["kv"])
    let end = step(.end(.actor(ActorLaunch(id: "shop-web", image: "old")), on: "NA"))
    #expect(record.claiming([end]).hosts["NA"]?.report.actors.first == before)
  }
}

extension Timestamp {
  fileprivate static var now: Timestamp { Timestamp(nanoseconds: WallClock.system.now) }

  fileprivate func earlier(by hours: Int64) -> Timestamp {
    Timestamp(nanoseconds: nanoseconds - hours * 3_600_000_000_000)
  }
}
