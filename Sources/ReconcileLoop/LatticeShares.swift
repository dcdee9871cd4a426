import LatticeModel

/// What one controller process commands, and what it leaves to others; pure.
///
/// Every lattice has its own lease, and whoever has it keeps it, until another process that could
/// command the lattice too commands two lattices fewer: then it is given back, one at a time. Each such
/// move makes the sum of squares of all loads smaller, so that they end; nothing else moves but what
/// a process that is gone commanded.
package struct LatticeShares: Sendable {
  /// How long what was given back is left alone by whoever gave it.
  static let absence = Duration.seconds(3)
  /// How long nothing is given to a process that did not take what it was given, or lost it again.
  static let distrust = Duration.seconds(600)
  /// How long is believed what another process has said of itself.
  static let memory = Duration.seconds(45)
  /// How long a lease that nobody has is left to those who command less.
  static let courtesy = Duration.milliseconds(250)
  /// How many others are remembered at most.
  static let limit = 256

  /// What another process has said of itself.
  private struct Peer {
    var load: Int
    var at: ContinuousClock.Instant
  }

  /// What was given back.
  private struct Gift {
    var process: Int
    var at: ContinuousClock.Instant
  }

  /// Which process this is.
  let process: Int
  /// What it commands, by the names of the configuration.
  private(set) var commanded: Set<LatticeName> = []
  private var gifts: [LatticeName: Gift] = [:]
  /// What is being given back; nothing else is, until somebody has it.
  private var moving: LatticeName?
  private var distrusted: [Int: ContinuousClock.Instant] = [:]
  private var peers: [Int: Peer] = [:]
  private var commanders: [LatticeName: Int] = [:]

  /// A process that commands nothing yet.
  package init() { self.init(process: .random(in: 1...(1 << 53))) }

  init(process: Int) { self.process = process }

  /// How many lattices it commands.
  var load: Int { commanded.count }

  // MARK: What happens

  /// Notes that we command a lattice from now on.
  mutating func take(_ lattice: LatticeName, at now: ContinuousClock.Instant) {
    guard commanded.insert(lattice).inserted else { return }
    commanders[lattice] = nil
    if moving == lattice { moving = nil }
    // Whoever has it no more so soon would only lose it again.
    if let gift = gifts.removeValue(forKey: lattice), gift.at + Self.distrust > now {
      distrusted[gift.process] = now + Self.distrust
    }
  }

  /// Notes that we do not command a lattice any more; returns whether we did.
  @discardableResult
  mutating func lose(_ lattice: LatticeName) -> Bool { commanded.remove(lattice) != nil }

  /// Notes that somebody else commands a lattice.
  mutating func leave(_ lattice: LatticeName) {
    commanded.remove(lattice)
    if moving == lattice { moving = nil }
  }

  /// Notes what another process says of itself; more than `limit` are not remembered.
  mutating func hear(
    _ word: ControllerWord, of lattice: LatticeName, at now: ContinuousClock.Instant
  ) {
    guard word.process != process else { return }
    peers = peers.filter { $0.value.at + Self.memory > now }
    distrusted = distrusted.filter { $0.value > now }
    guard peers[word.process] != nil || peers.count < Self.limit else { return }
    peers[word.process] = Peer(load: word.load, at: now)
    if word.commands { commanders[lattice] = word.process }
  }

  // MARK: What follows

  /// Whether a process commands so much less that it is to have a lattice of ours.
  func isToHaveOne(_ word: ControllerWord, at now: ContinuousClock.Instant) -> Bool {
    word.process != process && !word.commands && word.load <= load - 2
      && distrusted[word.process].map { $0 <= now } ?? true
  }

  /// Whom a lattice is given to, if to anybody; it is as good as given back from then on.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - words: What those have said just now who could command it too.
  ///   - now: The moment.
  /// - Returns: Who commands least of them, where that is two lattices fewer than we do.
  mutating func give(
    _ lattice: LatticeName, among words: [ControllerWord], at now: ContinuousClock.Instant
  ) -> ControllerWord? {
    guard commanded.contains(lattice), moving == nil,
      let next = words.filter({ isToHaveOne($0, at: now) })
        .min(by: { ($0.load, $0.process) < ($1.load, $1.process) })
    else { return nil }
    moving = lattice
    return next
  }

  /// Notes that a lattice is given back now.
  mutating func gave(_ lattice: LatticeName, to process: Int, at now: ContinuousClock.Instant) {
    gifts[lattice] = Gift(process: process, at: now)
    lose(lattice)
  }

  /// Notes that a lattice is not given back after all.
  mutating func keep(_ lattice: LatticeName) { if moving == lattice { moving = nil } }

  /// Whether we want to command a lattice that nobody commands.
  func wants(_ lattice: LatticeName, at now: ContinuousClock.Instant) -> Bool {
    gifts[lattice].map { $0.at + Self.absence <= now } ?? true
  }

  /// How long a lattice that nobody commands is left to others: to those who command less than we do.
  func courtesy(for lattice: LatticeName, at now: ContinuousClock.Instant) -> Duration {
    // Who commanded it last may be dead.
    let others = peers.filter { $0.key != commanders[lattice] && $0.value.at + Self.memory > now }
    return others.contains { $0.value.load < load } ? Self.courtesy : .zero
  }
}
