import LatticeModel
import TextForms

extension Scheduler {
  /// Why a rule's instances cannot all be placed, grouped by cause.
  func reasons(for share: Share, _ request: PlacementRequest) -> [String] {
    let hosts = classes[share.hostClass].tiers.joined().map(Int.init)
    guard !hosts.isEmpty else { return [noHost(for: [share.rule])] }
    let atLimit = hosts.filter { headroom($0, request) == 0 }
    let full = hosts.filter {
      headroom($0, request) > 0 && load.room($0, for: request.resources) == 0
    }
    return Dictionary(grouping: atLimit) { limit($0, request) }.sorted { $0.key < $1.key }
      .map { "\(counted($0.value.count, "host")) at the most of \($0.key) each" }
      + fullReasons(full, request.resources) + closedReasons(for: [share.rule])
  }

  /// Hosts without room, grouped by what is short.
  func fullReasons(_ full: [Int], _ resources: ResourceRequest) -> [String] {
    Dictionary(grouping: full) { load.shortage($0, for: resources) }
      .sorted { $0.key < $1.key }
      .map { "\(counted($0.value.count, "host")) full: \($0.key) short" }
  }

  /// That no usable host meets any of the rules, and how many would if they could be used.
  func noHost(for rules: [SpreadConstraint]) -> String {
    let wanted = rules.filter { !$0.requirements.isEmpty }.map {
      $0.requirements.map(\.description).joined(separator: ", ")
    }
    let asked = wanted.isEmpty ? "" : " with \(wanted.joined(separator: " or "))"
    let unusable = count(of: rules) { !index.usable.contains($0) && !index.closed.contains($0) }
    let rest = unusable > 0 ? ["\(counted(unusable, "host")) cannot be used now"] : []
    return (["no usable host\(asked)"] + rest + closedReasons(for: rules)).joined(separator: "; ")
  }

  /// How many hosts that the rules admit take nothing new.
  private func closedReasons(for rules: [SpreadConstraint]) -> [String] {
    let closed = count(of: rules) { index.closed.contains($0) }
    return closed > 0 ? ["\(counted(closed, "unhealthy host")) left out"] : []
  }

  /// How many of the hosts that some rule admits are of a kind.
  private func count(of rules: [SpreadConstraint], where isOfKind: (Int) -> Bool) -> Int {
    index.labels.indices.count { host in
      isOfKind(host)
        && (rules.isEmpty
          || rules.contains { rule in
            rule.requirements.allSatisfy { $0.isMet(by: index.labels[host]) }
          })
    }
  }
}
