import JSONCoding
public import LatticeModel
public import NATSTransport
import ServiceRuntime
import TextForms

/// The claim to be the one who commands a lattice, in a bucket whose values expire by themselves.
///
/// A holder that dies is forgotten after `duration`, by the bucket, or, where the bucket keeps it, by
/// whoever wants the lease and sees for that long that nobody renews it. It is renewed more than twice in
/// that time, and counts as held only while the last renewal is young, by a clock that runs while the
/// process is stopped: a pass that hangs or is paused sends nothing once somebody else may have it.
///
/// Where answers are slow again and again, the bucket is told to keep claims longer (`LeasePace`).
public actor ControllerLease: CommandLease {
  /// How long a claim lasts without renewal, but on slow lines.
  public static let duration = LeasePace.shortest
  /// How late a server forgets a value at most: up to 0.35 s from version 2.11 on.
  static let lateness = Duration.milliseconds(500)

  /// Tells the bucket how long it is to keep claims at least.
  public typealias Lengthening = @Sendable (Duration) async throws(NATSError) -> Void

  private struct Term {
    var epoch: UInt64
    var until: ContinuousClock.Instant
  }

  private let store: any KeyValueStore
  private let holder: String
  private let isForgotten: Bool
  private let lengthen: Lengthening?
  /// The clock that says how young a renewal is; it goes on while the process is stopped.
  private let now: @Sendable () -> ContinuousClock.Instant
  /// Tells our claims from those of another process of our name.
  private let mark = Int.random(in: 0...(1 << 53))
  private var revision: UInt64?
  private var renewal: Task<Void, Never>?
  /// Whether `renewal` goes on.
  private var isRenewing = false
  private var pace = LeasePace()
  private var isLengthening = false
  private let term = Lock<Term?>(nil)
  private let watch = Lock((claim: ClaimWatch(), next: ClaimWatch.shortest))
  /// Why the bucket could not be told to keep claims longer.
  private let refusal = Lock<String?>(nil)

  /// The bucket of a lattice's lease.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The bucket's name.
  public static func bucket(_ lattice: LatticeName) -> String { "RECONCILELEASE_\(lattice)" }

  /// Names a claim; nothing is sent.
  ///
  /// - Parameters:
  ///   - holder: Who claims, in words that help a person find the process.
  ///   - store: The bucket.
  ///   - isForgotten: Whether the bucket forgets a claim by itself.
  ///   - lengthen: Has the bucket keep claims longer, where it forgets them.
  ///   - now: The clock that says how young a renewal is; a test may stop it.
  public init(
    holder: String, store: any KeyValueStore, isForgotten: Bool = true,
    lengthen: Lengthening? = nil,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.now = now
    self.holder = holder
    self.store = store
    self.isForgotten = isForgotten
    self.lengthen = lengthen
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public nonisolated var advice: String? {
    isForgotten
      ? refusal.withLock { $0 }
      : "the bucket of the lease keeps a dead holder's claim, which costs who comes next five seconds: "
        + "delete the bucket, which is made again with an age limit"
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public nonisolated var epoch: UInt64? {
    term.withLock { $0.flatMap { now() < $0.until ? $0.epoch : nil } }
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public nonisolated var nextClaim: Duration { watch.withLock { $0.next } }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func acquire(after courtesy: Duration) async throws {
    guard try await !isRenewedAfterAll() else { return }
    var before = try await claimToWriteOver()
    if courtesy > .zero, before?.value == nil {
      try await Task.sleep(for: courtesy)
      before = try await claimToWriteOver()
    }
    // For how long the bucket keeps claims, if it is still the same one, is not known.
    pace = LeasePace()
    let start = now()
    let written = try await write(over: before?.revision ?? 0)
    guard let written else {
      let winner = try await store.get("lease")
      throw RecordError.leaseHeld(by: Self.holder(in: winner) ?? "somebody unknown")
    }
    renewal?.cancel()
    revision = written
    let end = start + pace.span
    term.withLock { $0 = Term(epoch: written, until: end) }
    isRenewing = true
    renewal = Task { [weak self] in await self?.keepRenewing(since: start) }
  }

  /// What is in the bucket, where it is no claim of somebody else who lives.
  private func claimToWriteOver() async throws -> KeyValueEntry? {
    let found = try await store.get("lease")
    guard let found, let other = Self.holder(in: found), !isOurs(found) else {
      watch.withLock { $0.claim.noteNone() }
      return found
    }
    watch.withLock { watch in
      watch.next =
        isForgotten ? watch.claim.note(found.revision, at: .now) : ClaimWatch.shortest
    }
    if try await isAlive(found.revision) { throw RecordError.leaseHeld(by: other) }
    return found
  }

  /// Renews until the term is over.
  private func keepRenewing(since start: ContinuousClock.Instant) async {
    var pause = pause(since: start)
    while !Task.isCancelled {
      try? await Task.sleep(for: pause)
      guard !Task.isCancelled, let next = await renew() else { break }
      pause = next
    }
    // Whoever cancels it begins a term of its own, or ends them all.
    if !Task.isCancelled { isRenewing = false }
  }

  /// Waits for an answer that is late, for half a term: it may be that the term goes on.
  private func isRenewedAfterAll() async throws -> Bool {
    let end = ContinuousClock.now + pace.term / 2
    guard isRenewing, epoch == nil else { return false }
    while isRenewing, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(50))
      if epoch != nil { return true }
    }
    return false
  }

  /// Whether a claim was written by this lease, whose answer may have been lost.
  private func isOurs(_ entry: KeyValueEntry?) -> Bool {
    let value = entry?.value.flatMap { try? JSONValue(parsing: $0) }
    return value?["mark"]?.int == mark
  }

  /// Whether a claim is one of somebody who lives: where the bucket keeps what is dead, it is watched
  /// until it is renewed or its time is over.
  private func isAlive(_ claim: UInt64?) async throws -> Bool {
    guard !isForgotten else { return true }
    let over = ContinuousClock.now + Self.duration + Self.lateness
    while ContinuousClock.now < over {
      try await Task.sleep(for: .milliseconds(250))
      guard try await store.get("lease")?.revision == claim else { return true }
    }
    return false
  }

  /// Writes the claim over an earlier revision.
  ///
  /// - Returns: The new revision, or `nil` where somebody else was faster.
  private func write(over before: UInt64) async throws -> UInt64? {
    do throws(NATSError) {
      return try await store.write("lease", value, expecting: before)
    } catch {
      guard case .conflict = error else { throw error }
      return nil
    }
  }

  /// Who has the lease now.
  ///
  /// - Parameter store: The lease's bucket.
  /// - Returns: The holder, or `nil` where nobody has it.
  /// - Throws: `NATSError` where the bucket cannot be read.
  public static func holder(in store: any KeyValueStore) async throws(NATSError) -> String? {
    holder(in: try await store.get("lease"))
  }

  private static func holder(in entry: KeyValueEntry?) -> String? {
    guard let bytes = entry?.value else { return nil }
    let value = try? JSONValue(parsing: bytes)
    return value?["holder"]?.string ?? "somebody unknown"
  }

  /// Renews the claim once.
  ///
  /// - Returns: The pause before the next renewal, or `nil` where the term is over.
  private func renew() async -> Duration? {
    guard let current = revision else { return nil }
    let start = now()
    do throws(NATSError) {
      let written = try await shielded { [store, value] () throws(NATSError) in
        try await store.write("lease", value, expecting: current)
      }
      // Another term may have begun while the process was stopped; that one has its own renewal.
      guard revision == current else { return nil }
      revision = written
      let end = start + pace.span
      term.withLock { $0?.until = end }
      if let needed = pace.note(now() - start) { keepClaims(atLeast: needed) }
      return pause(since: start)
    } catch {
      guard revision == current else { return nil }
      switch error {
      // Somebody else has it, or may have it by now.
      case .conflict, .storeAbsent: term.withLock { $0 = nil }
      // A server that only fails to answer may do so again in time.
      default: break
      }
      return epoch == nil ? nil : .milliseconds(100)
    }
  }

  /// Has the bucket keep claims longer; those that are sent once it does last as long.
  private func keepClaims(atLeast needed: Duration) {
    guard let lengthen, isForgotten, !isLengthening else { return }
    let current = term.withLock { $0?.epoch }
    isLengthening = true
    Task {
      defer { isLengthening = false }
      do throws(NATSError) {
        try await lengthen(needed)
        // Of another term nothing is known, the bucket may be another one.
        if current != nil, term.withLock({ $0?.epoch }) == current { pace.lengthen(to: needed) }
        refusal.withLock { $0 = nil }
      } catch {
        guard case .permissionDenied(let subject) = error else { return }
        refusal.withLock {
          $0 =
            "answers take so long that the lease is lost between two renewals: allow the subject "
            + "\(subject), on which its bucket is told to keep claims for \(formatDuration(needed))"
        }
      }
    }
  }

  /// The pause before the next renewal: a slow answer does not make it come later.
  private func pause(since start: ContinuousClock.Instant) -> Duration {
    max(.zero, pace.pause - (now() - start))
  }

  /// Gives the claim back, so that the next one need not wait.
  public func release() async {
    renewal?.cancel()
    // A renewal under way would be written over what we delete, and keep others away for nothing.
    await renewal?.value
    renewal = nil
    isRenewing = false
    let wasHeld = term.withLock { term in
      defer { term = nil }
      return term != nil
    }
    guard wasHeld, let current = revision else { return }
    _ = try? await store.write("lease", nil, expecting: current)
    revision = nil
  }

  private var value: [UInt8] {
    JSONValue.object([
      "version": 1, "holder": .string(holder), "since": .int(Int(WallClock.system.now)),
      "mark": .int(mark),
    ]).bytes()
  }
}

/// Does something to its end, even if the task that waits for it is cancelled.
private func shielded<Value: Sendable>(
  _ body: @escaping @Sendable () async throws(NATSError) -> Value
) async throws(NATSError) -> Value {
  let task = Task { () async -> Result<Value, NATSError> in
    do throws(NATSError) { return .success(try await body()) } catch { return .failure(error) }
  }
  return try await task.value.get()
}
