import JSONCoding
import LatticeModel
import LatticeSimulator
import NATSTransport
import RecordKeeping
import ServiceRuntime

/// What happens, and how it ends.
extension World {
  /// What ends something that has begun; `nil` where it could not begin.
  typealias Ending = @Sendable () async -> Void

  /// Lets something happen, if it can just now.
  func begin(_ happening: Happening) async -> Ending? {
    switch happening.kind {
    case .instances, .image, .spread, .setting, .address, .removal, .addition, .broken:
      return change(happening)
    case .deadlyImage: return await commitDeadly(happening)
    case .slowImage: return await commitSlow(happening)
    case .committedMidway: return await commitMidway(happening)
    case .backAndForth: return commitBackAndForth(happening)
    case .repositorySwapped: return swapRepository(happening)
    case .lineStalled, .lineDead: return swallow(happening)
    case .killed, .replaced, .restarted, .hungBriefly, .hungLong, .slow, .imageFails, .refuses,
      .idle, .clockWrong:
      guard let slot = take(happening.choice) else { return nil }
      let end = await harm(slot, happening.kind)
      return { [self] in
        await end()
        state.withLock { $0.slots[slot].isTaken = false }
      }
    case .siteCut, .siteUnheard: return await cutSite(happening)
    case .person: return await command(happening.choice)
    case .eventsLost, .eventsLate, .eventsDoubled, .requestsLost, .requestsLate, .busCut,
      .serverRestarted, .storeSilent, .storeGone, .recordReadOnly, .leaseReadOnly, .unreadable,
      .rewritten:
      guard state.withLock({ $0.underWay.insert(happening.kind).inserted }) else { return nil }
      let end = await disturb(happening)
      return { [self] in
        await end?()
        state.withLock { _ = $0.underWay.remove(happening.kind) }
      }
    case .standby, .controllerKilled, .controllerPaused: return await control(happening)
    case .controllerPausedMidway: return await pauseMidway(happening)
    }
  }

  // MARK: Commits

  func change(_ happening: Happening) -> Ending? {
    let choice = happening.choice
    let (wanted, taken) = state.withLock { ($0.wanted, $0.takenApplications) }
    let usable = wanted.applications.filter { !$0.value.isBroken && !taken.contains($0.key) }
      .keys.sorted()
    guard !usable.isEmpty else { return nil }
    let name = usable[choice % usable.count]
    guard let actor = wanted.applications[name]?.actors.keys.sorted().first else { return nil }
    switch happening.kind {
    case .removal where wanted.applications.count == 1: return nil
    case .removal: commit { $0.applications[name] = nil }
    case .addition:
      let new = "extra\(choice % 3)"
      guard wanted.applications[new] == nil else { return nil }
      var random = SeededGenerator(seed: UInt64(choice))
      let application = Wanted.Application.random(using: &random)
      commit { $0.applications[new] = application }
    case .broken:
      commit { $0.applications[name]?.isBroken = true }
      return { [self] in commit { $0.applications[name]?.isBroken = false } }
    default:
      commit { $0.applications[name]?.change(happening.kind, of: actor, choice) }
    }
    return {}
  }

  // MARK: Hosts

  private func take(_ choice: Int) -> Int? {
    state.withLock { state in
      let slot = choice % state.slots.count
      guard !state.slots[slot].isTaken else { return nil }
      state.slots[slot].isTaken = true
      return slot
    }
  }

  private func harm(_ number: Int, _ kind: Happening.Kind) async -> Ending {
    let slot = state.withLock { $0.slots[number] }
    let host = slot.host
    switch kind {
    case .killed, .restarted, .replaced:
      await killHost(host)
      return { [self] in
        let back = await addHost(slot.labels, id: kind == .replaced ? nil : host)
        state.withLock { $0.slots[number].host = back }
      }
    case .hungBriefly, .hungLong:
      await mute(host, .afterSilence)
      return { [self] in await unmute(host) }
    case .slow:
      change { $0.slow[host] = .seconds(7) }
      return { [self] in change { $0.slow[host] = nil } }
    case .imageFails:
      let images = Set(state.withLock { $0.wanted.images.values })
      await lattice.setFaults(of: host) { $0.failingImages = images }
      return { [lattice] in await lattice.setFaults(of: host) { $0.failingImages = [] } }
    case .clockWrong:
      let hours = Bool.random() ? 1 : -1
      change { $0.clocks[host] = hours }
      return { [self] in change { $0.clocks[host] = nil } }
    case .idle:
      await lattice.setFaults(of: host) { $0.neverActs = true }
      return { [lattice] in await lattice.setFaults(of: host) { $0.neverActs = false } }
    default:
      await lattice.setFaults(of: host) { $0.refusals = 3 }
      return { [lattice] in await lattice.setFaults(of: host) { $0.refusals = 0 } }
    }
  }

  /// Cuts a whole site off: silent behind a link that is broken, or unheard of by the server.
  private func cutSite(_ happening: Happening) async -> Ending? {
    let region = "r\(happening.choice % schedule.regions)"
    let cut = state.withLock { state -> [HostID]? in
      let numbers = state.slots.indices.filter { state.slots[$0].labels["region"] == region }
      guard !numbers.contains(where: { state.slots[$0].isTaken }) else { return nil }
      for number in numbers { state.slots[number].isTaken = true }
      return numbers.map { state.slots[$0].host }
    }
    guard let cut else { return nil }
    let isUnheard = happening.kind == .siteUnheard
    // Whoever came while nobody could see it is unknown, and so may the site be; whoever was silent
    // just before goes alone.
    let losses = judge.state.withLock { judged in
      let hosts = cut.map { judged.hosts[$0.rawValue] }
      let isSite = hosts.count { $0?.isKnown == true && $0?.isHeard == true } > 1
      return hosts.map { host -> Judge.Loss in
        isSite && host?.isHeard == true ? .never : isUnheard ? .atOnce : .afterSilence
      }
    }
    for (host, loss) in zip(cut, losses) { await mute(host, loss) }
    if isUnheard { change { $0.unheard.formUnion(cut) } }
    return { [self] in
      if isUnheard { change { $0.unheard.subtract(cut) } }
      for host in cut { await unmute(host) }
      state.withLock { state in
        for number in state.slots.indices where cut.contains(state.slots[number].host) {
          state.slots[number].isTaken = false
        }
      }
    }
  }

  /// A person commands something by hand.
  private func command(_ choice: Int) async -> Ending? {
    let truth = await lattice.truth
    let sets = truth.keys.sorted().flatMap { host in
      (truth[host]?.actors.keys.sorted() ?? []).filter { $0 != Strangers.id }.map { (host, $0) }
    }
    guard !sets.isEmpty else { return nil }
    let (host, id) = sets[choice % sets.count]
    guard let set = truth[host]?.actors[id] else { return nil }
    let counts = [set.instances + 1, set.instances - 1, 0]
    let body: JSONValue = [
      "component_id": .string(id), "component_ref": .string(set.claimedImage),
      "host_id": .string(host.rawValue), "count": .int(counts[choice / 7 % 3]),
      "annotations": .object(set.annotations.mapValues(JSONValue.string)),
      "config": .array(set.configs.map(JSONValue.string)),
    ]
    // An event that is late may come when its host has become slow to say more.
    let isUnseen = state.withLock {
      $0.conditions.slow[host] != nil || $0.conditions.events.loss > 0
        || $0.conditions.events.lateness > 0 || $0.conditions.isCut
    }
    judge.changedByHand(id, on: host, unseen: isUnseen ? Judge.resync : Judge.notice)
    await send("component.scale.\(host)", body)
    return {}
  }

  /// Sends what a person would.
  func send(_ verb: String, _ body: JSONValue) async {
    try? await bus.publish(
      body.bytes(), to: "wasmbus.ctl.v1.\(name).\(verb)", replyTo: nil)
  }

  // MARK: What all stand on

  private func disturb(_ happening: Happening) async -> Ending? {
    switch happening.kind {
    case .eventsLost: return weather(\.events) { $0.loss = 0.5 }
    case .eventsLate: return weather(\.events) { ($0.lateness, $0.delay) = (0.5, .seconds(4)) }
    case .eventsDoubled: return weather(\.events) { $0.doubling = 0.5 }
    case .requestsLost:
      judge.answersAreLost()
      let end = weather(\.requests) { $0.loss = 0.1 }
      return { [judge] in
        await end()
        judge.answersWereLost()
      }
    case .requestsLate:
      return weather(\.requests) { ($0.lateness, $0.delay) = (0.5, .milliseconds(400)) }
    case .storeSilent:
      change { $0.isStoreSilent = true }
      return { [self] in change { $0.isStoreSilent = false } }
    case .storeGone:
      change { $0.isStoreGone = true }
      return { [self] in change { $0.isStoreGone = false } }
    case .recordReadOnly: return closeForWriting(RecordStore.bucket(name))
    case .leaseReadOnly: return closeForWriting(ControllerLease.bucket(name))
    case .unreadable: return hide { [repository] in repository.setReadable(!$0) }
    case .rewritten:
      var other = state.withLock { $0.wanted }
      let names = other.applications.keys.sorted()
      other.applications[names[happening.choice % names.count]] = nil
      for name in other.applications.keys { other.applications[name]?.address += 1 }
      return hide { [repository, other] in repository.rewrite($0 ? other.files : nil) }
    case .busCut:
      change { $0.isBusCut = true }
      return { [self] in change { $0.isBusCut = false } }
    default: return await restartServer(happening)
    }
  }

  /// Has a bucket refuse what controllers write, until it ends.
  private func closeForWriting(_ bucket: String) -> Ending {
    change { $0.readOnly.insert(bucket) }
    return { [self] in change { $0.readOnly.remove(bucket) } }
  }

  /// Hides the line of commits, until it ends.
  func hide(_ hide: @escaping @Sendable (Bool) -> Void) -> Ending {
    hide(true)
    judgeCommits()
    return { [self] in
      hide(false)
      judgeCommits()
    }
  }

  private func weather(
    _ path: any WritableKeyPath<Conditions, Weather> & Sendable, _ change: (inout Weather) -> Void
  ) -> Ending {
    self.change { change(&$0[keyPath: path]) }
    return { [self] in self.change { $0[keyPath: path] = Weather() } }
  }

  /// The server goes and comes back; each host finds its way back a moment after us.
  private func restartServer(_ happening: Happening) async -> Ending? {
    let hosts = state.withLock { state -> [HostID] in
      let numbers = state.slots.indices.filter { !state.slots[$0].isTaken }
      for number in numbers { state.slots[number].isTaken = true }
      return numbers.map { state.slots[$0].host }
    }
    change {
      $0.isServerDown = true
      $0.unheard.formUnion(hosts)
    }
    for host in hosts { await mute(host, .never) }
    return { [self] in
      change { $0.isServerDown = false }
      for host in hosts {
        try? await Task.sleep(for: .seconds(Double.random(in: 0...1)))
        change { $0.unheard.remove(host) }
        await unmute(host)
      }
      state.withLock { state in
        for number in state.slots.indices where hosts.contains(state.slots[number].host) {
          state.slots[number].isTaken = false
        }
      }
    }
  }

  // MARK: Controllers

  /// The controllers that are not paused, the oldest first.
  var runningControllers: [Int] {
    state.withLock { $0.processes.filter { !$0.value.isPaused }.keys.sorted() }
  }

  private func control(_ happening: Happening) async -> Ending? {
    let running = runningControllers
    switch happening.kind {
    case .standby:
      startController()
      return {}
    case .controllerKilled:
      guard let victim = running.first else { return nil }
      await kill(victim)
      return { [self] in startController() }
    default:
      guard VirtualTime.isOn, let victim = running.first else { return nil }
      return pause(victim, happening)
    }
  }
}

extension Wanted.Application {
  mutating func change(_ kind: Happening.Kind, of actor: String, _ choice: Int) {
    switch kind {
    case .instances: actors[actor]?.instances = 2 * (1 + choice % 5)
    case .image: actors[actor]?.version += 1
    case .spread: actors[actor]?.isSpread.toggle()
    case .setting: actors[actor]?.setting = choice
    default: address += 1
    }
  }
}
