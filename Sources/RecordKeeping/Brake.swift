public import LatticeModel
import ServiceRuntime

/// What people have written into the record to stop the commanding, or to let it go on.
public struct BrakeRequests: Hashable, Sendable {
  /// Why nothing may be sent, in their words; `nil` where it may.
  public var halt: String?
  /// What may not be changed for a while.
  public var suspensions: [Suspension]
  /// What may go on although something speaks against it.
  public var approvals: [Approval]
  /// Which plans may be carried out although something speaks against them.
  public var planApprovals: [PlanApproval]
  /// Which applications stay in an earlier form, whatever git says.
  public var pins: [Pin]

  /// Takes them from a record.
  ///
  /// - Parameter record: The record.
  public init(of record: LatticeRecord) {
    (halt, suspensions, approvals) = (record.halt, record.suspensions, record.approvals)
    (pins, planApprovals) = (record.pins, record.planApprovals)
  }

  /// Whether people have written anything but a halt.
  var isAny: Bool {
    !suspensions.isEmpty || !approvals.isEmpty || !pins.isEmpty || !planApprovals.isEmpty
  }

  /// Whether anything is stopped at a moment.
  func areOn(at now: Timestamp) -> Bool {
    halt != nil || suspensions.contains { $0.stands(at: now) }
  }
}

/// What stops the sending of commands between one and the next: people, by the record, or whoever
/// ends the work.
///
/// What is written there and cannot be understood may be a halt, and is obeyed as one.
public final class Brake: Sendable {
  private struct State {
    var isStopping = false
    /// What was last understood.
    var requests: BrakeRequests?
    var isUnreadable = false
  }

  private let state = Lock(State())

  /// Creates a brake that is off; nothing was read yet.
  public init() {}

  /// Whether nothing at all may be sent.
  public var isOn: Bool { state.withLock { $0.requests?.halt != nil || $0.isUnreadable } }

  /// Whether nothing new may be begun.
  public var isStopping: Bool { state.withLock { $0.isStopping } }

  /// Whether what people have written could not be understood when it was last read.
  public var isUnreadable: Bool { state.withLock { $0.isUnreadable } }

  /// Lets nothing new be begun, for good.
  public func stop() { state.withLock { $0.isStopping = true } }

  /// Obeys what people have written.
  ///
  /// - Parameter requests: What they have written.
  /// - Returns: Whether it differs from what was known, or could not be understood before; what is
  ///   read first differs from nothing.
  @discardableResult
  public func obey(_ requests: BrakeRequests) -> Bool {
    state.withLock { state in
      defer { (state.requests, state.isUnreadable) = (requests, false) }
      return state.isUnreadable || state.requests.map { $0 != requests } ?? false
    }
  }

  /// Notes that what people have written cannot be understood.
  ///
  /// - Returns: Whether it could be before.
  @discardableResult
  func noteUnreadable() -> Bool {
    state.withLock { state in
      defer { state.isUnreadable = true }
      return !state.isUnreadable
    }
  }

  /// Whether people stop anything at a moment, or may.
  func isPulled(at now: Timestamp) -> Bool {
    state.withLock { $0.isUnreadable || $0.requests?.areOn(at: now) ?? false }
  }
}
