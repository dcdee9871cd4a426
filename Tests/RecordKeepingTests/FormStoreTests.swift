import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import Testing

@testable import RecordKeeping

@Suite("The forms that are kept")
struct FormStoreTests {
  private func form(_ name: ApplicationName, _ number: Int, size: Int = 10) -> KeptForm {
    KeptForm(
      name, at: Revision("c0ffee\(number)"), digest: "d\(number)",
      time: Timestamp(nanoseconds: Int64(number)), path: "manifests/\(name).yaml",
      text: String(repeating: "x", count: size))
  }

  private func digests(_ forms: [KeptForm]) -> [String] { forms.map(\.digest) }

  @Test(
    "ten of an application are kept, each once, the newest first, and the pinned one whatever comes"
  )
  func ten() {
    var forms: [KeptForm] = []
    for number in 1...15 {
      forms = FormCoding.adding([form("a", number)], to: forms, pinned: ["d2"])
    }
    #expect(digests(forms) == (6...15).reversed().map { "d\($0)" } + ["d2"])
    var again = form("a", 7)
    again.time = Timestamp(nanoseconds: 99)
    forms = FormCoding.adding([again], to: forms, pinned: [])
    #expect(digests(forms).prefix(2) == ["d7", "d15"] && forms.count == 10)
  }

  @Test("where bytes are short, the last form of each application is kept longest")
  func bytes() {
    let half = FormCoding.bytes / 2 - 100
    var forms = FormCoding.adding([form("a", 1, size: half)], to: [], pinned: [])
    forms = FormCoding.adding([form("b", 2, size: half)], to: forms, pinned: [])
    #expect(digests(forms) == ["d2", "d1"])
    forms = FormCoding.adding([form("b", 3, size: half)], to: forms, pinned: [])
    #expect(digests(forms) == ["d3", "d1"])
    #expect(
      digests(FormCoding.adding([form("b", 4, size: half)], to: forms, pinned: ["d3"])) == [
        "d4", "d3",
      ])
    forms = FormCoding.adding([form("c", 5, size: FormCoding.bytes + 1)], to: forms, pinned: [])
    #expect(digests(forms) == ["d3", "d1"])
  }

  @Test("what is kept is read by others; a pin without its form says so")
  func roundTrip() async throws {
    let store = NATSKeyValue(
      bucket: RecordStore.bucket("default"), over: InProcessBus(), timeout: .milliseconds(200))
    try await store.create()
    try await FormStore(store).keep([form("a", 1), form("b", 2)], pins: [])
    try await FormStore(store).keep([form("a", 3)], pins: [])
    let read = try await FormStore(store).forms(of: ["a", "b", "c"])
    #expect(read == ["a": [form("a", 3), form("a", 1)], "b": [form("b", 2)]])
    let pins = [1, 4].map {
      Pin(to: form("a", $0), reason: "r", by: "ada", at: Timestamp(nanoseconds: 5))
    }
    let pinned = await FormStore(store).pinned(pins)
    #expect(pinned.map(\.form) == [form("a", 1), nil])
    #expect(pinned.map(\.obstacle) == [nil, "its form is not on record any more"])
    _ = try await store.put(FormCoding.key(of: "a"), Array("what".utf8))
    #expect(await FormStore(store).pinned(pins).allSatisfy { $0.form == nil })
    // What is damaged makes room; what a newer program keeps does not.
    try await FormStore(store).keep([form("a", 6)], pins: [])
    #expect(try await FormStore(store).forms(of: ["a"]) == ["a": [form("a", 6)]])
    _ = try await store.put(FormCoding.key(of: "a"), Array(#"{"version": 9, "forms": []}"#.utf8))
    await #expect(throws: RecordError.newer(key: FormCoding.key(of: "a"), version: 9)) {
      try await FormStore(store).keep([form("a", 7)], pins: [])
    }
  }
}
