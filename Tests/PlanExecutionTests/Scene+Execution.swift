import LatticeModel
import LatticeObservation
import NATSTransport
import ReconcileTestKit

@testable import PlanExecution

extension Scene {
  /// Looks, and carries out steps that a planner would make from that look.
  func execute(
    _ stages: [Stage], dependencies: [ApplicationName: [ApplicationName]] = [:],
    suspects: Set<UnitKey> = [], options: ExecutionOptions = ExecutionOptions(),
    within limit: Duration = .seconds(20),
    over transport: (any MessageTransport)? = nil,
    interrupt: ExecutionInterrupt = ExecutionInterrupt(),
    permission: @escaping @Sendable () -> CommandPermission = { .all },
    watch: @escaping @Sendable (ExecutionEvent) -> Void = { _ in }
  ) async throws -> PlanOutcome {
    let intents = stages.flatMap(\.steps).flatMap(\.intents)
    // Nobody is pinged meanwhile: what a test counts is the plan's.
    var watching = ObserverOptions()
    watching.detection.probe = .zero
    watching.believesAtOnce = true
    let observer = LatticeObserver("default", over: transport ?? bus, options: watching)
    try await observer.open()
    try await observer.look(expecting: [:])
    _ = try await observer.sighting(
      sources: Set(intents.compactMap(\.source)), configs: Set(intents.compactMap(\.config)))
    let following = Task { await observer.run() }
    defer { following.cancel() }
    var plan = Plan(lattice: "default", revision: "1")
    plan.stages = stages
    (plan.dependencies, plan.suspects) = (dependencies, suspects)
    return await PlanExecutor(
      "default", over: transport ?? bus, options: options, permission: permission
    ).execute(
      plan, watchedBy: observer, until: ContinuousClock.now + limit, interrupt: interrupt,
      watch: watch)
  }
}

extension Intent {
  fileprivate var source: String? {
    switch self {
    case .connect(let link), .disconnect(let link): link.key.source
    default: nil
    }
  }

  fileprivate var config: ConfigName? {
    switch self {
    case .keep(let name, _), .drop(let name): name
    default: nil
    }
  }
}

/// Starts a set where none was.
func start(
  _ actor: ActorID = "shop-web", of application: ApplicationName = "shop",
  image: ImageReference = "registry.example.com/web:1", instances: Int = 1, on host: HostID
) -> PlannedStep {
  PlannedStep(
    unit: UnitKey(application: application, kind: .actor, name: actor.rawValue, host: host),
    intents: [
      .run(.actor(ActorLaunch(id: actor, image: image)), instances: instances, on: host)
    ], reason: .missing, found: .nothing)
}

/// Puts a link where none was.
func put(_ link: LinkDefinition, of application: ApplicationName = "shop") -> PlannedStep {
  PlannedStep(
    unit: UnitKey(application: application, kind: .link, name: link.key.name),
    intents: [.connect(link)], reason: .missing, found: .nothing)
}

/// Puts a config where none was.
func put(_ config: ConfigName, of application: ApplicationName = "shop") -> PlannedStep {
  PlannedStep(
    unit: UnitKey(application: application, kind: .config, name: config.rawValue),
    intents: [.keep(config, ["key": "value"])], reason: .missing, found: .nothing)
}
