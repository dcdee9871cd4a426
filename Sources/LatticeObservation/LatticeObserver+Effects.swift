import LatticeDialects
public import LatticeModel
import NATSTransport
import ServiceRuntime

/// Waiting for the effects of commands: one read of an inventory serves everybody who waits on that
/// host. It is read when an event says that something happened there, and otherwise less and less
/// often.
extension LatticeObserver {
  /// Notes that a plan is about to be carried out.
  ///
  /// - Parameters:
  ///   - deadline: When all waiting for effects ends.
  ///   - permission: What may be sent; waiting ends early where that is not all.
  public func beginExecution(
    until deadline: ContinuousClock.Instant,
    permission: @escaping @Sendable () -> CommandPermission
  ) {
    execution = Execution(until: deadline, permission: permission)
  }

  /// Notes that the plan is over.
  ///
  /// - Parameter intents: What it may have sent for, which is read anew.
  /// - Returns: What was learnt meanwhile.
  public func endExecution(of intents: [Intent]) -> ExecutionTrace {
    var trace = ExecutionTrace()
    if let execution {
      trace.preemption = execution.preemption
      trace.reads = execution.reads
      trace.wasDisconnected = execution.wasDisconnected
    }
    execution = nil
    take(feed?.takeWaiting() ?? [])
    observation.forget(whatChanges: intents)
    for case .run(.provider(let launch), _, let host) in intents.map(\.outcome) {
      strays.ranOn[host, default: []].insert(launch.id)
    }
    settle()
    return trace
  }

  /// Ends the waiting: what was sent stays under way, but for steps that are begun and go on.
  ///
  /// - Parameter reason: Why.
  public func abandonExecution(_ reason: String) {
    execution?.preempt(reason)
    execution?.isAbandoned = true
    finishAll { $0.isLast ? .abandoned : nil }
  }

  // MARK: Before a command is sent

  /// Why the plan is not carried on, where it is not: something happened that is not our doing.
  public var preemption: String? { execution?.preemption }

  /// Returns whether what a step touches is as the plan found it, and as much is seen as then.
  ///
  /// - Parameter step: The step.
  /// - Returns: Whether it may still be carried out.
  public func isFresh(_ step: PlannedStep) -> Bool { observation.isFresh(step, at: .now) }

  /// Notes that a command is about to be sent, so that its events are no surprise.
  ///
  /// - Parameter intent: What it is sent for.
  public func expect(_ intent: Intent) { execution?.expect(intent, observed) }

  /// Notes that nobody listens on a host's subjects: the plan is dropped, and everybody is asked who
  /// is there, which tells whether the host is lost.
  ///
  /// - Parameter host: The host.
  public func noteUnheard(_ host: HostID) {
    let words = "nobody listens for host \(host)"
    observation.doubt(host, "nobody listens for it")
    execution?.preempt(words)
    execution?.finish(at: host) { _ in .unheard(words) }
    probeNow()
    settle()
  }

  /// Notes that the connection is lost: events are missed from now on, and the plan is dropped.
  public func noteOutage() {
    execution?.wasDisconnected = true
    execution?.preempt(Execution.outage)
    finishAll { _ in .lost(Execution.outage) }
  }

  /// Notes that a question failed since its connection was lost.
  ///
  /// While this process is stopped, a connection can be lost and come back, which is heard at once
  /// afterwards; what failed with it may be heard only after that.
  func noteOutage(of connection: Int) {
    guard connection == observation.connection else { return }
    observation.disconnect(at: .now)
    noteOutage()
  }

  /// Whether the connection was lost since the plan was begun.
  public var wasDisconnected: Bool { execution?.wasDisconnected ?? !isUp }

  /// Sees whether a host outlives for two seconds what was started there; the plan is dropped where
  /// it does not answer then.
  ///
  /// - Parameter host: The host.
  public func watch(_ host: HostID) async {
    guard execution?.isAbandoned == false else { return }
    try? await Task.sleep(for: .seconds(2))
    for attempt in 1...2 {
      switch await ask(host, within: .seconds(1)) {
      case .report: return
      case .nobody: return noteUnheard(host)
      case .silence, .unusable:
        if attempt == 2 { execution?.preempt("host \(host) does not answer") }
      }
    }
  }

  // MARK: Whether a command has its effect

  /// Waits until a command's effect is there, a host says that it failed, or it is too late.
  ///
  /// - Parameters:
  ///   - intent: What was sent for.
  ///   - isLast: Whether its step ends with it.
  ///   - limit: How long to wait.
  /// - Returns: What is known at the end; `.pending` is too late.
  public func confirm(
    _ intent: Intent, isLast: Bool, within limit: Duration
  ) async -> CommandStatus {
    let deadline = end(of: limit)
    guard let host = intent.host else {
      return await confirmStored(intent, isLast: isLast, until: deadline)
    }
    if let status = giveUp(on: host, isLast: isLast) { return status }
    if case .some(let failure?) = execution?.posts[host]?.sent.removeValue(forKey: intent) {
      return .failed(failure)
    }
    return await withCheckedContinuation { continuation in
      execution?.posts[host, default: Execution.Post(uptime: (0, .now))].waiters.append(
        Execution.Waiter(
          intent: intent, isLast: isLast, continuation: continuation, deadline: deadline))
      let nextEnd = min(execution?.nextEnd ?? deadline, deadline)
      execution?.nextEnd = nextEnd
      schedule(host, at: execution?.posts[host]?.pace.wait(at: .now))
    }
  }

  func end(of limit: Duration) -> ContinuousClock.Instant {
    let deadline = ContinuousClock.now + limit
    return min(deadline, execution?.deadline ?? deadline)
  }

  /// Why an effect is not waited for, if it is not.
  func giveUp(on host: HostID?, isLast: Bool) -> CommandStatus? {
    guard let execution, !execution.wasDisconnected else { return .lost(Execution.outage) }
    if let host, execution.posts[host]?.hasRestarted == true {
      return .lost("host \(host) has started anew")
    }
    return execution.isAbandoned && isLast ? .abandoned : nil
  }

  /// Links and configs: the store proves it, read again and again with growing pauses.
  private func confirmStored(
    _ intent: Intent, isLast: Bool, until deadline: ContinuousClock.Instant
  ) async -> CommandStatus {
    var pause = Duration.milliseconds(5)
    while true {
      await readStore(of: intent)
      if dialect.isConfirmed(intent, by: observed) { return .confirmed }
      if let status = giveUp(on: nil, isLast: isLast) { return status }
      guard ContinuousClock.now < execution?.end(of: deadline, isLast: isLast) ?? deadline else {
        return .pending
      }
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .seconds(1))
    }
  }

  /// Reads what a link or config command changes.
  private func readStore(of intent: Intent) async {
    execution?.reads += 1
    let connection = observation.connection
    do {
      switch intent {
      case .connect(let link), .disconnect(let link):
        if let links = try await storeReader?.links(of: [link.key.source], 1).first?.1 {
          observation.note(links, of: link.key.source)
        }
      case .keep(let name, _), .drop(let name):
        if let config = try await storeReader?.config(name) {
          observation.note(config, named: name)
        }
      case .run, .replace, .end: break
      }
    } catch NATSError.disconnected {
      noteOutage(of: connection)
    } catch {
      // Whoever waits asks again, until it is too late.
    }
  }

  // MARK: What is heard meanwhile

  func noteSurprise(in event: LatticeEvent) {
    if let surprise = execution?.surprise(in: event, observed) { execution?.preempt(surprise) }
  }

  func noteSurprise(in report: HostReport) {
    if let surprise = execution?.surprise(in: report, observed) { execution?.preempt(surprise) }
  }

  /// Tells whoever waits what an event says of it, and has its host read soon.
  func noteEffects(of event: LatticeEvent) {
    guard execution != nil else { return }
    switch event {
    case .hostHeartbeat(let report): settleEffects(at: report.host)
    case .hostStarted(let host), .actorScaled(_, let host, _), .providerStarted(_, let host),
      .providerStopped(_, let host):
      readSoon(host)
    case .actorScaleFailed(_, let host, _, _), .providerStartFailed(_, let host, _):
      noteFailure(event, at: host)
      readSoon(host)
    default: break
    }
  }

  private func readSoon(_ host: HostID) {
    guard let waiting = execution?.posts[host]?.waiters.count, waiting > 0 else { return }
    schedule(host, at: execution?.posts[host]?.pace.hear(for: waiting, at: .now))
  }

  private func noteFailure(_ event: LatticeEvent, at host: HostID) {
    execution?.finish(at: host) { waiter in
      dialect.failure(of: waiter.intent, in: event).map { .failed($0) }
    }
    for intent in execution?.posts[host]?.sent.keys ?? [:].keys {
      if let error = dialect.failure(of: intent, in: event) {
        execution?.posts[host]?.sent[intent] = error
      }
    }
  }

  /// Has a host read at a moment instead of at the one that was set before; nothing changes where
  /// there is none.
  private func schedule(_ host: HostID, at moment: ContinuousClock.Instant?) {
    guard let moment else { return }
    execution?.posts[host]?.timer?.cancel()
    execution?.posts[host]?.timer = Task { [weak self] in
      try? await Task.sleep(until: moment)
      if !Task.isCancelled { await self?.readForEffects(host) }
    }
  }

  private func readForEffects(_ host: HostID) async {
    let isWanted = execution?.posts[host]?.waiters.isEmpty == false
    execution?.posts[host]?.pace.begin(isWanted: isWanted)
    guard isWanted else { return }
    execution?.reads += 1
    if case .nobody = await ask(host) { noteUnheard(host) }
    settleEffects()
    let waiting = execution?.posts[host]?.waiters.count ?? 0
    schedule(host, at: execution?.posts[host]?.pace.end(for: waiting, at: .now))
  }

  /// Tells everybody whose command on a host is confirmed.
  func settleEffects(at host: HostID) {
    execution?.finish(at: host) { dialect.isConfirmed($0.intent, by: observed) ? .confirmed : nil }
  }

  /// Tells everybody who has waited for too long, on whatever host.
  func settleEffects() {
    let now = ContinuousClock.now
    guard let nextEnd = execution?.nextEnd,
      now >= execution?.end(of: nextEnd, isLast: true) ?? nextEnd
    else { return }
    for (host, post) in execution?.posts ?? [:] {
      let overdue = Set(
        post.waiters.indices.filter { index in
          let waiter = post.waiters[index]
          return now >= execution?.end(of: waiter.deadline, isLast: waiter.isLast) ?? now
        }.map { post.waiters[$0].intent })
      execution?.finish(at: host) { overdue.contains($0.intent) ? .pending : nil }
    }
    let next = execution?.posts.values.lazy.flatMap(\.waiters).map(\.deadline).min()
    execution?.nextEnd = next
  }

  /// Notes that hosts are lost: the plan is dropped, and nobody waits for them any more.
  func noteLosses(_ hosts: Set<HostID>) {
    for host in hosts.sorted() {
      execution?.preempt("host \(host) is lost")
      execution?.finish(at: host) { _ in .unheard("host \(host) is lost") }
    }
  }

  private func finishAll(_ status: (Execution.Waiter) -> CommandStatus?) {
    for host in execution?.posts.keys ?? [:].keys { execution?.finish(at: host, status) }
  }
}
