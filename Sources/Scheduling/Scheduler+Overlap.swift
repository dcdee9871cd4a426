import LatticeModel

/// Rules that share hosts are solved together, as a flow of single instances from rules to hosts:
/// each instance takes the cheapest way that is left, and may push an earlier one aside. Greedy
/// placement would leave a rule short whose only hosts another rule has filled.
extension Scheduler {
  /// What an instance costs somewhere; compared part by part, added up along a way.
  private struct Cost: Comparable {
    /// -1 where it is there whatever is wanted.
    var fixed = 0
    /// 1 where it does not run there yet.
    var moved = 0
    /// Minus the number of preferred labels met.
    var preferred = 0
    /// Which instance of its host it is; the sum is lowest where all hosts are level.
    var level = 0
    /// How many more commands its host needs.
    var commands = 0
    var score = 0
    var host = 0

    static let zero = Cost()

    static func < (left: Cost, right: Cost) -> Bool {
      if left.fixed != right.fixed { return left.fixed < right.fixed }
      return (left.moved, left.preferred, left.level, left.commands, left.score, left.host)
        < (right.moved, right.preferred, right.level, right.commands, right.score, right.host)
    }

    static func + (left: Cost, right: Cost) -> Cost {
      Cost(
        fixed: left.fixed + right.fixed, moved: left.moved + right.moved,
        preferred: left.preferred + right.preferred, level: left.level + right.level,
        commands: left.commands + right.commands, score: left.score.addingCapped(right.score),
        host: left.host + right.host)
    }
  }

  /// The most steps that solving together may cost; larger questions are solved rule by rule.
  private static var mostSteps: Int { 4_000_000 }

  private struct Flow {
    var hosts: [Int]
    var running: [PlacementRequest.Running]
    var capacity: [Int]
    var total: [Int]
    /// By rule, then by position in `hosts`: whether the rule admits the host.
    var admits: [[Bool]]
    var preferred: [[Int]]
    var flow: [[Int]]
    /// How loaded each host of the scheduler is.
    var scores: [Int]
  }

  /// Solves overlapping rules together.
  ///
  /// - Returns: Whether it did; `false` where the question is too large for that.
  mutating func solveTogether(_ shares: inout [Share], _ request: PlacementRequest) -> Bool {
    var flow = makeFlow(shares, request)
    let units = shares.reduce(0) { $0.addingCapped($1.wanted) }
    let steps = units.multipliedCapped(by: shares.count * shares.count * max(1, flow.hosts.count))
    guard steps <= Self.mostSteps else { return false }
    while let path = cheapestPath(shares, flow) { push(path, &shares, &flow) }
    for (position, host) in flow.hosts.enumerated() {
      let kept = min(flow.total[position], flow.running[position].instances)
      if kept > 0 { assign(kept, to: host) }
      if flow.total[position] > kept { put(flow.total[position] - kept, on: host, request) }
    }
    return true
  }

  private func makeFlow(_ shares: [Share], _ request: PlacementRequest) -> Flow {
    let running = Dictionary(
      request.running.map { ($0.host, $0) }, uniquingKeysWith: { first, _ in first })
    let hosts = index.labels.indices.filter { host in
      shares.contains { classes[$0.hostClass].members.contains(host) }
        && (index.usable.contains(host) || running[host] != nil)
    }
    let admits = shares.map { share in
      hosts.map { classes[share.hostClass].members.contains($0) }
    }
    let capacity = hosts.indices.map { position in
      let host = hosts[position]
      let present = running[host]?.instances ?? 0
      if fixed.contains(host) { return present }
      if index.closed.contains(host) { return min(limit(host, request), present) }
      if !index.usable.contains(host) { return present }
      let room = load.room(host, for: request.resources)
      return min(limit(host, request), present.addingCapped(room))
    }
    return Flow(
      hosts: hosts,
      running: hosts.map { running[$0] ?? PlacementRequest.Running(host: $0, instances: 0) },
      capacity: capacity, total: hosts.map { _ in 0 }, admits: admits,
      preferred: shares.map { share in
        hosts.map { host in
          share.rule.preferred.count { $0.isMet(by: index.labels[host]) }
        }
      }, flow: shares.map { _ in hosts.map { _ in 0 } },
      scores: load.scores(ofProviders: request.isProvider))
  }

  private struct Path {
    /// The rules and hosts along the way, in turn, ending at the host that takes one more.
    var steps: [(rule: Int, host: Int)]
  }

  /// The cheapest way for one more instance, by relaxation over rules.
  private func cheapestPath(_ shares: [Share], _ flow: Flow) -> Path? {
    var reach: [Cost?] = shares.map { $0.missing > 0 ? .zero : nil }
    var from: [(rule: Int, host: Int)?] = shares.map { _ in nil }
    for _ in shares.indices {
      var changed = false
      for rule in shares.indices {
        guard let cost = reach[rule] else { continue }
        for host in flow.hosts.indices where flow.admits[rule][host] {
          for other in shares.indices where other != rule && flow.flow[other][host] > 0 {
            let aside = flow.preferred[other][host] - flow.preferred[rule][host]
            let candidate = cost + Cost(preferred: aside)
            guard reach[other].map({ candidate < $0 }) ?? true else { continue }
            reach[other] = candidate
            from[other] = (rule, host)
            changed = true
          }
        }
      }
      guard changed else { break }
    }
    var best: (cost: Cost, rule: Int, host: Int)?
    for rule in shares.indices {
      guard let cost = reach[rule] else { continue }
      for host in flow.hosts.indices
      where flow.admits[rule][host] && flow.total[host] < flow.capacity[host] {
        let candidate = cost + self.cost(of: rule, at: host, flow)
        if best.map({ candidate < $0.cost }) ?? true { best = (candidate, rule, host) }
      }
    }
    guard let best else { return nil }
    var steps = [(rule: best.rule, host: best.host)]
    var rule = best.rule
    while let step = from[rule], steps.count <= shares.count {
      steps.append(step)
      rule = step.rule
    }
    return Path(steps: steps.reversed())
  }

  private func cost(of rule: Int, at host: Int, _ flow: Flow) -> Cost {
    let running = flow.running[host]
    let total = flow.total[host]
    let isThere = total < running.instances
    return Cost(
      fixed: isThere && running.isFixed ? -1 : 0, moved: isThere ? 0 : 1,
      preferred: -flow.preferred[rule][host], level: total + 1,
      commands: running.commands(to: total + 1) - running.commands(to: total),
      score: flow.scores[flow.hosts[host]], host: host)
  }

  private func push(_ path: Path, _ shares: inout [Share], _ flow: inout Flow) {
    for (position, step) in path.steps.enumerated() {
      flow.flow[step.rule][step.host] += 1
      if position + 1 < path.steps.count {
        flow.flow[path.steps[position + 1].rule][step.host] -= 1
      } else {
        flow.total[step.host] += 1
      }
    }
    if let first = path.steps.first { shares[first.rule].placed += 1 }
  }
}
