import ServiceRuntime

/// The claim to be the one who commands a lattice.
public protocol CommandLease: Sendable {
  /// The number of this term of office, or `nil` where a command may not be sent now.
  ///
  /// Whoever plans in one term and sends in another would send what somebody else may have undone
  /// in between.
  var epoch: UInt64? { get }

  /// Claims it.
  ///
  /// - Parameter courtesy: How long a lease that nobody has is left to others who want it.
  /// - Throws: `RecordError.leaseHeld` where somebody else has it, `NATSError` where the bucket does
  ///   not answer.
  func acquire(after courtesy: Duration) async throws

  /// When whoever found it held claims it again: at the latest a second later, and often enough that
  /// a holder that died is replaced within five.
  var nextClaim: Duration { get }

  /// Gives it back.
  func release() async

  /// What is not as it should be with where it lies, and what helps.
  var advice: String? { get }
}

extension CommandLease {
  /// Whether a command may be sent now.
  public var isHeld: Bool { epoch != nil }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var advice: String? { nil }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var nextClaim: Duration { ClaimWatch.shortest }

  /// Claims it at once.
  ///
  /// - Throws: What `acquire(after:)` throws.
  public func acquire() async throws { try await acquire(after: .zero) }
}

/// Who commands a lattice.
public enum LeaseHolder: Hashable, Sendable {
  /// Nobody does.
  case nobody
  /// Somebody does, of that name.
  case held(String)
  /// It cannot be told, for this reason.
  case unknown(String)
}

/// The lease of a machine whose server has no JetStream: a lock beside the record's file, which
/// goes when its process ends.
final class FileLease: CommandLease {
  private let path: String
  private let holder: String
  private let lock = Lock<FileLock?>(nil)

  init(path: String, holder: String) {
    self.path = path
    self.holder = holder
  }

  var epoch: UInt64? { lock.withLock { $0 == nil ? nil : 1 } }

  func acquire(after courtesy: Duration) async throws {
    guard let taken = try Self.open(path) else {
      throw RecordError.leaseHeld(by: Self.note(in: path) ?? "somebody unknown")
    }
    taken.note(holder)
    lock.withLock { $0 = taken }
  }

  func release() async { lock.withLock { $0 = nil } }

  /// Who has the lock, where somebody has.
  static func holder(path: String) -> String? {
    guard (try? readFile(path)) != nil else { return nil }
    do throws(RecordError) {
      return try open(path) == nil ? note(in: path) : nil
    } catch {
      return nil
    }
  }

  private static func open(_ path: String) throws(RecordError) -> FileLock? {
    do throws(FileError) {
      return try FileLock(path)
    } catch {
      throw .unusableFile(path: error.path, detail: error.detail)
    }
  }

  private static func note(in path: String) -> String? {
    guard let bytes = try? readFile(path), !bytes.isEmpty else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
