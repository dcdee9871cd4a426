import LatticeModel
import TextForms

/// What each host has and what is placed on it, as numbers by position.
struct HostLoad {
  /// How loaded each host is, for an actor and for a provider: per cent of its processor time and
  /// memory in use plus its number of actors, in hundredths; then how many of the same kind it has.
  ///
  /// Where a capacity is unknown its part is 0.
  private var actorScores: [Int] = []
  private var providerScores: [Int] = []
  private let cpu: [Int?]
  private let memory: [Int?]
  private var cpuUsed: [Int]
  private var memoryUsed: [Int]
  private var sets: [Int]
  private var actors: [Int]
  private var providers: [Int]

  init(_ hosts: [HostState]) {
    cpu = Self.capacities("reconcile.dev/cpu", of: hosts) { parseCPUQuantity($0) }
    memory = Self.capacities("reconcile.dev/memory", of: hosts) { parseByteSize($0) }
    cpuUsed = Array(repeating: 0, count: hosts.count)
    memoryUsed = cpuUsed
    sets = hosts.map { $0.actors.count }
    actors = sets
    providers = hosts.map { $0.providers.count }
    for host in hosts.indices {
      actorScores.append(Self.score(base(host), and: actors[host]))
      providerScores.append(Self.score(base(host), and: providers[host]))
    }
  }

  /// The scores that count for a kind; they only rise.
  func scores(ofProviders isProvider: Bool) -> [Int] { isProvider ? providerScores : actorScores }

  /// What a label says of each host; hosts are alike, so each text is read once.
  private static func capacities(
    _ label: String, of hosts: [HostState], _ parse: (String) -> Int?
  ) -> [Int?] {
    var known: [String: Int?] = [:]
    return hosts.map { host in
      guard let text = host.labels[label] else { return nil }
      if let capacity = known[text] { return capacity }
      let capacity = parse(text)
      known[text] = .some(capacity)
      return capacity
    }
  }

  /// How many more instances fit on a host.
  func room(_ host: Int, for request: ResourceRequest) -> Int {
    min(
      Self.fits(request.cpu, into: cpu[host], used: cpuUsed[host]),
      Self.fits(request.memory, into: memory[host], used: memoryUsed[host]))
  }

  /// Says which capacity is short on a host without room, such as "500m cpu".
  func shortage(_ host: Int, for request: ResourceRequest) -> String {
    if let needed = request.cpu, Self.fits(needed, into: cpu[host], used: cpuUsed[host]) == 0 {
      return "\(needed)m cpu"
    }
    return "\(formatByteSize(request.memory ?? 0)) memory"
  }

  /// Counts instances on a host; `isNew` where their set is not among the host's own.
  mutating func add(
    _ instances: Int, of request: ResourceRequest, on host: Int, isNew: Bool,
    isProvider: Bool = false
  ) {
    if let needed = request.cpu {
      cpuUsed[host] = cpuUsed[host].addingCapped(needed.multipliedCapped(by: instances))
    }
    if let needed = request.memory {
      memoryUsed[host] = memoryUsed[host].addingCapped(needed.multipliedCapped(by: instances))
    }
    if isNew {
      sets[host] += 1
      if isProvider { providers[host] += 1 } else { actors[host] += 1 }
    }
    let base = base(host)
    actorScores[host] = Self.score(base, and: actors[host])
    providerScores[host] = Self.score(base, and: providers[host])
  }

  /// One number of both, so that what is of the same kind counts where hosts are equally loaded.
  private static func score(_ base: Int, and same: Int) -> Int {
    base.multipliedCapped(by: 1 << 20).addingCapped(min(same, 1 << 20 - 1))
  }

  private func base(_ host: Int) -> Int {
    Self.share(cpuUsed[host], of: cpu[host])
      .addingCapped(Self.share(memoryUsed[host], of: memory[host]))
      .addingCapped(sets[host].multipliedCapped(by: 100))
  }

  private static func share(_ used: Int, of capacity: Int?) -> Int {
    guard let capacity, capacity > 0 else { return 0 }
    return used.multipliedCapped(by: 10_000) / capacity
  }

  private static func fits(_ needed: Int?, into capacity: Int?, used: Int) -> Int {
    guard let needed, needed > 0, let capacity else { return .max }
    return max(0, capacity - used) / needed
  }
}
