import LatticeModel
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import RecordKeeping

// In memory, for each of a thousand tries waits for the disk elsewhere.
@Suite("A journal that is cut off anywhere")
struct JournalCutTests {
  private static func entries(_ round: Int) -> [String: JournalEntry] {
    var record = LatticeRecord()
    for number in 0...round {
      record.configs[ConfigName("c\(number)")] = OwnedConfig(
        application: ApplicationName("app-\(number % 3)"), user: .application)
    }
    record.hosts["NA"] = RecordedHost(
      report: HostReport(host: "NA", labels: ["round": "\(round) \u{e9}"]),
      lastSeen: Timestamp(nanoseconds: Int64(round)))
    var values = RecordCoding.encode(record)
    values["format"] = RecordCoding.format(id: "a", of: "default", nil)
    return values.mapValues {
      JournalEntry(value: $0, write: round + 1, revision: UInt64(round + 1))
    }
  }

  /// Writes four rounds, each of several lines.
  private func whole(in folder: String) async throws -> (path: String, bytes: [UInt8]) {
    let journal = RecordJournal(of: "default", in: folder)
    for round in 0...3 { try await journal.note(Self.entries(round), of: "a") }
    return (journal.path("a"), Array(readFile(journal.path("a")).utf8))
  }

  @Test("each part is read as one that was written, and what is noted next is read whole")
  func everyByte() async throws {
    let folder = "/dev/shm/reconcile-journal-\(UInt64.random(in: 0...UInt64.max))"
    defer { removeFolder(folder) }
    let (path, bytes) = try await whole(in: folder)
    let written = Dictionary(
      grouping: (0...3).flatMap { Self.entries($0).map { $0 } }, by: \.key
    ).mapValues { $0.map(\.value) }
    #expect(bytes.count > 1_000)
    for length in 0...bytes.count {
      try writeRaw(bytes[..<length], to: path)
      let cut = RecordJournal(of: "default", in: folder)
      let found = try await cut.entries(of: "a") ?? [:]
      for (key, entry) in found where !(written[key] ?? []).contains(entry) {
        Issue.record("\(key) after \(length) bytes: \(entry)")
      }
      let last = Self.entries(4)
      try await cut.note(last, of: "a")
      let next = try await RecordJournal(of: "default", in: folder).entries(of: "a")
      #expect(next?.filter { last[$0.key] != nil } == last, "after \(length) bytes")
    }
  }

  @Test(
    "beside a bucket that has it all it changes nothing; alone it says no more than was ever true")
  func beside() async throws {
    let folder = "/dev/shm/reconcile-journal-\(UInt64.random(in: 0...UInt64.max))"
    defer { removeFolder(folder) }
    let (path, bytes) = try await whole(in: folder)
    let last = Self.entries(3)
    let bucket = last.mapValues {
      StoredPart(value: $0.value, write: $0.write, revision: $0.revision)
    }
    let now = Timestamp(nanoseconds: 9)
    let all = try RecordResolution(bucket: bucket, journal: last, at: now).record
    for length in 0...bytes.count {
      try writeRaw(bytes[..<length], to: path)
      let known = try await RecordJournal(of: "default", in: folder).entries(of: "a") ?? [:]
      let both = try RecordResolution(bucket: bucket, journal: known, at: now)
      #expect(both.record == all && both.loss == nil, "after \(length) bytes")
      let alone = try RecordResolution(bucket: nil, journal: known, at: now)
      #expect(alone.record.ownsNoMore(than: all), "after \(length) bytes")
      #expect(known.isEmpty || alone.loss == .gone, "after \(length) bytes")
    }
  }

  private func writeRaw(_ bytes: ArraySlice<UInt8>, to path: String) throws {
    try writeFile(Array(bytes), to: path)
  }
}
