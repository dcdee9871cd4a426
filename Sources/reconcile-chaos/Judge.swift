import JSONCoding
import LatticeModel
import LatticeSimulator
import ServiceRuntime

/// Holds everything that is sent against the truth, and notes what should not have been.
///
/// The truth is kept here, from what hosts did and what was done to them, so that it can be asked
/// at any moment without waiting.
final class Judge: Sendable {
  /// A set of instances that runs.
  struct Running: Hashable, Sendable {
    var count: Int
    var image: String
    var since: ContinuousClock.Instant
  }

  /// A host, as it really is.
  struct Host: Sendable {
    var labels: [String: String]
    /// What ran in its last life, of which late events still tell.
    var former: [String: Running] = [:]
    var actors: [String: Running] = [:]
    /// The image of each provider that runs there.
    var providers: [String: String] = [:]
    /// What was stopped last of each actor, to be started anew with another image or config, and
    /// since when that can be known.
    var stopped: [String: Running] = [:]
    /// The same of each provider.
    var stoppedProviders: [String: ContinuousClock.Instant] = [:]
    var diedAt: ContinuousClock.Instant?
    /// Since when it answers nobody.
    var mutedAt: ContinuousClock.Instant?
    /// Since when nobody need have heard it: it may have spoken for a moment since.
    var unheardSince: ContinuousClock.Instant?
    /// When it answered again.
    var unmutedAt: ContinuousClock.Instant?
    /// When it answered again after it could be taken for lost.
    var backAt: ContinuousClock.Instant?
    /// When it may be taken for lost meanwhile.
    var loss = Loss.afterSilence
    /// Until when it may still be taken for lost, having been so.
    var doubtedUntil: ContinuousClock.Instant?
    /// Since when a controller could see it.
    var startedAt = ContinuousClock.now
    /// Whether whoever commanded since knows it.
    var isKnown = false
    /// How many ran of an actor before a person changed that, and until when that may be unseen.
    var changedByHand: [String: (before: Int, until: ContinuousClock.Instant)] = [:]
    /// Whether a start has taken it down for good.
    var isFelled = false
    /// When it last began to fetch what for whom.
    var fetches: [String: Fetch] = [:]

    var isAlive: Bool { diedAt == nil }

    /// Whether it could be heard for a while.
    var isHeard: Bool {
      isAlive && mutedAt == nil && .now - max(startedAt, unmutedAt ?? startedAt) > Judge.notice
    }

    /// How many instances of an actor run there, for all that anybody can know.
    func believable(_ actor: String, _ now: ContinuousClock.Instant) -> [Int] {
      let count = actors[actor]?.count ?? 0
      var counts = [count]
      if let change = changedByHand[actor], now < change.until { counts.append(change.before) }
      if now - startedAt < Judge.notice * 2, let former = former[actor] {
        counts.append(former.count)
      }
      // What it has started since it was heard last, or just before, nobody need know of.
      if let mutedAt, let since = actors[actor]?.since, since > mutedAt - Judge.lag {
        counts.append(0)
      }
      return counts
    }
  }

  /// When a host that answers nobody may be taken for lost.
  enum Loss: Sendable {
    case never
    case afterSilence
    case atOnce
  }

  struct Commit: Sendable {
    var wanted: Wanted
    var time: ContinuousClock.Instant
  }

  /// How a set was scaled so far.
  struct Turn: Sendable {
    var count: Int
    var isUp: Bool?
    /// Of how many commits the last is followed.
    var commits: Int
    /// How often it was turned round for that, and how often at most for another.
    var times = 0
    var most = 0
  }

  struct State: Sendable {
    var hosts: [String: Host] = [:]
    var commits: [Commit] = []
    /// What is committed and cannot be followed yet, and since when that is so.
    var hidden: [Wanted] = []
    var hiddenSince: ContinuousClock.Instant?
    /// Since when answers are lost.
    var answersLostSince: ContinuousClock.Instant?
    var turns: [String: Turn] = [:]
    /// What takes hosts down, by its id.
    var losses: [String: Losses] = [:]
    /// How long it takes to fetch an image that takes long.
    var slowImages: [String: Duration] = [:]
    var lease: (process: Int, until: ContinuousClock.Instant)?
    var complaints: [String] = []
    var lastCommand: ContinuousClock.Instant?
  }

  /// How long a loss may go unnoticed.
  static let notice = Duration.seconds(3)
  /// How long it takes at most until every inventory is read again.
  static let resync = Duration.seconds(65)
  /// How long a commit may go unnoticed.
  static let lag = Duration.seconds(15)

  let silence: Duration
  let state = Lock(State())
  let lattice: LatticeName
  let log: @Sendable (@autoclosure () -> String) -> Void

  init(
    _ lattice: LatticeName, silence: Duration,
    log: @escaping @Sendable (@autoclosure () -> String) -> Void
  ) {
    self.lattice = lattice
    self.silence = silence
    self.log = log
  }

  // MARK: Truth

  func committed(_ wanted: Wanted) {
    state.withLock { state in
      guard state.hiddenSince == nil else { return state.hidden.append(wanted) }
      state.commits.append(Commit(wanted: wanted, time: .now))
    }
  }

  /// Notes whether commits can be seen, and commands sent to follow them; only such time counts.
  func commits(areFollowed: Bool) {
    state.withLock { state in
      guard areFollowed != (state.hiddenSince == nil) else { return }
      guard let since = state.hiddenSince else { return state.hiddenSince = .now }
      for index in state.commits.indices where since - state.commits[index].time < Self.lag {
        state.commits[index].time += .now - since
      }
      state.commits += state.hidden.map { Commit(wanted: $0, time: .now) }
      (state.hidden, state.hiddenSince) = ([], nil)
    }
  }

  /// Notes that answers are lost from now on.
  func answersAreLost() { state.withLock { $0.answersLostSince = .now } }

  /// Notes that answers were lost until now, so that a record of many keys was read again and again;
  /// commits of that time count from now on.
  func answersWereLost() {
    state.withLock { state in
      guard let start = state.answersLostSince else { return }
      state.answersLostSince = nil
      for index in state.commits.indices where state.commits[index].time >= start {
        state.commits[index].time = .now
      }
    }
  }

  func started(_ host: HostID, _ labels: [String: String]) {
    state.withLock { state in
      var new = Host(labels: labels)
      if let before = state.hosts[host.rawValue] {
        new.former = before.actors
        // What a plan has stopped there is started again where it has come down meanwhile.
        (new.stopped, new.stoppedProviders) = (before.stopped, before.stoppedProviders)
      }
      state.hosts[host.rawValue] = new
    }
  }

  func change(_ host: HostID, _ change: (inout Host) -> Void) {
    state.withLock { state in
      guard var entry = state.hosts[host.rawValue] else { return }
      change(&entry)
      state.hosts[host.rawValue] = entry
    }
  }

  func muted(_ host: HostID, _ loss: Loss) {
    change(host) { host in
      // What hangs for good stays silent, and may be found lost sooner.
      guard !host.isFelled else { return host.loss = loss == .atOnce ? loss : host.loss }
      let wasHeard = host.unmutedAt.map { .now - $0 >= Self.notice } ?? true
      if wasHeard { host.unheardSince = .now }
      (host.mutedAt, host.loss) = (.now, loss)
    }
  }

  func unmuted(_ host: HostID) {
    change(host) { host in
      guard !host.isFelled else { return }
      host.unmutedAt = .now
      if mayBeLost(host, .now) {
        // A plan that was made without it may still be carried out.
        (host.doubtedUntil, host.isKnown) = (.now + Self.notice * 4, false)
        host.backAt = .now
      }
      host.mutedAt = nil
    }
  }

  /// Notes that a person is about to change a set; nobody need know of it for so long.
  func changedByHand(_ actor: String, on host: HostID, unseen span: Duration) {
    change(host) {
      $0.changedByHand[actor] = ($0.actors[actor]?.count ?? 0, .now + span)
    }
  }

  /// Notes what a command did.
  func done(_ entry: LedgerEntry) {
    log(
      "host \(entry.host.prefix(5)) \(entry.verb) \(entry.subject) "
        + "\(entry.count.map(String.init) ?? "") \(entry.effect.rawValue)")
    let complaint = state.withLock { state -> String? in
      // A stop is known once a host is asked, and asked again where its answer is lost.
      let known = ContinuousClock.now + (state.answersLostSince == nil ? .zero : Self.notice * 3)
      guard var host = state.hosts[entry.host] else { return nil }
      var complaint: String?
      switch (entry.verb, entry.effect) {
      case ("component.scale", .started), ("component.scale", .rescaled):
        let image = entry.effect == .started ? entry.image : host.actors[entry.subject]?.image
        let since = entry.effect == .started ? nil : host.actors[entry.subject]?.since
        host.actors[entry.subject] = Running(
          count: entry.count ?? 0, image: image ?? "", since: since ?? .now)
      case ("component.scale", .stopped):
        host.stopped[entry.subject] = host.actors.removeValue(forKey: entry.subject)
        host.stopped[entry.subject]?.since = known
      case ("provider.start", .started): host.providers[entry.subject] = entry.image ?? ""
      case ("provider.stop", .stopped):
        host.providers[entry.subject] = nil
        host.stoppedProviders[entry.subject] = known
      case (_, .crashed):
        (host.diedAt, host.isFelled) = (.now, true)
        complaint = state.lose(entry)
      case (_, .hung):
        (host.mutedAt, host.unheardSince, host.isFelled) = (.now, .now, true)
        host.loss = .afterSilence
        complaint = state.lose(entry)
      case (_, .fetched): complaint = state.fetch(entry, by: &host)
      default: break
      }
      state.hosts[entry.host] = host
      return complaint
    }
    if let complaint { complain(complaint) }
  }

  /// Notes a write to the lease's bucket that succeeded: whoever commands knows who is there.
  func leaseWritten(by process: Int, isDeletion: Bool) {
    state.withLock { state in
      state.lease = isDeletion ? nil : (process, .now + .seconds(4))
      for (id, host) in state.hosts where host.isHeard { state.hosts[id]?.isKnown = true }
    }
  }

  func complain(_ text: String) {
    log("COMPLAINT \(text)")
    state.withLock { $0.complaints.append(text) }
  }
}
