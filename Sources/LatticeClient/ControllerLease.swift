import JSONCoding
public import LatticeModel
public import NATSTransport
import ServiceRuntime

/// The right to command a lattice, held by one at a time.
///
/// A key in a bucket whose age limit is the lease's: a holder that dies is forgotten by the
/// server. Renewed in the background three times as often as it would expire.
public actor ControllerLease {
  /// How long a holder that died keeps others away.
  public static let duration = Duration.seconds(15)

  private let store: any KeyValueStore
  private let holder: String
  private var revision: UInt64?
  private var renewal: Task<Void, Never>?
  private let held = Lock(false)

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
  public nonisolated var isHeld: Bool { held.withLock { $0 } }

  /// Takes the lease and keeps it.
  ///
  /// - Throws: `ClientError.leaseHeld` where somebody else has it, `NATSError` where the bucket
  ///   does not answer.
  public func acquire() async throws {
    let before = try await store.get("lease")
    if let other = holder(in: before) { throw ClientError.leaseHeld(by: other) }
    let written = try await write(over: before?.revision ?? 0)
    guard let written else {
      let winner = try await store.get("lease")
      throw ClientError.leaseHeld(by: holder(in: winner) ?? "somebody unknown")
    }
    revision = written
    held.withLock { $0 = true }
    renewal = Task { [weak self] in
      while !Task.isCancelled {
        try? await Task.sleep(for: Self.duration / 3)
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
    do {
      revision = try await store.write("lease", value, expecting: current)
      return true
    } catch {
      held.withLock { $0 = false }
      return false
    }
  }

  /// Gives the lease back; doing so without holding it does nothing.
  public func release() async {
    renewal?.cancel()
    renewal = nil
    guard held.withLock({ $0 }), let current = revision else { return }
    held.withLock { $0 = false }
    _ = try? await store.write("lease", nil, expecting: current)
    revision = nil
  }

  private var value: [UInt8] {
    JSONValue.object([
      "version": 1, "holder": .string(holder), "since": .int(Int(WallClock.system.now)),
    ]).bytes()
  }
}
