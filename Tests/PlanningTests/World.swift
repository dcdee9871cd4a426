import Diagnostics
import LatticeModel
import Planning
import ReconcileTestKit

/// A lattice, what git declares for it and what is on record, made up from a seed.
///
/// The parts are kept apart, so that the same world can be told in another order.
struct World: Sendable {
  /// A host and how it is seen.
  struct Host: Sendable {
    var report: HostReport
    var presence: Presence
  }

  var seed: UInt64
  var hosts: [Host] = []
  var links: [(source: String, links: [LinkDefinition])] = []
  var configs: [(name: ConfigName, stored: StoredConfig)] = []
  var view: ViewCompleteness = .complete
  var applications: [ApplicationSpec] = []
  var frozen: [FrozenApplication] = []
  var unreadable: [SourcePosition] = []
  var record = LatticeRecord()
  var context = PlanningContext(lattice: "default")

  /// What is observed, told in the order of the parts.
  var observed: ObservedState {
    var state = ObservedState()
    for host in hosts {
      state.note(host.report, at: Timestamp(nanoseconds: 1))
      switch host.presence {
      case .fresh: break
      case .silent: state.noteSilent(host.report)
      case .late, .lost, .unsupported: state.mark(host.report.host, host.presence)
      }
    }
    for entry in links { state.noteLinks(entry.links, of: entry.source) }
    for entry in configs { state.noteConfig(entry.stored, named: entry.name) }
    state.view = view
    return state
  }

  /// Leaves it open, so many times in a hundred, whether the commit stands on those last applied.
  mutating func doubtHistory(in percent: UInt64, _ random: inout Seeded) {
    guard random.chance(percent) else { return }
    let doubt = HistoryDoubt(of: "r", after: "q", random.chance(50) ? "the clone is shallow" : nil)
    let names = applications.map(\.name) + frozen.map(\.name) + record.applied.keys
    context.doubts = Dictionary(names.map { ($0, doubt) }, uniquingKeysWith: { $1 })
  }

  /// What is declared, told in the order of the parts.
  var desired: DesiredState {
    DesiredState(
      revision: "r", tree: "t", applications: applications, frozen: frozen, unreadable: unreadable)
  }

  /// The context with the record, its entries put in again one by one.
  func context(_ random: inout Seeded) -> PlanningContext {
    var context = context
    context.record = LatticeRecord(halt: record.halt)
    for (key, link) in record.links.sorted(by: { $0.key < $1.key }).shuffled(using: &random) {
      context.record.links[key] = OwnedLink(
        application: link.application, targets: link.targets.shuffled(using: &random))
    }
    for (name, config) in record.configs.sorted(by: { $0.key < $1.key }).shuffled(using: &random) {
      context.record.configs[name] = config
    }
    for (name, applied) in record.applied.sorted(by: { $0.key < $1.key }).shuffled(using: &random) {
      context.record.applied[name] = applied
    }
    return context
  }

  /// The same world with everything that has no order put in another one.
  func shuffled(_ random: inout Seeded) -> World {
    var world = self
    world.hosts = hosts.shuffled(using: &random).map { host in
      var host = host
      host.report.actors.shuffle(using: &random)
      host.report.providers.shuffle(using: &random)
      return host
    }
    world.links = links.shuffled(using: &random).map { source, links in
      // Those of one key have an order: a delete takes the first.
      var byKey = Dictionary(grouping: links, by: \.key)
      let mixed = links.shuffled(using: &random)
      return (source, mixed.map { byKey[$0.key]?.removeFirst() ?? $0 })
    }
    world.configs.shuffle(using: &random)
    world.unreadable.shuffle(using: &random)
    world.frozen.shuffle(using: &random)
    world.applications = applications.shuffled(using: &random).map { spec in
      var mixed = ApplicationSpec(
        name: spec.name, origin: spec.origin, actors: spec.actors.shuffled(using: &random),
        providers: spec.providers.shuffled(using: &random),
        links: spec.links.shuffled(using: &random),
        configs: spec.configs.shuffled(using: &random),
        dependsOn: spec.dependsOn.shuffled(using: &random), sync: spec.sync, heldAt: spec.heldAt)
      mixed.isForHostsBefore1 = spec.isForHostsBefore1
      return mixed
    }
    world.context = context(&random)
    return world
  }

  /// The plan of this world.
  func planned() -> Plan { plan(from: observed, to: desired, in: context) }

  /// Every declared actor and provider.
  var workloads: [DeclaredWorkload] {
    applications.flatMap { application in
      application.actors.map { DeclaredWorkload($0, of: application.name) }
        + application.providers.map { DeclaredWorkload($0, of: application.name) }
    }
  }
}

/// A declared actor or provider, with what hosts report of it.
struct DeclaredWorkload: Sendable {
  var application: ApplicationName
  var kind: UnitKind
  var name: String
  var id: String
  var image: ImageReference
  var digest: String
  var instances: Int
  var perHost: Bool
  var rules: [SpreadConstraint]
  var maxUnavailable: Int

  init(_ actor: ActorSpec, of application: ApplicationName) {
    self.application = application
    kind = .actor
    name = actor.name
    id = actor.id.rawValue
    image = actor.image
    digest = launchDigest(
      image: actor.image, configs: actor.configs, memoryLimit: actor.resources.memory)
    instances = actor.instances
    perHost = actor.perHost
    rules = actor.spread
    maxUnavailable = actor.update.maxUnavailable
  }

  init(_ provider: ProviderSpec, of application: ApplicationName) {
    self.application = application
    kind = .provider
    name = provider.name
    id = provider.id.rawValue
    image = provider.image
    digest = launchDigest(image: provider.image, configs: provider.configs)
    instances = provider.instances
    perHost = provider.perHost
    rules = provider.spread
    maxUnavailable = provider.update.maxUnavailable
  }

  /// The annotations of what we start of it.
  func annotations(digest: String? = nil) -> [String: String] {
    [
      AnnotationKey.managedBy: AnnotationKey.manager,
      AnnotationKey.application: application.rawValue,
      kind == .actor ? AnnotationKey.actor : AnnotationKey.provider: name,
      AnnotationKey.spec: digest ?? self.digest,
    ]
  }
}

extension World.Host {
  /// Puts a set of a workload on the host.
  mutating func run(
    _ workload: DeclaredWorkload, image: ImageReference? = nil, instances: Int,
    annotations: [String: String]
  ) {
    let image = image ?? workload.image
    guard workload.kind == .actor else {
      report.providers.append(
        ReportedProvider(
          id: ProviderID(workload.id), image: ImageReference(image.withoutScheme),
          annotations: annotations))
      return
    }
    report.actors.append(
      ReportedActor(
        id: ActorID(workload.id), image: image, annotations: annotations, instances: instances))
  }
}
