public import LatticeModel
import LatticeWire
public import NATSTransport
public import ServiceRuntime

/// Carries out a plan: each application stage by stage, many hosts at once, each command confirmed
/// by what is observed afterwards.
///
/// Applications wait only for those that they depend on. A step that fails drops the later steps
/// of its application and of those that depend on it; the others go on. A host that joins, dies or
/// loses something meanwhile drops the rest of the plan, which is then to be made anew.
public struct PlanExecutor: Sendable {
  private let lattice: LatticeName
  private let transport: any MessageTransport
  private let options: ExecutionOptions
  private let clock: WallClock
  private let permission: @Sendable () -> CommandPermission

  /// Prepares to carry out plans.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - transport: What carries the commands.
  ///   - options: How they are carried out.
  ///   - clock: The time of day.
  ///   - permission: Asked before each command: what may be sent.
  public init(
    _ lattice: LatticeName, over transport: any MessageTransport,
    options: ExecutionOptions = ExecutionOptions(), clock: WallClock = .system,
    permission: @escaping @Sendable () -> CommandPermission
  ) {
    self.lattice = lattice
    self.transport = transport
    self.options = options
    self.clock = clock
    self.permission = permission
  }

  /// Carries out a plan.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - sighting: The look that it was made from.
  ///   - feed: The events since before that look.
  ///   - deadline: When waiting for effects ends; what was sent before is not taken back.
  ///   - interrupt: Ends it early.
  ///   - watch: Told of what happens.
  /// - Returns: What became of it.
  public func execute(
    _ plan: Plan, from sighting: Sighting, feed: EventFeed,
    until deadline: ContinuousClock.Instant, interrupt: ExecutionInterrupt = ExecutionInterrupt(),
    watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> PlanOutcome {
    let live = LiveLattice(
      lattice, observed: sighting.observed, over: transport, domain: sighting.jetStreamDomain,
      clock: clock, deadline: deadline, permission: permission)
    let listener = Task {
      while let arrivals = await feed.next() { await live.take(arrivals) }
    }
    interrupt.onInterrupt { reason in Task { await live.abandon(reason) } }
    let tally = Tally()
    let gate = LaneGate(limit: options.inFlight)
    let board = TrackBoard()
    await withTaskGroup(of: Void.self) { group in
      for track in PlanTrack.tracks(of: plan, firstStageOnly: options.isFirstStageOnly) {
        group.addTask {
          let isDone = await carryOut(track, on: board) { step in
            let (sent, result) = await gate.pass(lane(of: step)) {
              await carryOut(step, live, tally, watch)
            }
            tally.note(sent, result)
            watch(.step(step, result))
            return result
          } dropping: { step, reason in
            tally.note(step, .dropped(reason))
            watch(.step(step, .dropped(reason)))
          }
          if isDone { watch(.done(track.application, steps: track.count)) }
        }
      }
    }
    listener.cancel()
    var outcome = PlanOutcome(results: tally.results.sorted { $0.step.unit < $1.step.unit })
    outcome.sent = tally.sent
    outcome.firstCommand = tally.first
    outcome.reads = await live.reads
    outcome.preemption = await live.preemption
    outcome.observed = await live.observed
    outcome.lost = await live.lost
    outcome.wasDisconnected = await !live.isConnected
    return outcome
  }

  private func lane(of step: PlannedStep) -> LaneGate.Lane? {
    switch step.commands.first {
    case .putLink(let link)?, .deleteLink(let link)?:
      LaneGate.Lane(name: "source \(link.key.source)", width: 1)
    case .scaleActor?, .startProvider?, .stopProvider?:
      step.unit.host.map { LaneGate.Lane(name: "host \($0)", width: options.perHost) }
    case .putConfig?, .deleteConfig?, nil: nil
    }
  }

  /// Carries out one application's part, once those that it depends on are up.
  private func carryOut(
    _ track: PlanTrack, on board: TrackBoard,
    step: @escaping @Sendable (PlannedStep) async -> StepResult,
    dropping: (PlannedStep, String) -> Void
  ) async -> Bool {
    var isConfirmed = await board.areConfirmed(track.needs.map { .up($0) })
    var reason = "what it depends on failed"
    func carryOut(_ stages: [[PlannedStep]]) async {
      for steps in stages {
        guard isConfirmed else {
          for step in steps { dropping(step, reason) }
          continue
        }
        let results = try? await gather(steps, inFlight: options.inFlight) { await step($0) }
        isConfirmed = results?.allSatisfy { $0 == .confirmed } ?? false
        reason = "an earlier step that it builds on failed"
      }
    }
    await carryOut(track.up)
    await board.end(.up(track.application), isConfirmed: isConfirmed)
    if await !board.areConfirmed(track.dependants.map { .down($0) }) { isConfirmed = false }
    await carryOut(track.down)
    await board.end(.down(track.application), isConfirmed: isConfirmed)
    return isConfirmed
  }

  /// Carries out a step.
  ///
  /// - Returns: What became of it; of a step that is under way, what of it was sent.
  private func carryOut(
    _ step: PlannedStep, _ live: LiveLattice, _ tally: Tally,
    _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> (sent: PlannedStep, result: StepResult) {
    for (position, command) in step.commands.enumerated() {
      // A second command belongs to what the first began: leaving a set at 0 would be worse.
      if position == 0 {
        guard permission() == .all else { return (step, .dropped("nothing more may be sent")) }
        if let reason = await live.preemption { return (step, .dropped(reason)) }
        guard await live.isFresh(step) else { return (step, .stale) }
      } else if permission() == .none {
        return (step, .dropped("it was stopped, and what starts it again may not be sent now"))
      }
      let result = await carryOut(command, at: position, of: step, live, tally, watch)
      guard result == .confirmed else {
        var sent = step
        if result == .underWay { sent.commands = Array(step.commands[...position]) }
        return (sent, result)
      }
    }
    return (step, .confirmed)
  }

  private func carryOut(
    _ command: Command, at position: Int, of step: PlannedStep, _ live: LiveLattice,
    _ tally: Tally, _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> StepResult {
    let request = encode(command, for: lattice)
    var result = StepResult.timedOut
    for attempt in 1...options.attempts {
      if attempt > 1 {
        await pause(before: attempt)
        let permission = permission()
        guard permission == .all || permission == .finishing && position > 0 else { return result }
        if position == 0, await live.preemption != nil { return result }
      }
      guard await live.isConnected else { return .lost(LiveLattice.outage) }
      await live.expect(command)
      tally.noteSent()
      switch await send(request, command, live) {
      case .accepted where options.isFirstStageOnly: return .confirmed
      case .accepted, .silent:
        let isLast = position == step.commands.count - 1
        switch await live.confirm(command, isLast: isLast, within: options.confirmTimeout) {
        case .confirmed:
          CrashPoint.reach("command.confirmed")
          return .confirmed
        case .failed(let error): return .failed(error)
        case .unheard(let words): return options.leavesUnderWay ? .underWay : .lost(words)
        case .lost(let words): return await live.isConnected ? .lost(words) : cut(command)
        case .pending: return options.leavesUnderWay ? .underWay : .timedOut
        case .abandoned: return .underWay
        }
      case .refused(let words): result = .failed(words)
      case .lost(let words): return .lost(words)
      case .cut: return cut(command)
      }
      if attempt < options.attempts {
        watch(.retry(step, attempt: attempt + 1, reason: "\(result)"))
      }
    }
    return result
  }

  /// What is known of a command that was sent when the connection was lost: on a host it may still
  /// take effect, for whoever looks again.
  private func cut(_ command: Command) -> StepResult {
    options.leavesUnderWay && command.host != nil ? .underWay : .lost(LiveLattice.outage)
  }

  private enum Reception {
    case accepted
    case silent
    case refused(String)
    case lost(String)
    case cut
  }

  /// Sends a command and waits for its reply; "no responders" twice is the loss of the host.
  private func send(
    _ request: ControlRequest, _ command: Command, _ live: LiveLattice
  ) async -> Reception {
    for attempt in 1...2 {
      do {
        CrashPoint.reach("command.send")
        let message = try await transport.request(
          request.payload, to: request.subject, timeout: options.replyTimeout)
        CrashPoint.reach("command.replied")
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
      } catch NATSError.disconnected {
        await live.disconnect()
        return .cut
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
    var first: ContinuousClock.Instant?
  }

  private let state = Lock(State())

  func note(_ step: PlannedStep, _ result: StepResult) {
    state.withLock { $0.results.append((step, result)) }
  }

  func noteSent() {
    state.withLock {
      $0.sent += 1
      $0.first = $0.first ?? .now
    }
  }

  var first: ContinuousClock.Instant? { state.withLock { $0.first } }

  var results: [(step: PlannedStep, result: StepResult)] { state.withLock { $0.results } }
  var sent: Int { state.withLock { $0.sent } }
}
