public import LatticeModel

/// What a plan must know beyond desired and observed state.
public struct PlanningContext: Hashable, Sendable {
  /// The lattice that the plan is for.
  public var lattice: LatticeName
  /// What is kept between passes: ownership of links and configs, what was last applied.
  public var record: LatticeRecord
  /// Whether things that no manifest asks for are removed, whatever the applications say.
  public var prune: Bool
  /// Of whose last applied commit it is not known that the one to be carried out stands on it.
  public var doubts: [ApplicationName: HistoryDoubt] = [:]
  /// The applications on record that are not declared and that the reading of git could not have
  /// seen: nothing of them is touched.
  public var unseen: Set<ApplicationName> = []
  /// The applications that commands may touch; `nil` means all.
  public var only: Set<ApplicationName>?
  /// The name of the repository that the desired state comes from, where it has one.
  public var repository: String?
  /// Whether nothing at all may be sent for a commit that certainly does not descend from the one
  /// last applied; otherwise only its removals are held.
  public var refusesRewrittenHistory = false
  /// The label that tells sites apart, if any.
  public var site: String? = "region"
  /// The units that went back and forth too often.
  public var flapping: Set<UnitKey> = []
  /// What is under way or failed a moment ago.
  public var pending = PendingWork()
  /// What the lattice's hosts can do.
  public var abilities = HostAbilities()
  /// Whether somebody has approved what is planned, so that what yields to that holds nothing.
  public var isApproved = false
  /// The moment that decides which suspensions still hold; all do where `nil`.
  public var now: Timestamp?

  /// Creates a context.
  ///
  /// - Parameters:
  ///   - lattice: The lattice that the plan is for.
  ///   - record: What is kept between passes.
  ///   - prune: Whether things that no manifest asks for are removed.
  ///   - only: The applications that commands may touch.
  public init(
    lattice: LatticeName, record: LatticeRecord = LatticeRecord(), prune: Bool = false,
    only: Set<ApplicationName>? = nil
  ) {
    self.lattice = lattice
    self.record = record
    self.prune = prune
    self.only = only
  }

  /// Whether the commit is not to be carried out at all.
  public var isRefused: Bool {
    refusesRewrittenHistory && !isApproved && doubts.values.contains(where: \.isRewrite)
  }

  /// Why the commit is not to be carried out at all, if it is not.
  var refusal: HistoryDoubt? {
    isRefused ? doubts.filter(\.value.isRewrite).min { $0.key < $1.key }?.value : nil
  }

  /// Why an application is not to be commanded now, or `nil` where it may be.
  func suspension(of application: ApplicationName) -> String? {
    record.suspensions.first {
      $0.covers(application, of: repository) && $0.stands(at: now)
    }.map { "\($0.reason) (\($0.by))" }
  }
}

extension Suspension {
  fileprivate func covers(_ application: ApplicationName, of repository: String?) -> Bool {
    switch scope {
    case .everything: true
    case .repository(let name): name == repository
    case .application(let name): name == application
    }
  }
}
