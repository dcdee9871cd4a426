import LatticeModel
import Planning
import ReconcileTestKit
import Scheduling
import Testing

@Suite("Equal states")
struct EqualStateTests {
  @Test("a lattice that runs what is declared has an empty plan, however it is spread")
  func equal() {
    var tried = 0
    for seed in 1...1_300 {
      guard let world = World.of(seed: UInt64(seed)).inSync() else { continue }
      tried += 1
      let plan = world.planned()
      let isQuiet =
        plan.isEmpty && plan.held.isEmpty && plan.left.isEmpty && plan.unplaceable.isEmpty
        && plan.counts.equal == plan.counts.total && plan.notes.isEmpty
      if !isQuiet {
        Issue.record("seed \(seed): \(plan.steps.map(\.unit)) \(plan.held) \(plan.unplaceable)")
      }
    }
    #expect(tried >= 500)
  }
}

extension World {
  /// The same declarations in a lattice that runs all of them, or `nil` where its hosts cannot.
  fileprivate func inSync() -> World? {
    let isForThese = applications.allSatisfy { application in
      !application.isForHostsBefore1 && application.links.allSatisfy { $0.interface != nil }
    }
    guard isForThese else { return nil }
    var random = Seeded(seed ^ 0x51C0)
    var world = self
    world.frozen = []
    world.unreadable = []
    world.record = LatticeRecord()
    world.links = []
    world.configs = []
    for host in world.hosts.indices {
      world.hosts[host].presence = .fresh
      world.hosts[host].report.actors = []
      world.hosts[host].report.providers = []
    }
    for application in applications {
      for link in application.links.compactMap({ $0.definition(by: .interface) }) {
        world.record.links[link.key] = OwnedLink(
          application: application.name, targets: [link.target])
      }
      let sources = Dictionary(
        grouping: application.links.compactMap { $0.definition(by: .interface) }, by: \.key.source)
      world.links += sources.map { ($0.key, $0.value) }
      for config in application.configs {
        world.record.configs[config.name] = OwnedConfig(
          application: application.name, user: config.user)
        world.configs.append((config.name, .values(config.values)))
      }
    }
    for workload in workloads {
      guard let counts = world.counts(of: workload, &random) else { return nil }
      for (host, count) in counts where count > 0 {
        world.hosts[host].run(
          workload, instances: count, annotations: workload.annotations())
      }
    }
    world.context = PlanningContext(
      lattice: "default", record: world.record, prune: true)
    world.doubtHistory(in: 50, &random)
    world.view = random.one(of: [.complete, .unproven])
    return world
  }

  /// One of the ways in which hosts may run a workload in full, by host.
  private func counts(of workload: DeclaredWorkload, _ random: inout Seeded) -> [Int: Int]? {
    var counts: [Int: Int] = [:]
    let most = workload.kind == .provider ? 1 : Int.max
    let rules = workload.rules.isEmpty ? [SpreadConstraint(name: "")] : workload.rules
    let wanted = workload.perHost ? min(most, workload.instances) : workload.instances
    if workload.perHost {
      for (host, labels) in hosts.map(\.report.labels).enumerated() {
        let admitting = rules.filter { $0.requirements.allSatisfy { $0.isMet(by: labels) } }
        guard !admitting.isEmpty else { continue }
        counts[host] = min(wanted, admitting.compactMap(\.maxPerHost).min() ?? wanted)
      }
      return counts.isEmpty && wanted > 0 ? nil : counts
    }
    let limit = min(most, rules.compactMap(\.maxPerHost).min() ?? .max)
    for (rule, share) in zip(rules, apportion(wanted, by: rules.map(\.weight))) {
      for _ in 0..<share {
        let open = hosts.indices.filter { host in
          rule.requirements.allSatisfy { $0.isMet(by: hosts[host].report.labels) }
            && counts[host, default: 0] < limit
        }
        guard !open.isEmpty else { return nil }
        counts[random.one(of: open), default: 0] += 1
      }
    }
    return counts
  }
}
