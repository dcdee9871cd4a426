import LatticeModel
import Scheduling

/// What is to be done about one workload.
struct WorkloadOutcome {
  var added: [PlannedStep] = []
  var scaledDown: [PlannedStep] = []
  var stopped: [PlannedStep] = []
  var replaced: [PlannedStep] = []
  var equal = 0
  var satisfied: [(unit: UnitKey, manager: String?)] = []
  /// A set of somebody else that differs, and how.
  var conflict: PlannedStep?
  /// How many instances run of an actor whose number is somebody else's to say.
  var ignored: Int?
  var shortfalls: [Placement.Shortfall] = []
  /// How many instances run where, by position of host, once all is carried out.
  var placed: [Int: Int] = [:]
  /// How many hosts run it while sets are replaced: what goes down goes after that.
  var hosts = 0

  /// The units to keep as they are, so that what cannot be placed elsewhere runs on there.
  ///
  /// On every host alike, no host replaces another: there what is not wanted stays while any host
  /// lacks room.
  func irreplaceable(perHost: Bool) -> Set<UnitKey> {
    guard !shortfalls.isEmpty else { return [] }
    guard !perHost else { return Set(stopped.map(\.unit)) }
    let ending = (scaledDown + stopped).map { (unit: $0.unit, count: $0.instancesEnded) }
    var spare = ending.reduce(0) { $0 &+ $1.count } &- shortfalls.reduce(0) { $0 &+ $1.missing }
    var kept: Set<UnitKey> = []
    for (unit, count) in ending {
      if count <= spare { spare -= count } else { kept.insert(unit) }
    }
    return kept
  }
}

extension PlannedStep {
  /// How many instances fewer run after it.
  fileprivate var instancesEnded: Int {
    if case .countChanged(let from, let to) = reason { return from - to }
    guard case .actor(_, let instances, _) = found else { return 1 }
    return instances
  }
}
