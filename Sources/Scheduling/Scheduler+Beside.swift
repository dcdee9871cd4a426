import TextForms

extension Scheduler {
  /// One instance on each of some hosts: of what serves its own host alone, where that is wanted.
  ///
  /// What runs on one of them stays; where it runs and is not wanted it goes.
  mutating func placeBeside(_ hosts: [Int], _ request: PlacementRequest) -> Placement {
    for entry in request.running where fixed.contains(entry.host) {
      assign(entry.instances, to: entry.host)
    }
    let running = Set(request.running.map(\.host))
    var left: [Int] = []
    for host in hosts where assigned[host] == 0 {
      if running.contains(host) {
        assign(1, to: host)
      } else if index.usable.contains(host), !fixed.contains(host) {
        put(1, on: host, request)
      } else {
        left.append(host)
      }
    }
    let shortfalls =
      left.isEmpty
      ? []
      : [
        Placement.Shortfall(
          rule: nil, missing: left.count, wanted: hosts.count,
          reasons: ["\(counted(left.count, "host")) that it is wanted on cannot be used now"])
      ]
    return Placement(assignments: assignments, shortfalls: shortfalls)
  }
}
