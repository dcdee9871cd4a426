import LatticeModel

extension Scheduler {
  /// Adds what a rule still lacks, tier by tier of preference.
  ///
  /// - Returns: How many were added.
  mutating func add(_ share: Share, _ request: PlacementRequest) -> Int {
    var left = share.missing
    for tier in classes[share.hostClass].tiers.indices where left > 0 {
      left -= addToFresh(left, tier, share, request)
      if left > 0 { left -= addLevelly(left, tier, share, request) }
    }
    return share.missing - left
  }

  /// One instance each on hosts that have none of this actor, the lowest score first.
  private mutating func addToFresh(
    _ count: Int, _ tier: Int, _ share: Share, _ request: PlacementRequest
  ) -> Int {
    var heap =
      classes[share.hostClass].heap(of: tier, ofProviders: request.isProvider)
      ?? ScoreHeap(
        classes[share.hostClass].tiers[tier],
        scores: load.scores(ofProviders: request.isProvider))
    classes[share.hostClass].keep(nil, of: tier, ofProviders: request.isProvider)
    var seen: [Int] = []
    var added = 0
    while added < count, let host = heap.popFirst(load.scores(ofProviders: request.isProvider)) {
      seen.append(host)
      guard assigned[host] == 0, !fixed.contains(host), headroom(host, request) > 0,
        load.room(host, for: request.resources) > 0
      else { continue }
      put(1, on: host, request)
      added += 1
    }
    let scores = load.scores(ofProviders: request.isProvider)
    for host in seen { heap.push(host, score: scores[host]) }
    classes[share.hostClass].keep(heap, of: tier, ofProviders: request.isProvider)
    return added
  }

  /// Raises hosts that have some of this actor already, the emptiest first, whole levels at once.
  private mutating func addLevelly(
    _ count: Int, _ tier: Int, _ share: Share, _ request: PlacementRequest
  ) -> Int {
    func capacity(_ host: Int) -> Int {
      min(headroom(host, request), load.room(host, for: request.resources))
    }
    var open = touched.filter { host in
      classes[share.hostClass].tier(of: host) == tier && index.usable.contains(host)
        && classes[share.hostClass].members.contains(host) && !fixed.contains(host)
        && capacity(host) > 0
    }.sorted { (assigned[$0], $0) < (assigned[$1], $1) }
    var left = count
    while left > 0, let lowest = open.first.map({ assigned[$0] }) {
      let group = open.prefix { assigned[$0] == lowest }
      let toNext = open.count > group.count ? assigned[open[group.count]] - lowest : Int.max
      let room = group.map(capacity).min() ?? 0
      let rise = min(toNext, room, left / group.count)
      if rise > 0 {
        for host in group { put(rise, on: host, request) }
        left -= rise * group.count
      } else {
        let running = Dictionary(
          request.running.map { ($0.host, $0) }, uniquingKeysWith: { first, _ in first })
        func cost(_ host: Int) -> (Int, Int, Int) {
          let before = running[host]?.commands(to: lowest) ?? 1
          let after = running[host]?.commands(to: lowest + 1) ?? 1
          return (after - before, load.scores(ofProviders: request.isProvider)[host], host)
        }
        let best = group.sorted { cost($0) < cost($1) }
        for host in best.prefix(left) { put(1, on: host, request) }
        left = 0
      }
      open = open.filter { capacity($0) > 0 }
    }
    return count - left
  }

  /// Adds new instances to a host and counts them in its load.
  mutating func put(_ count: Int, on host: Int, _ request: PlacementRequest) {
    load.add(
      count, of: request.resources, on: host, isNew: assigned[host] == 0,
      isProvider: request.isProvider)
    assign(count, to: host)
  }
}
