public import LatticeModel

/// What earlier plans have sent and not seen come about yet, and what failed and is not to be tried
/// again yet: an input of a plan.
public struct PendingWork: Hashable, Sendable {
  /// The steps that were sent and may still come about, by unit.
  public var underWay: [PlannedStep] = []
  /// The units of those that were sent so long ago that others may take their place.
  public var supersedable: Set<UnitKey> = []
  /// What a step that failed was to bring about, by unit: the same is not tried again yet.
  public var backingOff: [UnitKey: Intent] = [:]

  /// Creates pending work of nothing.
  public init() {}

  /// Whether nothing is pending.
  var isEmpty: Bool { underWay.isEmpty && backingOff.isEmpty }
}
