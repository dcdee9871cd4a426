import LatticeModel

extension Scheduler {
  /// What runs, where that is just what is wanted: the answer of most questions.
  ///
  /// For rules that share no host. Nothing would be kept less, moved or added, so nothing is
  /// searched either.
  func settled(_ shares: [Share], _ request: PlacementRequest) -> Placement? {
    guard fixed.isEmpty else { return nil }
    var missing = shares.map(\.missing)
    for entry in request.running {
      let rule = shares.indices.first { classes[shares[$0].hostClass].members.contains(entry.host) }
      guard let rule, entry.instances <= min(missing[rule], limit(entry.host, request)) else {
        return nil
      }
      missing[rule] -= entry.instances
    }
    guard missing.allSatisfy({ $0 == 0 }) else { return nil }
    return Placement(
      assignments: request.running.map {
        Placement.Assignment(host: $0.host, instances: $0.instances)
      }, shortfalls: [])
  }
}
