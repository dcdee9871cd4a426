import Diagnostics
import LatticeModel
import Planning
import ReconcileTestKit

/// One actor, one provider, one link and one config, and what is found in their places.
struct Place: Sendable {
  static let origin = SourcePosition(path: "shop.yaml", line: 1, column: 1)
  static let key = LinkKey(source: "web", contract: "wasi:keyvalue")
  static let link = LinkDefinition(key: key, target: "kv", interfaces: ["store"])

  var actor = ActorSpec(name: "web", id: "web", image: "r/web:1", instances: 3, origin: origin)
  var provider = ProviderSpec(name: "kv", id: "kv", image: "oci://r/kv:1", origin: origin)
  var config = ConfigSpec(name: "c", values: ["level": "high"], origin: origin)
  /// What runs; as declared unless a test says otherwise.
  var actors: [ReportedActor] = []
  var providers: [ReportedProvider] = []
  var links: [LinkDefinition]? = [link]
  var isLinkLeft = false
  var stored: StoredConfig? = .values(["level": "high"])
  var context = PlanningContext(lattice: "default", record: Self.record)

  private static let record = LatticeRecord(
    links: [key: OwnedLink(application: "shop", targets: ["kv"])],
    configs: ["c": OwnedConfig(application: "shop", user: .application)])

  init() {
    actors = [ours(actor)]
    providers = [ours(provider)]
  }

  func ours(
    _ spec: ActorSpec, image: ImageReference = "r/web:1", digest: String? = nil
  ) -> ReportedActor {
    let declared = launchDigest(image: spec.image, configs: spec.configs)
    return ReportedActor(
      id: spec.id, image: image,
      annotations: [
        AnnotationKey.managedBy: AnnotationKey.manager, AnnotationKey.application: "shop",
        AnnotationKey.actor: spec.name, AnnotationKey.spec: digest ?? declared,
      ], instances: spec.instances)
  }

  func ours(
    _ spec: ProviderSpec, image: ImageReference = "r/kv:1", digest: String? = nil
  ) -> ReportedProvider {
    let declared = launchDigest(image: spec.image, configs: spec.configs)
    return ReportedProvider(
      id: spec.id, image: image,
      annotations: [
        AnnotationKey.managedBy: AnnotationKey.manager, AnnotationKey.application: "shop",
        AnnotationKey.provider: spec.name, AnnotationKey.spec: digest ?? declared,
      ])
  }

  /// Has our actor run under one spelling of its image, and declares it under another.
  mutating func respell(_ started: String, _ declared: String) {
    actor.image = ImageReference(started)
    actors = [ours(actor, image: actor.image)]
    actor.image = ImageReference(declared)
  }

  /// What a plan says, a line each.
  var told: [String] {
    let plan = planned
    return plan.steps.map { step in
      "\(step.unit.kind) \(step.reason.code): "
        + step.intents.map(\.told).joined(separator: ", ")
    }
      + plan.held.map { "\($0.step.unit.kind) \($0.step.reason.code) held: \($0.rule.rawValue)" }
      + plan.unowned.filter(\.isEqual).map { "\($0.unit.kind) is another's" }
      + plan.notes.map(\.text).filter { $0.hasSuffix("leaves") || $0.hasSuffix("which configs") }
  }

  /// The reasons of a plan's steps, and of what is held.
  var reasons: [String] {
    let plan = planned
    return (plan.steps + plan.held.map(\.step)).map(\.reason.sentence)
  }

  private var planned: Plan {
    var state = ObservedState()
    state.note(
      HostReport(host: "N", actors: actors, providers: providers), at: Timestamp(nanoseconds: 1))
    if let links { state.noteLinks(links, of: "web") }
    if let stored { state.noteConfig(stored, named: "c") }
    state.view = .complete
    var link = LinkSpec(
      definition: Self.link, sourceName: "web", targetName: "kv", origin: Self.origin)
    link.isLeft = isLinkLeft
    let application = ApplicationSpec(
      name: "shop", origin: Self.origin, actors: [actor], providers: [provider], links: [link],
      configs: [config])
    return plan(
      from: state, to: DesiredState(revision: "r", applications: [application]), in: context)
  }
}

extension Intent {
  fileprivate var told: String {
    switch self {
    case .run(.actor(let launch), let instances, _): "\(launch.image) x\(instances)"
    case .run(.provider(let launch), _, _): "start \(launch.image)"
    case .replace(let old, .actor(let launch), let instances, _):
      "\(old.image) by \(launch.image) x\(instances)"
    case .replace(let old, .provider(let launch), _, _): "\(old.image) by \(launch.image)"
    case .end(let launch, _): "end \(launch.image)"
    case .connect(let link): "put \(link.target)"
    case .disconnect(let link): "delete \(link.target)"
    case .keep(_, let values): "put \(values)"
    case .drop: "delete"
    }
  }
}
