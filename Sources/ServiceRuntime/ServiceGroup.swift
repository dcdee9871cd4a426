import Glibc

/// Runs services together: starts them in order, stops them in reverse.
///
/// The group ends when one of its services ends, a signal comes, or its task is cancelled. Each
/// service is cancelled and awaited before the one that was started before it. If that takes
/// longer than the deadline the process is ended, for a service that hangs would keep it for ever.
public struct ServiceGroup: Sendable {
  /// Why a group ended.
  public enum Ending: Hashable, Sendable {
    /// The service of this name returned.
    case returned(String)
    /// This signal came.
    case signalled(Int32)
    /// The group's task was cancelled.
    case cancelled
  }

  private enum Event: Sendable {
    case returned(String)
    case failed(any Error)
    case signalled(Int32)
  }

  private let members: [(name: String, service: any Service)]
  private let deadline: Duration
  private let logger: Logger
  private let overdue: @Sendable ([String]) -> Void

  /// Creates a group.
  ///
  /// - Parameters:
  ///   - members: The services by name; a later one may rely on the earlier ones.
  ///   - deadline: How long stopping may take in all.
  ///   - logger: Told of what starts and stops.
  ///   - overdue: Called on a thread of its own with the names of those that still run when the
  ///     deadline has passed; ends the process with status 1 by default.
  public init(
    _ members: KeyValuePairs<String, any Service>, deadline: Duration = .seconds(10),
    logger: Logger = .disabled, overdue: (@Sendable ([String]) -> Void)? = nil
  ) {
    self.members = members.map { (name: $0.key, service: $0.value) }
    self.deadline = deadline
    self.logger = logger
    self.overdue = overdue ?? { _ in _exit(1) }
  }

  /// Runs the group until one of its services ends, a signal comes, or its task is cancelled.
  ///
  /// - Parameter signals: The signals that end it.
  /// - Returns: Why it ended.
  /// - Throws: What the first service to fail threw.
  @discardableResult
  public func run(until signals: SignalStream? = nil) async throws -> Ending {
    let events = BatchQueue<Event>(limit: members.count + 1)
    let watch = Task {
      guard let signals else { return }
      for await number in signals {
        events.append(.signalled(number))
        return
      }
    }
    let running = Lock(members.map(\.name))
    let tasks = members.map { name, service in
      logger.debug("Service starts", metadata: ["service": .string(name)])
      return Task {
        let event = await Self.outcome(of: service, name)
        running.withLock { $0.removeAll { $0 == name } }
        events.append(event)
      }
    }
    let first = await events.next()
    watch.cancel()
    await stop(tasks, running)
    return try ending(first?.elements ?? [], then: events.takeWaiting()?.elements ?? [])
  }

  private static func outcome(of service: any Service, _ name: String) async -> Event {
    do {
      try await service.run()
      return .returned(name)
    } catch is CancellationError {
      return .returned(name)
    } catch {
      return .failed(error)
    }
  }

  private func stop(_ tasks: [Task<Void, Never>], _ running: Lock<[String]>) async {
    let (logger, overdue) = (logger, overdue)
    let limit = Deadline(after: deadline) {
      let names = running.withLock { $0 }
      logger.critical("Services did not stop in time", metadata: ["services": .list(names)])
      overdue(names)
    }
    for (task, member) in zip(tasks, members).reversed() {
      task.cancel()
      await task.value
      logger.debug("Service has stopped", metadata: ["service": .string(member.name)])
    }
    limit.cancel()
  }

  private func ending(_ first: [Event], then later: [Event]) throws -> Ending {
    for case .failed(let error) in first + later { throw error }
    switch first.first {
    case .returned(let name): return .returned(name)
    case .signalled(let number): return .signalled(number)
    case .failed, nil: return .cancelled
    }
  }
}
