import Diagnostics
import LatticeDialects
import LatticeModel
import NATSTransport
import ServiceRuntime

/// What the observer follows: events, its own connection, and inventories where something happened.
extension LatticeObserver {
  func followEvents() async {
    guard let feed else { return }
    while let arrivals = await feed.next(), !Task.isCancelled {
      take(arrivals)
      tell()
      readWhereNeeded()
    }
  }

  func take(_ arrivals: [EventFeed.Arrival]) {
    for arrival in arrivals {
      switch arrival {
      case .gap: for host in observed.hosts { observed.requestInventory(of: host.id) }
      case .event(let event, let time): take(event, at: time)
      }
    }
  }

  /// Once a pass is on record, waits until every host was heard again, and tells that: removals wait
  /// for it.
  func prove() async {
    while !isProven, await passes.next() != nil {
      let awaited = Set(observed.hosts.lazy.filter { $0.isSupported }.map(\.id))
      var heard: Set<HostID> = []
      while !isProven, !Task.isCancelled {
        heard.formUnion(await ping(isUrgent: false))
        let missing = awaited.subtracting(heard).filter {
          observed.host($0)?.countsAsRunning ?? false
        }
        isProven = isProven || missing.isEmpty && !heard.isEmpty
        if !isProven { try? await Task.sleep(for: .seconds(1)) }
      }
      if isProven { changed(.contents) }
    }
  }

  func take(_ event: LatticeEvent, at time: Timestamp) {
    switch event {
    case .hostHeartbeat(let report): detector.heard(report.host, labels: report.labels, at: .now)
    case .hostStopped(let host):
      detector.forget(host)
      noteStopped(host)
    case .hostStarted(let host): detector.heard(host, at: .now)
    case .actorScaleFailed, .providerStartFailed: changed(.failed(event))
    default: break
    }
    observed.apply(event, at: time)
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
          isConnected = false
          detector.noteLink(isUp: false, at: .now)
        case .reconnected:
          isChanged = true
          isConnected = true
          detector.noteLink(isUp: true, at: .now)
          mustLook = true
          observed.forgetStores()
          for host in observed.hosts {
            observed.requestInventory(of: host.id)
            guard host.isUsable else { continue }
            observed.mark(
              host.id, .late(reason: "it was not heard since our connection came back"))
          }
          readWhereNeeded()
        }
      }
      if isChanged { changed(.hosts(lost: [])) }
    }
  }

  /// Tells that something differs, once for each difference.
  func tell() {
    guard observed.generation != told else { return }
    told = observed.generation
    let present = present
    changed(present == toldPresent ? .contents : .hosts(lost: toldPresent.subtracting(present)))
    toldPresent = present
  }

  // MARK: Inventories

  func readWhereNeeded() {
    // An execution reads of the hosts that it uses, and must hear of those that come back.
    let needed = observed.hosts.filter {
      $0.needsInventory && $0.isSupported && $0.presence != .lost && !reading.contains($0.id)
        && !(isExecuting && $0.isUsable)
    }
    guard !needed.isEmpty else { return }
    let hosts = Set(needed.map(\.id))
    Task { await self.readInventories(of: hosts) }
  }

  func readInventories(of hosts: Set<HostID>) async {
    let mine = hosts.subtracting(reading)
    guard !mine.isEmpty else { return }
    reading.formUnion(mine)
    _ = try? await gather(mine.sorted(), inFlight: options.sweep.inFlight) { host in
      await self.readInventory(of: host)
    }
    reading.subtract(mine)
    tell()
    readWhereNeeded()
  }

  func readInventory(of host: HostID) async {
    let subject = ControlSubject.inventory(of: host, in: lattice)
    let question = observed.inventoryIsUnderWay(at: host)
    do {
      let answer = try await transport.request(
        [], to: subject, timeout: options.sweep.inventoryTimeout)
      let report = try decodeInventory(answer.payload)
      guard report.host == host else { return doubt(host, "it answers for another host") }
      detector.heard(host, labels: report.labels, at: .now)
      observed.note(report, answering: question, at: now)
    } catch let error as WireError {
      doubt(host, error.diagnostics.first?.message ?? "its inventory cannot be read")
    } catch NATSError.timeout {
      // Slow is not dead: whoever answers pings keeps what is known of it, and the lost stay lost.
      guard let state = observed.host(host), state.presence != .lost else { return }
      observed.missInventory(of: host)
      guard observed.host(host)?.isUsable != true else { return }
      observed.mark(host, .late(reason: "it answers pings but not for its inventory"))
    } catch {
      // Nobody listens, or it cannot be read: the next round of pings decides.
    }
  }

  /// Notes that a host does not say what it runs now: what it said before proves nothing.
  private func doubt(_ host: HostID, _ reason: String) {
    guard let state = observed.host(host), state.presence != .lost else { return }
    observed.mark(host, .late(reason: reason))
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
        let turn = hosts[start...].prefix(size).filter { id in
          guard let age = observed.host(id).map({ now.since($0.reportedAt) }) else { return false }
          return age < .zero || age > options.resync / 2
        }
        await readInventories(of: Set(turn))
      }
      observed.forgetStores()
      let old = Timestamp(nanoseconds: clock.now &- Self.memory)
      for host in observed.forgetLost(before: old) { detector.forget(host) }
    }
  }

  /// How long a lost host is remembered, in nanoseconds; one that starts anew may well come under
  /// another id.
  private static let memory: Int64 = 600_000_000_000
}
