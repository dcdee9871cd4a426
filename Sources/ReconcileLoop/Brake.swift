import LatticeClient
import LatticeModel
import RecordKeeping
import ServiceRuntime

/// What stops the sending of commands between one and the next.
final class Brake: Sendable {
  private struct State {
    var isStopping = false
    var halt: String?
    /// Whether what people have written cannot be understood: it may be a halt.
    var isUnreadable = false
  }

  /// What a look at what people have written gave.
  enum Look {
    /// It says this; `isLifted` where it could not be understood before.
    case read(BrakeRequests, isLifted: Bool)
    /// It cannot be understood, and nothing is sent.
    case unreadable
    /// The server does not answer.
    case unanswered
  }

  private let state = Lock(State())

  /// What may be sent now.
  var permission: CommandPermission {
    state.withLock { state in
      guard state.halt == nil, !state.isUnreadable else { return .none }
      return state.isStopping ? .finishing : .all
    }
  }

  /// Whether what people have written could not be understood when it was last read.
  var isUnreadable: Bool { state.withLock { $0.isUnreadable } }

  func stop() { state.withLock { $0.isStopping = true } }

  /// Notes what people have written about a halt.
  ///
  /// - Returns: Whether it could not be understood before.
  @discardableResult
  func halt(_ reason: String?) -> Bool {
    state.withLock { state in
      defer { (state.halt, state.isUnreadable) = (reason, false) }
      return state.isUnreadable
    }
  }

  /// Reads what people have written and obeys a halt; what is there and cannot be understood is one.
  ///
  /// - Parameters:
  ///   - records: Where they write it.
  ///   - stored: The record, whose brakes are replaced.
  /// - Returns: What they have written, and whether it could not be understood before.
  /// - Throws: `RecordError` where it cannot be understood, `NATSError` where it cannot be read.
  func reload(
    _ records: RecordStore, of stored: inout StoredRecord
  ) async throws -> (requests: BrakeRequests, isLifted: Bool) {
    do {
      try await records.reloadBrakes(of: &stored)
    } catch {
      if error is RecordError { state.withLock { $0.isUnreadable = true } }
      throw error
    }
    return (BrakeRequests(of: stored.record), halt(stored.record.halt))
  }

  /// Looks at what people have written, and obeys a halt.
  ///
  /// - Parameter records: Where they write it.
  /// - Returns: What it says.
  func look(at records: RecordStore) async -> Look {
    var stored = StoredRecord()
    do {
      let (requests, isLifted) = try await reload(records, of: &stored)
      return .read(requests, isLifted: isLifted)
    } catch {
      return error is RecordError ? .unreadable : .unanswered
    }
  }
}

/// What people have written into the record to stop the commanding.
struct BrakeRequests: Hashable {
  /// How often it is looked at while it is to be obeyed within a second.
  static let pause = Duration.milliseconds(750)

  var halt: String?
  var suspensions: [Suspension]
  var approvals: [Approval]

  init(of record: LatticeRecord) {
    (halt, suspensions, approvals) = (record.halt, record.suspensions, record.approvals)
  }

  /// Whether anything is stopped at a moment.
  func areOn(at now: Timestamp) -> Bool {
    halt != nil || suspensions.contains { $0.stands(at: now) }
  }
}
