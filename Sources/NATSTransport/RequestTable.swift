import ServiceRuntime

/// The requests that wait for answers, by number, with their deadlines.
///
/// All answers arrive on one subscription; the last token of their subject is the number. One
/// sweeper looks at the deadlines every few milliseconds while somebody waits, which costs less
/// than a task for each request. Shared by all transports of this package, so that they wait alike.
package final class RequestTable: Sendable {
  package typealias Outcome = Result<NATSMessage, NATSError>
  package typealias Gathered = Result<[NATSMessage], NATSError>

  private enum Waiting {
    case one(CheckedContinuation<Outcome, Never>, deadline: ContinuousClock.Instant, Duration)
    case many(CheckedContinuation<Gathered, Never>, Gathering)
  }

  private struct Gathering {
    var window: GatherWindow
    var opened = ContinuousClock.now
    var last = ContinuousClock.now
    var messages: [NATSMessage] = []
  }

  private struct State {
    var next: UInt64 = 0
    var waiting: [UInt64: (subject: String, waiting: Waiting)] = [:]
    var isSweeping = false
    var isClosed = false
  }

  private let state = Lock(State())

  package init() {}

  /// A number for a new request.
  package func reserve() -> UInt64 {
    state.withLock { state in
      state.next &+= 1
      return state.next
    }
  }

  /// Waits for one answer; `send` sends the request once the table knows of it.
  package func wait(
    _ number: UInt64, subject: String, timeout: Duration,
    send: @Sendable () -> NATSError?
  ) async -> Outcome {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        enter(
          number, subject,
          .one(continuation, deadline: ContinuousClock.now + timeout, timeout), send)
      }
    } onCancel: {
      fail(number, .cancelled)
    }
  }

  /// Gathers answers until the window closes.
  package func gather(
    _ number: UInt64, subject: String, window: GatherWindow, send: @Sendable () -> NATSError?
  ) async -> Gathered {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        enter(number, subject, .many(continuation, Gathering(window: window)), send)
      }
    } onCancel: {
      fail(number, .cancelled)
    }
  }

  private func enter(
    _ number: UInt64, _ subject: String, _ waiting: Waiting, _ send: () -> NATSError?
  ) {
    let (isClosed, mustSweep) = state.withLock { state in
      state.waiting[number] = (subject, waiting)
      let mustSweep = !state.isSweeping && !state.isClosed
      if mustSweep { state.isSweeping = true }
      return (state.isClosed, mustSweep)
    }
    if mustSweep { sweep() }
    if isClosed || Task.isCancelled {
      fail(number, isClosed ? .disconnected : .cancelled)
    } else if let error = send() {
      fail(number, error)
    }
  }

  /// Hands an answer to whoever waits for it; a late one is dropped.
  package func deliver(_ message: NATSMessage, to number: UInt64) {
    let isNobody = message.status == "503" && message.payload.isEmpty
    let resume = state.withLock { state -> (@Sendable () -> Void)? in
      guard let entry = state.waiting[number] else { return nil }
      switch entry.waiting {
      case .one(let continuation, _, _):
        state.waiting[number] = nil
        return {
          continuation.resume(
            returning: isNobody
              ? .failure(.noResponders(subject: entry.subject)) : .success(message))
        }
      case .many(let continuation, var gathering):
        guard isNobody else {
          gathering.messages.append(message)
          gathering.last = .now
          state.waiting[number] = (entry.subject, .many(continuation, gathering))
          return nil
        }
        state.waiting[number] = nil
        let messages = gathering.messages
        return { continuation.resume(returning: .success(messages)) }
      }
    }
    resume?()
  }

  /// Fails one request.
  func fail(_ number: UInt64, _ error: NATSError) {
    let entry = state.withLock { $0.waiting.removeValue(forKey: number) }
    if let entry { Self.finish(entry.waiting, error) }
  }

  /// Fails all requests on a subject that the server refuses to pass on.
  func refuse(_ refusal: Refusal) {
    let refused = state.withLock { state in
      let refused = state.waiting.filter { refusal.names($0.value.subject) }
      for number in refused.keys { state.waiting[number] = nil }
      return Array(refused.values)
    }
    for entry in refused {
      Self.finish(entry.waiting, .permissionDenied(subject: entry.subject))
    }
  }

  /// Fails everything; `isFinal` where no request can succeed any more.
  package func failAll(_ error: NATSError, isFinal: Bool) {
    let all = state.withLock { state in
      defer { state.waiting = [:] }
      if isFinal { state.isClosed = true }
      return state.waiting.values.map(\.waiting)
    }
    for waiting in all { Self.finish(waiting, error) }
  }

  /// Answers gathered before a failure are not all that there are, so they are not handed out.
  private static func finish(_ waiting: Waiting, _ error: NATSError) {
    switch waiting {
    case .one(let continuation, _, _): continuation.resume(returning: .failure(error))
    case .many(let continuation, _): continuation.resume(returning: .failure(error))
    }
  }

  /// Looks at the deadlines while somebody waits.
  private func sweep() {
    Task { [self] in
      while true {
        try? await Task.sleep(for: .milliseconds(5))
        let now = ContinuousClock.now
        let (over, isDone) = state.withLock { state in
          let over = state.waiting.filter { entry in
            switch entry.value.waiting {
            case .one(_, let deadline, _): deadline <= now
            case .many(_, let gathering):
              gathering.window.isClosed(opened: gathering.opened, last: gathering.last)
            }
          }
          for number in over.keys { state.waiting[number] = nil }
          if state.waiting.isEmpty { state.isSweeping = false }
          return (Array(over.values), state.waiting.isEmpty)
        }
        for entry in over { Self.expire(entry.waiting, subject: entry.subject) }
        if isDone { return }
      }
    }
  }

  private static func expire(_ waiting: Waiting, subject: String) {
    switch waiting {
    case .one(let continuation, _, let timeout):
      continuation.resume(returning: .failure(.timeout(subject: subject, after: timeout)))
    case .many(let continuation, let gathering):
      continuation.resume(returning: .success(gathering.messages))
    }
  }
}
