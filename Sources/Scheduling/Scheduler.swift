public import LatticeModel

/// Answers one placement after another, remembering what each one takes.
///
/// Pure: the same hosts and the same questions in the same order give the same answers. Hosts are
/// known by their position in the list given. The objective, in this order: hard rules; most
/// instances placed; fewest running instances moved; preferred labels; balance; fewest commands;
/// the seed's score; fewest of the same kind; the host's position.
///
/// A placement costs about what it places, times the logarithm of the hosts it may use.
public struct Scheduler {
  let index: LabelIndex
  var load: HostLoad
  var classes: [HostClass] = []
  private var classOf: [HostClass.Key: Int] = [:]
  private var disjointness: [ClassPair: Bool] = [:]
  /// The instances of the actor being placed, by host; all 0 between two placements.
  var assigned: [Int]
  /// The hosts at which `assigned` is not 0.
  var touched: [Int] = []
  /// The hosts whose set of the actor being placed stays as it is; empty between two placements.
  var fixed: Set<Int> = []
  /// What the rules of the actor being placed let one host take, by class of hosts.
  private var limits: [(hostClass: Int, most: Int)] = []

  private struct ClassPair: Hashable {
    var first: Int
    var second: Int
  }

  /// Creates a scheduler over hosts.
  ///
  /// - Parameters:
  ///   - hosts: All hosts, those that cannot be used included.
  ///   - closed: The positions of hosts that keep what they run and take nothing new.
  public init(hosts: [HostState], closed: Set<Int> = []) {
    index = LabelIndex(hosts, closed: closed)
    load = HostLoad(hosts)
    assigned = Array(repeating: 0, count: hosts.count)
  }

  /// Counts what runs already, so that nobody placed earlier takes its room.
  ///
  /// - Parameters:
  ///   - instances: How many instances run.
  ///   - resources: What one of them asks of the host.
  ///   - host: The host's position.
  public mutating func reserve(_ instances: Int, of resources: ResourceRequest, on host: Int) {
    load.add(instances, of: resources, on: host, isNew: false)
  }

  /// Returns whether a host may keep what a request's rules ask for.
  ///
  /// - Parameters:
  ///   - host: The host's position.
  ///   - rules: The rules; none means any host.
  /// - Returns: Whether some rule admits the host, whether or not the host can be used now.
  public mutating func admits(_ host: Int, by rules: [SpreadConstraint]) -> Bool {
    classes(of: rules).contains { classes[$0].members.contains(host) }
  }

  /// Places instances: keeps what runs where it may stay, then adds where it is best.
  ///
  /// - Parameter request: What is wanted and what is there.
  /// - Returns: Which host runs how many, and what no host can take.
  public mutating func place(_ request: PlacementRequest) -> Placement {
    defer { forget() }
    fixed = request.avoided.union(request.running.lazy.filter(\.isFixed).map(\.host))
    limits = request.rules.compactMap { rule in
      rule.maxPerHost.map { (hostClass(of: rule), $0) }
    }
    if let hosts = request.beside { return placeBeside(hosts, request) }
    guard !request.perHost else { return placeOnEvery(request) }
    let rules = request.rules.isEmpty ? [SpreadConstraint(name: "")] : request.rules
    var shares = apportion(request.wanted, by: rules.map(\.weight)).enumerated().map {
      Share(rule: rules[$0], wanted: $1, hostClass: hostClass(of: rules[$0]))
    }
    if areDisjoint(shares.map(\.hostClass)) {
      if let placement = settled(shares, request) { return placement }
      solveInTurn(&shares, request)
    } else if !solveTogether(&shares, request) {
      solveInTurn(&shares, request)
    }
    return answer(shares, request)
  }

  /// What one rule gets and lacks.
  struct Share {
    var rule: SpreadConstraint
    var wanted: Int
    var hostClass: Int
    var placed = 0

    var missing: Int { wanted - placed }
  }

  /// The most instances that a host takes: every rule that admits it may bound it.
  func limit(_ host: Int, _ request: PlacementRequest) -> Int {
    limits.reduce(request.limitPerHost) { least, limit in
      classes[limit.hostClass].members.contains(host) ? min(least, limit.most) : least
    }
  }

  /// How many more instances of the actor being placed the rules let a host take.
  func headroom(_ host: Int, _ request: PlacementRequest) -> Int {
    max(0, limit(host, request) - assigned[host])
  }

  /// The rules one after another, those with the fewest hosts first.
  private mutating func solveInTurn(_ shares: inout [Share], _ request: PlacementRequest) {
    let order = shares.indices.sorted {
      let left = classes[shares[$0].hostClass].usableCount
      let right = classes[shares[$1].hostClass].usableCount
      return left != right ? left < right : $0 < $1
    }
    var running = request.running
    for rule in order { shares[rule].placed = keep(shares[rule], of: &running, request) }
    for rule in order { shares[rule].placed += add(shares[rule], request) }
  }

  /// One instance set of the wanted size on every usable host that some rule admits.
  ///
  /// `maxPerHost` bounds it there; what is short is counted in hosts.
  private mutating func placeOnEvery(_ request: PlacementRequest) -> Placement {
    var full: [Int] = []
    var members: Set<Int> = []
    for hostClass in classes(of: request.rules) {
      members.formUnion(classes[hostClass].tiers.joined().map(Int.init))
    }
    let running = Dictionary(
      request.running.map { ($0.host, $0) }, uniquingKeysWith: { first, _ in first })
    for entry in request.running where fixed.contains(entry.host) {
      assign(entry.instances, to: entry.host)
    }
    for entry in request.running
    where !fixed.contains(entry.host) && index.closed.contains(entry.host) {
      guard admits(entry.host, by: request.rules) else { continue }
      assign(min(entry.instances, request.wanted, limit(entry.host, request)), to: entry.host)
    }
    for host in members.subtracting(request.avoided).sorted()
    where running[host]?.isFixed != true {
      let wanted = min(request.wanted, limit(host, request))
      let present = running[host]?.instances ?? 0
      let more = wanted - present
      guard load.room(host, for: request.resources) >= more else {
        if present > 0 { assign(present, to: host) }
        full.append(host)
        continue
      }
      if more > 0 {
        load.add(
          more, of: request.resources, on: host, isNew: present == 0,
          isProvider: request.isProvider)
      }
      assign(wanted, to: host)
    }
    var placement = Placement(assignments: assignments, shortfalls: [])
    if request.wanted > 0, members.isEmpty || !full.isEmpty {
      let rule = request.rules.first { _ in request.rules.count == 1 }
      placement.shortfalls = [
        Placement.Shortfall(
          rule: rule?.name, missing: max(1, full.count), wanted: max(1, members.count),
          reasons: members.isEmpty
            ? [noHost(for: request.rules)] : fullReasons(full, request.resources))
      ]
    }
    return placement
  }

  private mutating func answer(_ shares: [Share], _ request: PlacementRequest) -> Placement {
    var unasked: [Int] = []
    for entry in request.running where entry.isFixed && assigned[entry.host] < entry.instances {
      assign(entry.instances - assigned[entry.host], to: entry.host)
      unasked.append(entry.host)
    }
    let shortfalls = shares.filter { $0.missing > 0 }.map { share in
      Placement.Shortfall(
        rule: request.rules.isEmpty ? nil : share.rule.name, missing: share.missing,
        wanted: share.wanted, reasons: reasons(for: share, request))
    }
    return Placement(assignments: assignments, shortfalls: shortfalls, unasked: unasked)
  }

  var assignments: [Placement.Assignment] {
    touched.filter { assigned[$0] > 0 }.sorted().map {
      Placement.Assignment(host: $0, instances: assigned[$0])
    }
  }

  /// Gives a host instances of the actor being placed.
  mutating func assign(_ instances: Int, to host: Int) {
    guard instances > 0 else { return }
    if assigned[host] == 0 { touched.append(host) }
    assigned[host] = assigned[host].addingCapped(instances)
  }

  private mutating func forget() {
    for host in touched { assigned[host] = 0 }
    touched.removeAll(keepingCapacity: true)
    fixed.removeAll()
  }

  mutating func classes(of rules: [SpreadConstraint]) -> [Int] {
    (rules.isEmpty ? [SpreadConstraint(name: "")] : rules).map { hostClass(of: $0) }
  }

  private mutating func hostClass(of rule: SpreadConstraint) -> Int {
    let key = HostClass.Key(requirements: rule.requirements, preferred: rule.preferred)
    if let known = classOf[key] { return known }
    classes.append(HostClass(key, in: index))
    classOf[key] = classes.count - 1
    return classes.count - 1
  }

  /// Whether no host belongs to two of the classes.
  private mutating func areDisjoint(_ hostClasses: [Int]) -> Bool {
    for (position, first) in hostClasses.enumerated() {
      for second in hostClasses[(position + 1)...] {
        let pair = ClassPair(first: min(first, second), second: max(first, second))
        let isDisjoint =
          disjointness[pair]
          ?? (first != second
            && classes[first].members.isDisjoint(with: classes[second].members))
        disjointness[pair] = isDisjoint
        guard isDisjoint else { return false }
      }
    }
    return true
  }
}
