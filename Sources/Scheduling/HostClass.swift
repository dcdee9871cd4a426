import LatticeModel

/// The hosts that meet one rule's requirements, shared by all rules that ask for the same.
struct HostClass {
  /// What tells classes apart.
  struct Key: Hashable {
    var requirements: [LabelRequirement]
    var preferred: [LabelRequirement]
  }

  /// All hosts that meet the requirements, usable or not.
  let members: HostSet
  /// The usable ones, those with more preferred matches first; each tier by position.
  let tiers: [[Int32]]
  /// Where each usable member's tier is; empty where there is one tier.
  let tierOf: [Int32: Int]
  /// The usable members of each tier, the emptiest host first, for actors and for providers; filled at
  /// first use.
  private var heaps: [ScoreHeap?] = []

  init(_ key: Key, in hosts: LabelIndex) {
    members = hosts.matching(key.requirements)
    let usable = members.intersection(hosts.usable).positions
    guard !key.preferred.isEmpty else {
      tiers = usable.isEmpty ? [] : [usable]
      tierOf = [:]
      heaps = Array(repeating: nil, count: tiers.count * 2)
      return
    }
    var byMatches: [Int: [Int32]] = [:]
    for host in usable {
      let matches = key.preferred.count { $0.isMet(by: hosts.labels[Int(host)]) }
      byMatches[matches, default: []].append(host)
    }
    tiers = byMatches.sorted { $0.key > $1.key }.map(\.value)
    var tierOf: [Int32: Int] = [:]
    for (tier, hosts) in tiers.enumerated() { for host in hosts { tierOf[host] = tier } }
    self.tierOf = tierOf
    heaps = Array(repeating: nil, count: tiers.count * 2)
  }

  /// The heap of a tier, where it was filled.
  func heap(of tier: Int, ofProviders isProvider: Bool) -> ScoreHeap? {
    heaps[tier * 2 + (isProvider ? 1 : 0)]
  }

  /// Takes a heap back.
  mutating func keep(_ heap: ScoreHeap?, of tier: Int, ofProviders isProvider: Bool) {
    heaps[tier * 2 + (isProvider ? 1 : 0)] = heap
  }

  /// How many usable hosts there are.
  var usableCount: Int { tiers.reduce(0) { $0 + $1.count } }

  /// The tier of a host: 0 is preferred most; a host that is not usable comes after all tiers.
  func tier(of host: Int) -> Int {
    tierOf.isEmpty ? 0 : tierOf[Int32(truncatingIfNeeded: host)] ?? tiers.count
  }
}

/// Hosts by label, so that a requirement costs what it matches and not what there is.
struct LabelIndex {
  private struct Label: Hashable {
    var key: String
    var value: String
  }

  let labels: [[String: String]]
  /// The hosts that new things may be started on.
  let usable: HostSet
  /// The hosts that can be spoken to and keep what they run, but take nothing new.
  let closed: HostSet
  private let byLabel: [Label: [Int32]]

  init(_ hosts: [HostState], closed: Set<Int> = []) {
    labels = hosts.map(\.labels)
    self.closed = HostSet(
      count: hosts.count, closed.lazy.filter { hosts[$0].isUsable })
    var usable = HostSet(count: hosts.count)
    var byLabel: [Label: [Int32]] = [:]
    for (position, host) in hosts.enumerated() where host.countsAsRunning {
      if host.isUsable, !self.closed.contains(position) { usable.insert(position) }
      for (key, value) in host.labels {
        byLabel[Label(key: key, value: value), default: []].append(Int32(position))
      }
    }
    self.usable = usable
    self.byLabel = byLabel
    all = HostSet(
      count: hosts.count, hosts.indices.lazy.filter { hosts[$0].countsAsRunning })
  }

  private let all: HostSet

  /// The hosts whose labels meet all requirements, lost and unsupported ones left out.
  func matching(_ requirements: [LabelRequirement]) -> HostSet {
    var result = all
    for requirement in requirements {
      if case .equals(let value) = requirement.test {
        let hosts = byLabel[Label(key: requirement.key, value: value)] ?? []
        result = result.intersection(HostSet(count: labels.count, hosts.lazy.map(Int.init)))
      } else {
        result = HostSet(
          count: labels.count,
          result.positions.lazy.map(Int.init).filter { requirement.isMet(by: labels[$0]) })
      }
    }
    return result
  }
}

/// A set of host positions, one bit each.
struct HostSet: Hashable {
  private var words: [UInt64]

  init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

  init(count: Int, _ positions: some Sequence<Int>) {
    self.init(count: count)
    for position in positions { insert(position) }
  }

  mutating func insert(_ position: Int) { words[position / 64] |= 1 << UInt64(position % 64) }

  func contains(_ position: Int) -> Bool {
    words[position / 64] & (1 << UInt64(position % 64)) != 0
  }

  func intersection(_ other: HostSet) -> HostSet {
    var result = self
    for word in words.indices { result.words[word] &= other.words[word] }
    return result
  }

  func isDisjoint(with other: HostSet) -> Bool {
    words.indices.allSatisfy { words[$0] & other.words[$0] == 0 }
  }

  /// The positions, ascending.
  var positions: [Int32] {
    var result: [Int32] = []
    for (index, var word) in words.enumerated() {
      while word != 0 {
        result.append(Int32(index * 64 + word.trailingZeroBitCount))
        word &= word - 1
      }
    }
    return result
  }
}
