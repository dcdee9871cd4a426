import LatticeModel

extension Scheduler {
  /// Keeps running instances for a rule, as many as it wants.
  ///
  /// Where fewer are wanted than run, the hosts preferred most keep theirs, and within those the
  /// fullest give up first, so that what stays is balanced; then those that need a command anyway.
  ///
  /// What is kept is taken out of `running`.
  mutating func keep(
    _ share: Share, of running: inout [PlacementRequest.Running], _ request: PlacementRequest
  ) -> Int {
    let members = classes[share.hostClass].members
    var left = share.wanted
    func take(_ count: Int, at position: Int) {
      running[position].instances -= count
      left -= count
      assign(count, to: running[position].host)
    }
    let candidates = running.indices.filter {
      running[$0].instances > 0 && members.contains(running[$0].host)
    }
    for position in candidates where running[position].isFixed {
      take(min(left, running[position].instances), at: position)
    }
    let free = candidates.filter { !running[$0].isFixed }
    for tier in tiers(of: free.map { running[$0].host }, in: share.hostClass) {
      let kept = level(
        tier.map { min(running[free[$0]].instances, headroom(running[free[$0]].host, request)) },
        to: left, running: tier.map { running[free[$0]] },
        scores: load.scores(ofProviders: request.isProvider))
      for (entry, count) in zip(tier, kept) { take(count, at: free[entry]) }
    }
    return share.wanted - left
  }

  /// Groups positions of a list of hosts by preference, preferred most first.
  private func tiers(of hosts: [Int], in hostClass: Int) -> [[Int]] {
    guard classes[hostClass].tiers.count > 1 else { return [Array(hosts.indices)] }
    let tiers = hosts.map { classes[hostClass].tier(of: $0) }
    return Dictionary(grouping: hosts.indices) { tiers[$0] }.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Cuts counts down to a total, the highest first, so that the rest is level.
  private func level(
    _ counts: [Int], to total: Int, running: [PlacementRequest.Running], scores: [Int]
  ) -> [Int] {
    func sum(atMost level: Int) -> UInt128 {
      counts.reduce(0) { $0 + UInt128(min($1, level)) }
    }
    guard sum(atMost: .max) > total else { return counts }
    var low = 0
    var high = counts.max() ?? 0
    while low < high {
      let middle = high - (high - low) / 2
      if sum(atMost: middle) <= total { low = middle } else { high = middle - 1 }
    }
    var kept = counts.map { min($0, low) }
    var spare = total - kept.reduce(0, +)
    func cost(_ entry: PlacementRequest.Running) -> (Int, Int, Int) {
      (
        entry.commands(to: low + 1) - entry.commands(to: low), scores[entry.host], entry.host
      )
    }
    let best = counts.indices.sorted { cost(running[$0]) < cost(running[$1]) }
    for position in best where spare > 0 && counts[position] > low {
      kept[position] += 1
      spare -= 1
    }
    return kept
  }
}
