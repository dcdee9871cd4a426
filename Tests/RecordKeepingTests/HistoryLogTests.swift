import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import RecordKeeping

@Suite("The history where it is kept")
struct HistoryLogTests {
  private func bucket() async throws -> NATSKeyValue {
    let store = NATSKeyValue(
      bucket: RecordStore.bucket("default"), over: InProcessBus(), timeout: .milliseconds(200))
    try await store.create()
    return store
  }

  private func entry(_ summary: String) -> HistoryEntry {
    var entry = HistoryEntry(at: Timestamp(nanoseconds: 5), by: "ada")
    entry.summary = summary
    return entry
  }

  /// An entry with something in every field.
  private var full: HistoryEntry {
    var entry = entry("Grow")
    (entry.milliseconds, entry.act, entry.reason) = (7, "suspended everything", "load test")
    (entry.revision, entry.author, entry.planID) = ("13e615b", "Ada", "f7061e190250")
    entry.note((0..<20).map { ApplicationName("app-\($0)") })
    let launch = Launch.actor(ActorLaunch(id: "web", image: "web:1", annotations: [:]))
    entry.note(
      ["NA", "NB"].map { host in
        PlannedStep(
          unit: UnitKey(application: "shop", kind: .actor, name: "web", host: host),
          intents: [.run(launch, instances: 1, on: host)], reason: .missing, found: .nothing)
      })
    (entry.commands, entry.result, entry.detail) = (2, .failed, "no such image")
    return entry
  }

  @Test("what is written is read as it was, the newest first, and by others too")
  func roundTrip() async throws {
    let store = try await bucket()
    #expect(try await HistoryLog(store).read().entries.isEmpty)
    var first = try await HistoryLog(store).append(full)
    #expect(first.changes.map(\.steps) == [2] && first.changeCount == 1)
    #expect(first.applications.count == HistoryEntry.most && first.applicationCount == 20)
    let second = try await HistoryLog(store).append(entry("two"))
    #expect([first.number, second.number] == [1, 2])
    #expect(try await HistoryLog(store).read().entries == [second, first])
    first.result = .inSync
    try await HistoryLog(store).amend(first)
    #expect(try await HistoryLog(store).read().entries == [second, first])
  }

  @Test("the oldest make room, and two who write do not undo one another")
  func ring() async throws {
    let store = try await bucket()
    let logs = [HistoryLog(store), HistoryLog(store)]
    for number in 0..<400 { try await logs[number % 3 % 2].append(entry("\(number)")) }
    let numbers = try await HistoryLog(store).read().entries.map(\.number)
    #expect(numbers == Array((145...400).reversed()))
    // Texts from outside may be long: a page ends earlier then.
    var long = full
    long.detail = String(repeating: "\u{1F}é", count: 5_000)
    long.note((0..<20).map { ApplicationName(String(repeating: "ü", count: 900) + "\($0)") })
    for _ in 0..<40 { try await logs[0].append(long) }
    for key in HistoryCoding.keys {
      #expect(try await store.get(key)?.value?.count ?? 0 <= HistoryCoding.bytes)
    }
    #expect(try await HistoryLog(store).read().entries.first?.number == 440)
  }

  @Test("a damaged page is told and the others are read; one of a newer program is left alone")
  func damaged() async throws {
    let store = try await bucket()
    let log = HistoryLog(store)
    for number in 0..<20 { try await log.append(entry("\(number)")) }
    _ = try await store.put("history.0", Array("what".utf8))
    let read = try await HistoryLog(store).read()
    #expect(read.entries.map(\.number) == [20, 19, 18, 17])
    #expect(read.errors == [.corrupt(key: "history.0", detail: "it is no history")])
    #expect(try await HistoryLog(store).append(entry("more")).number == 21)
    let newer = #"{"version": 9, "entries": []}"#
    _ = try await store.put("history.1", Array(newer.utf8))
    await #expect(throws: RecordError.newer(key: "history.1", version: 9)) {
      try await HistoryLog(store).append(entry("late"))
    }
  }

  @Test("another store's history is taken where there is none, the newest that there is room for")
  func takeOver() async throws {
    let store = try await bucket()
    let others = (1...300).map { number in
      var entry = entry("no \(number)")
      entry.number = number
      return entry
    }
    #expect(try await HistoryLog(store).takeOver(others.shuffled(), replaces: false) == 256)
    let log = HistoryLog(store)
    #expect(try await log.read().entries.map(\.number) == Array((45...300).reversed()))
    #expect(try await log.append(entry("next")).number == 301)
    #expect(try await log.takeOver(others, replaces: false) == 0)
    #expect(try await log.takeOver([others[6]], replaces: true) == 1)
    #expect(try await HistoryLog(store).read().entries.map(\.number) == [7])
    #expect(try await log.append(entry("next")).number == 8)
  }
}
