import ServiceRuntime

/// Ends the execution of a plan early: what was sent is left under way, nothing more is sent.
public final class ExecutionInterrupt: Sendable {
  private struct State {
    var reason: String?
    var handler: (@Sendable (String) -> Void)?
  }

  private let state = Lock(State())

  /// Creates an interrupt that has not been used.
  public init() {}

  /// Why the execution was ended, if it was.
  public var reason: String? { state.withLock { $0.reason } }

  /// Ends the execution; the first reason counts.
  ///
  /// - Parameter reason: Why.
  public func interrupt(_ reason: String) {
    let handler = state.withLock { state -> (@Sendable (String) -> Void)? in
      guard state.reason == nil else { return nil }
      state.reason = reason
      return state.handler
    }
    handler?(reason)
  }

  /// Calls `handler` with the reason once the execution is ended, at once if it already is.
  func onInterrupt(_ handler: @escaping @Sendable (String) -> Void) {
    let reason = state.withLock { state in
      state.handler = handler
      return state.reason
    }
    if let reason { handler(reason) }
  }
}
