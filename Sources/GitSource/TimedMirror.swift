import Dispatch
import ServiceRuntime
import TextForms

/// A repository whose readings are given up where they take too long.
///
/// The system may hold a reading for ever: a pipe stands where a file should be, or a file system is
/// on a server that went away. Such a reading is left behind with the thread that it holds, and the
/// next one opens the repository anew on another thread. Its thread comes back once the system lets
/// it go.
///
/// ## Usage
/// ```swift
/// let mirror = try TimedMirror(path: ".", timeout: .seconds(60))
/// let commit = try await mirror.read { mirror throws(GitError) in try await mirror.resolve(.head) }
/// ```
public final class TimedMirror: Sendable {
  typealias Opening = @Sendable () throws(GitError) -> GitMirror

  /// How many threads may be held at a time.
  private static let heldLimit = 64

  private struct State {
    /// Where readings go; there is none after one was given up.
    var place: Place?
    /// The places that hold a thread.
    var held: Set<ObjectIdentifier> = []
    /// What tells the repository from others, as it was last seen.
    var identity = ""
  }

  private let state: Lock<State>
  private let shown: String
  private let timeout: Duration
  private let open: Opening

  /// Takes what opens a repository; opens nothing yet.
  ///
  /// - Parameters:
  ///   - shown: What it is called in errors.
  ///   - timeout: How long one reading may take, more than 0.
  ///   - open: Opens it; may block.
  init(_ shown: String, timeout: Duration, open: @escaping Opening) {
    (self.shown, self.timeout, self.open) = (shown, timeout, open)
    state = Lock(State())
  }

  /// Opens a repository, as `GitMirror` does; blocks no longer than a reading may take.
  ///
  /// - Parameters:
  ///   - path: A bare repository, or any folder of a work tree.
  ///   - timeout: How long one reading may take, more than 0.
  /// - Throws: `GitError` if there is no repository, or it cannot be opened in time.
  public init(path: String, timeout: Duration) throws(GitError) {
    let open: Opening = { () throws(GitError) in try GitMirror(path: path) }
    (shown, self.timeout, self.open) = (withoutCredentials(path), timeout, open)
    guard let opened = openedBlocking(open, within: timeout) else {
      throw Self.overdue(shown, timeout)
    }
    let mirror = try opened.get()
    state = Lock(State(place: Place(open, mirror), identity: mirror.firstIdentity))
  }

  /// What tells the repository from others, as `GitMirror` says; as it was last seen, where it cannot
  /// be read.
  public var identity: String {
    get async {
      let now = try? await read { mirror throws(GitError) in await mirror.identity }
      return state.withLock { state in
        if let now { state.identity = now }
        return state.identity
      }
    }
  }

  /// Reads something, for no longer than it may take.
  ///
  /// - Parameters:
  ///   - pauses: How long the reading waits by itself, beside the time that it may take.
  ///   - body: Reads.
  /// - Returns: What was read.
  /// - Throws: `GitError.overdue` where it was given up, `GitError.cancelled` at once where the task
  ///   is cancelled, else what the reading throws.
  public func read<Value: Sendable>(
    pauses: Duration = .zero,
    _ body: @escaping @Sendable (GitMirror) async throws(GitError) -> Value
  ) async throws(GitError) -> Value {
    let place = try self.place()
    let race = Race<Result<Value, GitError>>()
    let reading = Task {
      let result: Result<Value, GitError>
      do throws(GitError) {
        result = .success(try await body(try await place.opened()))
      } catch {
        result = .failure(error)
      }
      if !race.end(with: result) { comeBack(place) }
    }
    let clock = Deadline(after: timeout + pauses) { [self] in
      giveUp(place)
      if !race.end(with: .failure(Self.overdue(shown, timeout))) { comeBack(place) }
    }
    let result = await withTaskCancellationHandler {
      await race.result
    } onCancel: {
      reading.cancel()
      _ = race.end(with: .failure(.cancelled))
    }
    clock.cancel()
    return try result.get()
  }

  private static func overdue(_ shown: String, _ timeout: Duration) -> GitError {
    .overdue(shown, detail: "nothing came of it in \(formatDuration(timeout))")
  }

  private func place() throws(GitError) -> Place {
    let place = state.withLock { state -> Place? in
      if state.place == nil, state.held.count < Self.heldLimit { state.place = Place(open) }
      return state.place
    }
    guard let place else {
      throw .overdue(shown, detail: "\(Self.heldLimit) readings of it hold a thread each")
    }
    return place
  }

  /// Goes on elsewhere: what this one does may never end.
  private func giveUp(_ place: Place) {
    state.withLock { state in
      state.held.insert(ObjectIdentifier(place))
      if state.place === place { state.place = nil }
    }
  }

  /// Notes that a reading has ended after all.
  private func comeBack(_ place: Place) {
    state.withLock { _ = $0.held.remove(ObjectIdentifier(place)) }
  }
}

/// One opening of a repository, on a thread of its own.
private actor Place {
  private let executor = BlockingExecutor(label: "reconcile.git.opening")
  private let open: TimedMirror.Opening
  private var mirror: GitMirror?

  init(_ open: @escaping TimedMirror.Opening, _ mirror: GitMirror? = nil) {
    (self.open, self.mirror) = (open, mirror)
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  func opened() throws(GitError) -> GitMirror {
    if let mirror { return mirror }
    let opened = try open()
    mirror = opened
    return opened
  }
}

/// What comes first of several results; later ones count for nothing.
private final class Race<Value: Sendable>: Sendable {
  private struct State {
    var result: Value?
    var waiter: CheckedContinuation<Value, Never>?
  }

  private let state = Lock(State())

  /// Whether this is the first.
  func end(with result: Value) -> Bool {
    let (isFirst, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Value, Never>?) in
      guard state.result == nil else { return (false, nil) }
      state.result = result
      return (true, state.waiter)
    }
    if isFirst { waiter?.resume(returning: result) }
    return isFirst
  }

  /// Waits for the first; one may wait.
  var result: Value {
    get async {
      await withCheckedContinuation { continuation in
        let result = state.withLock { state -> Value? in
          if state.result == nil { state.waiter = continuation }
          return state.result
        }
        if let result { continuation.resume(returning: result) }
      }
    }
  }
}

/// Opens a repository on another thread; `nil` where that does not end in time.
private func openedBlocking(
  _ open: @escaping TimedMirror.Opening, within timeout: Duration
) -> Result<GitMirror, GitError>? {
  let result = Lock<Result<GitMirror, GitError>?>(nil)
  let isDone = DispatchSemaphore(value: 0)
  DispatchQueue(label: "reconcile.git.opening").async {
    let opened = Result { () throws(GitError) in try open() }
    result.withLock { $0 = opened }
    isDone.signal()
  }
  let wait = DispatchTimeInterval.milliseconds(
    Int(min(timeout, .seconds(100_000_000)) / .milliseconds(1)))
  _ = isDone.wait(timeout: .now() + wait)
  return result.withLock { $0 }
}
