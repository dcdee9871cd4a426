import LatticeModel

/// What is waited for while a plan is carried out, and whether the lattice is still the one that the
/// plan was made for.
struct Execution {
  /// Why a plan is not carried on when the connection is lost.
  static let outage = "the connection to the NATS server was lost"

  struct Waiter {
    var intent: Intent
    /// Whether its step ends with it.
    var isLast: Bool
    var continuation: CheckedContinuation<CommandStatus, Never>
    var deadline: ContinuousClock.Instant
  }

  /// What is under way on one host, and how it is being looked at: news of one costs nothing for the
  /// others.
  struct Post {
    var waiters: [Waiter] = []
    /// What was sent and nobody waits for yet, and how it failed where it has.
    ///
    /// A host may tell of a failure before whoever sent the command has its reply and waits.
    var sent: [Intent: String?] = [:]
    /// How long it said at a moment that it is up, in seconds.
    var uptime: (seconds: Int, at: ContinuousClock.Instant)
    /// Whether it began anew meanwhile, which forgets what it was sent.
    var hasRestarted = false
    var pace = ReadingPace()
    var timer: Task<Void, Never>?
  }

  private struct Unit: Hashable {
    var host: HostID
    var id: String
  }

  var posts: [HostID: Post] = [:]
  /// When somebody's waiting is over, at the earliest.
  var nextEnd: ContinuousClock.Instant?
  /// How many inventories and records were read.
  var reads = 0
  /// Why the plan is not carried on.
  private(set) var preemption: String?
  /// Whether the connection was lost meanwhile.
  var wasDisconnected = false
  /// Whether nobody waits for anything any more but what a step cannot be left without.
  var isAbandoned = false
  let deadline: ContinuousClock.Instant
  /// What may be sent just now.
  private let permission: @Sendable () -> CommandPermission
  /// When waiting ends because we were told to stop.
  private var stopDeadline: ContinuousClock.Instant?
  /// The units that this plan changes, whose events are no surprise.
  private var touched: Set<Unit> = []

  init(
    until deadline: ContinuousClock.Instant,
    permission: @escaping @Sendable () -> CommandPermission
  ) {
    self.deadline = deadline
    self.permission = permission
  }

  /// Whether something is waited for on a host, or was just sent there.
  func isBusy(_ host: HostID) -> Bool {
    posts[host].map { !$0.waiters.isEmpty || !$0.sent.isEmpty } ?? false
  }

  mutating func preempt(_ reason: String) { preemption = preemption ?? reason }

  /// Notes that a command is about to be sent, so that its events are no surprise.
  mutating func expect(_ intent: Intent, _ observed: ObservedState) {
    guard let host = intent.host else { return }
    let uptime = observed.host(host)?.report.uptime ?? 0
    posts[host, default: Post(uptime: (uptime, .now))].sent[intent] = .some(nil)
    switch intent {
    case .run(let launch, _, _), .replace(_, let launch, _, _), .end(let launch, _):
      touched.insert(Unit(host: host, id: launch.id))
    case .connect, .disconnect, .keep, .drop: break
    }
  }

  /// When a wait ends: what is in flight may take a moment after we were told to stop, and what
  /// begins a step as long as ever, so that the step can be ended.
  mutating func end(
    of deadline: ContinuousClock.Instant, isLast: Bool
  ) -> ContinuousClock.Instant {
    let permission = permission()
    if stopDeadline == nil, permission != .all { stopDeadline = .now + .seconds(2) }
    guard let stopDeadline, isLast || permission == .none else { return deadline }
    return min(deadline, stopDeadline)
  }

  /// Ends the waiting for what has a status now.
  mutating func finish(at host: HostID, _ status: (Waiter) -> CommandStatus?) {
    guard let waiters = posts[host]?.waiters, !waiters.isEmpty else { return }
    posts[host]?.waiters = waiters.filter { waiter in
      guard let status = status(waiter) else { return true }
      waiter.continuation.resume(returning: status)
      return false
    }
  }

  /// Notes how long a host said that it is up when it was asked at a moment: one that began anew has
  /// forgotten what it was sent.
  ///
  /// Uptimes are whole seconds. That a host tells of its start proves nothing: the word may have been
  /// long on its way, and the host may have been sent something since.
  mutating func noteUptime(of report: HostReport, at asked: ContinuousClock.Instant) {
    guard let post = posts[report.host], !post.hasRestarted else { return }
    let elapsed = Int((asked - post.uptime.at) / .seconds(1))
    guard report.uptime + 2 < post.uptime.seconds + elapsed else { return }
    posts[report.host]?.hasRestarted = true
    finish(at: report.host) { _ in .lost("host \(report.host) has started anew") }
  }

  // MARK: Surprises

  /// What an event tells that is not our doing, if anything.
  func surprise(in event: LatticeEvent, _ observed: ObservedState) -> String? {
    switch event {
    case .hostStarted(let host): "host \(host) has started"
    case .hostStopped(let host): "host \(host) has stopped"
    case .hostHeartbeat(let report) where observed.host(report.host) == nil:
      "host \(report.host) has joined"
    case .actorScaled(let actor, let host, let instances)
    where !touched.contains(Unit(host: host, id: actor.rawValue))
      && (observed.actor(actor, on: host)?.instances ?? 0) > instances:
      "host \(host) has lost instances of \(actor)"
    case .providerStopped(let provider, let host)
    where !touched.contains(Unit(host: host, id: provider.rawValue)):
      "host \(host) has lost provider \(provider)"
    default: nil
    }
  }

  /// What an inventory tells before an event does.
  func surprise(in report: HostReport, _ observed: ObservedState) -> String? {
    guard let before = observed.host(report.host)?.report else { return nil }
    let isOurs = { (id: String) in touched.contains(Unit(host: report.host, id: id)) }
    let instances = Dictionary(report.actors.map { ($0.id, $0.instances) }) { first, _ in first }
    let lost = before.actors.first { actor in
      (instances[actor.id] ?? 0) < actor.instances && !isOurs(actor.id.rawValue)
    }
    if let lost { return "host \(report.host) has lost instances of \(lost.id)" }
    let providers = Set(report.providers.map(\.id))
    let gone = before.providers.first { !providers.contains($0.id) && !isOurs($0.id.rawValue) }
    return gone.map { "host \(report.host) has lost provider \($0.id)" }
  }
}
