import LatticeDialects
import LatticeModel
import NATSTransport
import ServiceRuntime

/// How the observer finds out who is still there.
extension LatticeObserver {
  /// Rounds of questions: each `probe` interval, or at once where somebody may just have died.
  func probe() async {
    while !Task.isCancelled {
      let next = ContinuousClock.now + interval
      if isConnected { await round(isUrgent: wasUrgent) }
      wasUrgent = await pause(until: next)
      noteSleep(since: next)
    }
  }

  /// Notes that our own process was stopped, if it was: what was not heard meanwhile proves nothing.
  ///
  /// - Parameter expected: When we were to be awake at the latest.
  /// - Returns: Whether it was.
  @discardableResult
  func noteSleep(since expected: ContinuousClock.Instant) -> Bool {
    guard .now - expected > .seconds(2) else { return false }
    detector.noteLink(isUp: isConnected, at: .now)
    return true
  }

  /// Waits for the next round.
  ///
  /// - Returns: Whether it is to be urgent.
  func pause(until next: ContinuousClock.Instant) async -> Bool {
    let urgency = Task { [urgency] in await urgency.next() != nil }
    let timer = Task {
      try? await Task.sleep(until: next, clock: .continuous)
      urgency.cancel()
    }
    defer { timer.cancel() }
    return await withTaskCancellationHandler {
      await urgency.value
    } onCancel: {
      urgency.cancel()
    }
  }

  /// At most a thousand answers a second, however many hosts there are.
  var interval: Duration {
    let probe = options.detection.probe
    guard probe > .zero else { return .seconds(5) }
    return max(probe, .milliseconds(observed.hosts.count(where: \.countsAsRunning)))
  }

  func round(isUrgent: Bool) async {
    let start = ContinuousClock.now
    if options.detection.probe > .zero || isUrgent {
      detector.beginRound(at: .now)
      await ping(isUrgent: isUrgent)
    } else {
      // Heartbeats alone tell: whoever missed two is asked.
      detector.beginRound(at: .now - options.detection.heartbeatTimeout)
    }
    let asked = detector.endRound()
    await withTaskGroup(of: Void.self) { group in
      let pause = Duration.milliseconds(isUrgent ? 20 : 100)
      for host in asked.prefix(256) {
        group.addTask { await self.askDirectly(host, pause: pause) }
      }
    }
    guard !noteSleep(since: start + .seconds(2)) else { return }
    for (host, health) in detector.verdicts(at: .now) {
      switch health {
      case .healthy: break
      case .late(let reason): observed.mark(host, .late(reason: reason))
      case .lost: observed.mark(host, .lost)
      }
    }
    tell()
    readWhereNeeded()
  }

  /// Pings everybody; a host answers within some ten milliseconds even while it starts much.
  ///
  /// - Returns: Who answered and can be commanded.
  @discardableResult
  func ping(isUrgent: Bool) async -> Set<HostID> {
    let window =
      isUrgent
      ? GatherWindow(
        atLeast: .milliseconds(25), quiet: .milliseconds(10), atMost: .milliseconds(50))
      : GatherWindow(
        atLeast: .milliseconds(150), quiet: .milliseconds(50), atMost: .milliseconds(200))
    guard
      let answers = try? await transport.requestMany(
        [], to: ControlSubject.hostPing(lattice), within: window)
    else { return [] }
    var answered: Set<HostID> = []
    for message in answers {
      guard let answer = try? decodeAnswer(message.payload) else { continue }
      let wasAway = detector.heard(answer.host, labels: answer.labels, at: .now)
      observed.note(answer, at: now)
      let isUsable = observed.host(answer.host)?.isUsable ?? false
      if wasAway || !isUsable { observed.requestInventory(of: answer.host) }
      if answer.isSupported { answered.insert(answer.host) }
    }
    return answered
  }

  /// A reply clears a host, "no responders" twice speaks against it, silence says nothing.
  func askDirectly(_ host: HostID, pause: Duration) async {
    let subject = ControlSubject.inventory(of: host, in: lattice)
    for _ in 1...2 {
      do {
        let question = observed.host(host)?.reports ?? 0
        let answer = try await transport.request([], to: subject, timeout: .milliseconds(300))
        let report = try decodeInventory(answer.payload)
        detector.heard(host, labels: report.labels, at: .now)
        observed.note(report, answering: question, at: now)
        return
      } catch NATSError.noResponders {
        guard detector.refused(host, at: .now) else { return }
        try? await Task.sleep(for: pause)
      } catch {
        return
      }
    }
  }
}
