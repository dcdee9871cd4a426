import Diagnostics
import LatticeModel
import Planning
import ReconcileTestKit

extension World {
  /// Makes the world of a seed.
  static func of(seed: UInt64) -> World {
    var maker = WorldMaker(seed)
    return maker.make()
  }
}

/// Makes a world up, part by part.
private struct WorldMaker {
  private var random: Seeded
  private var world: World
  private let place = SourcePosition(path: "m.yaml", line: 1, column: 1)

  init(_ seed: UInt64) {
    random = Seeded(seed)
    world = World(seed: seed)
  }

  mutating func make() -> World {
    makeHosts()
    makeApplications()
    for workload in world.workloads { run(workload) }
    runUndeclared()
    storeConfigs()
    storeLinks()
    seeHosts()
    makeContext()
    makeForOthers()
    return world
  }

  /// Has some applications be for other hosts, and some links say only what those link by.
  private mutating func makeForOthers() {
    var random = Seeded(world.seed ^ 0x5EED)
    for index in world.applications.indices {
      world.applications[index].isForHostsBefore1 = random.chance(5)
      for position in world.applications[index].links.indices where random.chance(20) {
        let before = world.applications[index].links[position].key
        world.applications[index].links[position].interface = nil
        world.applications[index].links[position].contract = Contract(
          namespace: "wasmcloud", package: before.contract.package)
        let after = world.applications[index].links[position].key
        for place in world.applications[index].configs.indices
        where world.applications[index].configs[place].user == .link(before) {
          world.applications[index].configs[place].user = .link(after)
        }
      }
    }
    world.applications = world.applications.map(\.inOrder)
  }

  private mutating func makeHosts() {
    for index in 0..<random.number(1...5) {
      var labels: [String: String] = [:]
      if random.chance(80) { labels["zone"] = random.one(of: ["a", "b"]) }
      if random.chance(50) { labels["tier"] = random.one(of: ["edge", "cloud"]) }
      if random.chance(40) { labels["reconcile.dev/cpu"] = random.one(of: ["500m", "1", "2"]) }
      if random.chance(20) { labels["reconcile.dev/memory"] = random.one(of: ["128Mi", "1Gi"]) }
      world.hosts.append(
        World.Host(
          report: HostReport(host: HostID("N\(index)"), labels: labels), presence: .fresh))
    }
  }

  private mutating func makeApplications() {
    for index in 0..<random.number(1...3) {
      let name = ApplicationName(["alpha", "beta", "gamma"][index])
      var application = ApplicationSpec(
        name: name, origin: place, sync: SyncOptions(prune: random.chance(50)))
      for index in 0..<random.number(0...2) where random.chance(70) {
        application.configs.append(config("\(name)-c\(index)", .application))
      }
      for actor in ["api", "web"] where random.chance(65) {
        application.actors.append(self.actor(actor, &application))
      }
      if random.chance(45) { application.providers.append(provider("kv", application)) }
      if index > 0, random.chance(20) { application.dependsOn = ["alpha"] }
      world.applications.append(application)
    }
    declareLinks()
    world.applications = world.applications.map(\.inOrder)
    guard random.chance(8) else { return }
    world.frozen = [FrozenApplication(name: "frozen", origin: place)]
    if random.chance(50) { world.unreadable = [place] }
  }

  private mutating func config(_ name: String, _ user: ConfigUser) -> ConfigSpec {
    ConfigSpec(
      name: ConfigName(name), values: ["level": random.one(of: ["low", "high"])], user: user,
      origin: place)
  }

  private mutating func actor(_ name: String, _ application: inout ApplicationSpec) -> ActorSpec {
    var actor = ActorSpec(
      name: name, id: ActorID("\(application.name)-\(name)"),
      image: ImageReference("r/\(name):\(random.number(1...2))"),
      instances: random.number(0...5), perHost: random.chance(15), spread: rules(),
      priority: random.number(0...2),
      update: UpdatePolicy(maxUnavailable: random.number(1...2)), origin: place)
    if actor.perHost { actor.instances = min(2, actor.instances) }
    if random.chance(35) { actor.resources.cpu = random.one(of: [100, 250, 500]) }
    if random.chance(20) { actor.resources.memory = 64 << 20 }
    if random.chance(20) {
      let inline = config("\(application.name)-\(name)", .actor(name))
      application.configs.append(inline)
      actor.configs.append(inline.name)
    }
    if let shared = application.configs.first, random.chance(15),
      !actor.configs.contains(shared.name)
    {
      actor.configs.append(shared.name)
    }
    return actor
  }

  private mutating func provider(_ name: String, _ application: ApplicationSpec) -> ProviderSpec {
    ProviderSpec(
      name: name, id: ProviderID("\(application.name)-\(name)"),
      image: ImageReference(random.one(of: ["oci://r/kv:1", "r/kv:1", "r/kv:2"])),
      instances: random.number(1...2), perHost: random.chance(25), spread: rules(),
      configs: random.chance(20) ? application.configs.prefix(1).map(\.name) : [],
      priority: random.number(0...1),
      update: UpdatePolicy(maxUnavailable: random.number(1...2)), origin: place)
  }

  private mutating func rules() -> [SpreadConstraint] {
    var pool = [
      SpreadConstraint(name: "a", requirements: [LabelRequirement("zone", .equals("a"))]),
      SpreadConstraint(name: "b", requirements: [LabelRequirement("zone", .equals("b"))]),
      SpreadConstraint(name: "edge", requirements: [LabelRequirement("tier", .isIn(["edge"]))]),
      SpreadConstraint(name: "zoned", requirements: [LabelRequirement("zone", .exists)]),
      SpreadConstraint(name: "any"),
    ]
    let count = random.one(of: [0, 0, 0, 1, 1, 2, 2, 3])
    pool.shuffle(using: &random)
    return pool.prefix(count).map { rule in
      var rule = rule
      rule.weight = random.one(of: [20, 50, 100])
      if random.chance(20) { rule.maxPerHost = random.number(1...3) }
      if random.chance(20) { rule.preferred = [LabelRequirement("tier", .equals("cloud"))] }
      return rule
    }
  }

  private mutating func declareLinks() {
    let targets = world.workloads.map { ($0.id, $0.name) }
    guard !targets.isEmpty else { return }
    for index in world.applications.indices {
      for actor in world.applications[index].actors {
        for package in ["keyvalue", "http"] where random.chance(25) {
          let (target, name) = random.one(of: targets)
          var link = LinkDefinition(
            key: LinkKey(
              source: actor.id.rawValue, contract: Contract(namespace: "wasi", package: package)),
            target: target, interfaces: ["store"])
          if random.chance(30) {
            let values = config(
              "\(actor.id)-\(package)", .link(link.key))
            world.applications[index].configs.append(values)
            link.sourceConfig = [values.name]
          }
          world.applications[index].links.append(
            LinkSpec(definition: link, sourceName: actor.name, targetName: name, origin: place))
        }
      }
    }
  }

  /// Puts sets of a declared workload on hosts: none, ours in any state, or somebody else's.
  private mutating func run(_ workload: DeclaredWorkload) {
    let isMixed = random.chance(30)
    guard isMixed || random.chance(65) else { return }
    let oldImage = ImageReference("\(workload.image)0")
    for index in world.hosts.indices where random.chance(isMixed ? 75 : 55) {
      if random.chance(6) {
        world.hosts[index].run(
          workload, image: random.chance(50) ? "r/other:1" : nil, instances: 1,
          annotations: random.chance(50) ? [AnnotationKey.managedBy: "wadm"] : [:])
        continue
      }
      let isOld = isMixed && random.chance(60)
      world.hosts[index].run(
        workload, image: isOld ? oldImage : nil, instances: random.number(1...3),
        annotations: workload.annotations(digest: isOld || random.chance(8) ? "old" : nil))
    }
  }

  /// Puts sets on hosts that no manifest declares: ours and strangers'.
  private mutating func runUndeclared() {
    for index in world.hosts.indices {
      for application in ["alpha", "removed", "frozen"] where random.chance(12) {
        world.hosts[index].report.actors.append(
          ReportedActor(
            id: ActorID("\(application)-ghost"), image: "r/ghost:1",
            annotations: [
              AnnotationKey.managedBy: AnnotationKey.manager,
              AnnotationKey.application: application, AnnotationKey.actor: "ghost",
              AnnotationKey.spec: "old",
            ], instances: 1))
      }
      guard random.chance(20) else { continue }
      world.hosts[index].report.actors.append(
        ReportedActor(id: "stranger", image: "r/stranger:1", instances: 2))
      world.hosts[index].report.providers.append(
        ReportedProvider(
          id: "stranger-kv", image: "r/kv:1", annotations: [AnnotationKey.managedBy: "wadm"]))
    }
  }

  private mutating func storeConfigs() {
    for application in world.applications {
      for config in application.configs {
        if random.chance(70) {
          world.record.configs[config.name] = OwnedConfig(
            application: application.name, user: config.user)
        }
        if random.chance(8) { continue }
        let stored = random.one(
          of: [
            .absent, .values(config.values), .values(config.values), .values(["old": "1"]),
          ] as [StoredConfig])
        world.configs.append((config.name, stored))
      }
    }
    let users: [ConfigUser] = [.application, .actor("web"), .actor("gone")]
    for (index, user) in users.enumerated() where random.chance(15) {
      let name = ConfigName("old-\(index)")
      world.record.configs[name] = OwnedConfig(
        application: random.one(of: ["alpha", "removed", "frozen"]), user: user)
      world.configs.append((name, .values(["old": "1"])))
    }
    if random.chance(20) { world.configs.append(("theirs", .values(["a": "b"]))) }
  }

  private mutating func storeLinks() {
    var stored: [String: [LinkDefinition]] = [:]
    var unknown: Set<String> = []
    for application in world.applications {
      for link in application.links.compactMap({ $0.definition(by: .interface) }) {
        if random.chance(6) { unknown.insert(link.key.source) }
        let found = storedForms(of: link)
        stored[link.key.source, default: []] += found
        if random.chance(75) {
          world.record.links[link.key] = OwnedLink(
            application: application.name,
            targets: found.isEmpty
              ? [link.target] : found.prefix(random.number(1...2)).map(\.target))
        }
      }
    }
    for source in ["alpha-web", "removed-ghost"] where random.chance(20) {
      let old = LinkDefinition(
        key: LinkKey(source: source, contract: "wasi:messaging"), target: "old",
        interfaces: ["consumer"])
      stored[source, default: []].append(old)
      if random.chance(15) {
        var second = old
        second.target = "older"
        stored[source, default: []].append(second)
      }
      guard random.chance(70) else { continue }
      world.record.links[old.key] = OwnedLink(
        application: random.one(of: ["alpha", "removed", "frozen"]), targets: ["old"])
    }
    for (source, links) in stored.sorted(by: { $0.key < $1.key }) where !unknown.contains(source) {
      world.links.append((source, links))
    }
  }

  /// What is stored under the key of a declared link: nothing, the link, another form, or two.
  private mutating func storedForms(of link: LinkDefinition) -> [LinkDefinition] {
    var other = link
    other.target = "elsewhere"
    switch random.number(0...9) {
    case 0...3: return []
    case 4...6: return [link]
    case 7:
      other = link
      other.interfaces = ["batch"]
      return [other]
    case 8: return [other]
    default:
      var second = link
      second.target = random.chance(50) ? link.target : "elsewhere-too"
      return [other, second]
    }
  }

  private mutating func seeHosts() {
    if random.chance(30) {
      for index in world.hosts.indices where random.chance(40) {
        world.hosts[index].presence = random.one(of: [
          .lost, .lost, .silent, .late(reason: "it errs"), .unsupported,
        ])
      }
    }
    let silent = world.hosts.filter { $0.presence == .silent }.map(\.report.host)
    if !silent.isEmpty || random.chance(10) {
      world.view = .incomplete(
        silent: silent, expected: world.hosts.count, answered: world.hosts.count - silent.count)
    } else if random.chance(6) {
      world.view = .unproven
    }
  }

  private mutating func makeContext() {
    for name in ["alpha", "removed"] where random.chance(50) {
      world.record.applied[ApplicationName(name)] = AppliedApplication(
        revision: "q", path: "m.yaml", sync: SyncOptions(prune: random.chance(50)))
    }
    if random.chance(4) { world.record.halt = "a person said so" }
    world.context = PlanningContext(
      lattice: "default", record: world.record, prune: random.chance(25),
      only: random.chance(5) ? ["alpha", "removed"] : nil)
    world.doubtHistory(in: 8, &random)
    if random.chance(8) { world.context.unseen = ["alpha", "removed"] }
  }
}

extension ApplicationSpec {
  /// The same application with its parts in the order that decoding gives them.
  fileprivate var inOrder: ApplicationSpec {
    var sorted = ApplicationSpec(
      name: name, origin: origin, actors: actors, providers: providers, links: links,
      configs: configs, dependsOn: dependsOn, sync: sync, heldAt: heldAt)
    sorted.isForHostsBefore1 = isForHostsBefore1
    return sorted
  }
}
