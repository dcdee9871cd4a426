import Diagnostics
public import HTTPRequesting
public import ServiceRuntime

/// Says on a forge how commits stand, one request after another; whoever notes something goes on at once.
///
/// What fails is tried again ever more seldom, a given number of times, and given up with a line of the
/// log; what nobody can change is given up at once.
public final class StatusReporter: Service {
  /// What became of a status.
  public enum Outcome: String, CaseIterable, Sendable {
    /// It was said.
    case sent
    /// It is tried again.
    case retried
    /// It was given up.
    case abandoned = "given-up"
  }

  /// How often a status is tried.
  static let attempts = 8

  private let forge: Forge
  private let token: @Sendable () async -> Result<String, ForgeError>
  private let client: HTTPClient
  private let logger: Logger
  private let count: @Sendable (Outcome) -> Void
  private let pause: @Sendable (Duration) async -> Void
  private let queue = Lock(StatusQueue())
  private let bell = BatchQueue<Void>(limit: 1)
  /// What last failed and was told, until something is taken.
  private let told = Lock<ForgeError?>(nil)

  /// Creates a reporter.
  ///
  /// - Parameters:
  ///   - forge: The project.
  ///   - client: Sends its requests.
  ///   - token: Looks the token up, for each request.
  ///   - logger: Told of what fails, once, and of what works again.
  ///   - pause: Waits before something is tried again.
  ///   - count: Told what became of each try.
  public init(
    to forge: Forge, by client: HTTPClient,
    token: @escaping @Sendable () async -> Result<String, ForgeError>, logger: Logger,
    pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) },
    count: @escaping @Sendable (Outcome) -> Void
  ) {
    (self.forge, self.client, self.token) = (forge, client, token)
    (self.logger, self.pause, self.count) = (logger, pause, count)
  }

  /// Takes statuses of one commit, to be said when their turn comes; never waits.
  ///
  /// - Parameter statuses: The statuses; what was said already is passed over.
  public func note(_ statuses: [CommitStatus]) {
    if queue.withLock({ $0.note(statuses) }) { bell.append(()) }
  }

  /// Says what was noted until the task is cancelled.
  public func run() async {
    while await bell.next() != nil, !Task.isCancelled {
      while let status = queue.withLock({ $0.next }), !Task.isCancelled {
        if await deliver(status) { queue.withLock { $0.end(status) } }
      }
    }
  }

  /// Tries a status until it is said or given up, or something else comes first.
  ///
  /// - Returns: Whether it is over with it.
  private func deliver(_ status: CommitStatus) async -> Bool {
    for attempt in 1...Self.attempts {
      let verdict = await attemptOnce(status)
      guard let error = verdict.error else {
        count(.sent)
        let before = told.withLock { told in
          defer { told = nil }
          return told
        }
        if before != nil { logger.notice("Forge takes statuses again") }
        return true
      }
      guard !Task.isCancelled else { return false }
      tell(error, of: status)
      guard attempt < Self.attempts, let span = Self.span(verdict, attempt) else { break }
      count(.retried)
      await pause(span)
      // Something graver, or newer, may have come meanwhile.
      guard !Task.isCancelled, queue.withLock({ $0.next }) == status else { return false }
    }
    count(.abandoned)
    logger.warning(
      "Status of a commit is given up",
      metadata: [
        LogKey.revision: .string(status.revision), "context": .string(status.context),
        "state": .string("\(status.state)"),
        "error": .string(told.withLock { $0 }?.sentence ?? ""),
      ])
    return true
  }

  private func attemptOnce(_ status: CommitStatus) async -> Verdict {
    switch await token() {
    case .failure(let error): return .denied(error)
    case .success(let token):
      do throws(HTTPRequestError) {
        let answer = try await client.send(forge.request(for: status, token: token))
        return Verdict(
          answer, of: forge, about: "project '\(forge.project)' with that commit", hiding: token)
      } catch {
        return Verdict(error, of: forge)
      }
    }
  }

  /// How long to wait after a failure: as the forge says, or twice as long each time; `nil` where
  /// waiting changes nothing.
  static func span(_ verdict: Verdict, _ attempt: Int) -> Duration? {
    let doubled = Duration.seconds(1 << min(attempt - 1, 10))
    return switch verdict {
    case .done, .refused: nil
    case .later(let span, _): max(span ?? .zero, doubled)
    // A person has to act, which takes minutes.
    case .denied: doubled * 15
    }
  }

  /// Tells of a failure that is another than the one before.
  private func tell(_ error: ForgeError, of status: CommitStatus) {
    let isNew = told.withLock { told in
      defer { told = error }
      return told != error
    }
    guard isNew else { return }
    logger.warning(
      "Forge does not take a status",
      metadata: [
        LogKey.errorCode: .string(error.diagnostics.first.map { "\($0.code)" } ?? ""),
        LogKey.revision: .string(status.revision), "context": .string(status.context),
        "error": .string(error.sentence),
        "remedy": .string(error.diagnostics.first?.remedy ?? ""),
      ])
  }
}
