import Diagnostics
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import RecordKeeping

@Suite("The record where it is kept")
struct RecordStoreTests {
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
    let written = try await store.save(Sample.record, over: empty)
    var changed = Sample.record
    changed.applied["app-7"]?.revision = "fedcba9876543210"
    let again = try await store.save(changed, over: written)
    let touched = again.revisions.filter { $0.value != written.revisions[$0.key] }
    let part = "applied.\(String(RecordCoding.part(of: "app-7"), radix: 16))"
    #expect(Set(touched.keys) == [part])
    let read = try await store.load()
    #expect(read.record == changed && read.isThere)
    #expect(read.revisions == again.revisions)
  }

  @Test("what a newer program wrote stays where this one writes anew, unless that is changed")
  func keepsUnknown() async throws {
    let bus = InProcessBus()
    let bucket = try await bucket(bus)
    let pin =
      #"{"application":"shop","revision":"1","form":"f","reason":"r","by":"ada","time":3,"ticket":"OPS-1"}"#
    let other = pin.replacing("shop", with: "blog").replacing("OPS-1", with: "OPS-2")
    let part = "ownership.\(String(RecordCoding.part(of: "app-1"), radix: 16))"
    let values = [
      "format": #"{"version":1,"id":"abc","epoch":7}"#,
      "suspensions": #"{"version":1,"pins":[\#(pin),\#(other)],"windows":[{"from":"22:00"}]}"#,
      part: #"{"version":1,"rollouts":["x"]}"#,
    ]
    for (key, value) in values { try await bucket.put(key, Array(value.utf8)) }
    let home = try await RecordHome(of: "default", over: bus, folder: nil, isWriter: true)
    let stored = try await home.records.load()
    try await home.records.changeBrakes { record in
      record.suspensions = [Suspension(.everything, reason: "r", by: "ada")]
      record.pins.removeAll { $0.application == "blog" }
    }
    var record = stored.record
    record.configs["c"] = OwnedConfig(application: "app-1", user: .application)
    var written = try await home.records.save(record, over: try await home.records.load())
    func value(_ key: String) async throws -> String {
      String(decoding: try await bucket.get(key)?.value ?? [], as: UTF8.self)
    }
    let brakes = try await value("suspensions")
    #expect(brakes.contains("22:00") && brakes.contains("OPS-1") && !brakes.contains("OPS-2"))
    #expect(brakes.contains(#""reason":"r""#))
    let format = try await value("format")
    #expect(format.contains(#""epoch":7"#) && format.contains(#""lattice":"default""#))
    #expect(try await value(part).contains(#""rollouts":["x"]"#))
    // At rest nothing is written, what is not known included.
    record.configs = [:]
    written = try await home.records.save(record, over: written)
    #expect(try await value(part).contains(#""rollouts":["x"]"#))
    let again = try await home.records.load()
    #expect(try await home.records.save(again.record, over: again).revisions == again.revisions)
  }

  @Test("a record that says that it is another lattice's is refused, and so is one known as such")
  func foreign() async throws {
    let folder = "/tmp/reconcile-journal-\(UInt64.random(in: 0...UInt64.max))"
    defer { removeFolder(folder) }
    let bus = InProcessBus()
    let bucket = try await bucket(bus)
    func load() async throws {
      let home = try await RecordHome(of: "default", over: bus, folder: folder, isWriter: true)
      _ = try await home.records.load(seeing: Set(Sample.record.hosts.keys))
    }
    let refused = RecordError.foreignRecord(
      bucket: "RECONCILE_default", of: "other", lattice: "default")
    try await bucket.put("format", Array(#"{"version":1,"id":"abc","lattice":"other"}"#.utf8))
    await #expect(throws: refused) { try await load() }
    // An earlier program did not say which it is.
    try await bucket.put("format", Array(#"{"version":1,"id":"abc"}"#.utf8))
    try await load()
    func entries(of lattice: LatticeName) -> [String: JournalEntry] {
      var values = RecordCoding.encode(Sample.record)
      values["format"] = RecordCoding.format(id: "abc", of: lattice, nil)
      return values.mapValues { JournalEntry(value: $0, write: 1, revision: 1) }
    }
    try await RecordJournal(of: "other", in: folder).note(entries(of: "other"), of: "abc")
    await #expect(throws: refused) { try await load() }
    let journal = RecordJournal(of: "default", in: folder)
    try await journal.note(entries(of: "other"), of: "abc")
    await #expect(
      throws: RecordError.foreignJournal(
        path: journal.path("abc"), of: "other", lattice: "default")
    ) { try await load() }
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
    let transport = DeafTransport(inner: InProcessBus())
    let home = try await RecordHome(
      of: "default", over: transport, folder: nil, isWriter: true)
    #expect(try await !home.records.load().isThere)
    transport.isDeaf.withLock { $0 = true }
    await #expect(throws: NATSError.self) { _ = try await home.records.load() }
  }

  /// A line on which nothing is answered from some moment on.
  private struct DeafTransport: ForwardingTransport {
    let inner: any MessageTransport
    let isDeaf = Lock(false)

    init(inner: any MessageTransport) { self.inner = inner }

    func request(
      _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration,
      again pause: Duration?
    ) async throws(NATSError) -> NATSMessage {
      guard !isDeaf.withLock({ $0 }) else { throw .timeout(subject: subject, after: timeout) }
      return try await inner.request(
        payload, to: subject, headers: headers, timeout: timeout, again: pause)
    }
  }

  @Test("a record that could not say its format is not written at all")
  func formatFirst() async throws {
    let bus = InProcessBus()
    let store = try await bucket(bus)
    let stored = try await RecordStore(store).load()
    let failing = FailingOnce(store: store, key: "format")
    await #expect(throws: NATSError.self) {
      _ = try await RecordStore(failing).save(Sample.record, over: stored)
    }
    #expect(try await RecordStore(store).load().record == LatticeRecord())
    _ = try await RecordStore(store).save(Sample.record, over: stored)
    #expect(try await RecordStore(store).load().record == Sample.record)
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
    _ = try await store.save(Sample.record, over: empty)
    #expect(try await store.load().record == Sample.record)
    await #expect(throws: NATSError.self) {
      _ = try await store.save(Sample.record, over: empty)
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
}
