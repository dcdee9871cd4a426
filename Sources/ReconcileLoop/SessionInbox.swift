import LatticeModel
import LatticeObservation
import PlanExecution
import ServiceRuntime

/// What has happened around a session and was not decided upon yet.
///
/// Nothing that ends is ever dropped: neither the end of a cycle nor that of the connection. What is
/// told again before it was taken is told once, so that a flood of it needs no more room than one;
/// what others can make up has a bound, beyond which the lattice is looked at anew.
final class SessionInbox: Sendable {
  /// What has happened since it was last asked.
  struct Arrivals: Sendable {
    /// Whether the connection has ended for good.
    var isClosed = false
    /// How the cycle ended, if it did.
    var ended: ControllerSession.CycleEnd?
    var triggers: Set<CycleTrigger> = []
    /// Where to those who ask for a cycle want to be told of its end.
    var repliers: [String] = []
    /// How many hosts were found lost.
    var lost = 0
    /// What hosts say that failed there, by host and by what it was.
    private(set) var failures: [Subject: LatticeEvent] = [:]
    /// Which processes of providers run on without a host, where that has changed.
    var strays: [StrayProvider]?
    /// What the server refuses to pass on, in its words.
    private(set) var refusals: Set<String> = []
    /// Whether a moment has come that was waited for.
    var isTick = false

    /// What a failure is about.
    enum Subject: Hashable, Sendable {
      case actor(ActorID, HostID)
      case provider(ProviderID, HostID)
    }

    /// Notes that a host says that something failed there.
    mutating func note(failure event: LatticeEvent) {
      let subject: Subject
      switch event {
      case .actorScaleFailed(let actor, let host, _, _): subject = .actor(actor, host)
      case .providerStartFailed(let provider, let host, _): subject = .provider(provider, host)
      default: return
      }
      if failures[subject] == nil, failures.count >= SessionInbox.limit {
        triggers.insert(.drift)
      } else {
        failures[subject] = event
      }
    }

    /// Notes that the server refuses to pass something on.
    mutating func note(refusal words: String) {
      if refusals.count < SessionInbox.limit { refusals.insert(words) }
    }

    /// Notes that somebody asks for a cycle; too many at once are not told of its end.
    mutating func note(requestOf reply: String?) {
      triggers.insert(.request)
      if let reply, repliers.count < SessionInbox.limit { repliers.append(reply) }
    }
  }

  /// How much of what others can make up is kept.
  static let limit = 1_000

  private let arrivals = Lock(Arrivals())
  private let bell = BatchQueue<Void>(limit: 1)

  /// Notes what happens; never blocks.
  func note(_ change: (inout Arrivals) -> Void) {
    arrivals.withLock { change(&$0) }
    bell.append(())
  }

  /// Notes a reason for a cycle.
  func trigger(_ trigger: CycleTrigger) { note { $0.triggers.insert(trigger) } }

  /// Waits until something has happened and takes it all.
  ///
  /// - Returns: What has happened, or `nil` once the task is cancelled.
  func next() async -> Arrivals? {
    guard await bell.next() != nil else { return nil }
    return arrivals.withLock { arrivals in
      defer { arrivals = Arrivals() }
      return arrivals
    }
  }
}
