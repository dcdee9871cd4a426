import ConfigurationModel
import LatticeDialects
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileLoop
import RecordKeeping
import ServiceRuntime

/// What became of a schedule.
struct Verdict: Sendable {
  var complaints: [String] = []
  /// What really happened.
  var happened: [Happening.Kind] = []
  /// How long after the last fault the lattice was in sync.
  var settled: Duration?
  /// How often one set was turned from more to fewer instances or back, at most.
  var turns = 0
}

extension World {
  /// How long after the last fault the lattice must be in sync: what failed on a host may speak
  /// against it for ten minutes.
  static let limit = HostErrors.memory + .seconds(60)
  /// How often one set may be turned from more to fewer instances and back for one commit: twice for
  /// each host that goes and comes.
  static let mostTurns = 6
  /// How long nothing may be sent after that.
  static let calm = Duration.seconds(15)

  /// Runs the schedule to its end.
  func run() async -> Verdict {
    var verdict = Verdict()
    do {
      try await lattice.start()
      await populate()
      startController()
      verdict.happened = await happen()
      verdict.settled = await settle()
      if verdict.settled != nil { await lookAnew() }
    } catch {
      judge.complain("cannot begin: \(error)")
    }
    let processes = state.withLock { $0.processes.keys.sorted() }
    for process in processes { await kill(process) }
    await lattice.stop()
    let turns = judge.state.withLock { $0.turns }
    for (set, turn) in turns where turn.most > Self.mostTurns {
      judge.complain("\(set) was turned round \(turn.most) times for one commit")
    }
    verdict.turns = turns.values.map(\.most).max() ?? 0
    verdict.complaints = judge.state.withLock { $0.complaints }
    return verdict
  }

  private func populate() async {
    commit { _ in }
    for number in 0..<schedule.hosts {
      let labels = [
        "region": "r\(number % schedule.regions)", "zone": number % 2 == 0 ? "a" : "b",
      ]
      let host = await addHost(labels, upFor: .seconds(600))
      state.withLock { $0.slots.append(Slot(host: host, labels: labels)) }
    }
    let visited = state.withLock { state in
      state.visited = state.slots.first?.host
      return state.visited
    }
    for (verb, body) in visited.map(Strangers.commands) ?? [] {
      await send(verb, body)
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Lets everything happen at its time; returns what could.
  private func happen() async -> [Happening.Kind] {
    await withTaskGroup(of: Happening.Kind?.self) { group in
      for happening in schedule.happenings {
        group.addTask { [self] in
          try? await Task.sleep(until: start + .seconds(happening.at), clock: .continuous)
          guard let end = await begin(happening) else { return nil }
          log("BEGIN \(happening)")
          try? await Task.sleep(for: .seconds(happening.lasts))
          await end()
          log("END \(happening)")
          return happening.kind
        }
      }
      return await group.reduce(into: []) { happened, happening in
        if let happening { happened.append(happening) }
      }
    }
  }

  /// Waits until the lattice is in sync and calm.
  private func settle() async -> Duration? {
    let end = ContinuousClock.now
    var difference: String?
    while ContinuousClock.now - end < Self.limit {
      try? await Task.sleep(for: .seconds(1))
      let last = judge.state.withLock { $0.lastCommand } ?? end
      guard .now - last > Self.calm else { continue }
      difference = await self.difference()
      if difference != nil { await approveSuspects() }
      if difference == nil { return max(.zero, last - end) }
    }
    judge.complain(difference.map { "not in sync: \($0)" } ?? "in sync, but commands do not end")
    return nil
  }

  /// Has a controller that knows nothing plan anew, and send nothing: it must agree.
  private func lookAnew() async {
    let health = ControllerHealth()
    startController(.observe, health)
    let deadline = ContinuousClock.now + .seconds(60)
    while health.current.plan == nil, .now < deadline {
      try? await Task.sleep(for: .milliseconds(500))
    }
    guard let plan = health.current.plan else {
      return judge.complain("a controller that begins now makes no plan")
    }
    let steps = plan.steps + plan.held.map(\.step)
    guard let step = steps.first else { return }
    judge.complain("a controller that begins now has \(steps.count) steps: \(step.intents)")
  }

  /// Lets go on, as a person does who knows that hosts died of other causes, what is held since they
  /// were lost right after it was started there.
  private func approveSuspects() async {
    guard
      let home = try? await RecordHome(of: name, over: bus, folder: nil, isWriter: true),
      let record = try? await home.records.load().record,
      record.suspects.contains(where: \.value.isHeld) || record.standingDoubt != nil
    else { return }
    log("a person approves what is held on suspicion")
    try? await home.records.changeBrakes { record in
      record.approvals = [Approval(of: nil, at: Timestamp(nanoseconds: WallClock.system.now))]
    }
  }

  /// What differs between what is wanted and what really runs, is stored and is in force.
  private func difference() async -> String? {
    if let link = await lattice.linksNotInForce().first { return "not in force: \(link)" }
    let (wanted, truth) = (state.withLock { $0.wanted }, await lattice.truth)
    for (name, application) in wanted.applications.sorted(by: { $0.key < $1.key }) {
      for (actor, asked) in application.actors.sorted(by: { $0.key < $1.key }) {
        let id = "\(name)-\(actor)"
        for zone in ["a", "b"] {
          let hosts = truth.values.filter { $0.labels["zone"] == zone }
          let count = hosts.reduce(0) { $0 + ($1.actors[id]?.instances ?? 0) }
          if asked.isSpread, count * 2 != asked.instances {
            return "\(count) of \(id) in zone \(zone), not half of \(asked.instances)"
          }
        }
        let sets = truth.values.compactMap { $0.actors[id] }
        let image = Wanted.image(actor, asked.version)
        let count = sets.filter { $0.code == image && $0.claimedImage == image }
          .reduce(0) { $0 + $1.instances }
        let all = sets.reduce(0) { $0 + $1.instances }
        if count != asked.instances || all != count {
          return "\(count) of \(asked.instances) of \(id) with \(image), \(all) in all"
        }
        for set in sets where (set.configs.count == 1) != (asked.setting != nil) {
          return "\(id) runs with configs \(set.configs)"
        }
        if let setting = asked.setting, let config = sets.first?.configs.first,
          await stored(config)?["setting"] != "\(setting)"
        {
          return "config \(config) does not hold \(setting)"
        }
      }
      if application.hasProvider, let difference = await links(of: name, application) {
        return difference
      }
    }
    let ours = { (id: String) in !id.hasPrefix(Strangers.id) }
    let actors = Set(truth.values.flatMap(\.actors.keys)).subtracting(wanted.instances.keys)
    let providers = truth.values.flatMap(\.providers).filter { ours($0.key) }
      .map { "\($0.key) with \($0.value.image)" }.sorted()
    if let left = actors.filter(ours).sorted().first { return "\(left) still runs" }
    if let visited = state.withLock({ $0.visited }),
      let loss = Strangers.loss(on: truth[visited])
    {
      return "\(loss) ended"
    }
    if await stored(Strangers.config) == nil { return "a config of a stranger is gone" }
    if let left = await leftovers(of: wanted) { return left }
    let wantedProviders = wanted.providers.map { "\($0.key) with \($0.value)" }.sorted()
    return providers == wantedProviders
      ? nil : "providers \(providers) run, not \(wantedProviders)"
  }

  /// A config or link that was wanted once and is still stored.
  private func leftovers(of wanted: Wanted) async -> String? {
    let former = judge.state.withLock { $0.commits.map(\.wanted) }
    for config in Set(former.flatMap(\.configs)).subtracting(wanted.configs).sorted()
    where await stored(config) != nil {
      return "config \(config) is left"
    }
    for source in Set(former.flatMap(\.providers.keys)).subtracting(wanted.providers.keys)
      .sorted()
    {
      let links = await storedLinks(of: source)
      if !links.isEmpty { return "links of \(source) are left" }
    }
    return nil
  }

  private func storedLinks(of source: String) async -> [LinkDefinition] {
    let store = NATSKeyValue(bucket: LatticeStore.components(name), over: bus)
    let value = try? await store.get(LatticeStore.key(ofSource: source))?.value
    return value.flatMap { try? decodeStoredLinks($0) } ?? []
  }

  private func links(of name: String, _ application: Wanted.Application) async -> String? {
    let source = "\(name)-http"
    let links = await storedLinks(of: source)
    let targets = links.map(\.target).sorted()
    guard targets == application.actors.keys.map({ "\(name)-\($0)" }).sorted() else {
      return "links of \(source) lead to \(targets)"
    }
    for link in links {
      guard let config = link.sourceConfig.first,
        let actor = link.target.split(separator: "-").last,
        await stored(config.rawValue)?["address"] == application.address(for: String(actor))
      else { return "a link of \(source) has another address" }
    }
    return nil
  }

  private func stored(_ config: String) async -> [String: String]? {
    let store = NATSKeyValue(bucket: LatticeStore.configs(name), over: bus)
    guard let value = try? await store.get(config)?.value else { return nil }
    return try? decodeStoredConfig(value)
  }
}
