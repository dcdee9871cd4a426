import JSONCoding
import LatticeDialects
import LatticeModel
import LatticeSimulator
import NATSTransport
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import LatticeClient

/// A lattice inside the process: a bus, simulated hosts, and what a pass needs of them.
struct Scene {
  let bus: InProcessBus
  let lattice: SimulatedLattice
  let hosts: [HostID]

  init(hosts count: Int = 3, over bus: InProcessBus = InProcessBus()) async throws {
    self.bus = bus
    lattice = SimulatedLattice("default", over: bus)
    try await lattice.start()
    var hosts: [HostID] = []
    for index in 0..<count {
      hosts.append(try await lattice.addHost(labels: ["zone": ["a", "b", "c"][index % 3]]))
    }
    self.hosts = hosts.sorted()
  }

  /// A record that has seen hosts at a time.
  func record(of hosts: [HostID], seen: Timestamp = .now) -> LatticeRecord {
    var record = LatticeRecord()
    for host in hosts {
      record.hosts[host] = RecordedHost(report: HostReport(host: host), lastSeen: seen)
    }
    return record
  }

  func sweep(
    _ record: LatticeRecord = LatticeRecord(), options: SweepOptions = SweepOptions(),
    sources: Set<String> = [], configs: Set<ConfigName> = []
  ) async throws -> Sighting {
    let feed = try await EventFeed("default", over: bus, clock: .system)
    defer { feed.close() }
    return try await InventorySweep("default", over: bus, options: options).run(
      expecting: record, feed: feed, sources: sources, configs: configs)
  }

  /// Looks, and carries out steps that a planner would make from that look.
  func execute(
    _ stages: [Stage], dependencies: [ApplicationName: [ApplicationName]] = [:],
    options: ExecutionOptions = ExecutionOptions(), within limit: Duration = .seconds(20),
    over transport: (any MessageTransport)? = nil,
    interrupt: ExecutionInterrupt = ExecutionInterrupt(),
    permission: @escaping @Sendable () -> CommandPermission = { .all },
    watch: @escaping @Sendable (ExecutionEvent) -> Void = { _ in }
  ) async throws -> PlanOutcome {
    let intents = stages.flatMap(\.steps).flatMap(\.intents)
    let feed = try await EventFeed("default", over: bus, clock: .system)
    defer { feed.close() }
    let sighting = try await InventorySweep("default", over: bus).run(
      expecting: LatticeRecord(), feed: feed, sources: Set(intents.compactMap(\.source)),
      configs: Set(intents.compactMap(\.config)))
    var plan = Plan(lattice: "default", revision: "1")
    plan.stages = stages
    plan.dependencies = dependencies
    return await PlanExecutor(
      "default", over: transport ?? bus, options: options, permission: permission
    ).execute(
      plan, from: sighting, feed: feed, until: ContinuousClock.now + limit, interrupt: interrupt,
      watch: watch)
  }

  /// Answers on a subject as a program of somebody else's would.
  func answer(
    on subject: String, _ reply: @escaping @Sendable (NATSMessage) -> JSONValue?
  ) async throws -> Task<Void, Never> {
    let batches = try await bus.subscribe(to: subject, queue: nil, limit: 1_000)
    return Task { [bus] in
      for await batch in batches {
        for message in batch.elements {
          guard let inbox = message.reply, let value = reply(message) else { continue }
          try? await bus.publish(value.bytes(), to: inbox, replyTo: nil)
        }
      }
    }
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

extension Timestamp {
  static var now: Timestamp { Timestamp(nanoseconds: WallClock.system.now) }

  func earlier(by hours: Int64) -> Timestamp {
    Timestamp(nanoseconds: nanoseconds - hours * 3_600_000_000_000)
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
