import LatticeModel
import LatticeSimulator
import ReconcileTestKit
import Testing

@testable import RecordKeeping

@Suite("The record as bytes")
struct RecordCodingTests {
  @Test("what is written is read back, and every key is one that readers ask for")
  func roundTrip() throws {
    let values = RecordCoding.encode(Sample.record)
    #expect(Set(values.keys).isSubset(of: RecordCoding.parts))
    #expect(values.count > 30)
    var back = LatticeRecord()
    for (key, value) in values { try RecordCoding.decode(value, key: key, into: &back) }
    #expect(back == Sample.record)
    #expect(RecordCoding.encode(back) == values)
    #expect(RecordCoding.encode(LatticeRecord()).isEmpty)
  }

  @Test("what was adopted, pinned and kept is read back, and what stops it with it")
  func brakesAndForms() throws {
    var record = LatticeRecord()
    record.applied["shop"] = AppliedApplication(
      revision: "13e615b", path: "m/shop.yaml", sync: SyncOptions())
    record.applied["shop"]?.form = "f1"
    record.applied["shop"]?.good = "f0"
    record.adopted = [
      AdoptedSet(
        UnitKey(application: "shop", kind: .provider, name: "web", host: "NA"), id: "shop-web",
        annotations: ["wasmcloud.dev/managed-by": "wadm"], spec: "0123456789ab")
    ]
    record.suspensions = [Suspension(.application("shop"), reason: "r", by: "ada")]
    record.approvals = [Approval(of: "shop", at: Timestamp(nanoseconds: 3))]
    record.planApprovals = [
      PlanApproval(
        of: "f7061e190250", tree: "ab", releasing: ["2", "1"], reason: "looked at", by: "ada",
        at: Timestamp(nanoseconds: 5), until: Timestamp(nanoseconds: 9))
    ]
    record.pins = [nil, Timestamp(nanoseconds: 9)].map { end in
      Pin(
        "shop", to: "13e615b", form: "f0", reason: "errors", by: "ada",
        at: Timestamp(nanoseconds: 5), until: end)
    }
    var back = LatticeRecord()
    let brakes = RecordCoding.encode(BrakeRequests(of: record))
    try RecordCoding.decode(brakes, key: "suspensions", into: &back)
    for (key, value) in RecordCoding.encode(record) {
      try RecordCoding.decode(value, key: key, into: &back)
    }
    #expect(back == record)
  }

  @Test("what an earlier program applied is read, and says nothing of what it had seen")
  func withoutScope() throws {
    let text = #"""
      {"version":1,"applications":[
        {"name":"shop","revision":"0123","path":"m/shop.yaml","prune":true}]}
      """#
    var record = LatticeRecord()
    try RecordCoding.decode(Array(text.utf8), key: "applied.1", into: &record)
    #expect(
      record.applied == [
        "shop": AppliedApplication(
          revision: "0123", path: "m/shop.yaml", sync: SyncOptions(prune: true))
      ])
  }

  @Test("the part of a name is the same in every process")
  func parts() {
    let parts = ["", "shop", "blog", "edge-telemetry"].map { RecordCoding.part(of: $0) }
    #expect(parts == [1, 1, 10, 7])
    #expect(Set((0..<200).map { RecordCoding.part(of: "app-\($0)") }).count == 16)
  }

  @Test("bytes that are no record are refused with their key, and nothing crashes")
  func hostile() throws {
    var random = SeededGenerator(seed: 20_261_124)
    let values = RecordCoding.encode(Sample.record).sorted { $0.key < $1.key }
    var refused = 0
    for round in 0..<4_000 {
      var (key, bytes) = values[round % values.count]
      for _ in 0...(round % 4) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch round % 3 {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + 3))
        default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 9)], at: place)
        }
      }
      var record = LatticeRecord()
      do throws(RecordError) {
        try RecordCoding.decode(bytes, key: key, into: &record)
      } catch {
        refused += 1
        switch error {
        case .corrupt(let named, _), .newer(let named, _): #expect(named == key)
        default: Issue.record("\(error)")
        }
      }
      key = ""
    }
    #expect(refused > 1_000, "the seed is 20261124")
  }

  @Test(
    "each wrong shape is named",
    arguments: [
      ("[]", "'version' is not a whole number"), ("{}", "'version' is not a whole number"),
      (#"{"version": 1, "links": {}}"#, "'links' is not a list"),
      (#"{"version": 1, "links": [{}]}"#, "'key' is not an object"),
      (#"{"version": 1, "hosts": [{"id": 5}]}"#, "'id' is not a string"),
      (#"{"version": 1, "applications": [{"name": "a"}]}"#, "'revision' is not a string"),
    ])
  func shapes(_ text: String, _ detail: String) {
    var record = LatticeRecord()
    #expect(throws: RecordError.corrupt(key: "k", detail: detail)) {
      try RecordCoding.decode(Array(text.utf8), key: "k", into: &record)
    }
  }
}

extension Sample {
  /// A record of forty of each thing.
  static var record: LatticeRecord {
    var record = LatticeRecord()
    for index in 0..<40 {
      let application = ApplicationName("app-\(index)")
      record.links[LinkKey(source: "s\(index)", contract: "wasi:http")] = OwnedLink(
        application: application, targets: ["b", "a"])
      record.applied[application] = AppliedApplication(
        revision: "0123456789abcdef", path: "manifests/\(index).yaml",
        sync: SyncOptions(prune: index % 2 == 0),
        scope: index % 3 == 0 ? nil : ReadingScope(repository: "/srv/edge", path: "manifests"),
        base: index % 5 == 0 ? "fedcba9876543210" : nil)
      let key = LinkKey(source: "s", name: "n", contract: "wasi:http")
      let users: [ConfigUser] = [.application, .actor("a"), .provider("p"), .link(key)]
      record.configs[ConfigName("c\(index)")] = OwnedConfig(
        application: application, user: users[index % 4])
      var report = HostReport(host: HostID("N\(index)"), labels: ["zone": "a"])
      report.actors = [
        ReportedActor(id: "a", image: "img:1", annotations: ["k": "v"], instances: index)
      ]
      report.providers = [ReportedProvider(id: "p", image: "img:2", annotations: ["k": "\u{0}"])]
      record.hosts[report.host] = RecordedHost(
        report: report, lastSeen: Timestamp(nanoseconds: 1_700_000_000_000_000_000))
      record.hosts[report.host]?.starts[
        UnitKey(application: application, kind: index % 2 == 0 ? .actor : .provider, name: "a")] =
        RecordedStart(
          form: "f\(index)", first: Timestamp(nanoseconds: Int64(index)),
          last: Timestamp(nanoseconds: Int64(index) + 1))
      record.troubles[report.host] = HostTrouble(
        reason: "starts fail there: \u{1B}", isUnhealthy: index % 2 == 0,
        until: Timestamp(nanoseconds: Int64(index)))
    }
    return record
  }
}
