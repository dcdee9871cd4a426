import LatticeModel

/// Everything that runs, sorted by the workload it belongs to, in one pass over the hosts.
///
/// Costs one array look-up for each running set; no string is compared.
struct Census {
  /// The sets of each workload, in the order of the hosts.
  var sets: [[RunningSet]]
  /// Our sets that belong to no declared workload.
  var undeclared: [RunningSet] = []

  init(of workloads: [Workload], in observed: ObservedState) {
    var actors = Array(repeating: Int32(-1), count: observed.names.count)
    var providers = actors
    for (position, workload) in workloads.enumerated() {
      guard let symbol = observed.names.symbol(of: workload.id) else { continue }
      if workload.kind == .actor {
        actors[Int(symbol.index)] = Int32(position)
      } else {
        providers[Int(symbol.index)] = Int32(position)
      }
    }
    sets = Array(repeating: [], count: workloads.count)
    for (position, host) in observed.hosts.enumerated() where host.countsAsRunning {
      for actor in host.actors where actor.instances > 0 {
        file(
          RunningSet(
            kind: .actor, host: position, id: actor.id, image: actor.image,
            ownership: actor.ownership, instances: actor.instances),
          under: actors[Int(actor.id.index)], observed)
      }
      for provider in host.providers {
        file(
          RunningSet(
            kind: .provider, host: position, id: provider.id, image: provider.image,
            ownership: provider.ownership, instances: 1),
          under: providers[Int(provider.id.index)], observed)
      }
    }
    undeclared.sort {
      (observed.names[$0.id], $0.kind.rawValue, $0.host)
        < (observed.names[$1.id], $1.kind.rawValue, $1.host)
    }
  }

  private mutating func file(
    _ set: RunningSet, under workload: Int32, _ observed: ObservedState
  ) {
    if workload >= 0 {
      sets[Int(workload)].append(set)
    } else if observed.ownership(set.ownership).isOwned {
      undeclared.append(set)
    }
  }
}
