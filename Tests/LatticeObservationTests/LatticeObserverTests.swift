import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import LatticeObservation

@Suite("LatticeObserver", .serialized)
struct LatticeObserverTests {
  /// Three hosts, an observer that has looked at them once, and how often it told of a change.
  private struct Watch {
    let scene: Scene
    let observer: LatticeObserver
    let changes = Lock(0)
    /// How often it told that a plan is for other hosts.
    let hosts = Lock(0)

    init(
      steadyLink: Duration = .zero, probe: Duration = .seconds(1), isRecorded: Bool = true,
      before: (Scene) async -> Void = { _ in }
    ) async throws {
      scene = try await Scene()
      await before(scene)
      observer = LatticeObserver(
        "default", over: scene.bus,
        options: ObserverOptions(
          inventoryTimeout: .milliseconds(500),
          detection: FailureDetection(probe: probe, steadyLink: steadyLink))
      ) { [changes, hosts] change in
        changes.withLock { $0 += 1 }
        if case .hosts = change { hosts.withLock { $0 += 1 } }
      }
      try await observer.open()
      do {
        try await observer.look(expecting: isRecorded ? scene.record(of: scene.hosts).hosts : [:])
      } catch is ObservationError {}
    }

    func presence(_ index: Int) async -> Presence? {
      await observer.hosts.first { $0.id == scene.hosts[index] }?.presence
    }

    /// Does something while a plan is carried out.
    func execute(_ work: () async -> Void) async -> ExecutionTrace {
      await observer.beginExecution(until: .now + .seconds(20)) { .all }
      await work()
      return await observer.endExecution(of: [])
    }

    func view() async throws -> ViewCompleteness {
      try await observer.sighting(sources: [], configs: []).view
    }
  }

  @Test("who is not there when it begins is not lost: all may be on their way back")
  func start() async throws {
    let watch = try await Watch(steadyLink: .seconds(10)) { await $0.lattice.kill($0.hosts[0]) }
    #expect(await watch.presence(0) == .silent)
    #expect(try await watch.view() != .complete)
  }

  @Test("where nobody is on record, hosts are all once a pass is and each was heard again")
  func firstPass() async throws {
    let watch = try await Watch(isRecorded: false)
    let hung = watch.scene.hosts[0]
    let proving = Task { await watch.observer.prove() }
    defer { proving.cancel() }
    #expect(try await watch.view() == .unproven)
    await watch.scene.lattice.setFaults(of: hung) { $0.isHung = true }
    await watch.observer.passIsOnRecord()
    await watch.observer.round(isUrgent: false)
    #expect(try await watch.view() != .complete)
    let before = watch.changes.withLock { $0 }
    await watch.scene.lattice.setFaults(of: hung) { $0.isHung = false }
    try await waitUntil("it is told") { watch.changes.withLock { $0 } > before }
    await watch.observer.round(isUrgent: false)
    try await waitUntil("the view is complete") { try await watch.view() == .complete }
  }

  @Test("a lattice without a host says nothing of those that come")
  func nobody() async throws {
    let watch = try await Watch(isRecorded: false) { scene in
      for host in scene.hosts { await scene.lattice.kill(host) }
    }
    let proving = Task { await watch.observer.prove() }
    defer { proving.cancel() }
    await watch.observer.passIsOnRecord()
    #expect(try await watch.view() == .unproven)
  }

  @Test("a host that is lost stays so when a plan has been carried out")
  func lostForGood() async throws {
    let watch = try await Watch()
    await watch.scene.lattice.kill(watch.scene.hosts[0])
    await watch.observer.round(isUrgent: false)
    #expect(await watch.presence(0) == .lost)
    _ = await watch.execute {}
    #expect(await watch.presence(0) == .lost)
    #expect(try await watch.view() == .complete)
  }

  @Test("a host that is lost stays so when a question from before goes unanswered")
  func lateSilence() async throws {
    let watch = try await Watch()
    await watch.scene.lattice.setFaults(of: watch.scene.hosts[0]) { $0.isHung = true }
    await watch.observer.lose(watch.scene.hosts[0])
    await watch.observer.ask(watch.scene.hosts[0])
    #expect(await watch.presence(0) == .lost)
  }

  @Test("a host that no command reaches ends the plan, and is asked before it counts as lost")
  func unheardOnTheWay() async throws {
    let watch = try await Watch()
    let host = watch.scene.hosts[0]
    let trace = await watch.execute { await watch.observer.noteUnheard(host) }
    #expect(trace.preemption == "nobody listens for host \(host)")
    guard case .late? = await watch.presence(0) else {
      Issue.record("\(String(describing: await watch.presence(0)))")
      return
    }
    await watch.observer.round(isUrgent: false)
    try await waitUntil("it has answered") { await watch.presence(0) == .fresh }
  }

  @Test("a host that is found lost while a plan is carried out ends it, whoever waits is told")
  func lostOnTheWay() async throws {
    let watch = try await Watch()
    let host = watch.scene.hosts[0]
    let start = Intent.run(.actor(ActorLaunch(id: "web", image: "web:1")), instances: 1, on: host)
    let status = Lock<CommandStatus?>(nil)
    let trace = await watch.execute {
      async let waiting = watch.observer.confirm(start, isLast: true, within: .seconds(20))
      await watch.scene.lattice.kill(host)
      await watch.observer.round(isUrgent: true)
      let result = await waiting
      status.withLock { $0 = result }
    }
    guard case .unheard? = status.withLock({ $0 }) else {
      Issue.record("\(String(describing: status.withLock { $0 }))")
      return
    }
    #expect(trace.preemption != nil)
    #expect(await watch.presence(0) == .lost)
  }

  @Test("a loss that an urgent round cannot prove is proven a second later, not at the next probe")
  func slowWitnesses() async throws {
    let watch = try await Watch(probe: .seconds(300))
    let (dead, others) = (watch.scene.hosts[0], watch.scene.hosts.dropFirst())
    let following = Task { await watch.observer.probe() }
    defer { following.cancel() }
    for host in others { await watch.scene.lattice.setFaults(of: host) { $0.isHung = true } }
    await watch.scene.lattice.kill(dead)
    watch.observer.probeNow()
    try await waitUntil("it is late") {
      if case .late? = await watch.presence(0) { true } else { false }
    }
    for host in others { await watch.scene.lattice.setFaults(of: host) { $0.isHung = false } }
    try await waitUntil("it is lost", within: .seconds(20)) { await watch.presence(0) == .lost }
  }

  @Test("once our connection is back nobody counts as seen before he was heard")
  func reconnection() async throws {
    let watch = try await Watch()
    #expect(try await watch.view() == .complete)
    for host in watch.scene.hosts {
      await watch.scene.lattice.setFaults(of: host) { $0.isHung = true }
    }
    watch.scene.bus.disconnect()
    watch.scene.bus.reconnect()
    let following = Task { await watch.observer.followConnection() }
    defer { following.cancel() }
    try await waitUntil("it has noticed") { watch.changes.withLock { $0 } > 0 }
    guard case .incomplete(let silent, _, answered: 0) = try await watch.view() else {
      Issue.record("\(try await watch.view())")
      return
    }
    #expect(silent == watch.scene.hosts)
  }

  @Test("a question that failed with a connection says nothing of the one that came after it")
  func lateFailure() async throws {
    let watch = try await Watch()
    let former = await watch.observer.observation.connection
    watch.scene.bus.disconnect()
    watch.scene.bus.reconnect()
    let following = Task { await watch.observer.followConnection() }
    defer { following.cancel() }
    try await waitUntil("it has noticed") { watch.changes.withLock { $0 } > 0 }
    await watch.observer.noteOutage(of: former)
    #expect(await watch.observer.isUp)
    await watch.observer.noteOutage(of: await watch.observer.observation.connection)
    #expect(await !watch.observer.isUp)
  }

  @Test("once our connection is back, a host that was lost before is asked before anything is done")
  func backMeanwhile() async throws {
    let watch = try await Watch()
    let host = watch.scene.hosts[0]
    await watch.scene.lattice.kill(host)
    await watch.observer.round(isUrgent: false)
    #expect(await watch.presence(0) == .lost)
    try await watch.scene.lattice.restart(host)
    watch.scene.bus.disconnect()
    watch.scene.bus.reconnect()
    let before = watch.changes.withLock { $0 }
    let following = Task { await watch.observer.followConnection() }
    defer { following.cancel() }
    try await waitUntil("it has noticed") { watch.changes.withLock { $0 } > before }
    let sighting = try await watch.observer.sighting(sources: [], configs: [])
    #expect(sighting.host(host)?.presence == .fresh)
    #expect(sighting.view == .complete)
  }

  @Test("a host that was lost and answers while a plan is carried out is asked, and that is told")
  func backOnTheWay() async throws {
    let watch = try await Watch()
    let host = watch.scene.hosts[0]
    await watch.scene.lattice.kill(host)
    await watch.observer.round(isUrgent: false)
    _ = await watch.execute {
      try? await watch.scene.lattice.restart(host)
      await watch.observer.round(isUrgent: false)
      #expect(await watch.presence(0) != .lost)
    }
    try await waitUntil("it is heard") { await watch.presence(0) == .fresh }
    #expect(watch.hosts.withLock { $0 } >= 2)
  }

  @Test("whom we found lost and another commander has seen since is expected again")
  func seenByAnother() async throws {
    let watch = try await Watch()
    let host = watch.scene.hosts[0]
    await watch.scene.lattice.kill(host)
    await watch.observer.round(isUrgent: false)
    #expect(await watch.presence(0) == .lost)
    try await watch.scene.lattice.restart(host)
    await watch.scene.lattice.setFaults(of: host) { $0.isHung = true }
    await watch.observer.lookAgain(expecting: watch.scene.record(of: [host]).hosts)
    guard case .late? = await watch.presence(0) else {
      Issue.record("\(String(describing: await watch.presence(0)))")
      return
    }
    #expect(try await watch.view() != .complete)
  }

  @Test("while our own process was stopped hosts were not silent, we were deaf")
  func stopped() async throws {
    let watch = try await Watch(steadyLink: .seconds(10))
    await watch.observer.haveLink(since: .now - .seconds(60))
    #expect(await watch.observer.noteSleep(since: .now - .seconds(5)))
    await watch.scene.lattice.kill(watch.scene.hosts[0])
    await watch.observer.round(isUrgent: false)
    guard case .late? = await watch.presence(0) else {
      Issue.record("\(String(describing: await watch.presence(0)))")
      return
    }
    await watch.observer.haveLink(since: .now - .seconds(60))
    await watch.observer.round(isUrgent: false)
    #expect(await watch.presence(0) == .lost)
  }

  @Test("looking again reads what no event has told")
  func lookingAgain() async throws {
    let watch = try await Watch()
    await watch.scene.lattice.plant(
      SimulatedHost.InstanceSet(claimedImage: "i", code: "i", instances: 2), under: "web",
      on: watch.scene.hosts[0])
    await watch.observer.lookAgain(expecting: [:])
    let observed = try await watch.observer.sighting(sources: [], configs: [])
    #expect(observed.actor("web", on: watch.scene.hosts[0])?.instances == 2)
  }
}

extension LatticeObserver {
  /// As if the connection had been up so long.
  fileprivate func haveLink(since moment: ContinuousClock.Instant) {
    observation.connect(at: moment)
  }

  /// As if it had said that it stops.
  fileprivate func lose(_ host: HostID) { observation.hear(.hostStopped(host), at: now) }
}

@Suite("LatticeObserver and what killed hosts leave")
struct ObservedStrayTests {
  @Test("a lost host's provider that still answers is told, with that host")
  func told() async throws {
    let scene = try await Scene()
    let told = Lock<[[StrayProvider]]>([])
    let observer = LatticeObserver(
      "default", over: scene.bus, options: ObserverOptions(resync: .seconds(1))
    ) { change in
      if case .strays(let strays) = change { told.withLock { $0.append(strays) } }
    }
    let launch = ProviderLaunch(
      id: "shop-kv", image: "registry.example.com/kv:1",
      annotations: [
        AnnotationKey.managedBy: AnnotationKey.manager, AnnotationKey.application: "shop",
      ])
    let request = commandedDialect.request(
      for: .run(.provider(launch), instances: 1, on: scene.hosts[0]), in: "default")
    _ = try await scene.bus.request(
      request.payload, to: request.subject, timeout: .seconds(5))
    try await waitUntil("it is listed") {
      await scene.lattice.truth[scene.hosts[0]]?.providers["shop-kv"] != nil
    }
    try await observer.open()
    try await observer.look(expecting: scene.record(of: scene.hosts).hosts)
    let subject = ControlSubject.health(of: "shop-kv", in: "default")
    let process = try await scene.answer(on: subject) { _ in ["healthy": true] }
    await observer.noteForStrays()
    let watch = Task { await observer.watchStrays() }
    defer { watch.cancel() }
    await scene.lattice.kill(scene.hosts[0])
    await observer.lose(scene.hosts[0])
    try await waitUntil("it is told") { told.withLock { !$0.isEmpty } }
    let stray = try #require(told.withLock { $0 }.first?.first)
    #expect(stray.provider == "shop-kv" && stray.count >= 1)
    #expect(stray.hosts == [scene.hosts[0]])
    process.cancel()
  }
}
