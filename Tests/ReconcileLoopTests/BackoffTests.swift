import LatticeModel
import PlanExecution
import Planning
import Testing

@testable import ReconcileLoop

@Suite("Backoff and FlapDetector")
struct BackoffTests {
  private let start = ContinuousClock.now

  private func step(
    _ application: ApplicationName = "shop", on host: HostID = "NA", instances: Int = 2,
    replacing old: ImageReference? = nil
  ) -> PlannedStep {
    let launch = ActorLaunch(id: ActorID("\(application)-web"), image: "r/web:1")
    let intent: Intent =
      if let old {
        .replace(
          .actor(ActorLaunch(id: launch.id, image: old)), by: .actor(launch),
          instances: instances, on: host)
      } else if instances == 0 {
        .end(.actor(launch), on: host)
      } else {
        .run(.actor(launch), instances: instances, on: host)
      }
    return PlannedStep(
      unit: UnitKey(application: application, kind: .actor, name: "web", host: host),
      intents: [intent], reason: .missing, found: .nothing)
  }

  private func plan(_ stages: [[PlannedStep]]) -> Plan {
    var plan = Plan(lattice: "default", revision: "r")
    plan.stages = stages.map { Stage(title: "", steps: $0) }
    return plan
  }

  private func isAdmitted(
    _ step: PlannedStep, by backoff: Backoff, at now: ContinuousClock.Instant
  ) -> Bool {
    var backoff = backoff
    return admitted(plan([[step]]), by: &backoff, at: now).plan.steps == [step]
  }

  /// What of a plan is sent, and when to look again, where both hosts answer and run nothing.
  private func admitted(
    _ plan: Plan, by backoff: inout Backoff, at now: ContinuousClock.Instant
  ) -> (plan: Plan, again: ContinuousClock.Instant?) {
    var observed = ObservedState()
    for host: HostID in ["NA", "NB"] {
      observed.note(HostReport(host: host), at: Timestamp(nanoseconds: 1))
    }
    let sent = plan.sending(plan, backoff.pending(in: observed, at: now)) { _ in false }
    return (sent, backoff.again(for: sent, at: now))
  }

  private func flapping(
    _ detector: FlapDetector, at now: ContinuousClock.Instant
  ) -> Set<UnitKey> {
    var detector = detector
    return detector.flapping(at: now)
  }

  @Test("what failed waits longer each time, at most five minutes, and others do not wait")
  func growth() {
    var backoff = Backoff()
    let bad = step(on: "NA")
    let good = step("blog", on: "NA")
    var now = start
    var pauses: [Duration] = []
    for _ in 1...12 {
      backoff.note(.failed("no such image"), of: bad, at: now, fraction: 1)
      let (admitted, again) = admitted(plan([[bad, good]]), by: &backoff, at: now)
      #expect(admitted.steps == [good])
      guard let again else { break }
      pauses.append(again - now)
      now = again
      let isTriedAgain = isAdmitted(bad, by: backoff, at: now)
      #expect(isTriedAgain)
    }
    #expect(pauses.prefix(3) == [.seconds(2), .seconds(4), .seconds(8)])
    #expect(pauses.last == .seconds(300))
    #expect(pauses == pauses.sorted())
  }

  @Test("what builds on a step that waits waits too, within its application")
  func order() {
    var backoff = Backoff()
    let first = step(on: "NA")
    let second = step(on: "NB")
    backoff.note(.timedOut, of: first, at: start, fraction: 1)
    let admitted = admitted(
      plan([[first], [second, step("blog")]]), by: &backoff, at: start
    ).plan
    #expect(admitted.steps == [step("blog")])
  }

  @Test("a set that was ended to be replaced and is under way is not sent again as missing")
  func underWay() {
    var backoff = Backoff()
    backoff.note(.underWay, of: step(replacing: "r/web:0"), at: start, fraction: 0)
    let (admitted, again) = admitted(plan([[step()]]), by: &backoff, at: start)
    #expect(admitted.sendsNothing && again == start + step().startTimeout)
  }

  @Test("what is to become something else, or stands on a host that changed, is tried at once")
  func resets() {
    var backoff = Backoff()
    backoff.note(.failed(""), of: step(), at: start, fraction: 1)
    #expect(isAdmitted(step(instances: 3), by: backoff, at: start))
    #expect(!isAdmitted(step(), by: backoff, at: start))
    backoff.reset("NB")
    #expect(!isAdmitted(step(), by: backoff, at: start))
    backoff.reset("NA")
    #expect(isAdmitted(step(), by: backoff, at: start))
    backoff.note(.failed(""), of: step(), at: start, fraction: 1)
    backoff.note(.confirmed, of: step(), at: start, fraction: 1)
    #expect(isAdmitted(step(), by: backoff, at: start))
  }

  @Test("four reversals within ten minutes are flapping, until they are old")
  func flapping() {
    var detector = FlapDetector()
    let up = step()
    let down = step(instances: 0)
    for turn in 0..<4 {
      detector.note(turn % 2 == 0 ? up : down, at: start + .seconds(turn))
      #expect(flapping(detector, at: start + .seconds(turn)).isEmpty)
    }
    detector.note(up, at: start + .seconds(10))
    #expect(flapping(detector, at: start + .seconds(10)) == [up.unit])
    #expect(flapping(detector, at: start + .seconds(601)).isEmpty)
  }

  @Test("what another revision asks for is no reversal: the count begins anew")
  func declared() {
    var detector = FlapDetector()
    for turn in 0..<20 {
      detector.reset()
      #expect(detector.note(step(instances: turn % 2), at: start + .seconds(turn)) == false)
      #expect(flapping(detector, at: start + .seconds(turn)).isEmpty)
    }
  }

  @Test("the same step again and again is no reversal")
  func steady() {
    var detector = FlapDetector()
    for second in 0..<20 { detector.note(step(), at: start + .seconds(second)) }
    #expect(flapping(detector, at: start + .seconds(20)).isEmpty)
  }

  @Test("what is under way on a host stays so when the host falls silent, not when it begins anew")
  func hostChanges() {
    var backoff = Backoff()
    backoff.note(.underWay, of: step(on: "NA"), at: start, fraction: 0)
    var observed = ObservedState()
    observed.note(HostReport(host: "NA", uptime: 100), at: Timestamp(nanoseconds: 1))
    #expect(backoff.underWay(in: observed, at: start) == [step(on: "NA")])
    observed.mark("NA", .late(reason: "it does not answer pings"))
    backoff.reset("NA")
    #expect(backoff.underWay(in: observed, at: start) == [step(on: "NA")])
    observed.note(HostReport(host: "NA", uptime: 101), at: Timestamp(nanoseconds: 2))
    #expect(backoff.underWay(in: observed, at: start) == [step(on: "NA")])
    observed.note(HostReport(host: "NA", uptime: 0), at: Timestamp(nanoseconds: 3))
    #expect(backoff.underWay(in: observed, at: start).isEmpty)
  }

  @Test("an image is waited for where its host lives and has said that it has the command")
  func longPull() {
    var backoff = Backoff()
    backoff.note(.underWay, of: step(on: "NA"), at: start, fraction: 0)
    backoff.note(.unanswered, of: step(on: "NB"), at: start, fraction: 0)
    var observed = ObservedState()
    for host: HostID in ["NA", "NB"] {
      observed.note(HostReport(host: host, uptime: 100), at: Timestamp(nanoseconds: 1))
    }
    #expect(backoff.underWay(in: observed, at: start).count == 2)
    let later = start + Backoff.patience
    #expect(backoff.underWay(in: observed, at: later) == [step(on: "NA")])
    observed.mark("NA", .late(reason: "it does not answer pings"))
    #expect(backoff.underWay(in: observed, at: later).isEmpty)
    // Heard again it is still at it, but for what it may have said meanwhile.
    observed.note(HostReport(host: "NA", uptime: 170), at: Timestamp(nanoseconds: 2))
    #expect(backoff.underWay(in: observed, at: later + .seconds(1)) == [step(on: "NA")])
    #expect(backoff.underWay(in: observed, at: later + .seconds(61)).isEmpty)
  }

  @Test("what was sent when our connection was lost is under way until its host speaks again")
  func cut() {
    var backoff = Backoff()
    var observed = ObservedState()
    let last = Timestamp(nanoseconds: 1)
    for host: HostID in ["NA", "NB"] {
      observed.note(HostReport(host: host, uptime: 100), at: last)
    }
    backoff.note(.unanswered, of: step(on: "NA"), at: start, fraction: 0, until: last)
    // What its host has accepted may have failed, unheard: it has a minute more.
    backoff.note(.underWay, of: step(on: "NB"), at: start, fraction: 0, until: last)
    let both = [step(on: "NA"), step(on: "NB")]
    #expect(backoff.underWay(in: observed, at: start) == both)
    for host: HostID in ["NA", "NB"] {
      observed.mark(host, .late(reason: "it was not heard since our connection came back"))
    }
    #expect(backoff.underWay(in: observed, at: start) == both)
    for host: HostID in ["NA", "NB"] {
      observed.note(HostReport(host: host, uptime: 101), at: Timestamp(nanoseconds: 2))
    }
    #expect(backoff.underWay(in: observed, at: start) == [step(on: "NB")])
    #expect(backoff.underWay(in: observed, at: start + .seconds(59)) == [step(on: "NB")])
    #expect(backoff.underWay(in: observed, at: start + .seconds(60)).isEmpty)
  }

  @Test("where somebody else commanded since, a set of the image is what the host says that it is")
  func overtaken() {
    var backoff = Backoff()
    var observed = ObservedState()
    let set = ReportedActor(id: "shop-web", image: "r/web:1", annotations: [:], instances: 3)
    for host: HostID in ["NA", "NB", "NC"] {
      observed.note(HostReport(host: host, uptime: 100), at: Timestamp(nanoseconds: 1))
      let last = host == "NC" ? nil : Timestamp(nanoseconds: 1)
      backoff.note(.underWay, of: step(on: host), at: start, fraction: 0, until: last)
    }
    #expect(backoff.underWay(in: observed, at: start).count == 3)
    let sets: [(HostID, [ReportedActor])] = [("NA", [set]), ("NB", []), ("NC", [set])]
    for (host, actors) in sets {
      observed.note(
        HostReport(host: host, uptime: 101, actors: actors), at: Timestamp(nanoseconds: 2))
    }
    // On NB the image may be on its way still, and of NC nobody else has said anything.
    #expect(backoff.underWay(in: observed, at: start).map(\.unit.host) == ["NB", "NC"])
  }

  @Test("what a host that is not heard may run is not taken for what it runs")
  func unheard() {
    var backoff = Backoff()
    backoff.note(.underWay, of: step(on: "NA"), at: start, fraction: 0)
    let set = ReportedActor(id: "shop-web", image: "r/web:1", annotations: [:], instances: 2)
    var observed = ObservedState()
    observed.note(HostReport(host: "NA", uptime: 100), at: Timestamp(nanoseconds: 1))
    observed.noteRecorded(HostReport(host: "NA", actors: [set]))
    observed.mark("NA", .late(reason: "it does not answer pings"))
    #expect(backoff.underWay(in: observed, at: start) == [step(on: "NA")])
    observed.note(HostReport(host: "NA", uptime: 101), at: Timestamp(nanoseconds: 2))
    #expect(backoff.underWay(in: observed, at: start) == [step(on: "NA")])
  }

  @Test("what hosts were starting when another controller took over is not fetched again at once")
  func takenOver() {
    var backoff = Backoff()
    let now = Timestamp(nanoseconds: 900_000_000_000)
    func since(_ seconds: Int) -> Timestamp { now - .seconds(seconds) }
    let starting = [
      step(on: "NA").unit: since(100), step(on: "NB").unit: since(599),
      step(on: "NC").unit: since(601),
    ]
    let steps = ["NA", "NB", "NC", "ND"].map { step(on: HostID($0)) }
    _ = backoff.adopt(starting, in: plan([steps]), at: start, now)
    var observed = ObservedState()
    for step in steps {
      observed.note(HostReport(host: step.unit.host ?? "", uptime: 700), at: now)
    }
    #expect(backoff.underWay(in: observed, at: start) == Array(steps[..<2]))
    #expect(backoff.underWay(in: observed, at: start + .seconds(2)) == [steps[0]])
    #expect(backoff.underWay(in: observed, at: start + .seconds(60)).isEmpty)
  }

  @Test("what is under way stays so over a new revision, until its effect is seen")
  func stillUnderWay() {
    var backoff = Backoff()
    backoff.note(.underWay, of: step(on: "NA"), at: start, fraction: 0)
    backoff.note(.failed(""), of: step(on: "NB"), at: start, fraction: 1)
    backoff.reset()
    var observed = ObservedState()
    observed.note(HostReport(host: "NA"), at: Timestamp(nanoseconds: 1))
    #expect(backoff.underWay(in: observed, at: start) == [step(on: "NA")])
    #expect(backoff.underWay(in: observed, at: start + Backoff.patience) == [step(on: "NA")])
    #expect(backoff.underWay(in: observed, at: start + step().startTimeout).isEmpty)
    let set = ReportedActor(id: "shop-web", image: "r/web:1", annotations: [:], instances: 2)
    observed.note(HostReport(host: "NA", actors: [set]), at: Timestamp(nanoseconds: 2))
    #expect(backoff.underWay(in: observed, at: start).isEmpty)
    let admitted = admitted(plan([[step(on: "NA")]]), by: &backoff, at: start).plan
    #expect(!admitted.sendsNothing)
  }
}
