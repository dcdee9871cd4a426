import ConfigurationModel
import DesiredSources
import LatticeModel
import LatticeObservation
import LatticeSimulator
import NATSTransport
import PlanExecution
import ReconcileTestKit
import ServiceRuntime
import Testing

@testable import ReconcileLoop

/// A real server, a real repository, simulated hosts, and a controller inside this process.
final class Estate: Sendable {
  let server: NATSServerProcess
  let lattice: SimulatedLattice
  let repository: GitRepositoryFixture
  let client: NATSConnection
  let log = LogCapture()
  let health = ControllerHealth()
  private let running = Lock<Task<Void, Never>?>(nil)

  /// Hosts stand in zones a, b and c in turn.
  init(hosts count: Int = 3) async throws {
    server = try NATSServerProcess()
    client = try await server.connect()
    lattice = SimulatedLattice("default", over: try await server.connect())
    repository = try await GitRepositoryFixture()
    try await lattice.start()
    for index in 0..<count {
      try await lattice.addHost(
        labels: ["zone": ["a", "b", "c"][index % 3]], upFor: .seconds(600))
    }
  }

  deinit { running.withLock { $0?.cancel() } }

  /// Settings as a test wants them: quick, and sure of the number of hosts.
  func settings(expecting hosts: Int? = 3) -> ControllerSettings {
    var pass = PassConfiguration()
    pass.source.repository = repository.path
    pass.nats = NATSOptions(servers: [server.address])
    pass.holder = "controller"
    var observer = ObserverOptions()
    observer.expectedHosts = hosts
    observer.detection.steadyLink = .milliseconds(500)
    return ControllerSettings(
      repository: "shop", pass: pass, interval: .milliseconds(50), observer: observer)
  }

  func start(_ settings: ControllerSettings) {
    let controller = Controller(settings, logger: Logger(capture: log), health: health)
    running.withLock { $0 = Task { await controller.run() } }
  }

  func stop() async {
    let task = running.withLock { $0 }
    task?.cancel()
    await task?.value
  }

  /// Commits one manifest; returns the commit.
  @discardableResult
  func commit(_ text: String, to name: String = "shop") async throws -> String {
    try repository.write("manifests/\(name).yaml", text)
    return try await repository.commit("Change \(name)")
  }

  func instances(of actor: String) async -> Int {
    await lattice.truth.values.reduce(0) { $0 + ($1.actors[actor]?.instances ?? 0) }
  }

  func wait(
    for instances: Int, of actor: String = "shop-web",
    at location: SourceLocation = #_sourceLocation
  ) async throws {
    try await waitUntil("\(instances) instances of \(actor) run", at: location) {
      await self.instances(of: actor) == instances
    }
  }

  /// Waits until the log has a line.
  func wait(
    forLine message: String, at location: SourceLocation = #_sourceLocation
  ) async throws {
    try await waitUntil("the log says '\(message)'", at: location) {
      self.log.lines.contains { $0.message == message }
    }
  }

  static func application(
    _ name: String = "shop", image: String = "registry.example.com/web:1", instances: Int = 6,
    requirements: String = ""
  ) -> String {
    """
    apiVersion: reconcile.dev/v1
    kind: Application
    metadata: {name: \(name)}
    spec:
      sync: {prune: true}
      actors:
        - name: web
          image: "\(image)"
          instances: \(instances)
          spread: [{name: all, requirements: {\(requirements)}}]
    """
  }
}
