public import LatticeModel

/// What a plan must know beyond desired and observed state.
public struct PlanningContext: Hashable, Sendable {
  /// The lattice that the plan is for.
  public var lattice: LatticeName
  /// What is kept between passes: ownership of links and configs, what was last applied.
  public var record: LatticeRecord
  /// Whether things that no manifest asks for are removed, whatever the applications say.
  public var prune: Bool
  /// Whether the commit descends from every commit that was last applied.
  public var isFastForward: Bool
  /// The applications that commands may touch; `nil` means all.
  public var only: Set<ApplicationName>?

  /// Creates a context.
  ///
  /// - Parameters:
  ///   - lattice: The lattice that the plan is for.
  ///   - record: What is kept between passes.
  ///   - prune: Whether things that no manifest asks for are removed.
  ///   - isFastForward: Whether the commit descends from every commit that was last applied.
  ///   - only: The applications that commands may touch.
  public init(
    lattice: LatticeName, record: LatticeRecord = LatticeRecord(), prune: Bool = false,
    isFastForward: Bool = true, only: Set<ApplicationName>? = nil
  ) {
    self.lattice = lattice
    self.record = record
    self.prune = prune
    self.isFastForward = isFastForward
    self.only = only
  }
}
