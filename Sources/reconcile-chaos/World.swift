import ConfigurationModel
import LatticeModel
import LatticeObservation
import LatticeSimulator
import NATSTransport
import ReconcileLoop
import RecordKeeping
import ServiceRuntime

/// A lattice, its manifests and its controllers, to which a schedule happens.
final class World: Sendable {
  struct Slot: Sendable {
    var host: HostID
    var labels: [String: String]
    /// Whether something is done to the host just now.
    var isTaken = false
  }

  struct Process: Sendable {
    var task: Task<Void, Never>
    var links: [ChaosLink] = []
    var isPaused = false
    /// Whether nothing passes over its line, which it does not know.
    var isSwallowed = false

    /// Whether it can command, as far as it depends on it alone.
    var isWorking: Bool { !isPaused && !isSwallowed }
  }

  struct State: Sendable {
    var slots: [Slot] = []
    var wanted: Wanted
    var conditions = Conditions()
    var processes: [Int: Process] = [:]
    var nextProcess = 1
    /// The host on which strangers work, as long as it lives.
    var visited: HostID?
    /// What goes on just now and must not be done twice at once.
    var underWay: Set<Happening.Kind> = []
    /// Applications to whose images something happens, and nothing else may.
    var takenApplications: Set<String> = []
    /// Who waits for the next command that is sent, and by whom.
    var commandWaiters: [AsyncStream<Int>.Continuation] = []
  }

  let name: LatticeName
  let schedule: Schedule
  let bus: any MessageTransport
  let lattice: SimulatedLattice
  let repository = MemoryRepository()
  let judge: Judge
  let state: Lock<State>
  /// Tells of something, where somebody listens.
  let log: @Sendable (@autoclosure () -> String) -> Void
  private let logger: Logger
  let start = ContinuousClock.now

  init(
    _ schedule: Schedule, of name: LatticeName = "chaos", over bus: any MessageTransport,
    logger: Logger, log: @escaping @Sendable (() -> String) -> Void
  ) {
    self.name = name
    self.schedule = schedule
    self.bus = bus
    self.logger = logger
    let start = start
    self.log = { text in log { "\(ContinuousClock.now - start) \(text())" } }
    judge = Judge(name, silence: FailureDetection().silence, log: self.log)
    lattice = SimulatedLattice(name, over: bus, seed: schedule.seed, onEntry: judge.done)
    state = Lock(State(wanted: schedule.wanted))
  }

  // MARK: Controllers

  /// Starts a controller, as a process of its own.
  func startController() { startController(.reconcile, ControllerHealth()) }

  /// Starts a controller that may do so much and tells how it is.
  func startController(_ mode: ControllerMode, _ health: ControllerHealth) {
    let number = state.withLock { state in
      defer { state.nextProcess += 1 }
      return state.nextProcess
    }
    guard number < VirtualTime.processes else { return }
    log("controller \(number) starts")
    var pass = PassConfiguration()
    pass.lattice = name
    pass.holder = "controller \(number)"
    var observer = ObserverOptions()
    if schedule.seed % 3 == 0 { observer.expectedHosts = schedule.hosts }
    var surroundings = ControllerSurroundings()
    surroundings.repository = { [repository] _ in repository }
    surroundings.connect = { [weak self] _ in
      guard let self else { throw NATSError.disconnected }
      let link = try await link(of: number)
      return (link, { link.close() })
    }
    let controller = Controller(
      ControllerSettings(repository: "chaos", pass: pass, observer: observer, mode: mode),
      in: surroundings, logger: logger.with(["process": .int(number)]), health: health)
    let task = VirtualTime.inside(number) { Task { await controller.run() } }
    state.withLock { $0.processes[number] = Process(task: task) }
    judgeCommits()
  }

  /// How long it takes to see that nobody answers where a connection is tried.
  private static let connectTimeout = Duration.seconds(5)

  private func link(of process: Int) async throws -> ChaosLink {
    let (conditions, isSwallowed) = state.withLock {
      ($0.conditions, $0.processes[process]?.isSwallowed == true)
    }
    if isSwallowed { try? await Task.sleep(for: Self.connectTimeout) }
    guard !conditions.isCut, !isSwallowed else {
      throw NATSError.unreachable(servers: [], detail: "cut")
    }
    let link = try await ChaosLink(over: bus, of: process) { [weak self, judge] subject, payload in
      if judge.sent(by: process, subject, payload) { self?.noteCommand(of: process) }
    } answered: { [judge, name] subject, headers, isDone in
      guard isDone, subject == "$KV.\(ControllerLease.bucket(name)).lease" else { return }
      judge.leaseWritten(by: process, isDeletion: headers["KV-Operation"] == "DEL")
    }
    let conditionsNow = state.withLock { state in
      state.processes[process]?.links.append(link)
      return state.conditions
    }
    link.apply(conditionsNow)
    return link
  }

  /// Kills a controller: nothing that it does reaches anybody any more.
  func kill(_ number: Int) async {
    let process = state.withLock { $0.processes.removeValue(forKey: number) }
    for link in process?.links ?? [] { link.close() }
    VirtualTime.stop(number, false)
    process?.task.cancel()
    await process?.task.value
    judgeCommits()
  }

  func pause(_ number: Int, _ isPaused: Bool) {
    state.withLock { $0.processes[number]?.isPaused = isPaused }
    VirtualTime.stop(number, isPaused)
    judgeCommits()
  }

  // MARK: Conditions

  /// Changes how all connections fare.
  func change(_ change: (inout Conditions) -> Void) {
    let (links, conditions) = state.withLock { state in
      change(&state.conditions)
      return (state.processes.values.flatMap(\.links), state.conditions)
    }
    for link in links { link.apply(conditions) }
    judgeCommits()
  }

  /// Tells the judge whether commits can be followed.
  func judgeCommits() {
    let areCommanded = state.withLock { state in
      state.conditions.allowsCommands && state.processes.contains { $0.value.isWorking }
    }
    judge.commits(areFollowed: areCommanded && repository.isVisible)
  }

  // MARK: Commits

  /// Commits other manifests.
  func commit(_ change: (inout Wanted) -> Void) {
    let wanted = state.withLock { state in
      change(&state.wanted)
      return state.wanted
    }
    repository.commit(wanted.files)
    judge.committed(wanted)
  }

  // MARK: Hosts

  func addHost(
    _ labels: [String: String], id: HostID? = nil, upFor age: Duration = .zero
  ) async -> HostID {
    guard let host = try? await lattice.addHost(labels: labels, id: id, upFor: age) else {
      return id ?? ""
    }
    judge.started(host, labels)
    return host
  }

  func killHost(_ host: HostID) async {
    await lattice.kill(host)
    judge.change(host) { $0.diedAt = .now }
    state.withLock { if $0.visited == host { $0.visited = nil } }
  }

  func mute(_ host: HostID, _ loss: Judge.Loss) async {
    judge.muted(host, loss)
    await lattice.setFaults(of: host) { $0.isHung = true }
  }

  func unmute(_ host: HostID) async {
    let isFelled = judge.state.withLock { $0.hosts[host.rawValue]?.isFelled == true }
    if !isFelled { await lattice.setFaults(of: host) { $0.isHung = false } }
    judge.unmuted(host)
  }
}
