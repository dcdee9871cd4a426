import LatticeModel

/// A moment on both clocks: that of spans, and that of the day.
struct Moment: Sendable {
  var instant: ContinuousClock.Instant
  var time: Timestamp
}

/// What a host made of the question for its inventory.
enum InventoryAnswer: Sendable {
  /// It says what it runs.
  case report(HostReport)
  /// The server says that nobody listens for it.
  case nobody
  /// It did not answer in time.
  case silence
  /// What came cannot be used, for this reason.
  case unusable(String)

  /// Whether it says what it runs.
  var isReport: Bool {
    if case .report = self { true } else { false }
  }
}

/// What is known of a lattice, and what follows from it: who is there, who is lost, whether those are
/// all; pure.
///
/// Whatever is heard goes in; `questions` says whose inventory is to be read, `endRound` who is to be
/// asked whether it is still there, `news` what is different.
struct Observation: Sendable {
  private(set) var observed = ObservedState()
  /// Whether our connection is up.
  private(set) var isConnected = true
  /// Which connection of ours it is: each that comes back is another one.
  private(set) var connection = 0
  /// The JetStream domain that the hosts' stores are in, if they name one.
  private(set) var domain: String?
  /// Whether more may have happened than we were told, so that all is to be asked for anew.
  private(set) var mustLook = false
  /// Whether the hosts that answer may be taken for all there are: it is known whom to expect.
  private(set) var isProven: Bool
  private var detector: FailureDetector
  private let expectedHosts: Int?
  private var told: (generation: UInt64, present: Set<HostID>) = (0, [])
  /// The hosts that said that they stop, since somebody last asked.
  private var stopped: Set<HostID> = []

  init(_ detection: FailureDetection, expectedHosts: Int?) {
    detector = FailureDetector(detection)
    self.expectedHosts = expectedHosts
    isProven = expectedHosts != nil
  }

  // MARK: Completeness

  /// Whether everyone who is expected was heard.
  var view: ViewCompleteness {
    guard isConnected else {
      return .incomplete(
        silent: observed.hosts.map(\.id), expected: observed.hosts.count, answered: 0)
    }
    let silent = observed.silentHosts
    let answered = observed.hosts.count(where: \.isUsable)
    let wanted = max(expectedHosts ?? 0, answered + silent.count)
    guard silent.isEmpty, answered >= wanted else {
      return .incomplete(silent: silent, expected: wanted, answered: answered)
    }
    return answered > 0 && isProven ? .complete : .unproven
  }

  /// Notes that each host that a pass has put on record was heard again.
  mutating func prove() { isProven = true }

  /// Notes whom the record says there are, and what of ours they run: each is silent until it is heard.
  ///
  /// Whoever commanded before may have seen a host since we found it lost; it is expected again.
  mutating func expect(_ hosts: [HostID: RecordedHost], at now: Moment) {
    isProven = isProven || !hosts.isEmpty
    for (host, recorded) in hosts {
      let presence = observed.host(host)?.presence
      guard presence.map({ $0 == .lost }) ?? true else { continue }
      detector.expect(host, labels: recorded.report.labels, at: now.instant)
      if presence != nil { observed.mark(host, .late(reason: "it has not answered yet")) }
      observed.noteRecorded(recorded.report)
    }
  }

  /// Notes what the record says of hosts that do not say what they run: they may run that beside what
  /// was last seen there, as somebody else may have commanded them meanwhile.
  mutating func recall(_ hosts: [HostID: RecordedHost]) {
    for (host, recorded) in hosts {
      guard let state = observed.host(host), state.presence != .lost, !state.isUsable
      else { continue }
      observed.noteRecorded(recorded.report)
    }
  }

  // MARK: Our connection

  mutating func connect(at now: ContinuousClock.Instant) {
    detector.noteLink(isUp: true, at: now)
  }

  mutating func disconnect(at now: ContinuousClock.Instant) {
    isConnected = false
    detector.noteLink(isUp: false, at: now)
  }

  /// Notes that our connection is back: whoever was there before is to be heard again.
  mutating func reconnect(at now: ContinuousClock.Instant) {
    isConnected = true
    connection += 1
    detector.noteLink(isUp: true, at: now)
    mustLook = true
    observed.forgetStores()
    for host in observed.hosts {
      observed.requestInventory(of: host.id)
      guard host.isUsable else { continue }
      observed.mark(host.id, .late(reason: "it was not heard since our connection came back"))
    }
  }

  /// Notes that our own process was stopped: what was not heard meanwhile proves nothing.
  mutating func sleep(at now: ContinuousClock.Instant) {
    detector.noteLink(isUp: isConnected, at: now)
  }

  // MARK: What is heard

  /// Notes that everything is asked for anew.
  mutating func beginLook() {
    mustLook = false
    observed.forgetStores()
  }

  /// Notes an answer to the question who is there, and when that was asked.
  mutating func hear(
    _ answer: HostAnswer, since asked: ContinuousClock.Instant, at now: Moment
  ) {
    domain = domain ?? answer.jetStreamDomain
    guard answer.isSupported else { return observed.note(answer, at: now.time) }
    let wasAway = detector.heard(
      answer.host, labels: answer.labels, since: asked, at: now.instant)
    observed.note(answer, at: now.time)
    let isUsable = observed.host(answer.host)?.isUsable ?? false
    if wasAway || !isUsable { observed.requestInventory(of: answer.host) }
  }

  /// Notes what a host tells of itself.
  mutating func hear(_ event: LatticeEvent, at now: Moment) {
    switch event {
    case .hostHeartbeat(let report):
      detector.heard(report.host, labels: report.labels, at: now.instant)
    case .hostStarted(let host): detector.heard(host, at: now.instant)
    case .hostStopped(let host):
      detector.forget(host)
      stopped.insert(host)
    default: break
    }
    observed.apply(event, at: now.time)
  }

  /// Notes that events were lost: every host is to say anew what it runs.
  mutating func missEvents() {
    for host in observed.hosts { observed.requestInventory(of: host.id) }
  }

  /// Notes that a host is asked for its inventory, which then need not be asked for again if it is
  /// waited for long enough; returns the number of the question.
  mutating func ask(_ host: HostID, isPatient: Bool) -> UInt64 {
    isPatient ? observed.inventoryIsUnderWay(at: host) : observed.host(host)?.reports ?? 0
  }

  /// Takes the answer to a question for an inventory.
  ///
  /// - Parameters:
  ///   - answer: The answer.
  ///   - host: Who was asked.
  ///   - question: The question's number.
  ///   - isPatient: Whether it was waited for long enough that silence says something.
  ///   - asked: When it was asked.
  ///   - now: The moment.
  mutating func hear(
    _ answer: InventoryAnswer, from host: HostID, to question: UInt64, isPatient: Bool,
    since asked: Moment, at now: Moment
  ) {
    switch answer {
    case .report(let report):
      detector.heard(host, labels: report.labels, since: asked.instant, at: now.instant)
      observed.note(report, answering: question, since: asked.time, at: now.time)
      observed.noteRoundTrip(now.instant - asked.instant, of: host)
    case .nobody: detector.refused(host, at: now.instant)
    case .unusable(let reason): doubt(host, reason)
    case .silence where isPatient:
      // Slow is not dead: whoever answers pings keeps what is known of it, and the lost stay lost.
      guard let state = observed.host(host), state.presence != .lost else { return }
      observed.missInventory(of: host)
      if !state.isUsable, !detector.isSuspected(host) {
        doubt(host, "it answers pings but not for its inventory")
      }
    case .silence: break
    }
  }

  /// Notes that a host does not say what it runs now: what it said before proves nothing.
  mutating func doubt(_ host: HostID, _ reason: String) {
    guard let state = observed.host(host), state.presence != .lost, state.presence != .silent
    else { return }
    observed.mark(host, .late(reason: reason))
  }

  /// Notes that all hosts were asked anew, and only these said what they run.
  mutating func doubt(allBut read: Set<HostID>) {
    for host in observed.hosts where host.isUsable && !read.contains(host.id) {
      doubt(host.id, "it did not answer when it was asked anew")
    }
  }

  // MARK: Who is lost

  /// Begins a round: everybody is about to be pinged, or was last to be heard of by this moment.
  mutating func beginRound(at moment: ContinuousClock.Instant) { detector.beginRound(at: moment) }

  /// Ends the wait for answers; returns whom to ask directly.
  mutating func endRound() -> [HostID] { detector.endRound() }

  /// Whom to ask once with all the time that an inventory may take.
  mutating func slow(at now: ContinuousClock.Instant) -> [HostID] { detector.slow(at: now) }

  /// Whom to ask once these were asked: whose answer shows that a site is there still.
  var witnesses: [HostID] { detector.witnesses }

  /// Concludes what the round has shown: the only place where a host is found lost that did not say
  /// that it stops.
  mutating func judge(at now: ContinuousClock.Instant) {
    for (host, health) in detector.verdicts(at: now) {
      switch health {
      case .healthy: break
      case .late(let reason): doubt(host, reason)
      case .lost: observed.mark(host, .lost)
      }
    }
  }

  /// The hosts that nobody listens for, whose loss is not proven and might be by another round.
  var refused: Set<HostID> { detector.refused }

  /// Forgets hosts that have been lost since before a moment.
  mutating func forgetLost(before time: Timestamp) {
    for host in observed.forgetLost(before: time) { detector.forget(host) }
  }

  /// The hosts that said that they stop, each told once.
  mutating func takeStopped() -> Set<HostID> {
    defer { stopped = [] }
    return stopped
  }

  // MARK: What a plan may still do

  /// Whether what a step touches is as its plan found it, and its host has not fallen silent since.
  ///
  /// What takes something away needs to see all that the plan saw: nobody has fallen silent.
  func isFresh(_ step: PlannedStep, at now: ContinuousClock.Instant) -> Bool {
    if let host = step.unit.host, detector.hasFallenSilent(host, at: now) { return false }
    return step.isFresh(in: observed)
      && (!step.takesAway || !detector.hasSomebodyFallenSilent(at: now))
  }

  // MARK: What is different

  /// The hosts whose inventory is to be read.
  var questions: [HostID] {
    observed.hosts.filter { $0.needsInventory && $0.isSupported && $0.presence != .lost }.map(\.id)
  }

  /// What is different since it was last asked for, if anything is.
  mutating func news() -> LatticeChange? {
    guard observed.generation != told.generation else { return nil }
    let present = Set(observed.hosts.lazy.filter(\.countsAsRunning).map(\.id))
    defer { told = (observed.generation, present) }
    return present == told.present ? .contents : .hosts(lost: told.present.subtracting(present))
  }

  // MARK: Stores and providers

  mutating func note(_ links: [LinkDefinition], of source: String) {
    observed.noteLinks(links, of: source)
  }

  mutating func note(_ config: StoredConfig, named name: ConfigName) {
    observed.noteConfig(config, named: name)
  }

  /// Notes what was sent for: what is stored of it is to be read anew.
  mutating func forget(whatChanges intents: [Intent]) {
    for intent in intents {
      switch intent.outcome {
      case .connect(let link), .disconnect(let link): observed.forgetLinks(of: link.key.source)
      case .keep(let name, _), .drop(let name): observed.forgetConfig(name)
      case .run, .replace, .end: break
      }
    }
  }

  mutating func forgetStores() { observed.forgetStores() }

  mutating func noteDeaf(_ provider: ProviderID, on host: HostID) {
    observed.noteDeaf(provider, on: host)
  }

  mutating func noteListening(_ provider: ProviderID) { observed.noteListening(provider) }
}
