import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import RecordKeeping

@Suite("A record that its bucket does not hold")
struct RecordLossTests {
  /// What a bucket holds of a part beside what a journal knows of it.
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bucket: StoredPart?
    var isOther = false
    /// The configs of ours afterwards.
    var configs: [ConfigName]
    var loss: RecordLoss?
    var isDoubted = false
  }

  private static func part(_ configs: [ConfigName]) -> [UInt8] {
    var record = LatticeRecord()
    for name in configs {
      record.configs[name] = OwnedConfig(application: "shop", user: .application)
    }
    return RecordCoding.encode(record)[key] ?? RecordCoding.emptyPart
  }

  private static let key = "ownership.\(String(RecordCoding.part(of: "shop"), radix: 16))"
  private static let older = RecordLoss.older(write: 5, than: 7)

  static let cases: [Case] = [
    Case(
      testDescription: "the same",
      bucket: StoredPart(value: part(["a", "b"]), write: 7, revision: 9),
      configs: ["a", "b"]),
    Case(
      testDescription: "a later write",
      bucket: StoredPart(value: part(["c"]), write: 8, revision: 12),
      configs: ["c"]),
    Case(
      testDescription: "a write of a program that numbers none",
      bucket: StoredPart(value: part(["c"]), write: 0, revision: 10), configs: ["c"]),
    Case(
      testDescription: "what a person wrote over it, the number too",
      bucket: StoredPart(value: part(["c"]), write: 7, revision: 10), configs: ["c"]),
    Case(
      testDescription: "a deletion by such a program",
      bucket: StoredPart(value: [], write: 0, revision: 10, isDeleted: true), configs: []),
    Case(
      testDescription: "an earlier write",
      bucket: StoredPart(value: part(["a"]), write: 5, revision: 6),
      configs: ["a", "b"], loss: older),
    Case(
      testDescription: "an earlier write of what is ours no more, or was somebody else's work",
      bucket: StoredPart(value: part(["a", "z"]), write: 5, revision: 6), configs: ["a", "b", "z"],
      loss: older, isDoubted: true),
    Case(
      testDescription: "another write of the same number",
      bucket: StoredPart(value: part(["z"]), write: 7, revision: 9), configs: ["a", "b", "z"],
      loss: .older(write: 7, than: 7), isDoubted: true),
    Case(
      testDescription: "nothing", bucket: nil, configs: ["a", "b"], loss: .older(write: 0, than: 7)),
    Case(
      testDescription: "what is no part of a record",
      bucket: StoredPart(value: Array("{".utf8), write: 0, revision: 20), configs: ["a", "b"],
      loss: .unreadable([key])),
    Case(
      testDescription: "a part of another record",
      bucket: StoredPart(value: part(["z"]), write: 3, revision: 2), isOther: true,
      configs: ["a", "b", "z"], loss: .replaced, isDoubted: true),
  ]

  @Test(
    "what either says is ours stays ours, and what only the older one says is doubted",
    arguments: cases)
  func resolution(_ test: Case) throws {
    let journal = [Self.key: JournalEntry(value: Self.part(["a", "b"]), write: 7, revision: 9)]
    var bucket = [
      "format": StoredPart(value: RecordCoding.format(id: "x", nil), write: 1, revision: 1)
    ]
    bucket[Self.key] = test.bucket
    try bucket[Self.key]?.judge(as: Self.key)
    let found = try RecordResolution(
      bucket: bucket, journal: journal, isOther: test.isOther, at: Timestamp(nanoseconds: 1))
    #expect(found.record.configs.keys.sorted() == test.configs)
    #expect(found.loss == test.loss)
    #expect((found.record.doubt != nil) == test.isDoubted)
    #expect(found.loss?.sentence.contains("\n") != true)
  }

  @Test("a journal outlives torn lines, grows no further than it must, and keeps records apart")
  func journal() async throws {
    let folder = "/tmp/reconcile-journal-\(UInt64.random(in: 0...UInt64.max))"
    defer { removeFolder(folder) }
    let first = RecordJournal(of: "default", in: folder)
    func entry(_ number: Int) -> JournalEntry {
      JournalEntry(
        value: Array(String(repeating: "x", count: 100_000).utf8), write: number,
        revision: UInt64(number))
    }
    for number in 1...60 { try await first.note(["hosts.1": entry(number)], of: "a") }
    try await first.note(["hosts.2": entry(1)], of: "b")
    let path = "\(folder)/default.a.journal"
    #expect(readFile(path).utf8.count < 3_000_000)
    try ReconcileTestKit.writeFile(path, readFile(path) + #"{"key":"hosts.1","wri"#)
    let second = RecordJournal(of: "default", in: folder)
    #expect(try await second.entries(of: "a")?["hosts.1"] == entry(60))
    try await second.note(["hosts.1": entry(61)], of: "a")
    let third = RecordJournal(of: "default", in: folder)
    #expect(try await third.entries(of: "a")?["hosts.1"] == entry(61))
    #expect(await third.others(than: "a").map(\.id) == ["b"])
    #expect(try await third.entries(of: "c") == nil)
    #expect(await RecordJournal(of: "other", in: folder).others(than: nil).isEmpty)
  }

  @Test("a record of an earlier program is read, numbered from then on, and its journal begun")
  func upgrade() async throws {
    let folder = "/tmp/reconcile-journal-\(UInt64.random(in: 0...UInt64.max))"
    defer { removeFolder(folder) }
    let bus = InProcessBus()
    let home = try await RecordHome(of: "default", over: bus, folder: folder, isWriter: true)
    let bucket = NATSKeyValue(bucket: "RECONCILE_default", over: bus)
    try await bucket.put("format", Array(#"{"version":1}"#.utf8))
    for (key, value) in RecordCoding.encode(Sample.record) { try await bucket.put(key, value) }
    var stored = try await home.records.load()
    #expect(stored.record == Sample.record && stored.loss == nil)
    var changed = Sample.record
    changed.configs["new"] = OwnedConfig(application: "app-1", user: .application)
    stored = try await home.records.save(changed, over: stored)
    #expect(home.records.journalTrouble == nil)
    // The bucket is emptied; who begins anew with the journal has all of it.
    for key in RecordCoding.parts + ["format"] { try await bucket.purge(key) }
    let again = try await RecordHome(of: "default", over: bus, folder: folder, isWriter: true)
    let host = try #require(changed.hosts.keys.first)
    let found = try await again.records.load(seeing: [host])
    #expect(found.record == changed && found.loss == .gone)
    let stranger = try await again.records.load(seeing: ["NOTHERS"])
    #expect(stranger.record.configs.isEmpty && !stranger.isThere)
    _ = try await again.records.save(found.record, over: found)
    #expect(try await again.records.load().record == changed)
  }
}
