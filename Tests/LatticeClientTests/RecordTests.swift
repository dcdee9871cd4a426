import Diagnostics
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import LatticeClient

@Suite("The record")
struct RecordTests {
  static var full: LatticeRecord {
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

  @Test("what is written is read back, and every key is one that readers ask for")
  func roundTrip() throws {
    let values = RecordCoding.encode(Self.full)
    #expect(Set(values.keys).isSubset(of: RecordCoding.parts))
    #expect(values.count > 30)
    var back = LatticeRecord()
    for (key, value) in values { try RecordCoding.decode(value, key: key, into: &back) }
    #expect(back == Self.full)
    #expect(RecordCoding.encode(back) == values)
    #expect(RecordCoding.encode(LatticeRecord()).isEmpty)
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
    let values = RecordCoding.encode(Self.full).sorted { $0.key < $1.key }
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

  @Test("a part of a newer format is refused, and so is a whole record of one")
  func newer() async throws {
    var record = LatticeRecord()
    #expect(throws: RecordError.newer(key: "k", version: 2)) {
      try RecordCoding.decode(Array(#"{"version": 2}"#.utf8), key: "k", into: &record)
    }
    let store = try await bucket()
    _ = try await store.write("format", Array(#"{"version": 2}"#.utf8), expecting: 0)
    await #expect(throws: RecordError.newer(key: "format", version: 2)) {
      _ = try await RecordStore(store).load()
    }
    _ = try await store.put("format", Array("what".utf8))
    await #expect(throws: RecordError.self) { _ = try await RecordStore(store).load() }
  }

  private func bucket(_ bus: InProcessBus = InProcessBus()) async throws -> NATSKeyValue {
    let store = NATSKeyValue(
      bucket: RecordStore.bucket("default"), over: bus, timeout: .milliseconds(200))
    try await store.create()
    return store
  }

  @Test("only what changed is written, and it is there for the next reader")
  func saving() async throws {
    let store = RecordStore(try await bucket())
    let empty = try await store.load()
    #expect(!empty.isThere && empty.record == LatticeRecord())
    let written = try await store.save(Self.full, over: empty)
    var changed = Self.full
    changed.applied["app-7"]?.revision = "fedcba9876543210"
    let again = try await store.save(changed, over: written)
    let touched = again.revisions.filter { $0.value != written.revisions[$0.key] }
    let part = "applied.\(String(RecordCoding.part(of: "app-7"), radix: 16))"
    #expect(Set(touched.keys) == [part])
    let read = try await store.load()
    #expect(read.record == changed && read.isThere)
    #expect(read.revisions.filter { $0.key != "format" } == again.revisions)
  }

  @Test("a part larger than a message lies in pieces: it is read as a whole, old or new")
  func pieces() async throws {
    let bus = InProcessBus(maxPayload: 4_096)
    let home = try await RecordHome(of: "default", over: bus, folder: nil, isWriter: true)
    func record(_ revision: Revision, _ count: Int) -> LatticeRecord {
      var record = LatticeRecord()
      for number in 0..<count {
        record.applied[ApplicationName("app-\(number)")] = AppliedApplication(
          revision: revision, path: String(repeating: "x", count: 100), sync: SyncOptions())
      }
      return record
    }
    var stored = try await home.records.load()
    for (revision, count) in [("1", 2_000), ("2", 2_000), ("3", 4_000), ("4", 2), ("5", 2_000)] {
      let wanted = record(Revision(revision), count)
      stored = try await home.records.save(wanted, over: stored)
      let read = try await home.records.load()
      #expect(read.record == wanted)
      #expect((home.sizeNote(of: read) == nil) == (count == 2))
    }
    // Somebody who read before cannot write over it.
    var late = try await home.records.load()
    stored = try await home.records.save(record("6", 2_000), over: stored)
    await #expect(throws: NATSError.self) {
      late = try await home.records.save(record("7", 2_000), over: late)
    }
    #expect(try await home.records.load().record == record("6", 2_000))
    // What does not belong together is not a record.
    let bucket = NATSKeyValue(bucket: "RECONCILE_default", over: bus)
    for set in ["a", "b"] { try await bucket.put("applied.0.\(set)1", [1]) }
    await #expect {
      _ = try await home.records.load()
    } throws: {
      if case NATSError.storeUnreadable = $0 { true } else { false }
    }
  }

  @Test("of two that write over the same reading the second is refused")
  func conflict() async throws {
    let store = RecordStore(try await bucket())
    func applied(_ revision: Revision) -> LatticeRecord {
      LatticeRecord(applied: [
        "shop": AppliedApplication(revision: revision, path: "shop.yaml", sync: SyncOptions())
      ])
    }
    let conflict = NATSError.conflict(
      bucket: "RECONCILE_default",
      key: "applied.\(String(RecordCoding.part(of: "shop"), radix: 16))")
    let empty = try await store.load()
    let written = try await store.save(applied("1"), over: empty)
    await #expect(throws: conflict) { _ = try await store.save(applied("2"), over: empty) }
    _ = try await store.save(applied("3"), over: written)
    await #expect(throws: conflict) { _ = try await store.save(applied("4"), over: written) }
    #expect(try await store.load().record == applied("3"))
  }

  @Test("a bucket that was found and does not answer holds a record all the same")
  func silentBucket() async throws {
    let isDeaf = Lock(false)
    let transport = WatchedTransport(
      InProcessBus(),
      failing: { subject in
        isDeaf.withLock { $0 } ? .timeout(subject: subject, after: .seconds(1)) : nil
      })
    let home = try await RecordHome(
      of: "default", over: transport, folder: nil, isWriter: true)
    #expect(try await !home.records.load().isThere)
    isDeaf.withLock { $0 = true }
    await #expect(throws: NATSError.self) { _ = try await home.records.load() }
  }

  @Test("a record that could not say its format is not written at all")
  func formatFirst() async throws {
    let bus = InProcessBus()
    let store = try await bucket(bus)
    let stored = try await RecordStore(store).load()
    let failing = FailingOnce(store: store, key: "format")
    await #expect(throws: NATSError.self) {
      _ = try await RecordStore(failing).save(Self.full, over: stored)
    }
    #expect(try await RecordStore(store).load().record == LatticeRecord())
    _ = try await RecordStore(store).save(Self.full, over: stored)
    #expect(try await RecordStore(store).load().record == Self.full)
  }

  /// A store that does not answer for a key.
  private struct FailingOnce: KeyValueStore {
    let store: NATSKeyValue
    let key: String

    func get(_ key: String) async throws(NATSError) -> KeyValueEntry? { try await store.get(key) }

    func write(_ key: String, _ value: [UInt8]?, expecting revision: UInt64)
      async throws(NATSError) -> UInt64
    {
      if key == self.key { throw .timeout(subject: key, after: .seconds(1)) }
      return try await store.write(key, value, expecting: revision)
    }
  }

  @Test("the file that stands in keeps the same promises")
  func file() async throws {
    let folder = "/tmp/reconcile-record-\(UInt64.random(in: 0...UInt64.max))"
    defer { removeFolder(folder) }
    try makeFolders(folder)
    let file = RecordFile(path: "\(folder)/default.json")
    let store = RecordStore(file)
    let empty = try await store.load()
    #expect(!empty.isThere)
    _ = try await store.save(Self.full, over: empty)
    #expect(try await store.load().record == Self.full)
    await #expect(throws: NATSError.self) {
      _ = try await store.save(Self.full, over: empty)
    }
    let number = try await file.write("halt", nil, expecting: 0)
    #expect(try await file.get("halt") == KeyValueEntry(value: nil, revision: number))
    for text in ["", "{", "[]", #"{"version": 2, "keys": {}}"#, #"{"version": 1}"#] {
      try ReconcileTestKit.writeFile("\(folder)/default.json", text)
      let error = await #expect(throws: NATSError.self, "\(text)") {
        _ = try await file.get("halt")
      }
      let words = error?.diagnostics.first?.description ?? ""
      #expect(words.contains("NAT-13: the record's file \(folder)/default.json cannot be used"))
      #expect(!words.contains("JetStream"), "\(words)")
      await #expect(throws: NATSError.self, "\(text)") {
        _ = try await file.write("halt", [], expecting: 0)
      }
    }
  }

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
    var plan = Plan(lattice: "default", revision: "1")
    let launch = ProviderLaunch(id: "kv", image: "img:2")
    var provider = start("kv", on: "NA")
    provider.intents = [.run(.provider(launch), instances: 1, on: "NA")]
    plan.stages = [
      Stage(
        title: "",
        steps: [start(instances: 1, on: "NA"), start("api", instances: 2, on: "NA"), provider])
    ]
    let report = record.claiming(plan.steps).hosts["NA"]?.report
    #expect(report?.actors.map(\.instances) == [3, 2])
    #expect(report?.providers.map(\.id) == ["kv"])
    plan.stages[0].steps[0].intents = [
      .end(.actor(ActorLaunch(id: "shop-web", image: "old")), on: "NA")
    ]
    #expect(record.claiming(plan.steps).hosts["NA"]?.report.actors.first == before)
  }

  @Test("what is to be put is ours before it is put, and nobody's once it was deleted")
  func claiming() {
    var plan = Plan(lattice: "default", revision: "1")
    plan.stages = [Stage(title: "", steps: [put("conf"), put(Sample.link()), start(on: "NA")])]
    let claimed = LatticeRecord().claiming(plan.steps)
    #expect(claimed.owns(Sample.link()) && claimed.configs["conf"]?.application == "shop")
    #expect(claimed.hosts.isEmpty)
    var outcome = PlanOutcome()
    func delete(_ intent: Intent, _ result: StepResult) {
      let step = PlannedStep(
        unit: UnitKey(application: "shop", kind: .link, name: "x"), intents: [intent],
        reason: .notDeclared, found: .nothing)
      outcome.results.append((step, result))
    }
    delete(.disconnect(Sample.link()), .timedOut)
    delete(.drop("conf"), .failed("no"))
    #expect(claimed.releasing(outcome) == claimed)
    delete(.disconnect(Sample.link()), .confirmed)
    delete(.drop("conf"), .confirmed)
    #expect(claimed.releasing(outcome) == LatticeRecord())
  }
}
