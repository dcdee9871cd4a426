import Diagnostics
public import LatticeModel
import LatticeObservation
import ServiceRuntime
import TextForms

/// How a controller is, for whoever asks; written by it, read by pages.
public final class ControllerHealth: Sendable {
  /// What is known of a controller at a moment.
  public struct State: Sendable {
    /// When it last did something, by a clock that does not jump.
    public var progress: ContinuousClock.Instant
    /// Whether the server is there.
    public var isConnected = false
    /// Whether the lattice has been looked at.
    public var hasLooked = false
    /// The commit that is wanted, once one was read.
    public var revision: Revision?
    /// Who commands the lattice, where it is somebody else.
    public var otherHolder: String?
    /// Whether we may command.
    public var holdsLease = false
    /// Who could command in our place, by name, while we do.
    public var standbys: [String] = []
    /// How the lattice stands, once there was a plan.
    public var status: LatticeStatus?
    /// The hosts as they were last seen.
    public var hosts: [HostState] = []
    /// What went wrong last, until something goes well.
    public var error: String?
    /// Since when git cannot be read or followed, by a clock that does not jump; `nil` where it can.
    public var staleSince: ContinuousClock.Instant?
    /// Why git cannot be read or followed.
    public var sourceError: String?
    /// How long that may last.
    public var staleAfter = Duration.seconds(30)

    /// Who commands, for people; `nil` where nobody is known to.
    public var commander: String? {
      guard holdsLease else { return otherHolder }
      return standbys.isEmpty ? "this controller" : "this controller, \(standingBy(standbys))"
    }

    /// The last plan.
    public var plan: Plan? { status?.plan }

    /// Returns what we can say of the lattice.
    ///
    /// - Parameter now: The moment.
    /// - Returns: The verdict; `nil` before the first plan, and while somebody else commands.
    public func sync(at now: Timestamp) -> SyncVerdict? {
      otherHolder == nil ? status?.sync(at: now) : nil
    }

    /// How it is, in words.
    func sentence(at now: Timestamp) -> String {
      if let otherHolder { return "\(otherHolder) commands" }
      return error ?? sync(at: now)?.word ?? "not looked at yet"
    }
  }

  private let state: Lock<State>

  /// Creates the health of a controller that has not done anything yet.
  public init() { state = Lock(State(progress: .now)) }

  /// What is known now.
  public var current: State { state.withLock { $0 } }

  /// Notes something; that alone is progress.
  func note(_ change: (inout State) -> Void) {
    state.withLock {
      $0.progress = .now
      change(&$0)
    }
  }

  /// Notes whether git can be read and followed; no progress, for it is looked at in any case.
  ///
  /// - Returns: For how long it cannot.
  @discardableResult
  func noteSource(_ error: String?) -> Duration {
    state.withLock {
      let now = ContinuousClock.now
      $0.sourceError = error
      $0.staleSince = error == nil ? nil : $0.staleSince ?? now
      return $0.staleSince.map { now - $0 } ?? .zero
    }
  }

  /// Notes when hosts were last heard; no progress, for they speak whether the loop works or not.
  ///
  /// - Returns: How the lattice stands.
  func renew(with reports: LastReports, at now: Timestamp) -> LatticeStatus? {
    state.withLock {
      $0.status?.renew(with: reports, at: now)
      return $0.status
    }
  }

  /// Notes that something went wrong.
  func fail(_ error: any Error) {
    note { $0.error = error.sentence }
  }
}

/// Who could command, in words.
///
/// - Parameter names: The names, at least one.
/// - Returns: Such as `a stands by` and `a and b stand by`.
public func standingBy(_ names: [String]) -> String {
  "\(named(names)) \(names.count == 1 ? "stands" : "stand") by"
}
