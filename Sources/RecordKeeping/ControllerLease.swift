import JSONCoding
public import LatticeModel
public import NATSTransport
import ServiceRuntime

/// The claim to be the one who commands a lattice, in a bucket whose values expire by themselves.
///
/// A holder that dies is forgotten after `duration`, by the bucket, or, where the bucket keeps it, by
/// whoever wants the lease and sees for that long that nobody renews it. It is renewed four times as
/// often, and counts as held only while the last renewal is young, by a clock that runs while the
/// process is stopped: a pass that hangs or is paused sends nothing once somebody else may have it.
public actor ControllerLease: CommandLease {
  /// How long a claim lasts without renewal.
  public static let duration = Duration.seconds(4)
  /// How late a server forgets a value at most: up to 0.35 s from version 2.11 on.
  static let lateness = Duration.milliseconds(500)

  private struct Term {
    var epoch: UInt64
    var until: ContinuousClock.Instant
  }

  private let store: any KeyValueStore
  private let holder: String
  private let isForgotten: Bool
  /// Tells our claims from those of another process of our name.
  private let mark = Int.random(in: 0...(1 << 53))
  private var revision: UInt64?
  private var renewal: Task<Void, Never>?
  private let term = Lock<Term?>(nil)

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
  ///   - isForgotten: Whether the bucket forgets a claim soon after `duration` without renewal.
  public init(holder: String, store: any KeyValueStore, isForgotten: Bool = true) {
    self.holder = holder
    self.store = store
    self.isForgotten = isForgotten
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public nonisolated var advice: String? {
    isForgotten
      ? nil
      : "the bucket of the lease keeps a dead holder's claim, which costs who comes next five seconds: "
        + "delete the bucket, which is made again with an age limit"
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public nonisolated var epoch: UInt64? {
    term.withLock { $0.flatMap { ContinuousClock.now < $0.until ? $0.epoch : nil } }
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func acquire() async throws {
    let before = try await store.get("lease")
    if let other = Self.holder(in: before), try await isAlive(before?.revision) {
      throw RecordError.leaseHeld(by: other)
    }
    let start = ContinuousClock.now
    let written = try await write(over: before?.revision ?? 0)
    guard let written else {
      let winner = try await store.get("lease")
      throw RecordError.leaseHeld(by: Self.holder(in: winner) ?? "somebody unknown")
    }
    renewal?.cancel()
    revision = written
    term.withLock { $0 = Term(epoch: written, until: Self.end(from: start)) }
    renewal = Task { [weak self] in
      var pause = Self.pause(since: start)
      while !Task.isCancelled {
        try? await Task.sleep(for: pause)
        guard !Task.isCancelled, let next = await self?.renew() else { return }
        pause = next
      }
    }
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
    let start = ContinuousClock.now
    do throws(NATSError) {
      let written = try await shielded { [store, value] () throws(NATSError) in
        try await store.write("lease", value, expecting: current)
      }
      // Another term may have begun while the process was stopped; that one has its own renewal.
      guard revision == current else { return nil }
      revision = written
      term.withLock { $0?.until = Self.end(from: start) }
      return Self.pause(since: start)
    } catch {
      guard revision == current else { return nil }
      // Somebody else has it. A server that only fails to answer may do so again in time.
      if case .conflict = error { term.withLock { $0 = nil } }
      return epoch == nil ? nil : .milliseconds(100)
    }
  }

  /// The pause before the next renewal: a slow answer does not make it come later.
  private static func pause(since start: ContinuousClock.Instant) -> Duration {
    max(.zero, duration / 4 - (.now - start))
  }

  private static func end(from start: ContinuousClock.Instant) -> ContinuousClock.Instant {
    start + duration * 3 / 4
  }

  /// Gives the claim back, so that the next one need not wait.
  public func release() async {
    renewal?.cancel()
    // A renewal under way would be written over what we delete, and keep others away for nothing.
    await renewal?.value
    renewal = nil
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
