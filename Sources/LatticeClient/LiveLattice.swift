import LatticeDialects
import LatticeModel
import NATSTransport
import ServiceRuntime

/// The observed state while a plan is carried out: events come in, inventories are read where
/// something is waited for, and whoever waits is told.
///
/// One read of an inventory serves everybody who waits on that host. It is read when an event says
/// that something happened there, and otherwise less and less often.
actor LiveLattice {
  /// Why a plan is not carried on when the connection is lost.
  static let outage = "the connection to the NATS server was lost"

  /// Why a plan is not carried on.
  private(set) var preemption: String?
  private(set) var observed: ObservedState
  /// The hosts that were found lost, as they were last known.
  private(set) var lost: [HostState] = []
  /// Whether the connection held so far.
  private(set) var isConnected = true
  /// How many inventories and records were read.
  private(set) var reads = 0

  private let lattice: LatticeName
  private let dialect: any LatticeDialect
  private let transport: any MessageTransport
  private let reader: StoreReader
  private let clock: WallClock
  /// What is under way on each host, so that news of one costs nothing for the others.
  private var posts: [HostID: Post] = [:]
  /// When somebody's waiting is over, at the earliest.
  private var nextEnd: ContinuousClock.Instant?
  private var isAbandoned = false
  private let deadline: ContinuousClock.Instant
  private let permission: @Sendable () -> CommandPermission
  /// When waiting ends because we were told to stop.
  private var stopDeadline: ContinuousClock.Instant?
  /// The units that this plan changes, whose events are no surprise.
  private var touched: Set<UnitAddress> = []

  private struct UnitAddress: Hashable {
    var host: HostID
    var id: String
  }

  private struct Waiter {
    var command: Intent
    /// Whether its step ends with it.
    var isLast: Bool
    var continuation: CheckedContinuation<CommandStatus, Never>
    var deadline: ContinuousClock.Instant
  }

  /// What is under way on one host, and how it is being looked at.
  private struct Post {
    var waiters: [Waiter] = []
    /// What was sent and nobody waits for yet, and how it failed where it has.
    ///
    /// A host may tell of a failure before whoever sent the command has its reply and waits.
    var sent: [Intent: String?] = [:]
    /// Whether it began anew meanwhile, which forgets what it was sent.
    var hasRestarted = false
    /// How often in a row the server said that nobody listens there.
    var refusals = 0
    var pace = ReadingPace()
    var timer: Task<Void, Never>?
  }

  init(
    _ lattice: LatticeName, in dialect: any LatticeDialect, observed: ObservedState,
    over transport: any MessageTransport, domain: String?, clock: WallClock,
    deadline: ContinuousClock.Instant, permission: @escaping @Sendable () -> CommandPermission
  ) {
    self.deadline = deadline
    self.permission = permission
    self.lattice = lattice
    self.dialect = dialect
    self.observed = observed
    self.transport = transport
    self.clock = clock
    reader = StoreReader(lattice: lattice, domain: domain, transport: transport)
  }

  // MARK: Events

  /// Applies what arrived; something that is not our doing drops the rest of the plan.
  func take(_ arrivals: [EventFeed.Arrival]) {
    var told: Set<HostID> = []
    for arrival in arrivals {
      guard case .event(let event, let time) = arrival else {
        preempt("events were lost")
        continue
      }
      if let surprise = surprise(event) { preempt(surprise) }
      observed.apply(event, at: time)
      switch event {
      case .hostStarted(let host): restarted(host)
      case .hostHeartbeat(let report): told.insert(report.host)
      default: break
      }
      guard let host = host(of: event) else { continue }
      fail(whatFailsBy: event, at: host)
      told.insert(host)
      lookSoon(at: host)
    }
    for host in told { settle(host) }
    endOverdue()
  }

  /// Ends the waiting: what was sent stays under way, but for steps that are begun and go on.
  func abandon(_ reason: String) {
    preempt(reason)
    isAbandoned = true
    for host in posts.keys { finish(at: host) { $0.isLast ? .abandoned : nil } }
  }

  private func preempt(_ reason: String) { preemption = preemption ?? reason }

  private func surprise(_ event: LatticeEvent) -> String? {
    switch event {
    case .hostStarted(let host): "host \(host) has started"
    case .hostStopped(let host): "host \(host) has stopped"
    case .hostHeartbeat(let report) where observed.host(report.host) == nil:
      "host \(report.host) has joined"
    case .actorScaled(let actor, let host, let instances)
    where !touched.contains(UnitAddress(host: host, id: actor.rawValue))
      && (observed.actor(actor, on: host)?.instances ?? 0) > instances:
      "host \(host) has lost instances of \(actor)"
    case .providerStopped(let provider, let host)
    where !touched.contains(UnitAddress(host: host, id: provider.rawValue)):
      "host \(host) has lost provider \(provider)"
    default: nil
    }
  }

  /// What an inventory tells before an event does.
  private func surprise(_ report: HostReport) -> String? {
    guard let before = observed.host(report.host)?.report else { return nil }
    let isOurs = { (id: String) in
      self.touched.contains(UnitAddress(host: report.host, id: id))
    }
    let instances = Dictionary(report.actors.map { ($0.id, $0.instances) }) { first, _ in first }
    let lost = before.actors.first { actor in
      (instances[actor.id] ?? 0) < actor.instances && !isOurs(actor.id.rawValue)
    }
    if let lost { return "host \(report.host) has lost instances of \(lost.id)" }
    let providers = Set(report.providers.map(\.id))
    let gone = before.providers.first { !providers.contains($0.id) && !isOurs($0.id.rawValue) }
    return gone.map { "host \(report.host) has lost provider \($0.id)" }
  }

  private func host(of event: LatticeEvent) -> HostID? {
    switch event {
    case .actorScaled(_, let host, _), .actorScaleFailed(_, let host, _, _),
      .providerStarted(_, let host), .providerStartFailed(_, let host, _),
      .providerStopped(_, let host):
      host
    default: nil
    }
  }

  // MARK: Sending

  /// Whether a step may still be carried out.
  func isFresh(_ step: PlannedStep) -> Bool { step.isFresh(in: observed) }

  /// Notes that a command is about to be sent, so that its events are no surprise.
  func expect(_ command: Intent) {
    guard let host = command.host else { return }
    posts[host, default: Post()].sent[command] = .some(nil)
    switch command {
    case .run(let launch, _, _), .replace(_, let launch, _, _), .end(let launch, _):
      touched.insert(UnitAddress(host: host, id: launch.id))
    case .connect, .disconnect, .keep, .drop: break
    }
  }

  /// Notes that nobody listens on a host's subjects: it is lost, and the plan with it.
  func lose(_ host: HostID) {
    if let last = observed.host(host), last.presence != .lost { lost.append(last) }
    observed.mark(host, .lost)
    preempt("host \(host) is lost")
    finish(at: host) { _ in .unheard("host \(host) is lost") }
  }

  /// Notes that a host begins anew: whatever it was sent before is lost.
  private func restarted(_ host: HostID) {
    posts[host, default: Post()].hasRestarted = true
    finish(at: host) { _ in .lost("host \(host) has started anew") }
  }

  /// Notes that the connection is lost: events are missed from now on, and the plan is dropped.
  func disconnect() {
    isConnected = false
    preempt(Self.outage)
    finishAll(.lost(Self.outage))
  }

  /// Sees whether a host outlives for two seconds what was started there; the plan is dropped where
  /// it does not answer then.
  func watch(_ host: HostID?) async {
    guard let host, !isAbandoned else { return }
    try? await Task.sleep(for: .seconds(2))
    let question = dialect.inventoryQuestion(to: host, in: lattice)
    for attempt in 1...2 {
      do {
        _ = try await transport.request(
          question.payload, to: question.subject, timeout: .seconds(1))
        return
      } catch NATSError.noResponders where attempt == 1 {
        try? await Task.sleep(for: .milliseconds(100))
      } catch NATSError.noResponders {
        return lose(host)
      } catch {
        if attempt == 2 { preempt("host \(host) does not answer") }
      }
    }
  }

  // MARK: Listening

  /// What is said of a provider that a link cannot be put for.
  static func deafness(of provider: String) -> String {
    "provider '\(provider)' is listed and does not answer for its health: a link that is put now "
      + "could be lost"
  }

  /// Waits until a provider that has been started answers for its health, as often as inventories
  /// list it.
  func confirmListening(
    _ provider: ProviderID, on host: HostID, within limit: Duration
  ) async -> CommandStatus {
    let deadline = min(ContinuousClock.now + limit, deadline)
    observed.noteDeaf(provider, on: host)
    // Real hosts list a provider some 30 ms before it listens.
    var pause = Duration.milliseconds(40)
    while true {
      try? await Task.sleep(for: pause)
      if await listens(provider.rawValue) { return .confirmed }
      guard isConnected else { return .lost(Self.outage) }
      if isAbandoned { return .abandoned }
      if observed.host(host)?.presence == .lost { return .unheard("host \(host) is lost") }
      if posts[host]?.hasRestarted == true { return .lost("host \(host) has started anew") }
      guard ContinuousClock.now < end(of: deadline, isLast: true) else { return .pending }
      pause = min(pause * 2, .seconds(1))
    }
  }

  /// Waits until all providers among some ids that are listed answer for their health.
  ///
  /// - Returns: One that does not, or `nil`.
  func deafProvider(among ids: Set<String>, within limit: Duration) async -> String? {
    let deadline = ContinuousClock.now + limit
    for id in ids.sorted() {
      var pause = Duration.milliseconds(20)
      guard isListed(id) else { continue }
      while await !listens(id) {
        guard isConnected, !isAbandoned, ContinuousClock.now < deadline else { return id }
        try? await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(500))
      }
    }
    return nil
  }

  private func isListed(_ id: String) -> Bool {
    guard let symbol = observed.names.symbol(of: id) else { return false }
    return observed.hosts.contains { $0.providers.contains { $0.id == symbol } }
  }

  /// Whether a provider answers for its health as often as inventories list it.
  private func listens(_ id: String) async -> Bool {
    reads += 1
    let provider = ProviderID(id)
    let health = ProviderHealth(lattice: lattice, transport: transport)
    // Counted first: a copy of the state that lived until the answers come would cost a copy of all.
    let expected = observed.answers(expectedOf: provider)
    guard await health.isListening(provider, expected) else { return false }
    observed.noteListening(provider)
    return true
  }

  // MARK: Confirming

  /// Waits until a command's effect is there, a host says that it failed, or it is too late.
  ///
  /// - Parameters:
  ///   - command: The command.
  ///   - isLast: Whether its step ends with it.
  ///   - limit: How long to wait.
  /// - Returns: What is known at the end; `.pending` is too late.
  func confirm(
    _ command: Intent, isLast: Bool, within limit: Duration
  ) async -> CommandStatus {
    let deadline = min(ContinuousClock.now + limit, deadline)
    if isAbandoned, isLast { return .abandoned }
    guard let host = command.host else {
      return await readStore(until: deadline, command, isLast: isLast)
    }
    guard isConnected else { return .lost(Self.outage) }
    let isNew = posts[host]?.hasRestarted ?? false
    guard !isNew else { return .lost("host \(host) has started anew") }
    if case .some(let failure?) = posts[host]?.sent.removeValue(forKey: command) {
      return .failed(failure)
    }
    return await withCheckedContinuation { continuation in
      posts[host, default: Post()].waiters.append(
        Waiter(
          command: command, isLast: isLast, continuation: continuation, deadline: deadline))
      nextEnd = min(nextEnd ?? deadline, deadline)
      schedule(host, at: posts[host]?.pace.wait(at: .now))
    }
  }

  /// When a wait ends: what is in flight may take a moment after we were told to stop, and what
  /// begins a step as long as ever, so that the step can be ended.
  private func end(of deadline: ContinuousClock.Instant, isLast: Bool) -> ContinuousClock.Instant {
    let permission = permission()
    if stopDeadline == nil, permission != .all { stopDeadline = .now + .seconds(2) }
    guard let stopDeadline, isLast || permission == .none else { return deadline }
    return min(deadline, stopDeadline)
  }

  /// Links and configs: the store proves it, read again and again with growing pauses.
  private func readStore(
    until deadline: ContinuousClock.Instant, _ command: Intent, isLast: Bool
  ) async -> CommandStatus {
    var pause = Duration.milliseconds(5)
    while true {
      await readStore(of: command)
      if dialect.isConfirmed(command, by: observed) { return .confirmed }
      if isAbandoned, isLast { return .abandoned }
      guard isConnected else { return .lost(Self.outage) }
      guard ContinuousClock.now < end(of: deadline, isLast: isLast) else { return .pending }
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .seconds(1))
    }
  }

  /// Reads what a link or config command changes.
  func readStore(of command: Intent) async {
    reads += 1
    do {
      switch command {
      case .connect(let link), .disconnect(let link):
        if let links = try await reader.links(of: [link.key.source], 1).first?.1 {
          observed.noteLinks(links, of: link.key.source)
        }
      case .keep(let name, _), .drop(let name):
        if let config = try await reader.config(name) { observed.noteConfig(config, named: name) }
      case .run, .replace, .end: break
      }
    } catch NATSError.disconnected {
      disconnect()
    } catch {
      // Whoever waits asks again, until it is too late.
    }
  }

  private func isAwaited(_ host: HostID) -> Bool { posts[host]?.waiters.isEmpty == false }

  private func lookSoon(at host: HostID) {
    guard let waiting = posts[host]?.waiters.count, waiting > 0 else { return }
    schedule(host, at: posts[host]?.pace.hear(for: waiting, at: .now))
  }

  /// Has a host read at a moment instead of at the one that was set before; nothing changes where
  /// there is none.
  private func schedule(_ host: HostID, at moment: ContinuousClock.Instant?) {
    guard let moment else { return }
    posts[host]?.timer?.cancel()
    posts[host]?.timer = Task { [weak self] in
      try? await Task.sleep(until: moment)
      if !Task.isCancelled { await self?.read(host) }
    }
  }

  private func read(_ host: HostID) async {
    let isAwaited = isAwaited(host)
    posts[host]?.pace.begin(isWanted: isAwaited)
    guard isAwaited else { return }
    reads += 1
    let question = dialect.inventoryQuestion(to: host, in: lattice)
    do {
      let answer = try await transport.request(
        question.payload, to: question.subject, timeout: .seconds(5))
      let report = try dialect.readInventory(answer.payload)
      if report.host == host {
        posts[host]?.refusals = 0
        if let surprise = surprise(report) { preempt(surprise) }
        observed.note(report, at: Timestamp(nanoseconds: clock.now))
      }
    } catch NATSError.noResponders {
      // Its own connection may be on its way back.
      posts[host]?.refusals += 1
      if posts[host]?.refusals ?? 0 > 1 { lose(host) }
    } catch NATSError.disconnected {
      disconnect()
    } catch {
      // Whoever waits asks again after a pause, until it is too late.
    }
    settle(host)
    endOverdue()
    let waiting = posts[host]?.waiters.count ?? 0
    schedule(host, at: posts[host]?.pace.end(for: waiting, at: .now))
  }

  /// Tells everybody whose command on a host is confirmed.
  private func settle(_ host: HostID) {
    finish(at: host) { dialect.isConfirmed($0.command, by: observed) ? .confirmed : nil }
  }

  /// Tells everybody who has waited for too long, on whatever host.
  private func endOverdue() {
    let now = ContinuousClock.now
    guard let nextEnd, now >= end(of: nextEnd, isLast: true) else { return }
    for host in posts.keys {
      finish(at: host) { now >= end(of: $0.deadline, isLast: $0.isLast) ? .pending : nil }
    }
    self.nextEnd = posts.values.lazy.flatMap(\.waiters).map(\.deadline).min()
  }

  private func fail(whatFailsBy event: LatticeEvent, at host: HostID) {
    finish(at: host) { waiter in dialect.failure(of: waiter.command, in: event).map { .failed($0) }
    }
    for command in posts[host]?.sent.keys ?? [:].keys {
      if let error = dialect.failure(of: command, in: event) { posts[host]?.sent[command] = error }
    }
  }

  /// Ends the waiting for what has a status now.
  private func finish(at host: HostID, _ status: (Waiter) -> CommandStatus?) {
    guard let waiters = posts[host]?.waiters, !waiters.isEmpty else { return }
    posts[host]?.waiters = waiters.filter { waiter in
      guard let status = status(waiter) else { return true }
      waiter.continuation.resume(returning: status)
      return false
    }
  }

  private func finishAll(_ status: CommandStatus) {
    for host in posts.keys { finish(at: host) { _ in status } }
  }
}
