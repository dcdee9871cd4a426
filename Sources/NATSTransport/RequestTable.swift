import ServiceRuntime

/// The requests that wait for answers, by number, with their deadlines.
///
/// All answers arrive on one subscription; the last token of their subject is the number. Deadlines
/// are looked at when the next one is due, which wakes nobody for requests that are answered.
/// What is asked again keeps its number, so that the first answer to any of its questions counts.
/// Shared by all transports of this package, so that they wait alike.
package final class RequestTable: Sendable {
  package typealias Outcome = Result<NATSMessage, NATSError>
  package typealias Gathered = Result<[NATSMessage], NATSError>

  private enum Waiting {
    case one(CheckedContinuation<Outcome, Never>, Question)
    case many(CheckedContinuation<Gathered, Never>, Gathering)

    /// When the wait is over if nothing arrives.
    var end: ContinuousClock.Instant {
      switch self {
      case .one(_, let question): question.deadline
      case .many(_, let gathering):
        gathering.window.end(opened: gathering.opened, last: gathering.last)
      }
    }

    /// When something is to be done about it if nothing arrives.
    var due: ContinuousClock.Instant {
      if case .one(_, let question) = self, let again = question.again { return again }
      return end
    }
  }

  /// What is asked until it is answered: after a pause once more, and then ever more seldom.
  private struct Question: Sendable {
    let timeout: Duration
    let deadline: ContinuousClock.Instant
    let send: @Sendable () -> NATSError?
    private var pause: Duration
    /// When it is asked again; `nil` where that would be too late.
    private(set) var again: ContinuousClock.Instant?

    init(
      _ timeout: Duration, delay: Duration, again pause: Duration?,
      _ send: @escaping @Sendable () -> NATSError?
    ) {
      (self.timeout, self.send) = (timeout, send)
      deadline = .now + timeout + delay
      self.pause = (pause ?? timeout) + delay * 2
      defer { wait() }
    }

    /// Notes that it was asked just now.
    mutating func wait() {
      let next = ContinuousClock.now + pause
      again = next < deadline ? next : nil
      pause *= 2
    }
  }

  /// Answers so far, changed in place under the table's lock.
  private final class Gathering: @unchecked Sendable {
    let window: GatherWindow
    let opened = ContinuousClock.now
    var last = ContinuousClock.now
    var messages: [NATSMessage] = []

    init(_ window: GatherWindow) { self.window = window }
  }

  private struct State {
    var next: UInt64 = 0
    var waiting: [UInt64: (subject: String, waiting: Waiting)] = [:]
    /// When the deadlines are looked at next.
    var look: ContinuousClock.Instant?
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

  /// Waits for one answer, which comes later by `delay`; `send` sends the request once the table
  /// knows of it, and again after each pause.
  package func wait(
    _ number: UInt64, subject: String, timeout: Duration, delay: Duration = .zero,
    again pause: Duration? = nil, send: @escaping @Sendable () -> NATSError?
  ) async -> Outcome {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let question = Question(timeout, delay: delay, again: pause, send)
        enter(number, subject, .one(continuation, question), send)
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
        enter(number, subject, .many(continuation, Gathering(window)), send)
      }
    } onCancel: {
      fail(number, .cancelled)
    }
  }

  private func enter(
    _ number: UInt64, _ subject: String, _ waiting: Waiting, _ send: () -> NATSError?
  ) {
    let due = waiting.due
    let (isClosed, isFirst) = state.withLock { state in
      state.waiting[number] = (subject, waiting)
      let isFirst = !state.isClosed && state.look.map { due < $0 } ?? true
      if isFirst { state.look = due }
      return (state.isClosed, isFirst)
    }
    if isFirst { look(at: due) }
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
      case .one(let continuation, _):
        state.waiting[number] = nil
        return {
          continuation.resume(
            returning: isNobody
              ? .failure(.noResponders(subject: entry.subject)) : .success(message))
        }
      case .many(let continuation, let gathering):
        guard isNobody else {
          gathering.messages.append(message)
          gathering.last = .now
          guard let enough = gathering.window.enough, gathering.messages.count >= enough else {
            return nil
          }
          state.waiting[number] = nil
          return { [messages = gathering.messages] in
            continuation.resume(returning: .success(messages))
          }
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
    case .one(let continuation, _): continuation.resume(returning: .failure(error))
    case .many(let continuation, _): continuation.resume(returning: .failure(error))
    }
  }

  /// Looks at the deadlines at a moment, then whenever the next one is due; ends where another look
  /// was set for earlier.
  private func look(at moment: ContinuousClock.Instant) {
    Task { [self] in
      var moment = moment
      while true {
        try? await Task.sleep(until: moment, clock: .continuous)
        let (over, repeated, next) = takeOver(at: moment)
        for entry in over { Self.expire(entry.waiting, subject: entry.subject) }
        // A line that is gone fails them all by itself.
        for question in repeated { _ = question.send() }
        guard let next else { return }
        moment = next
      }
    }
  }

  /// Takes out whose wait is over, and notes who is asked again; what lies close together shares the
  /// next look.
  private func takeOver(at moment: ContinuousClock.Instant) -> (
    over: [(subject: String, waiting: Waiting)], repeated: [Question],
    next: ContinuousClock.Instant?
  ) {
    state.withLock { state in
      guard state.look == moment else { return ([], [], nil) }
      let now = ContinuousClock.now
      let due = state.waiting.filter { $0.value.waiting.due <= now }
      var over: [(subject: String, waiting: Waiting)] = []
      var repeated: [Question] = []
      for (number, entry) in due {
        if case .one(let continuation, var question) = entry.waiting, question.deadline > now {
          question.wait()
          repeated.append(question)
          state.waiting[number]?.waiting = .one(continuation, question)
        } else {
          state.waiting[number] = nil
          over.append(entry)
        }
      }
      let next = state.waiting.values.lazy.map(\.waiting.due).min()
      state.look = next.map { max($0, now + .milliseconds(5)) }
      return (over, repeated, state.look)
    }
  }

  private static func expire(_ waiting: Waiting, subject: String) {
    switch waiting {
    case .one(let continuation, let question):
      continuation.resume(
        returning: .failure(.timeout(subject: subject, after: question.timeout)))
    case .many(let continuation, let gathering):
      continuation.resume(returning: .success(gathering.messages))
    }
  }
}
