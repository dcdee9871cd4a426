import LatticeModel
import Testing

@testable import LatticeObservation

@Suite("FailureDetector")
struct FailureDetectorTests {
  /// Hosts, a clock that a test moves, and one round a second.
  private struct Watch {
    var detector: FailureDetector
    var now = ContinuousClock.now
    var answering: Set<HostID>

    init(
      sites: [HostID: String?], linkUpFor: Duration = .seconds(60), isHeard: Bool = true
    ) {
      detector = FailureDetector(FailureDetection())
      answering = Set(sites.keys)
      detector.noteLink(isUp: true, at: now)
      now += linkUpFor
      for (host, site) in sites {
        let labels = site.map { ["region": $0] } ?? [:]
        if isHeard {
          detector.heard(host, labels: labels, at: now)
        } else {
          detector.expect(host, labels: labels, at: now)
        }
      }
    }

    /// One round: who answers is heard, who does not is asked, and the server refuses those whose
    /// subjects nobody listens on; then their neighbours are asked.
    ///
    /// - Parameters:
    ///   - refusing: Whose subjects nobody listens on.
    ///   - cut: Who is gone as soon as it has answered the ping.
    /// - Returns: What is thought of those that do not simply answer.
    mutating func round(
      refusing: Set<HostID> = [], cut: Set<HostID> = []
    ) -> [HostID: FailureDetector.Health] {
      now += .seconds(1)
      detector.beginRound(at: now)
      for host in answering { detector.heard(host, since: now, at: now + .milliseconds(150)) }
      ask(detector.endRound(), refusing, cut, at: now + .milliseconds(150))
      ask(detector.witnesses, refusing, cut, at: now + .milliseconds(250))
      return detector.verdicts(at: now + .milliseconds(400))
    }

    private mutating func ask(
      _ hosts: [HostID], _ refusing: Set<HostID>, _ cut: Set<HostID>,
      at moment: ContinuousClock.Instant
    ) {
      for host in hosts {
        if answering.contains(host), !cut.contains(host) {
          detector.heard(host, since: moment, at: moment + .milliseconds(1))
        } else if refusing.contains(host) || cut.contains(host) {
          detector.refused(host, at: moment)
          detector.refused(host, at: moment + .milliseconds(100))
        }
      }
    }
  }

  private let threeSites: [HostID: String?] = [
    "NA": "east", "NB": "east", "NC": "west", "ND": "west", "NE": "north", "NF": "north",
  ]

  @Test("a host whose subjects nobody listens on is lost within the round")
  func crashed() {
    var watch = Watch(sites: threeSites)
    #expect(watch.round().isEmpty)
    watch.answering.remove("NA")
    #expect(watch.round(refusing: ["NA"]) == ["NA": .lost])
    #expect(!watch.detector.hosts.contains("NA"))
  }

  @Test("a host that keeps its connection and says nothing is lost after the silence, not before")
  func hung() {
    var watch = Watch(sites: threeSites)
    watch.answering.remove("NA")
    for second in 1...29 { #expect(watch.round()["NA"] != .lost, "after \(second) s") }
    #expect(watch.round()["NA"] == .lost)
  }

  @Test("who answers after each round is over is asked once with more time, and is not lost then")
  func slow() {
    var watch = Watch(sites: threeSites)
    watch.answering.remove("NA")
    for turn in 1...20 {
      for second in 1...5 {
        let health = watch.round()["NA"]
        #expect(health != nil && health != .lost, "turn \(turn)")
        let slow = watch.detector.slow(at: watch.now + .milliseconds(400))
        #expect(slow == (second == 3 ? ["NA"] : []), "turn \(turn), second \(second)")
      }
      watch.detector.heard("NA", since: watch.now - .seconds(2), at: watch.now + .milliseconds(500))
    }
  }

  @Test("one ping missed after this process was stopped is no loss, however long it was stopped")
  func stopped() {
    var watch = Watch(sites: threeSites)
    watch.now += .seconds(300)
    watch.answering.remove("NA")
    for _ in 1...2 {
      let health = watch.round()["NA"]
      #expect(health != nil && health != .lost)
    }
    watch.answering.insert("NA")
    #expect(watch.round().isEmpty)
  }

  @Test("a site that vanishes as a whole is never lost, however long it is away")
  func site() {
    var watch = Watch(sites: threeSites)
    watch.answering.subtract(["NA", "NB"])
    for _ in 1...120 {
      for health in watch.round(refusing: ["NA", "NB"]).values { #expect(health != .lost) }
    }
    watch.answering.formUnion(["NA", "NB"])
    #expect(watch.round().isEmpty)
  }

  @Test("of a site that is cut nobody is lost, though one of it was silent before, or never heard")
  func cutAfterSilence() {
    for isAbsent in [false, true] {
      var watch = Watch(sites: threeSites.merging(["NX": "east"]) { first, _ in first })
      watch.answering.remove("NX")
      if isAbsent { watch.detector.forget("NX") }
      for _ in 1...8 { _ = watch.round() }
      watch.answering.subtract(["NA", "NB"])
      for second in 1...120 {
        if isAbsent, second == 10 {
          watch.detector.expect("NX", labels: ["region": "east"], at: watch.now)
        }
        let verdicts = watch.round(refusing: ["NA", "NB", "NX"])
        #expect(!verdicts.values.contains(.lost), "after \(second) s")
      }
    }
  }

  @Test("of a site that is cut while our process is stopped nobody is lost, though one was silent")
  func cutDuringPause() {
    var watch = Watch(sites: threeSites)
    watch.answering.remove("NA")
    for _ in 1...8 { _ = watch.round() }
    watch.now += .seconds(12)
    watch.detector.noteLink(isUp: true, at: watch.now)
    watch.answering.remove("NB")
    for second in 1...120 { #expect(!watch.round().values.contains(.lost), "after \(second) s") }
  }

  @Test("of a site that is cut as its answers are on their way, whoever gave none is not lost")
  func cutBetweenAnswers() {
    var watch = Watch(sites: threeSites)
    watch.answering.remove("NA")
    #expect(watch.round(refusing: ["NA"], cut: ["NB"])["NA"] != .lost)
    watch.answering.remove("NB")
    for second in 1...120 {
      let verdicts = watch.round(refusing: ["NA", "NB"])
      #expect(!verdicts.values.contains(.lost), "after \(second) s")
    }
  }

  @Test("of a site that comes back, whoever is a moment later than the others is not lost")
  func siteReturns() {
    var watch = Watch(sites: threeSites)
    watch.answering.subtract(["NA", "NB"])
    for _ in 1...60 { _ = watch.round(refusing: ["NA", "NB"]) }
    watch.answering.insert("NA")
    var refused = watch
    for second in 1...9 {
      #expect(refused.round(refusing: ["NB"])["NB"] != .lost, "after \(second) s")
    }
    #expect(refused.round(refusing: ["NB"])["NB"] == .lost)
    for second in 1...29 { #expect(watch.round()["NB"] != .lost, "after \(second) s") }
    #expect(watch.round()["NB"] == .lost)
  }

  @Test("hosts of one site that die one after another are each lost")
  func oneByOne() {
    var watch = Watch(sites: threeSites)
    watch.answering.remove("NA")
    #expect(watch.round(refusing: ["NA"])["NA"] == .lost)
    for _ in 1...5 { _ = watch.round() }
    watch.answering.remove("NB")
    #expect(watch.round(refusing: ["NB"])["NB"] == .lost)
  }

  @Test("where most hosts vanish together our own side is suspected and nobody is lost at once")
  func most() {
    var watch = Watch(
      sites: Dictionary(uniqueKeysWithValues: (0..<6).map { (HostID("N\($0)"), nil) }))
    let gone: Set<HostID> = ["N0", "N1", "N2", "N3"]
    watch.answering.subtract(gone)
    for _ in 1...29 {
      for health in watch.round(refusing: gone).values { #expect(health != .lost) }
    }
    #expect(Set(watch.round(refusing: gone).filter { $0.value == .lost }.keys) == gone)
  }

  @Test("what is refused as most hosts come back proves nothing of the others")
  func mostReturn() {
    var watch = Watch(sites: ["NA": "east", "NB": "east", "NC": "east", "ND": "east"])
    watch.answering = []
    for _ in 1...16 { _ = watch.round(refusing: ["NA", "NB", "NC", "ND"]) }
    watch.answering = ["NA", "NB", "NC"]
    for second in 1...9 {
      #expect(watch.round(refusing: ["ND"])["ND"] != .lost, "after \(second) s")
    }
    #expect(watch.round(refusing: ["ND"])["ND"] == .lost)
  }

  @Test("while everybody is silent nobody is lost")
  func everybody() {
    var watch = Watch(sites: threeSites)
    watch.answering = []
    for _ in 1...60 {
      for health in watch.round(refusing: Set(threeSites.keys)).values { #expect(health != .lost) }
    }
  }

  @Test("of hosts that were all silent, the first to be back condemns none of the others")
  func oneIsBack() {
    var watch = Watch(sites: ["NA": nil, "NB": nil, "NC": nil])
    let all = watch.answering
    watch.answering = []
    for _ in 1...60 { _ = watch.round() }
    watch.answering = ["NA"]
    for second in 1...29 {
      #expect(!watch.round().values.contains(.lost), "\(second) s after the first")
    }
    watch.answering = all
    #expect(watch.round().isEmpty)
  }

  @Test("a host that was heard since our link came up is lost at once, however young that is")
  func heardSince() {
    var watch = Watch(sites: threeSites, linkUpFor: .seconds(1))
    watch.answering.remove("NA")
    #expect(watch.round(refusing: ["NA"])["NA"] == .lost)
  }

  @Test("a link of ours that is young proves nothing of those that were not heard since")
  func youngLink() {
    var watch = Watch(sites: threeSites, linkUpFor: .seconds(5), isHeard: false)
    watch.answering.remove("NA")
    #expect(watch.round(refusing: ["NA"])["NA"] != .lost)
    for _ in 1...5 { _ = watch.round(refusing: ["NA"]) }
    #expect(watch.round(refusing: ["NA"]).isEmpty, "it is lost by now")
    #expect(!watch.detector.hosts.contains("NA"))
  }

  @Test("what was refused while our link was young proves nothing later")
  func refusedWhileYoung() {
    var watch = Watch(sites: threeSites, linkUpFor: .seconds(5), isHeard: false)
    watch.answering.remove("NA")
    for _ in 1...3 { _ = watch.round(refusing: ["NA"]) }
    for second in 1...10 { #expect(watch.round()["NA"] != .lost, "after \(second) s") }
    #expect(watch.round(refusing: ["NA"])["NA"] == .lost)
  }

  @Test("one answer clears a host, and a lost one that answers is watched again")
  func back() {
    var watch = Watch(sites: threeSites)
    watch.answering.remove("NA")
    _ = watch.round()
    watch.answering.insert("NA")
    #expect(watch.round().isEmpty)
    watch.answering.remove("NA")
    #expect(watch.round(refusing: ["NA"])["NA"] == .lost)
    let wasAway = watch.detector.heard("NA", at: watch.now)
    #expect(wasAway)
    #expect(watch.detector.hosts.contains("NA"))
  }
}
