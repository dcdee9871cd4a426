public import LatticeModel
import LatticeWire
public import NATSTransport
public import ServiceRuntime

/// Carries out a plan: stage by stage, many hosts at once, each command confirmed by what is
/// observed afterwards.
///
/// A step that fails drops the later steps of its application and of those that depend on it; the
/// others go on. A host that joins, dies or loses something meanwhile drops the rest of the plan,
/// which is then to be made anew.
public struct PlanExecutor: Sendable {
  private let lattice: LatticeName
  private let transport: any MessageTransport
  private let options: ExecutionOptions
  private let clock: WallClock
  private let mayCommand: @Sendable () -> Bool

  /// Prepares to carry out plans.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - transport: What carries the commands.
  ///   - options: How they are carried out.
  ///   - clock: The time of day.
  ///   - mayCommand: Asked before each command: whether we hold the lease and were not told to
  ///     stop.
  public init(
    _ lattice: LatticeName, over transport: any MessageTransport,
    options: ExecutionOptions = ExecutionOptions(), clock: WallClock = .system,
    mayCommand: @escaping @Sendable () -> Bool
  ) {
    self.lattice = lattice
    self.transport = transport
    self.options = options
    self.clock = clock
    self.mayCommand = mayCommand
  }

  /// Carries out a plan.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - sighting: The look that it was made from.
  ///   - feed: The events since before that look.
  ///   - deadline: When waiting for effects ends; what was sent before is not taken back.
  ///   - watch: Told of what happens.
  /// - Returns: What became of it.
  public func execute(
    _ plan: Plan, from sighting: Sighting, feed: EventFeed,
    until deadline: ContinuousClock.Instant,
    watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> PlanOutcome {
    let live = LiveLattice(
      lattice, observed: sighting.observed, over: transport, domain: sighting.jetStreamDomain,
      clock: clock, deadline: deadline, mayCommand: mayCommand)
    let listener = Task {
      while let arrivals = await feed.next() { await live.take(arrivals) }
    }
    let tally = Tally()
    var broken: Set<ApplicationName> = []
    for stage in options.isFirstStageOnly ? Array(plan.stages.prefix(1)) : plan.stages {
      watch(.stage(stage.title, steps: stage.steps.count))
      let results = await carryOut(stage, broken, plan, live, tally, watch)
      for (step, result) in results where result != .confirmed {
        broken.insert(step.unit.application)
      }
    }
    listener.cancel()
    var outcome = PlanOutcome(results: tally.results)
    outcome.sent = tally.sent
    outcome.reads = await live.reads
    outcome.preemption = await live.preemption
    return outcome
  }

  /// Steps that must go one after another, or a few at a time.
  private struct Lane: Sendable {
    var steps: [PlannedStep]
    var width: Int
  }

  private func lanes(of stage: Stage) -> [Lane] {
    var byHost: [HostID: [PlannedStep]] = [:]
    var bySource: [String: [PlannedStep]] = [:]
    var configs: [Lane] = []
    for step in stage.steps {
      switch step.commands.first {
      case .putLink(let link)?, .deleteLink(let link)?:
        bySource[link.key.source, default: []].append(step)
      case .scaleActor?, .startProvider?, .stopProvider?:
        if let host = step.unit.host { byHost[host, default: []].append(step) }
      case .putConfig?, .deleteConfig?: configs.append(Lane(steps: [step], width: 1))
      case nil: break
      }
    }
    return byHost.sorted { $0.key < $1.key }.map { Lane(steps: $0.value, width: options.perHost) }
      + bySource.sorted { $0.key < $1.key }.map { Lane(steps: $0.value, width: 1) } + configs
  }

  private func carryOut(
    _ stage: Stage, _ broken: Set<ApplicationName>, _ plan: Plan, _ live: LiveLattice,
    _ tally: Tally, _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> [(PlannedStep, StepResult)] {
    let blocked = plan.withDependants(of: broken)
    let results = try? await gather(lanes(of: stage), inFlight: options.lanes) { lane in
      try await gather(lane.steps, inFlight: lane.width) { step in
        let result =
          blocked.contains(step.unit.application)
          ? .dropped("an earlier step that it builds on failed")
          : await carryOut(step, live, tally, watch)
        tally.note(step, result)
        watch(.step(step, result))
        return (step, result)
      }
    }
    return (results ?? []).flatMap { $0 }
  }

  private func carryOut(
    _ step: PlannedStep, _ live: LiveLattice, _ tally: Tally,
    _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> StepResult {
    for (position, command) in step.commands.enumerated() {
      guard mayCommand() else { return .dropped("the lease is lost, or we were told to stop") }
      // A second command belongs to what the first began: leaving a set at 0 would be worse.
      if position == 0 {
        if let reason = await live.preemption { return .dropped(reason) }
        guard await live.isFresh(step) else { return .stale }
      }
      let result = await carryOut(command, of: step, live, tally, watch)
      guard result == .confirmed else { return result }
    }
    return .confirmed
  }

  private func carryOut(
    _ command: Command, of step: PlannedStep, _ live: LiveLattice, _ tally: Tally,
    _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> StepResult {
    let request = encode(command, for: lattice)
    var result = StepResult.timedOut
    for attempt in 1...options.attempts {
      if attempt > 1 {
        await pause(before: attempt)
        guard mayCommand() else { return result }
      }
      await live.expect(command)
      tally.noteSent()
      switch await send(request, command, live) {
      case .accepted where options.isFirstStageOnly: return .confirmed
      case .accepted, .silent:
        switch await live.confirm(command, within: options.confirmTimeout) {
        case .confirmed: return .confirmed
        case .failed(let error): return .failed(error)
        case .pending: return .timedOut
        }
      case .refused(let words): result = .failed(words)
      case .lost(let words): return .failed(words)
      }
      if attempt < options.attempts {
        watch(.retry(step, attempt: attempt + 1, reason: "\(result)"))
      }
    }
    return result
  }

  private enum Reception {
    case accepted
    case silent
    case refused(String)
    case lost(String)
  }

  /// Sends a command and waits for its reply; "no responders" twice is the loss of the host.
  private func send(
    _ request: ControlRequest, _ command: Command, _ live: LiveLattice
  ) async -> Reception {
    for attempt in 1...2 {
      do {
        let message = try await transport.request(
          request.payload, to: request.subject, timeout: options.replyTimeout)
        let reply = try decodeReply(message.payload)
        return reply.isAccepted || reply.meansAlreadyDone(command)
          ? .accepted : .refused(reply.message)
      } catch NATSError.noResponders {
        guard attempt == 2 else {
          try? await Task.sleep(for: .milliseconds(100))
          continue
        }
        if let host = command.host { await live.lose(host) }
        return .lost("nobody listens on \(request.subject)")
      } catch NATSError.timeout {
        return .silent
      } catch {
        return .refused("\(error)")
      }
    }
    return .silent
  }

  /// Waits before another try: exponential, with full jitter.
  private func pause(before attempt: Int) async {
    let most = 100 << min(attempt, 6)
    try? await Task.sleep(for: .milliseconds(Int.random(in: 0...most)))
  }
}

/// What became of the steps so far.
private final class Tally: Sendable {
  private struct State {
    var results: [(step: PlannedStep, result: StepResult)] = []
    var sent = 0
  }

  private let state = Lock(State())

  func note(_ step: PlannedStep, _ result: StepResult) {
    state.withLock { $0.results.append((step, result)) }
  }

  func noteSent() { state.withLock { $0.sent += 1 } }

  var results: [(step: PlannedStep, result: StepResult)] { state.withLock { $0.results } }
  var sent: Int { state.withLock { $0.sent } }
}

extension Plan {
  /// These applications and all that depend on them.
  fileprivate func withDependants(of broken: Set<ApplicationName>) -> Set<ApplicationName> {
    var all = broken
    var grows = !broken.isEmpty
    while grows {
      let more = dependencies.filter { !all.contains($0.key) && !all.isDisjoint(with: $0.value) }
      all.formUnion(more.keys)
      grows = !more.isEmpty
    }
    return all
  }
}
