import LatticeClient
import LatticeModel
import ServiceRuntime

/// What stops the sending of commands between one and the next.
final class Brake: Sendable {
  private struct State {
    var isStopping = false
    var halt: String?
  }

  private let state = Lock(State())

  /// What may be sent now.
  var permission: CommandPermission {
    state.withLock { $0.halt != nil ? .none : $0.isStopping ? .finishing : .all }
  }

  func stop() { state.withLock { $0.isStopping = true } }

  func halt(_ reason: String?) { state.withLock { $0.halt = reason } }

  /// Reads what people have written, and obeys a halt; what is there and cannot be understood is one.
  ///
  /// - Returns: What they have written, or `nil` where that cannot be read now.
  func look(at records: RecordStore) async -> BrakeRequests? {
    var stored = StoredRecord()
    do {
      try await records.reloadBrakes(of: &stored)
    } catch {
      if error is ClientError { halt("what is to stop the commanding cannot be read") }
      return nil
    }
    halt(stored.record.halt)
    return BrakeRequests(of: stored.record)
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
