import Diagnostics
public import LatticeDialects
public import LatticeModel
public import LatticeObservation
public import NATSTransport
import ServiceRuntime

/// Carries out a plan: each application stage by stage, many hosts at once, each command confirmed
/// by what is observed afterwards.
///
/// Which commands an intent comes to, and what confirms each, is the dialect's to say.
///
/// Applications wait only for those that they depend on, or that take over what they lose. A step
/// that fails drops the later steps of its application and of those that depend on it; the others go
/// on. A host that joins, dies or loses something meanwhile drops the rest of the plan, which is then
/// to be made anew.
public struct PlanExecutor: Sendable {
  private let lattice: LatticeName
  private let dialect: any LatticeDialect
  private let transport: any MessageTransport
  private let options: ExecutionOptions
  private let permission: @Sendable () -> CommandPermission

  /// Prepares to carry out plans.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - dialect: How its hosts are spoken to.
  ///   - transport: What carries the commands.
  ///   - options: How they are carried out.
  ///   - permission: Asked before each command: what may be sent.
  public init(
    _ lattice: LatticeName, in dialect: any LatticeDialect = commandedDialect,
    over transport: any MessageTransport, options: ExecutionOptions = ExecutionOptions(),
    permission: @escaping @Sendable () -> CommandPermission
  ) {
    self.lattice = lattice
    self.dialect = dialect
    self.transport = transport
    self.options = options
    self.permission = permission
  }

  /// Carries out a plan.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - observer: Who made the look that it was made from, and follows the lattice.
  ///   - deadline: When waiting for effects ends; what was sent before is not taken back.
  ///   - interrupt: Ends it early.
  ///   - watch: Told of what happens.
  /// - Returns: What became of it.
  public func execute(
    _ plan: Plan, watchedBy observer: LatticeObserver, until deadline: ContinuousClock.Instant,
    interrupt: ExecutionInterrupt = ExecutionInterrupt(),
    watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> PlanOutcome {
    await observer.beginExecution(until: deadline, permission: permission)
    interrupt.onInterrupt { reason in Task { await observer.abandonExecution(reason) } }
    let tally = Tally()
    let gate = LaneGate(limit: options.inFlight)
    let board = TrackBoard()
    let tracks = PlanTrack.tracks(of: plan, firstStageOnly: options.isFirstStageOnly)
    let gates = StepGates(tracks)
    let suspects = SuspectStarts(in: plan)
    watch(.begun(steps: tracks.reduce(0) { $0 + $1.count }))
    @Sendable func end(_ step: PlannedStep, _ result: StepResult, _ phase: StagePhase) async {
      tally.note(step, result)
      await gates.end(step, result, in: phase)
    }
    await withTaskGroup(of: Void.self) { group in
      for track in tracks {
        group.addTask {
          let isDone = await carryOut(track, on: board) { step, phase in
            if phase == .late, let id = await gates.waitForStarts(of: step) {
              let result = StepResult.dropped("'\(id)' is still being started")
              await end(step, result, phase)
              watch(.step(step, result))
              return result
            }
            await gates.waitForLinks(of: step)
            let (sent, result) = await gate.pass(lanes(of: step, suspects)) { turn in
              watch(.underWay(step))
              return await carryOut(step, among: suspects, in: turn, observer, tally, watch)
            }
            await end(sent, result, phase)
            watch(.step(step, result))
            return result
          } dropping: { step, phase, reason in
            await end(step, .dropped(reason), phase)
            watch(.step(step, .dropped(reason)))
          }
          if isDone { watch(.done(track.application, steps: track.count)) }
        }
      }
    }
    var outcome = PlanOutcome(results: tally.results.sorted { $0.step.unit < $1.step.unit })
    outcome.starts = tally.starts
    outcome.sent = tally.sent
    outcome.firstCommand = tally.first
    outcome.trace = await observer.endExecution(of: outcome.results.flatMap(\.step.intents))
    return outcome
  }

  private func lanes(of step: PlannedStep, _ suspects: SuspectStarts) -> [LaneGate.Lane] {
    if let host = step.unit.host {
      let lane = LaneGate.Lane(name: "host \(host)", width: options.perHost)
      return suspects.contains(step)
        ? [LaneGate.Lane(name: "all suspects", width: 1, isKept: true), lane] : [lane]
    }
    let sources = step.intents.compactMap { intent -> String? in
      switch intent {
      case .connect(let link), .disconnect(let link): link.key.source
      default: nil
      }
    }
    return Set(sources).map { LaneGate.Lane(name: "source \($0)", width: 1) }
  }

  /// Carries out one application's part: what is stored at once, what runs once those that it
  /// depends on are up.
  ///
  /// - Returns: Whether all of it is confirmed.
  private func carryOut(
    _ track: PlanTrack, on board: TrackBoard,
    step: @escaping @Sendable (PlannedStep, StagePhase) async -> StepResult,
    dropping: (PlannedStep, StagePhase, String) async -> Void
  ) async -> Bool {
    var isConfirmed = true
    var reason = "an earlier step that it builds on failed"
    func carryOut(_ stages: [[PlannedStep]], _ phase: StagePhase) async {
      for steps in stages {
        guard isConfirmed else {
          for step in steps { await dropping(step, phase, reason) }
          continue
        }
        let results = try? await gather(steps, inFlight: options.inFlight) {
          await step($0, phase)
        }
        isConfirmed = results?.allSatisfy { $0 == .confirmed } ?? false
      }
    }
    await carryOut(track.stores, .stores)
    if await !board.areConfirmed(track.needs.map { .up($0) }), isConfirmed {
      (isConfirmed, reason) = (false, "what it depends on failed")
    }
    await carryOut(track.up, .up)
    await board.end(.up(track.application), isConfirmed: isConfirmed)
    await carryOut(track.late, .late)
    if await !board.areConfirmed(track.dependants.map { .down($0) }) { isConfirmed = false }
    if await !board.areConfirmed(track.successors.map { .up($0) }), isConfirmed {
      (isConfirmed, reason) = (false, "what takes its place is not up")
    }
    await carryOut(track.down, .down)
    await board.end(.down(track.application), isConfirmed: isConfirmed)
    return isConfirmed
  }

  /// Carries out a step, unless it may take hosts down and was started a moment ago and is not seen.
  private func carryOut(
    _ step: PlannedStep, among suspects: SuspectStarts, in turn: LaneGate.Turn,
    _ observer: LatticeObserver, _ tally: Tally,
    _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> (sent: PlannedStep, result: StepResult) {
    guard suspects.mayStart(step) else {
      return (step, .dropped("it may take hosts down, and is not seen where it was started last"))
    }
    let (sent, result) = await carryOut(step, in: turn, observer, tally, watch)
    suspects.note(result, of: step)
    if result == .confirmed, suspects.areSeveral(of: step), let host = step.unit.host {
      await observer.watch(host)
    }
    return (sent, result)
  }

  /// Carries out a step.
  ///
  /// - Returns: What became of it; of a step that is under way, what of it was sent.
  private func carryOut(
    _ step: PlannedStep, in turn: LaneGate.Turn, _ observer: LatticeObserver, _ tally: Tally,
    _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> (sent: PlannedStep, result: StepResult) {
    if let provider = await observer.deafProvider(among: step.linkedIDs, within: .seconds(5)) {
      return (step, .failed(Self.deafness(of: provider)))
    }
    let parts = dialect.parts(of: step)
    guard !parts.isEmpty else { return (step, .failed("these hosts know nothing of the kind")) }
    for (position, part) in parts.enumerated() {
      // A second part belongs to what the first began: leaving nothing there would be worse.
      if position == 0 {
        guard permission() == .all else { return (step, .dropped("nothing more may be sent")) }
        if let reason = await observer.preemption { return (step, .dropped(reason)) }
        guard await observer.isFresh(step) else { return (step, .stale) }
      } else if permission() == .none {
        return (step, .dropped("it was stopped, and what starts it again may not be sent now"))
      }
      let isLast = position == parts.count - 1
      let result = await carryOut(
        part, isFirst: position == 0, isLast: isLast, of: step, in: turn, observer, tally, watch)
      guard result == .confirmed else {
        var sent = step
        if result == .underWay || result == .unanswered {
          sent.intents = isLast ? step.intents : Array(parts[...position])
        }
        return (sent, result)
      }
    }
    return (step, .confirmed)
  }

  private func carryOut(
    _ part: Intent, isFirst: Bool, isLast: Bool, of step: PlannedStep, in turn: LaneGate.Turn,
    _ observer: LatticeObserver, _ tally: Tally,
    _ watch: @escaping @Sendable (ExecutionEvent) -> Void
  ) async -> StepResult {
    let request = dialect.request(for: part, in: lattice)
    var result = StepResult.timedOut
    for attempt in 1...options.attempts {
      if attempt > 1 {
        await pause(before: attempt)
        guard maySend(isFirst: isFirst) else { return result }
        if isFirst, await observer.preemption != nil { return result }
      }
      guard await !observer.wasDisconnected else { return .lost(Self.outage) }
      await observer.expect(part)
      tally.noteSent()
      if attempt == 1, part.launch != nil { tally.noteStart(of: step) }
      let reception = await send(request, part, isFirst: isFirst, observer)
      switch reception {
      case .accepted where options.isFirstStageOnly: return .confirmed
      case .accepted, .silent:
        let isAnswered = reception == .accepted
        let underWay = isAnswered ? StepResult.underWay : .unanswered
        switch await effect(of: part, isLast: isLast, of: step, in: turn, observer, isAnswered) {
        case .confirmed:
          CrashPoint.reach("command.confirmed")
          return .confirmed
        case .failed(let error): return .failed(error)
        case .unheard(let words): return options.leavesUnderWay ? underWay : .lost(words)
        case .lost(let words):
          return await observer.wasDisconnected ? cut(part, underWay) : .lost(words)
        case .pending: return options.leavesUnderWay ? underWay : .timedOut
        case .abandoned: return underWay
        }
      case .withheld: return .dropped("nothing more may be sent")
      case .refused(let words): result = .failed(words)
      case .lost(let words): return .lost(words)
      case .cut: return cut(part, .unanswered)
      }
      if attempt < options.attempts {
        watch(.retry(step, attempt: attempt + 1, reason: "\(result)"))
      }
    }
    return result
  }

  /// Waits for the effect of a command that was sent.
  ///
  /// A start may take as long as its image needs to come; others pass its host's lane meanwhile. That
  /// of a provider is over once it listens, for what a host tells it before is lost.
  private func effect(
    of part: Intent, isLast: Bool, of step: PlannedStep, in turn: LaneGate.Turn,
    _ observer: LatticeObserver, _ isAnswered: Bool
  ) async -> CommandStatus {
    let mayTakeLong = part.launch != nil && isAnswered && !options.leavesUnderWay
    let grace = mayTakeLong ? options.startGrace : options.confirmTimeout
    var status = await observer.confirm(part, isLast: isLast, within: grace)
    if status == .pending, mayTakeLong {
      await turn.end()
      status = await observer.confirm(part, isLast: isLast, within: step.startTimeout - grace)
    }
    guard status == .confirmed, case .provider(let launch)? = part.launch, let host = part.host
    else { return status }
    await turn.end()
    return await observer.confirmListening(launch.id, on: host, within: options.confirmTimeout)
  }

  /// Why a step is not carried on when the connection is lost.
  private static let outage = "the connection to the NATS server was lost"

  /// What is said of a provider that a link cannot be put for.
  private static func deafness(of provider: ProviderID) -> String {
    "provider '\(provider)' is listed and does not answer for its health: a link that is put now "
      + "could be lost"
  }

  /// What is known of a command that was sent when the connection was lost: on a host it may still
  /// take effect, for whoever looks again.
  private func cut(_ part: Intent, _ result: StepResult) -> StepResult {
    options.leavesUnderWay && part.host != nil ? result : .lost(Self.outage)
  }

  private enum Reception: Equatable {
    case accepted
    case silent
    case refused(String)
    case lost(String)
    case cut
    /// It was to be sent again, and may not be any more.
    case withheld
  }

  /// Whether something may be sent now; what a step has begun may be finished.
  private func maySend(isFirst: Bool) -> Bool {
    let permission = permission()
    return permission == .all || permission == .finishing && !isFirst
  }

  /// Sends a command and waits for its reply; "no responders" twice is the loss of the host.
  private func send(
    _ request: ControlRequest, _ part: Intent, isFirst: Bool, _ observer: LatticeObserver
  ) async -> Reception {
    for attempt in 1...2 {
      do {
        CrashPoint.reach("command.send")
        let message = try await transport.request(
          request.payload, to: request.subject, timeout: options.replyTimeout)
        CrashPoint.reach("command.replied")
        let reply = try dialect.readReply(message.payload, to: part)
        return reply.isAccepted ? .accepted : .refused(reply.message)
      } catch NATSError.noResponders {
        guard attempt == 2 else {
          try? await Task.sleep(for: .milliseconds(100))
          guard maySend(isFirst: isFirst) else { return .withheld }
          continue
        }
        if let host = part.host { await observer.noteUnheard(host) }
        return .lost("nobody listens on \(request.subject)")
      } catch NATSError.timeout {
        return .silent
      } catch NATSError.disconnected {
        await observer.noteOutage()
        return .cut
      } catch {
        return .refused(error.sentence)
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
    var starts: [StartedUnit] = []
    var sent = 0
    var first: ContinuousClock.Instant?
  }

  private let state = Lock(State())

  func note(_ step: PlannedStep, _ result: StepResult) {
    state.withLock { $0.results.append((step, result)) }
  }

  func noteStart(of step: PlannedStep) {
    var isRescale = false
    if case .countChanged = step.reason { isRescale = true }
    let start = StartedUnit(unit: step.unit, at: .now, isRescale: isRescale)
    state.withLock { $0.starts.append(start) }
  }

  func noteSent() {
    state.withLock {
      $0.sent += 1
      $0.first = $0.first ?? .now
    }
  }

  var first: ContinuousClock.Instant? { state.withLock { $0.first } }

  var results: [(step: PlannedStep, result: StepResult)] { state.withLock { $0.results } }
  var starts: [StartedUnit] { state.withLock { $0.starts } }
  var sent: Int { state.withLock { $0.sent } }
}
