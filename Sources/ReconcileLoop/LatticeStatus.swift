public import LatticeModel
public import LatticeObservation

/// How a lattice stands, and on whose word.
///
/// One summarizer makes it of a pass; log, figures, events, pages and `status` only render it. What
/// it says is of the moment of the look: how much of that still holds, `sync(at:)` says.
public struct LatticeStatus: Sendable {
  /// The repository's name, where it has one.
  public var repository: String?
  /// What is to be done, waits, is held, has no place or is not reached, and whether everyone who is
  /// expected answered.
  public var plan: Plan
  /// The plan's id, in hexadecimal.
  public var planID: String
  /// Whether nothing differed when the plan was made.
  public var wasInSync: Bool
  /// How many errors the manifests of the revision have.
  public var manifestErrors: Int
  /// The declared applications, in the order of the plan.
  public var applications: [ApplicationStatus]
  /// Every host that was heard of or is on record, by id.
  public var hosts: [HostStatus]
  /// What failed and is still to be done, by unit.
  public var failures: [StepFailure]
  /// Which processes of providers run on without a host.
  public var strays: [StrayProvider]
  /// When the lattice was compared with the commit.
  public var lookedAt: Timestamp
  /// When anybody was last heard.
  public var heardAt: Timestamp
  /// When it was first heard that the lattice is not as the plan found it, if so.
  public var changedAt: Timestamp?
  /// How old a word may be before nothing is said on its strength: two resyncs.
  public var limit: Duration

  /// The lattice's name on the wire.
  public var lattice: LatticeName { plan.lattice }
  /// The commit that is wanted.
  public var revision: Revision { plan.revision }

  /// Takes over when hosts last said what they run.
  ///
  /// Where they said the same as the plan found, what is said of the lattice is as young as that;
  /// else it ages until there is another plan. Reports from before the plan change nothing.
  ///
  /// - Parameters:
  ///   - reports: When each host was last heard, and of which generation that is.
  ///   - now: The moment.
  public mutating func renew(with reports: LastReports, at now: Timestamp) {
    guard reports.generation >= plan.generation else { return }
    if reports.generation > plan.generation { changedAt = changedAt ?? now }
    for index in hosts.indices {
      guard let time = reports.times[hosts[index].id] else { continue }
      if hosts[index].seenAt.map({ $0 < time }) ?? true { hosts[index].isAssumed = false }
      (hosts[index].seenAt, hosts[index].isOnRecordOnly) = (time, false)
    }
    heardAt = max(heardAt, reports.times.values.max() ?? heardAt)
  }
}

/// One host in a status.
public struct HostStatus: Hashable, Sendable {
  /// The host.
  public var id: HostID
  /// Whether it can be spoken to.
  public var presence: Presence
  /// How it is, with what is on record against it.
  public var health: HostHealth
  /// When it last said what it runs; `nil` where it never did.
  public var seenAt: Timestamp?
  /// Whether only the record says so, where that time may be an hour too early.
  public var isOnRecordOnly = false
  /// Whether what it was sent counts as running there, though it has not said so since.
  public var isAssumed = false
}

/// One declared application in a status.
public struct ApplicationStatus: Hashable, Sendable {
  /// Its name.
  public var name: ApplicationName
  /// The file that declares it.
  public var path: String
  /// The commit that was last carried out, if one was.
  public var applied: Revision?
  /// Whether it cannot be read, so that nothing of it is touched.
  public var isFrozen: Bool
  /// The earlier commit whose form is used, where the current one cannot be read.
  public var heldAt: Revision?
  /// The earlier commit whose form is used by a person's wish.
  public var pinnedAt: Revision?
  /// How many steps are to be done.
  public var toDo = 0
  /// How many steps wait for what is under way, or since it failed a moment ago.
  public var waiting = 0
  /// How many steps a guard holds.
  public var held = 0
  /// How many instances no host can take.
  public var unplaced = 0
  /// How many instances run and are not reached.
  public var unreached = 0
  /// How many providers were started and do not listen yet.
  public var deaf = 0
  /// The hosts that run what it declares, by id.
  public var hosts: [HostID] = []
}
