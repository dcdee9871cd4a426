/// Whether a host can be spoken to, as far as we know.
public enum Presence: Hashable, Sendable {
  /// It answers; what it runs is its own word.
  case fresh
  /// It answers pings but its inventory is missing or old; nothing is concluded from that.
  case late(reason: String)
  /// It is expected and silent; what it ran of ours counts as running there.
  case silent
  /// It is confirmed lost, or was seen to stop: what it ran runs no more.
  case lost
  /// It answered, and is of a kind that cannot be commanded: listed, never used.
  case unsupported

  /// Whether what the host runs, as far as anybody knows, still counts as running.
  public var countsAsRunning: Bool { self != .lost && self != .unsupported }

  /// The word for it, for programs.
  public var word: String {
    switch self {
    case .fresh: "fresh"
    case .late: "late"
    case .silent: "silent"
    case .lost: "lost"
    case .unsupported: "unsupported"
    }
  }
}

/// One host as observed.
public struct HostState: Hashable, Sendable {
  /// The host.
  public let id: HostID
  /// Whether hosts of its kind can be looked at and commanded.
  public internal(set) var isSupported: Bool
  /// Whether it can be spoken to.
  public var presence: Presence
  /// What it said last, or for a silent host what is on record of ours.
  public internal(set) var report: HostReport
  /// Its instance sets as numbers, by id.
  public internal(set) var actors: [RunningActor]
  /// Its providers as numbers, by id.
  public internal(set) var providers: [RunningProvider]
  /// When its report was received.
  public internal(set) var reportedAt: Timestamp
  /// How long it took to answer for its inventory when it did so last.
  public internal(set) var roundTrip: Duration?
  /// Whether an event says that the report is out of date.
  public internal(set) var needsInventory: Bool
  /// How many reports of it were taken, so that one that was long on its way is told from news.
  public internal(set) var reports: UInt64 = 0
  /// Whether it may run more than it said last, as it was sent more since.
  public internal(set) var isAssumed = false
  /// How often in a row it was asked for its inventory in vain.
  public internal(set) var missedInventories = 0
  /// The earliest moment at which it can have started, by what it answered last; `nil` where it has
  /// answered nothing yet.
  var startedAfter: Timestamp?

  /// Its labels.
  public var labels: [String: String] { report.labels }
  /// Whether new things may be started there and commands sent.
  public var isUsable: Bool { presence == .fresh }
  /// Whether it was asked for its inventory twice in a row and did not give it.
  public var owesInventory: Bool { missedInventories > 1 }
  /// Whether what it ran still counts as running.
  public var countsAsRunning: Bool { presence.countsAsRunning }
}

/// An instance set as numbers of its observed state's interner.
public struct RunningActor: Hashable, Sendable {
  /// The id of the actor.
  public var id: Symbol
  /// The image that the host claims.
  public var image: Symbol
  /// Which of the state's distinct ownerships it has.
  public var ownership: Int32
  /// The most calls that it serves at once.
  public var instances: Int
}

/// A provider as numbers of its observed state's interner.
public struct RunningProvider: Hashable, Sendable {
  /// The id of the provider.
  public var id: Symbol
  /// The image without scheme.
  public var image: Symbol
  /// Which of the state's distinct ownerships it has.
  public var ownership: Int32
}
