import LatticeModel
public import ServiceRuntime

/// Reads what people write into the record to stop the commanding, and has a brake obey it.
public final class BrakeWatch: Sendable {
  /// What is different from the look before.
  public enum Change: Hashable, Sendable {
    /// Something else is written, or it can be understood again.
    case written
    /// It cannot be understood any more, so that nothing is sent.
    case unreadable

    /// The change in words.
    public var sentence: String {
      switch self {
      case .written: "somebody changed what may be commanded"
      case .unreadable: "what is to stop the commanding cannot be understood"
      }
    }
  }

  private struct State {
    var isSending = false
    var sleep: Task<Void, Never>?
  }

  /// The time between two looks where it must be obeyed, or lifted, within a second.
  public static let pause = Duration.milliseconds(750)

  private let records: RecordStore
  private let brake: Brake
  private let rest: Duration
  private let clock: WallClock
  private let state = Lock(State())

  /// Prepares to look; nothing is read.
  ///
  /// - Parameters:
  ///   - records: Where people write.
  ///   - brake: What obeys them.
  ///   - rest: The time between two looks while nothing is sent and nothing is stopped; whoever sends
  ///     reads it before, so it may be long.
  ///   - clock: The time of day, by which suspensions end.
  public init(
    _ records: RecordStore, for brake: Brake, rest: Duration = .seconds(5), clock: WallClock
  ) {
    self.records = records
    self.brake = brake
    self.rest = rest
    self.clock = clock
  }

  /// Looks again and again until the task is cancelled; each look costs two questions.
  ///
  /// It is looked at each `pause` while commands are sent, and until what is stopped is let go on or
  /// can be understood again; else each `rest`. A server that does not answer changes nothing.
  ///
  /// - Parameter tell: Told of each difference once; what `reload` found before is none.
  public func run(_ tell: @Sendable (Change) -> Void) async {
    while !Task.isCancelled {
      if let change = await look() { tell(change) }
      await sleep()
    }
  }

  /// Looks at once, and each `pause` from now on, as commands are sent.
  public func beginSending() {
    state.withLock { state in
      state.isSending = true
      state.sleep?.cancel()
    }
  }

  /// Looks more seldom again, once no more commands are sent.
  public func endSending() { state.withLock { $0.isSending = false } }

  /// Reads anew what people have written, and obeys it, before commands are planned or sent.
  ///
  /// - Parameters:
  ///   - stored: The record, whose brakes are replaced.
  ///   - mayWait: Where it cannot be understood, as somebody may be at it: whether to read it again
  ///     after `pause`.
  /// - Throws: `RecordError` where it cannot be understood, `NATSError` where it cannot be read.
  public func reload(
    of stored: inout StoredRecord, waitingWhile mayWait: @Sendable () -> Bool = { false }
  ) async throws {
    while true {
      do {
        try await records.reloadBrakes(of: &stored)
        brake.obey(BrakeRequests(of: stored.record))
        return
      } catch let error as RecordError {
        brake.noteUnreadable()
        guard mayWait() else { throw error }
        try await Task.sleep(for: Self.pause)
      }
    }
  }

  private func look() async -> Change? {
    var stored = StoredRecord()
    do {
      try await records.reloadBrakes(of: &stored)
      return brake.obey(BrakeRequests(of: stored.record)) ? .written : nil
    } catch {
      return error is RecordError && brake.noteUnreadable() ? .unreadable : nil
    }
  }

  /// Sleeps until the next look is due, or sending begins.
  private func sleep() async {
    let sleep = state.withLock { state in
      let now = Timestamp(nanoseconds: clock.now)
      let span = state.isSending || brake.isPulled(at: now) ? Self.pause : rest
      let sleep = Task { _ = try? await Task.sleep(for: span) }
      state.sleep = sleep
      return sleep
    }
    await withTaskCancellationHandler {
      await sleep.value
    } onCancel: {
      sleep.cancel()
    }
  }
}
