import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import RecordKeeping

@Suite("ControllerLease")
struct ControllerLeaseTests {
  /// A holder's clock that goes on only when it is told to: what takes long here is not the lease's
  /// time.
  private struct StoppedClock {
    private let moment = Lock(ContinuousClock.now)

    var now: @Sendable () -> ContinuousClock.Instant {
      { [moment] in moment.withLock { $0 } }
    }
    func pass(_ span: Duration) { moment.withLock { $0 += span } }
  }

  /// A bucket whose values age by a clock of its own, as does what is known of its leases.
  private struct Bucket {
    let clock = Lock<Int64>(1_000_000_000)
    let holders = StoppedClock()
    let bus: InProcessBus
    let store: NATSKeyValue

    init() async throws {
      bus = InProcessBus(clock: .manual(clock))
      store = NATSKeyValue(
        bucket: ControllerLease.bucket("default"), over: bus, timeout: .milliseconds(300))
      try await store.create(lifetime: ControllerLease.duration)
    }

    func lease(_ holder: String, _ other: (any KeyValueStore)? = nil) -> ControllerLease {
      ControllerLease(holder: holder, store: other ?? store, now: holders.now)
    }

    func pass(_ seconds: Int64) { clock.withLock { $0 += seconds * 1_000_000_000 } }
  }

  @Test("one has it, the other is told who, and gets it once it is given back")
  func twoHolders() async throws {
    let bucket = try await Bucket()
    let first = bucket.lease("first")
    let second = bucket.lease("second")
    #expect(!first.isHeld)
    try await first.acquire()
    #expect(first.isHeld)
    await #expect(throws: RecordError.leaseHeld(by: "first")) { try await second.acquire() }
    #expect(!second.isHeld)
    await second.release()
    #expect(first.isHeld)
    await first.release()
    await first.release()
    #expect(!first.isHeld)
    try await second.acquire()
    #expect(second.isHeld && !first.isHeld)
    await second.release()
  }

  @Test("of many that want it at once exactly one gets it")
  func race() async throws {
    let bucket = try await Bucket()
    let leases = (0..<16).map { bucket.lease("holder \($0)") }
    await withTaskGroup(of: Void.self) { group in
      for lease in leases { group.addTask { try? await lease.acquire() } }
    }
    #expect(leases.count { $0.isHeld } == 1)
    for lease in leases { await lease.release() }
    #expect(try await bucket.store.get("lease")?.value == nil)
  }

  @Test("a holder that died is forgotten when its entry is too old")
  func expiry() async throws {
    let bucket = try await Bucket()
    let stuck = StuckStore(store: bucket.store)
    let dead = bucket.lease("dead", stuck)
    try await dead.acquire()
    let written = try await bucket.store.get("lease")?.revision
    bucket.pass(3)
    let next = bucket.lease("next")
    await #expect(throws: RecordError.leaseHeld(by: "dead")) { try await next.acquire() }
    #expect(try await bucket.store.get("lease")?.revision == written)
    bucket.pass(2)
    try await next.acquire()
    #expect(dead.isHeld, "it does not know yet")
    stuck.gate.finish()
    #expect(try await ControllerLease.holder(in: bucket.store) == "next")
    try await waitUntil("the first notices at its next renewal") { !dead.isHeld }
    await dead.release()
    #expect(try await ControllerLease.holder(in: bucket.store) == "next")
    await next.release()
  }

  @Test("who cannot reach the server holds nothing soon, though nobody took it")
  func silence() async throws {
    let bucket = try await Bucket()
    let stuck = StuckStore(store: bucket.store)
    let lease = bucket.lease("one", stuck)
    try await lease.acquire()
    bucket.bus.disconnect()
    bucket.holders.pass(.milliseconds(2_900))
    #expect(lease.isHeld)
    bucket.holders.pass(.milliseconds(100))
    #expect(!lease.isHeld)
    stuck.gate.finish()
    await lease.release()
  }

  @Test("every first answer is lost: a term begins all the same, and goes on")
  func lostAnswers() async throws {
    let bucket = try await Bucket()
    let lossy = LossyTransport(inner: bucket.bus)
    let store = NATSKeyValue(bucket: ControllerLease.bucket("default"), over: lossy)
    let lease = bucket.lease("one", store)
    try await lease.acquire()
    let epoch = try #require(lease.epoch)
    let writes = lossy.writes.withLock { $0 }
    try await waitUntil("it was renewed four times") {
      #expect(lease.epoch == epoch)
      return lossy.writes.withLock { $0 } >= writes + 8
    }
    await lease.release()
    #expect(try await bucket.store.get("lease")?.value == nil)
  }

  @Test(
    "a bucket that keeps the dead: a claim that nobody renews is over, one that is renewed is not")
  func keptClaims() async throws {
    let store = NATSKeyValue(bucket: ControllerLease.bucket("default"), over: InProcessBus())
    try await store.create()
    try await store.put("lease", Array(#"{"holder":"dead"}"#.utf8))
    let lease = ControllerLease(
      holder: "one", store: store, isForgotten: false, now: StoppedClock().now)
    try await lease.acquire()
    #expect(lease.isHeld && lease.advice != nil)
    let other = ControllerLease(holder: "two", store: store, isForgotten: false)
    await #expect(throws: RecordError.leaseHeld(by: "one")) { try await other.acquire() }
    #expect(lease.isHeld)
    await lease.release()
  }

  /// A line that loses every other answer, the first one first.
  private struct LossyTransport: ForwardingTransport {
    let inner: any MessageTransport
    let writes = Lock(0)
    private let count = Lock(0)

    init(inner: any MessageTransport) { self.inner = inner }

    func request(
      _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration,
      again pause: Duration?
    ) async throws(NATSError) -> NATSMessage {
      let answer = try await inner.request(
        payload, to: subject, headers: headers, timeout: timeout, again: pause)
      if subject.hasPrefix("$KV") { writes.withLock { $0 += 1 } }
      let isLost = count.withLock { count in
        count += 1
        return count % 2 == 1
      }
      guard isLost else { return answer }
      do { try await Task.sleep(for: pause ?? timeout) } catch { throw .cancelled }
      guard let pause, pause < timeout else { throw .timeout(subject: subject, after: timeout) }
      return try await request(
        payload, to: subject, headers: headers, timeout: timeout - pause, again: pause * 2)
    }
  }

  @Test("giving it back while it is renewed leaves nothing behind")
  func releaseDuringRenewal() async throws {
    let bucket = try await Bucket()
    let slow = SlowStore(store: bucket.store)
    let lease = bucket.lease("one", slow)
    try await lease.acquire()
    try await waitUntil("a renewal is under way") { slow.writes.withLock { $0 } >= 2 }
    await lease.release()
    #expect(try await bucket.store.get("lease")?.value == nil)
    #expect(!lease.isHeld)
  }

  @Test("a late answer to a renewal does not end the term that began since")
  func lateAnswer() async throws {
    let bucket = try await Bucket()
    let stuck = StuckStore(store: bucket.store)
    let lease = bucket.lease("one", stuck)
    try await lease.acquire()
    try await waitUntil("a renewal is under way") { stuck.renewals.withLock { $0 } == 1 }
    bucket.pass(5)
    try await lease.acquire()
    stuck.gate.finish()
    try await waitUntil("it is refused and the new term renewed") {
      stuck.conflicts.withLock { $0 } == 1 && stuck.renewals.withLock { $0 } >= 2
    }
    #expect(lease.isHeld)
    await lease.release()
  }

  /// A bucket behind a line whose answers take a while.
  private struct SlowLine: ForwardingTransport {
    let inner: any MessageTransport
    let delay: Duration

    func request(
      _ payload: [UInt8], to subject: String, headers: [String: String], timeout: Duration,
      again pause: Duration?
    ) async throws(NATSError) -> NATSMessage {
      let answer = try await inner.request(
        payload, to: subject, headers: headers, timeout: timeout, again: pause)
      do { try await Task.sleep(for: delay) } catch { throw .cancelled }
      return answer
    }
  }

  @Test("on a slow line the bucket is told to keep claims longer, and the term goes on")
  func slowLine() async throws {
    let bus = InProcessBus()
    let name = ControllerLease.bucket("default")
    let near = NATSKeyValue(bucket: name, over: bus)
    try await near.create(lifetime: ControllerLease.duration)
    // Two of these, one after the other, are as long as a claim of four seconds counts.
    let line = SlowLine(inner: bus, delay: .milliseconds(1_600))
    let far = NATSKeyValue(bucket: name, over: line)
    let lease = ControllerLease(holder: "one", store: far) { lifetime throws(NATSError) in
      try await far.keepValues(atLeast: lifetime)
    }
    try await lease.acquire()
    let epoch = try #require(lease.epoch)
    try await waitUntil("claims are kept longer", within: .seconds(20)) {
      try await near.describe().lifetime == .seconds(8)
    }
    // It was lost for moments until then; it is the same term.
    try await waitUntil("an answer is there") { lease.epoch == epoch }
    let other = ControllerLease(holder: "two", store: near)
    await #expect(throws: RecordError.leaseHeld(by: "one")) { try await other.acquire() }
    await lease.release()
    #expect(try await near.get("lease")?.value == nil)
  }

  @Test("where the bucket may not be told, that is said with the subject")
  func lengtheningRefused() async throws {
    let subject = "$JS.API.STREAM.UPDATE.KV_\(ControllerLease.bucket("default"))"
    let bus = InProcessBus()
    let near = NATSKeyValue(bucket: ControllerLease.bucket("default"), over: bus)
    try await near.create(lifetime: ControllerLease.duration)
    let line = SlowLine(inner: bus, delay: .milliseconds(1_200))
    let far = NATSKeyValue(bucket: ControllerLease.bucket("default"), over: line)
    let lease = ControllerLease(holder: "one", store: far) { _ throws(NATSError) in
      throw .permissionDenied(subject: subject)
    }
    try await lease.acquire()
    try await waitUntil("it is said", within: .seconds(20)) { lease.advice != nil }
    #expect(lease.advice?.contains(subject) == true)
    await lease.release()
  }

  @Test("two slow answers in a row make a term longer, one does not, and never above the longest")
  func pace() {
    var pace = LeasePace()
    #expect(pace.note(.seconds(2)) == nil)
    #expect(pace.note(.milliseconds(999)) == nil)
    #expect(pace.note(.seconds(2)) == nil)
    #expect(
      pace.term == .seconds(4) && pace.span == .seconds(3) && pace.pause == .milliseconds(1_500))
    for (answer, term) in [(2, 8), (3, 16), (5, 32)] {
      _ = pace.note(.seconds(answer))
      #expect(pace.note(.seconds(answer)) == .seconds(term))
      pace.lengthen(to: .seconds(term))
      #expect(pace.pause == .seconds(2) && pace.note(.seconds(1)) == nil)
    }
    _ = pace.note(.seconds(60))
    #expect(pace.note(.seconds(60)) == nil)
    pace.lengthen(to: .seconds(4))
    #expect(pace.term == .seconds(32))
  }

  @Test("a claim is looked at once a second, and often once it may be over")
  func watch() {
    var watch = ClaimWatch()
    let start = ContinuousClock.now
    func look(_ revision: UInt64, after milliseconds: Int) -> Duration {
      watch.note(revision, at: start + .milliseconds(milliseconds))
    }
    // How old the first one is, is not known.
    #expect(look(1, after: 0) == .milliseconds(250))
    #expect(look(2, after: 250) == .seconds(1))
    for (moment, pause) in [
      (1_250, 1_000), (2_250, 1_000), (3_250, 750), (4_000, 250), (4_250, 250), (9_000, 250),
    ] {
      #expect(look(2, after: moment) == .milliseconds(pause), "after \(moment) ms")
    }
    // Written at some moment since the last look.
    #expect(look(3, after: 10_000) == .seconds(1))
    #expect(look(3, after: 12_500) == .milliseconds(500))
    watch.noteNone()
    #expect(look(4, after: 13_000) == .milliseconds(250))
  }

  /// A store in which the first renewal is stuck until a gate opens.
  private struct StuckStore: KeyValueStore {
    let store: NATSKeyValue
    let renewals = Lock(0)
    let conflicts = Lock(0)
    let gate = BatchQueue<Void>(limit: 1)

    func get(_ key: String) async throws(NATSError) -> KeyValueEntry? { try await store.get(key) }

    func write(_ key: String, _ value: [UInt8]?, expecting revision: UInt64)
      async throws(NATSError) -> UInt64
    {
      // A claim is written over nothing, a renewal over what was written before.
      let number = renewals.withLock { count in
        if revision > 0 { count += 1 }
        return count
      }
      if revision > 0, number == 1 { _ = await gate.next() }
      do throws(NATSError) {
        return try await store.write(key, value, expecting: revision)
      } catch {
        if case .conflict = error { conflicts.withLock { $0 += 1 } }
        throw error
      }
    }
  }

  /// A store whose answer to a renewal takes its time.
  private struct SlowStore: KeyValueStore {
    let store: NATSKeyValue
    let writes = Lock(0)

    func get(_ key: String) async throws(NATSError) -> KeyValueEntry? { try await store.get(key) }

    func write(_ key: String, _ value: [UInt8]?, expecting revision: UInt64)
      async throws(NATSError) -> UInt64
    {
      let number = try await store.write(key, value, expecting: revision)
      let isRenewal = writes.withLock { count in
        count += 1
        return count == 2
      }
      guard isRenewal else { return number }
      do { try await Task.sleep(for: .milliseconds(200)) } catch { throw .cancelled }
      return number
    }
  }
}
