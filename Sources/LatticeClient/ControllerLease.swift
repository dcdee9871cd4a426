import JSONCoding
public import LatticeModel
public import NATSTransport
import ServiceRuntime

/// The right to command a lattice, held by one at a time.
///
/// A key in a bucket whose age limit is the lease's: a holder that dies is forgotten by the
/// server. Renewed in the background four times as often as it would expire. Each write counts as
/// held for three quarters of that, from before it was sent and by a clock that runs on while we
/// are stopped: who wakes up late knows at once that it holds nothing.
public actor ControllerLease: CommandLease {
  /// How long a holder that died keeps others away.
  public static let duration = Duration.seconds(4)

  private let store: any KeyValueStore
  private let holder: String
  private var revision: UInt64?
  private var renewal: Task<Void, Never>?
  private let heldUntil = Lock<ContinuousClock.Instant?>(nil)

  /// The bucket of a lattice's lease.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The bucket's name.
  public static func bucket(_ lattice: LatticeName) -> String { "RECONCILELEASE_\(lattice)" }

  /// Prepares a lease; nothing is written.
  ///
  /// - Parameters:
  ///   - holder: Who we are, for the others.
  ///   - store: The bucket, whose age limit is the lease's.
  public init(holder: String, store: any KeyValueStore) {
    self.holder = holder
    self.store = store
  }

  /// Whether we hold it, as far as we know.
  public nonisolated var isHeld: Bool {
    heldUntil.withLock { $0.map { ContinuousClock.now < $0 } ?? false }
  }

  /// Takes the lease and keeps it.
  ///
  /// - Throws: `ClientError.leaseHeld` where somebody else has it, `NATSError` where the bucket
  ///   does not answer.
  public func acquire() async throws {
    let before = try await store.get("lease")
    if let other = holder(in: before) { throw ClientError.leaseHeld(by: other) }
    let start = ContinuousClock.now
    let written = try await write(over: before?.revision ?? 0)
    guard let written else {
      let winner = try await store.get("lease")
      throw ClientError.leaseHeld(by: holder(in: winner) ?? "somebody unknown")
    }
    revision = written
    keep(from: start)
    renewal = Task { [weak self] in
      while !Task.isCancelled {
        try? await Task.sleep(for: Self.duration / 4)
        guard !Task.isCancelled, await self?.renew() == true else { return }
      }
    }
  }

  /// Writes ourselves over what was read, or returns `nil` where somebody was faster.
  private func write(over before: UInt64) async throws -> UInt64? {
    do throws(NATSError) {
      return try await store.write("lease", value, expecting: before)
    } catch {
      guard case .conflict = error else { throw error }
      return nil
    }
  }

  private func holder(in entry: KeyValueEntry?) -> String? {
    guard let bytes = entry?.value else { return nil }
    let value = try? JSONValue(parsing: bytes)
    return value?["holder"]?.string ?? "somebody unknown"
  }

  private func renew() async -> Bool {
    guard let current = revision else { return false }
    let start = ContinuousClock.now
    do throws(NATSError) {
      revision = try await shielded { [store, value] () throws(NATSError) in
        try await store.write("lease", value, expecting: current)
      }
      keep(from: start)
      return true
    } catch {
      // Somebody else has it. A server that only fails to answer may do so again in time.
      if case .conflict = error { heldUntil.withLock { $0 = nil } }
      return isHeld
    }
  }

  private func keep(from start: ContinuousClock.Instant) {
    heldUntil.withLock { $0 = start + Self.duration * 3 / 4 }
  }

  /// Gives the lease back; doing so without holding it does nothing.
  public func release() async {
    renewal?.cancel()
    // A renewal under way would be written over what we delete, and keep others away for nothing.
    await renewal?.value
    renewal = nil
    let wasHeld = heldUntil.withLock { until in
      defer { until = nil }
      return until != nil
    }
    guard wasHeld, let current = revision else { return }
    _ = try? await store.write("lease", nil, expecting: current)
    revision = nil
  }

  private var value: [UInt8] {
    JSONValue.object([
      "version": 1, "holder": .string(holder), "since": .int(Int(WallClock.system.now)),
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
