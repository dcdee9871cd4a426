import LatticeDialects
import LatticeModel
import LatticeObservation
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import PlanExecution

@Suite("PlanExecutor", .serialized)
struct PlanExecutorTests {
  private func results(_ outcome: PlanOutcome) -> [String: StepResult] {
    Dictionary(outcome.results.map { ($0.step.unit.name, $0.result) }) { $1 }
  }

  @Test("ten links of one source are put one at a time, and all are stored")
  func links() async throws {
    let scene = try await Scene(hosts: 3)
    let watched = WatchedTransport(scene.bus)
    let links =
      (0..<10).map { Sample.link("link-\($0)") } + [
        Sample.link(from: "other"), Sample.link(from: "third"),
      ]
    let outcome = try await scene.execute(
      [Stage(title: "links", steps: links.map { put($0) })], over: watched)
    #expect(outcome.isDone && outcome.sent == 12)
    #expect(watched.counts(of: "link.put").most <= 3)
    let observer = LatticeObserver("default", over: scene.bus)
    let stored = try await observer.sighting(
      sources: ["shop-web", "other", "third"], configs: []
    ).links
    #expect(Set(stored.values.flatMap { $0 }) == Set(links))
    #expect(await scene.lattice.ledger.allSatisfy { $0.effect == .stored })
  }

  @Test("sixty-four hosts are worked on at once")
  func width() async throws {
    let scene = try await Scene(hosts: 64)
    let gate = Lock(0)
    let watched = WatchedTransport(scene.bus) { subject in
      guard subject.contains("component.scale") else { return }
      gate.withLock { $0 += 1 }
      try? await waitUntil("all are sent before the first is answered", within: .seconds(10)) {
        gate.withLock { $0 } == 64
      }
    }
    let outcome = try await scene.execute(
      [Stage(title: "up", steps: scene.hosts.map { start(on: $0) })], over: watched)
    #expect(outcome.isDone && outcome.sent == 64)
    #expect(watched.counts(of: "component.scale").most == 64)
  }

  @Test("one host gets eight commands at once and no more")
  func perHost() async throws {
    let scene = try await Scene(hosts: 1)
    let watched = WatchedTransport(scene.bus) { subject in
      guard subject.contains("component.scale") else { return }
      try? await Task.sleep(for: .milliseconds(20))
    }
    let steps = (0..<24).map { start(ActorID("actor-\($0)"), on: scene.hosts[0]) }
    let outcome = try await scene.execute([Stage(title: "up", steps: steps)], over: watched)
    #expect(outcome.isDone && outcome.sent == 24)
    #expect(watched.counts(of: "component.scale").most == 8)
  }

  @Test("a refused command is tried again, three times in all, and then fails in the host's words")
  func refused() async throws {
    let scene = try await Scene(hosts: 1)
    let attempts = Lock<[Int]>([])
    let note: @Sendable (ExecutionEvent) -> Void = { event in
      if case .retry(_, let attempt, _) = event { attempts.withLock { $0.append(attempt) } }
    }
    let stage = [Stage(title: "up", steps: [start(on: scene.hosts[0])])]
    await scene.lattice.setFaults(of: scene.hosts[0]) { $0.refusals = 3 }
    let failed = try await scene.execute(stage, watch: note)
    guard case .failed(let words)? = failed.results.first?.result else {
      Issue.record("\(failed)")
      return
    }
    #expect(!words.isEmpty && failed.sent == 3)
    #expect(attempts.withLock { $0 } == [2, 3])
    await scene.lattice.setFaults(of: scene.hosts[0]) { $0.refusals = 2 }
    let done = try await scene.execute(stage, watch: note)
    #expect(done.isDone && done.sent == 3)
  }

  @Test("whoever watches is told how much there is, and of each step when it begins and ends")
  func watched() async throws {
    let scene = try await Scene(hosts: 1)
    let told = Lock<[String]>([])
    await scene.lattice.setFaults(of: scene.hosts[0]) { $0.failingImages = ["img:broken"] }
    let stages = [
      Stage(title: "up", steps: [start(image: "img:broken", on: scene.hosts[0])]),
      Stage(title: "up", steps: [start(ActorID("second"), on: scene.hosts[0])]),
    ]
    let note: @Sendable (ExecutionEvent) -> Void = { event in
      let text: String? =
        switch event {
        case .begun(let steps): "begun \(steps)"
        case .underWay(let step): "under way \(step.unit.name)"
        case .step(let step, .failed): "failed \(step.unit.name)"
        case .step(let step, .dropped): "dropped \(step.unit.name)"
        case .step, .done, .anew, .retry: nil
        }
      if let text { told.withLock { $0.append(text) } }
    }
    _ = try await scene.execute(stages, watch: note)
    let names = stages.flatMap(\.steps).map(\.unit.name)
    #expect(
      told.withLock { $0 } == [
        "begun 2", "under way \(names[0])", "failed \(names[0])", "dropped \(names[1])",
      ])
  }

  @Test("a failure that a host tells before its reply has arrived is not missed")
  func earlyFailure() async throws {
    let scene = try await Scene(hosts: 1)
    await scene.lattice.setFaults(of: scene.hosts[0]) { $0.failingImages = ["img:broken"] }
    let events = try await scene.bus.subscribe(to: "wasmbus.evt.>", queue: nil, limit: 100)
    let late = WatchedTransport(scene.bus) { _ in
    } after: { subject in
      guard subject.contains("component.scale") else { return }
      for await batch in events
      where batch.elements.contains(where: { $0.subject.hasSuffix("component_scale_failed") }) {
        break
      }
      // The executor hears it at the same time; let it take what it heard.
      for _ in 0..<1_000 { await Task.yield() }
    }
    let outcome = try await scene.execute(
      [Stage(title: "up", steps: [start(image: "img:broken", on: scene.hosts[0])])], over: late)
    guard case .failed(let words)? = outcome.results.first?.result else {
      Issue.record("\(outcome.results)")
      return
    }
    #expect(words.contains("img:broken"))
  }

  @Test("an image that cannot be fetched fails its step with the host's words, sent once")
  func failedImage() async throws {
    let scene = try await Scene(hosts: 1)
    await scene.lattice.setFaults(of: scene.hosts[0]) { $0.failingImages = ["img:broken"] }
    let outcome = try await scene.execute([
      Stage(title: "up", steps: [start(image: "img:broken", on: scene.hosts[0])])
    ])
    guard case .failed(let words)? = outcome.results.first?.result else {
      Issue.record("\(outcome)")
      return
    }
    #expect(words.contains("img:broken") && outcome.sent == 1)
  }

  @Test("what is accepted and never happens is sent once and times out")
  func neverActs() async throws {
    let scene = try await Scene(hosts: 2)
    await scene.lattice.setFaults(of: scene.hosts[0]) { $0.neverActs = true }
    var options = ExecutionOptions()
    options.confirmTimeout = .seconds(3)
    let outcome = try await scene.execute(
      [
        Stage(
          title: "up", steps: [start("a", on: scene.hosts[0]), start("b", on: scene.hosts[1])])
      ], options: options)
    #expect(results(outcome) == ["a": .timedOut, "b": .confirmed])
    #expect(outcome.sent == 2)
  }

  @Test("what may take hosts down is started on one more only once it is seen on the last")
  func suspects() async throws {
    let scene = try await Scene(hosts: 3)
    for host in scene.hosts { await scene.lattice.setFaults(of: host) { $0.neverActs = true } }
    let steps = scene.hosts.map { start(on: $0) }
    var options = ExecutionOptions()
    (options.confirmTimeout, options.leavesUnderWay) = (.milliseconds(500), true)
    let outcome = try await scene.execute(
      [Stage(title: "up", steps: steps)], suspects: [steps[0].unit.withoutHost], options: options)
    let ends = outcome.results.map(\.result)
    #expect(ends.count(where: { $0 == .underWay }) == 1 && outcome.sent == 1, "\(ends)")
    #expect(ends.count(where: { "\($0)".contains("take hosts down") }) == 2, "\(ends)")
  }

  @Test("what is no longer as the plan saw it is not touched")
  func stale() async throws {
    let scene = try await Scene(hosts: 1)
    let set = SimulatedHost.InstanceSet(claimedImage: "i", code: "i", instances: 1)
    await scene.lattice.plant(set, under: "shop-web", on: scene.hosts[0])
    let outcome = try await scene.execute([
      Stage(title: "up", steps: [start(on: scene.hosts[0]), start("other", on: scene.hosts[0])])
    ])
    #expect(results(outcome) == ["shop-web": .stale, "other": .confirmed])
    #expect(await scene.lattice.truth[scene.hosts[0]]?.actors["shop-web"] == set)
  }

  @Test("a failed step drops what builds on it, and nothing else")
  func dependants() async throws {
    let scene = try await Scene(hosts: 1)
    let host = scene.hosts[0]
    await scene.lattice.setFaults(of: host) { $0.failingImages = ["img:broken"] }
    let outcome = try await scene.execute(
      [
        Stage(
          title: "first",
          steps: [
            start("bad", of: "shop", image: "img:broken", on: host),
            start("good", of: "shop", on: host), start("blog", of: "blog", on: host),
          ]),
        Stage(
          title: "second",
          steps: [
            start("shop-2", of: "shop", on: host), start("front-2", of: "front", on: host),
            start("far-2", of: "far", on: host), start("blog-2", of: "blog", on: host),
          ]),
      ], dependencies: ["front": ["shop"], "far": ["front"], "blog": ["base"]])
    let results = results(outcome)
    #expect(results["shop-2"] == .dropped("an earlier step that it builds on failed"))
    for name in ["front-2", "far-2"] {
      #expect(results[name] == .dropped("what it depends on failed"))
    }
    for name in ["good", "blog", "blog-2"] { #expect(results[name] == .confirmed, "\(name)") }
    #expect(outcome.sent == 4)
  }

  enum Surprise: CaseIterable, Sendable { case joins, dies, restarts, losesInstances }

  @Test("a lattice that changes meanwhile drops the rest of the plan", arguments: Surprise.allCases)
  func preemption(_ surprise: Surprise) async throws {
    let scene = try await Scene(hosts: 2)
    let (first, second) = (scene.hosts[0], scene.hosts[1])
    let foreign = SimulatedHost.InstanceSet(claimedImage: "i", code: "i", instances: 3)
    await scene.lattice.plant(foreign, under: "foreign", on: second)
    let watched = WatchedTransport(scene.bus) { [lattice = scene.lattice, bus = scene.bus] in
      guard $0.hasSuffix("component.scale.\(first)") else { return }
      switch surprise {
      case .joins: _ = try? await lattice.addHost(labels: [:])
      case .dies: await lattice.kill(second)
      case .restarts: try? await lattice.restart(second)
      case .losesInstances:
        let launch = Launch.actor(ActorLaunch(id: "foreign", image: "i"))
        let scale = commandedDialect.request(
          for: .run(launch, instances: 1, on: second), in: "default")
        _ = try? await bus.request(scale.payload, to: scale.subject, timeout: .seconds(2))
      }
    }
    let outcome = try await scene.execute(
      [
        Stage(title: "first", steps: [start("a", on: first)]),
        Stage(title: "second", steps: [start("b", on: second)]),
        Stage(title: "third", steps: [start("c", on: first)]),
      ], over: watched)
    let results = results(outcome)
    #expect(results["a"] == .confirmed)
    #expect(results["b"] != .confirmed)
    #expect(outcome.preemption != nil)
    guard case .dropped? = results["c"] else {
      Issue.record("\(results)")
      return
    }
    #expect(await scene.lattice.truth[first]?.actors["c"] == nil)
  }

  @Test("a host that restarts has lost what it was sent: nobody waits for it any longer")
  func restarted() async throws {
    let scene = try await Scene(hosts: 2)
    let host = scene.hosts[0]
    let isSent = Lock(false)
    let watched = WatchedTransport(scene.bus) { [lattice = scene.lattice] in
      if $0.contains("component.scale") {
        isSent.withLock { $0 = true }
        await lattice.setFaults(of: host) { $0.isHung = true }
      } else if $0.hasSuffix("host.get.\(host)"), isSent.withLock({ $0 }) {
        try? await lattice.restart(host)
      }
    }
    var options = ExecutionOptions()
    options.replyTimeout = .milliseconds(100)
    let begin = ContinuousClock.now
    let outcome = try await scene.execute(
      [Stage(title: "up", steps: [start(on: host)])], options: options, over: watched)
    // The host's word that it has begun anew, or its inventory: whichever comes first.
    let result = results(outcome)["shop-web"]
    if case .lost? = result {} else { #expect(outcome.preemption != nil, "\(outcome)") }
    #expect(result != .confirmed)
    #expect(ContinuousClock.now - begin < .seconds(10))
  }

  @Test("who may not command sends nothing")
  func mayNot() async throws {
    let scene = try await Scene(hosts: 1)
    let outcome = try await scene.execute(
      [Stage(title: "up", steps: [start(on: scene.hosts[0])])], permission: { .none })
    #expect(outcome.sent == 0 && !outcome.isDone)
    #expect(await scene.lattice.ledger.isEmpty)
  }

  @Test("what nobody listened for is not sent again once nothing may be sent")
  func mayNotAgain() async throws {
    let scene = try await Scene(hosts: 1)
    let isHeld = Lock(true)
    let transport = WatchedTransport(
      scene.bus,
      failing: { subject in
        guard subject.contains("component.scale") else { return nil }
        isHeld.withLock { $0 = false }
        return .noResponders(subject: subject)
      })
    let outcome = try await scene.execute(
      [Stage(title: "up", steps: [start(on: scene.hosts[0])])], over: transport,
      permission: { isHeld.withLock { $0 } ? .all : .none })
    #expect(outcome.results.map(\.result) == [.dropped("nothing more may be sent")])
    #expect(transport.counts(of: "component.scale").total == 1)
  }

  @Test(
    "a lease lost in the middle stops the commands, but an image change is finished or not begun")
  func leaseLost() async throws {
    let scene = try await Scene(hosts: 1)
    let isHeld = Lock(true)
    let outcome = try await scene.execute(
      [
        Stage(title: "first", steps: [start("a", on: scene.hosts[0])]),
        Stage(title: "second", steps: [start("b", on: scene.hosts[0])]),
      ], permission: { isHeld.withLock { $0 } ? .all : .none },
      watch: { event in
        if case .step = event { isHeld.withLock { $0 = false } }
      })
    #expect(results(outcome)["a"] == .confirmed)
    guard case .dropped? = results(outcome)["b"] else {
      Issue.record("\(outcome)")
      return
    }
  }

  /// A host on which an old image runs, the step that replaces it, and a transport that tells when
  /// its first command was sent.
  private func replacement(
    _ sent: @escaping @Sendable () -> Void
  ) async throws -> (scene: Scene, step: PlannedStep, transport: WatchedTransport) {
    let scene = try await Scene(hosts: 1)
    let host = scene.hosts[0]
    let running = SimulatedHost.InstanceSet(
      claimedImage: "registry.example.com/web:1", code: "registry.example.com/web:1", instances: 1)
    await scene.lattice.plant(running, under: "shop-web", on: host)
    var step = start(image: "registry.example.com/web:2", on: host)
    let old = ActorLaunch(id: "shop-web", image: "registry.example.com/web:1")
    let new = try #require(step.intents[0].launch)
    step.intents = [.replace(.actor(old), by: new, instances: 1, on: host)]
    step.reason = .imageChanged(from: old.image, to: new.image)
    step.found = .actor(image: old.image, instances: 1, ownership: .unowned(manager: nil))
    let transport = WatchedTransport(scene.bus) { subject in
      if subject.contains("component.scale") { sent() }
    }
    return (scene, step, transport)
  }

  @Test("whoever is told to stop still ends what has begun, so that nothing is left ended")
  func stoppedWithin() async throws {
    let isStopping = Lock(false)
    let (scene, step, transport) = try await replacement { isStopping.withLock { $0 = true } }
    let other = start("other", on: scene.hosts[0])
    let outcome = try await scene.execute(
      [Stage(title: "", steps: [step]), Stage(title: "", steps: [other])], over: transport,
      permission: { isStopping.withLock { $0 } ? .finishing : .all })
    #expect(results(outcome)["shop-web"] == .confirmed)
    #expect(await scene.lattice.truth[scene.hosts[0]]?.actors["shop-web"]?.instances == 1)
    #expect(outcome.sent == 2)
  }

  @Test("whoever may send nothing more leaves what has begun, and says that it is stopped")
  func haltedWithin() async throws {
    let isHalted = Lock(false)
    let (scene, step, transport) = try await replacement { isHalted.withLock { $0 = true } }
    let outcome = try await scene.execute(
      [Stage(title: "", steps: [step])], over: transport,
      permission: { isHalted.withLock { $0 } ? .none : .all })
    #expect(outcome.sent == 1)
    #expect(
      outcome.results.map(\.result)
        == [.dropped("it was stopped, and what starts it again may not be sent now")])
  }

  @Test("of a step that is interrupted what was sent is under way, and no more than that")
  func interruptedWithin() async throws {
    let interrupt = ExecutionInterrupt()
    let (scene, step, transport) = try await replacement { interrupt.interrupt("a new commit") }
    await scene.lattice.setFaults(of: scene.hosts[0]) { $0.neverActs = true }
    var options = ExecutionOptions()
    options.leavesUnderWay = true
    options.confirmTimeout = .milliseconds(200)
    let outcome = try await scene.execute(
      [Stage(title: "", steps: [step])], options: options, over: transport, interrupt: interrupt)
    #expect(outcome.results.map(\.result) == [.underWay])
    guard case .replace(let old, _, _, let host)? = step.intents.first else { return }
    #expect(outcome.results.map(\.step.intents) == [[.end(old, on: host)]])
  }

  /// A transport that loses its connection when a host is asked once more, after the first look.
  private func cutting(_ scene: Scene) -> WatchedTransport {
    let looks = Lock(scene.hosts.count)
    return WatchedTransport(scene.bus) { [bus = scene.bus] subject in
      guard subject.contains("host.get") else { return }
      let isLater = looks.withLock { left in
        left -= 1
        return left < 0
      }
      if isLater { bus.disconnect() }
    }
  }

  @Test("a lost connection drops the plan at once, asks for nothing in vain, and buffers nothing")
  func disconnected() async throws {
    let scene = try await Scene(hosts: 2)
    let watched = cutting(scene)
    let start = ContinuousClock.now
    let outcome = try await scene.execute(
      [
        Stage(title: "first", steps: scene.hosts.map { PlanExecutionTests.start("a", on: $0) }),
        Stage(
          title: "second", steps: [PlanExecutionTests.start("b", on: scene.hosts[0])]),
      ], over: watched)
    #expect(ContinuousClock.now - start < .seconds(15))
    #expect(watched.total < 20)
    #expect(outcome.preemption != nil && !outcome.isDone)
    scene.bus.reconnect()
    #expect(await scene.lattice.truth[scene.hosts[0]]?.actors["b"] == nil)
  }

  @Test("what was sent when the connection was lost may still come, for whoever looks again")
  func cut() async throws {
    let scene = try await Scene(hosts: 1)
    let watched = cutting(scene)
    var options = ExecutionOptions()
    options.leavesUnderWay = true
    let outcome = try await scene.execute(
      [Stage(title: "", steps: [PlanExecutionTests.start("a", on: scene.hosts[0])])],
      options: options, over: watched)
    #expect(outcome.results.map(\.result) == [.underWay])
    #expect(outcome.trace.wasDisconnected)
  }
}
