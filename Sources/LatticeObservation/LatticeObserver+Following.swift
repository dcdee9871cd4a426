import LatticeModel
import NATSTransport
import ServiceRuntime

/// What the observer follows: events, its own connection, and time.
extension LatticeObserver {
  func followEvents() async {
    guard let feed else { return }
    while let arrivals = await feed.next(), !Task.isCancelled {
      take(arrivals)
      settle()
    }
  }

  func take(_ arrivals: [EventFeed.Arrival]) {
    for arrival in arrivals {
      switch arrival {
      case .gap:
        execution?.preempt("events were lost")
        observation.missEvents()
      case .event(let event, let time):
        switch event {
        case .actorScaleFailed, .providerStartFailed: changed(.failed(event))
        default: break
        }
        noteSurprise(in: event)
        observation.hear(event, at: Moment(instant: .now, time: time))
        noteEffects(of: event)
      }
    }
    settleEffects()
  }

  func followConnection() async {
    while let batch = await transport.connectionEvents.next(), !Task.isCancelled {
      var isChanged = batch.dropped > 0
      for event in batch.elements {
        switch event {
        case .refused(let words): changed(.refused(words))
        case .closed, .leaving: changed(.closed)
        case .disconnected:
          isChanged = true
          observation.disconnect(at: .now)
          noteOutage()
        case .reconnected:
          isChanged = true
          observation.reconnect(at: .now)
          readWhereNeeded()
        }
      }
      if isChanged { changed(.hosts(lost: [])) }
    }
  }

  // MARK: Rounds of questions

  /// Asks who is there each `probe` interval, or at once where somebody may just have died.
  ///
  /// What an urgent round leaves open, since others were slow to answer, has three more, a second apart.
  func probe() async {
    var start = ContinuousClock.now
    var more = 0
    while !Task.isCancelled {
      // The look before the first was a round, too.
      let interval = more > 0 ? min(interval, .seconds(1)) : interval
      let isUrgent = await pause(until: start + interval)
      noteSleep(since: start + interval)
      start = .now
      guard isUp else { continue }
      let isOpen = await round(isUrgent: isUrgent)
      more = isOpen ? (isUrgent ? 3 : max(0, more - 1)) : 0
    }
  }

  /// Notes that our own process was stopped, if it was.
  ///
  /// - Parameter expected: When we were to be awake at the latest.
  /// - Returns: Whether it was.
  @discardableResult
  func noteSleep(since expected: ContinuousClock.Instant) -> Bool {
    guard .now - expected > .seconds(2) else { return false }
    observation.sleep(at: .now)
    return true
  }

  /// Waits for the next round.
  ///
  /// - Returns: Whether it is to be urgent.
  private func pause(until next: ContinuousClock.Instant) async -> Bool {
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
  private var interval: Duration {
    let probe = options.detection.probe
    guard probe > .zero else { return .seconds(5) }
    return max(probe, .milliseconds(observed.hosts.count(where: \.countsAsRunning)))
  }

  /// Once a pass is on record, waits until every host was heard again, and tells that: removals wait
  /// for it.
  func prove() async {
    while !observation.isProven, await passes.next() != nil {
      let awaited = Set(observed.hosts.lazy.filter { $0.isSupported }.map(\.id))
      var heard: Set<HostID> = []
      while !observation.isProven, !Task.isCancelled {
        heard.formUnion(await ping(within: Self.calm))
        let missing = awaited.subtracting(heard).filter {
          observed.host($0)?.countsAsRunning ?? false
        }
        if missing.isEmpty, !heard.isEmpty { observation.prove() }
        if !observation.isProven { try? await Task.sleep(for: .seconds(1)) }
      }
      if observation.isProven { changed(.contents) }
    }
  }

  /// Reads every inventory again, spread over the interval, but for those that a heartbeat has just
  /// told.
  func resync() async {
    while !Task.isCancelled {
      let hosts = observed.hosts.filter { $0.isSupported && $0.presence != .lost }.map(\.id)
      if hosts.isEmpty { try? await Task.sleep(for: options.resync) }
      // So many at once that we need not wake up more often than every five seconds.
      let turns = max(1, options.resync / .seconds(5))
      let size = max(1, Int((Double(hosts.count) / turns).rounded(.up)))
      let pause = options.resync * (Double(size) / Double(max(1, hosts.count)))
      for start in stride(from: 0, to: hosts.count, by: size) where !Task.isCancelled {
        try? await Task.sleep(for: pause * Double.random(in: 0.8...1.2))
        guard !Task.isCancelled else { return }
        await read(
          hosts[start...].prefix(size).filter { id in
            guard let age = observed.host(id).map({ time.since($0.reportedAt) }) else {
              return false
            }
            return age < .zero || age > options.resync / 2
          })
        settle()
      }
      // What a plan found in the stores stands as long as it is carried out.
      if execution == nil { observation.forgetStores() }
      observation.forgetLost(before: Timestamp(nanoseconds: clock.now &- Self.memory))
    }
  }

  /// How long a lost host is remembered, in nanoseconds; one that starts anew may well come under
  /// another id.
  private static let memory: Int64 = 600_000_000_000
}
