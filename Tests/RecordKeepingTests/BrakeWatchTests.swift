import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import RecordKeeping

@Suite("BrakeWatch")
struct BrakeWatchTests {
  /// A record where people write, and who looks at it.
  private struct Desk {
    let brake = Brake()
    let watch: BrakeWatch
    let bucket: NATSKeyValue
    let told = Lock<[BrakeWatch.Change]>([])
    let reads = Lock(0)

    init(rest: Duration) async throws {
      bucket = NATSKeyValue(bucket: RecordStore.bucket("default"), over: InProcessBus())
      try await bucket.create()
      let store = CountingStore(inner: bucket, reads: reads)
      watch = BrakeWatch(RecordStore(store), for: brake, rest: rest, clock: .system)
    }

    /// Writes a key as a person would, or takes it back.
    func write(_ key: String, _ text: String?) async throws {
      let known = try await bucket.get(key)?.revision ?? 0
      _ = try await bucket.write(key, text.map { Array($0.utf8) }, expecting: known)
    }

    /// Watches while something is done.
    func watching(_ body: () async throws -> Void) async throws {
      let task = Task { await watch.run { change in told.withLock { $0.append(change) } } }
      defer { task.cancel() }
      try await waitUntil("it has looked") { reads.withLock { $0 } >= 2 }
      try await body()
    }

    /// Waits for a look that begins after now; each reads two keys.
    func waitForLook() async throws {
      let before = reads.withLock { $0 }
      try await waitUntil("it has looked again") { reads.withLock { $0 } >= before + 4 }
    }

    func waitUntilTold(_ changes: [BrakeWatch.Change]) async throws {
      try await waitUntil("it is told") { told.withLock { $0.count } >= changes.count }
      #expect(told.withLock { $0 } == changes)
    }
  }

  /// A bucket that counts how often it is read.
  private struct CountingStore: KeyValueStore {
    let inner: NATSKeyValue
    let reads: Lock<Int>

    func get(_ key: String) async throws(NATSError) -> KeyValueEntry? {
      defer { reads.withLock { $0 += 1 } }
      return try await inner.get(key)
    }

    func write(_ key: String, _ value: [UInt8]?, expecting revision: UInt64)
      async throws(NATSError) -> UInt64
    {
      try await inner.write(key, value, expecting: revision)
    }
  }

  @Test("what cannot be understood stops everything, and that it can be again is told once")
  func lifting() async throws {
    let desk = try await Desk(rest: .milliseconds(10))
    try await desk.watching {
      try await desk.write("suspensions", "{")
      try await desk.waitUntilTold([.unreadable])
      #expect(desk.brake.isOn && desk.brake.isUnreadable)
      try await desk.waitForLook()
      try await desk.write("suspensions", nil)
      try await desk.waitUntilTold([.unreadable, .written])
      #expect(!desk.brake.isOn && !desk.brake.isUnreadable)
      try await desk.waitForLook()
    }
    #expect(desk.told.withLock { $0 } == [.unreadable, .written])
  }

  @Test("who rests looks at once when commands are sent, and often until a halt is taken back")
  func pace() async throws {
    let desk = try await Desk(rest: .seconds(3_600))
    try await desk.watching {
      try await desk.write("halt", "wait")
      #expect(!desk.brake.isOn)
      desk.watch.beginSending()
      try await desk.waitUntilTold([.written])
      #expect(desk.brake.isOn)
      desk.watch.endSending()
      try await desk.write("halt", nil)
      try await desk.waitUntilTold([.written, .written])
      #expect(!desk.brake.isOn)
    }
  }

  @Test("what was there at first, or was read in between, is told to nobody")
  func known() async throws {
    let desk = try await Desk(rest: .milliseconds(10))
    try await desk.write("halt", "at first")
    var stored = StoredRecord()
    try await desk.watch.reload(of: &stored)
    #expect(stored.record.halt == "at first" && desk.brake.isOn)
    try await desk.write("halt", nil)
    try await desk.watch.reload(of: &stored)
    #expect(stored.record.halt == nil && !desk.brake.isOn)
    try await desk.watching { try await desk.waitForLook() }
    #expect(desk.told.withLock { $0 }.isEmpty)
  }

  @Test("who needs it understood waits as long as may be, and stands still meanwhile")
  func waiting() async throws {
    let desk = try await Desk(rest: .seconds(3_600))
    try await desk.write("suspensions", "{")
    var stored = StoredRecord()
    await #expect(throws: RecordError.self) { try await desk.watch.reload(of: &stored) }
    #expect(desk.brake.isOn)
    let asked = Lock(0)
    let repair = Task {
      try await waitUntil("somebody waits") { asked.withLock { $0 } >= 1 }
      try await desk.write("suspensions", nil)
    }
    try await desk.watch.reload(of: &stored) {
      asked.withLock { $0 += 1 }
      return true
    }
    #expect(!desk.brake.isOn)
    try await repair.value
  }
}
