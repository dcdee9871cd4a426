import Diagnostics
import GitSource
import LatticeClient
import LatticeModel
package import NATSTransport
public import ServiceRuntime

/// Keeps one lattice in the state that one repository declares, until its task is cancelled.
///
/// It follows commits, heals what dies, and survives whatever it stands on: a repository that
/// cannot be read, a server that is gone, a record that cannot be understood are told, waited out
/// and tried again, and nothing is removed meanwhile. Once cancelled it finishes what is in
/// flight, sends nothing more and gives the lease back.
public struct Controller: Service {
  private let settings: ControllerSettings
  private let logger: Logger
  private let clock: WallClock
  private let health: ControllerHealth
  private let metrics: ControllerMetrics
  private let surroundings: ControllerSurroundings

  /// Prepares a controller.
  ///
  /// - Parameters:
  ///   - settings: What it is told.
  ///   - logger: Where it tells what it does.
  ///   - health: Where it keeps how it is, for whoever asks.
  ///   - metrics: Where it keeps its figures.
  ///   - clock: The time of day.
  public init(
    _ settings: ControllerSettings, logger: Logger,
    health: ControllerHealth = ControllerHealth(),
    metrics: ControllerMetrics = ControllerMetrics(in: MetricRegistry()), clock: WallClock = .system
  ) {
    self.init(
      settings, in: ControllerSurroundings(), logger: logger, health: health, metrics: metrics,
      clock: clock)
  }

  /// Prepares a controller that finds other things around it than git and a server.
  package init(
    _ settings: ControllerSettings, in surroundings: ControllerSurroundings, logger: Logger,
    health: ControllerHealth = ControllerHealth(),
    metrics: ControllerMetrics = ControllerMetrics(in: MetricRegistry()), clock: WallClock = .system
  ) {
    self.settings = settings
    self.surroundings = surroundings
    self.logger = logger.with([
      LogKey.lattice: .string(settings.lattice.rawValue),
      LogKey.repository: .string(settings.repository),
    ])
    self.health = health
    self.metrics = metrics
    self.clock = clock
    health.note { $0.staleAfter = settings.staleAfter }
  }

  /// Works until the task is cancelled.
  public func run() async {
    var failures = 0
    var hadJetStream = false
    while !Task.isCancelled {
      let start = ContinuousClock.now
      do {
        try await work(&hadJetStream)
      } catch {
        guard !Task.isCancelled else { return }
        if case ClientError.recordMoves = error {
          logger.notice("Server has JetStream now, the record moves there")
          continue
        }
        failures = ContinuousClock.now - start > .seconds(60) ? 1 : min(failures + 1, 6)
        health.fail(error)
        if error is GitError { health.noteSource(error.sentence) }
        logger.fail("Controller cannot work, tries again", error)
        try? await Task.sleep(for: .milliseconds(Int.random(in: 250...(500 << failures))))
      }
    }
  }

  private func work(_ hadJetStream: inout Bool) async throws {
    let pass = settings.pass
    guard pass.lattice.isValid else { throw LoopError.invalidLattice(pass.lattice.rawValue) }
    let source = DesiredSource(pass, from: try surroundings.repository(pass))
    let (transport, close) = try await surroundings.connect(pass.nats)
    defer { close() }
    let home = try await RecordHome(
      of: pass.lattice, over: transport, folder: pass.stateDirectory,
      isWriter: settings.mode == .reconcile, mustBeJetStream: hadJetStream)
    hadJetStream = home.file == nil
    tell(home)
    let session = try await ControllerSession(
      settings, source, over: transport, home, logger: logger, health: health, metrics: metrics,
      clock: clock)
    try await session.run()
  }

  private func tell(_ home: RecordHome) {
    if let file = home.file {
      let reason = file.sentence.prefix(1).uppercased() + file.sentence.dropFirst()
      logger.notice(
        "Record is a file", metadata: ["reason": .string(reason), "file": .string(file.path)])
    }
    if let path = home.movedFrom {
      logger.notice(
        "Record was moved from a file to JetStream", metadata: ["file": .string("\(path).moved")])
    }
  }
}

/// What a controller finds around it: where manifests and messages come from.
package struct ControllerSurroundings: Sendable {
  /// Opens the repository.
  package var repository: @Sendable (Configuration) throws -> any ManifestRepository = {
    try GitMirror(path: $0.repository)
  }
  /// Connects; the second value ends the connection.
  package var connect:
    @Sendable (NATSOptions) async throws -> (any MessageTransport, @Sendable () -> Void) = {
      let connection = try await NATSConnection.connect($0)
      return (connection, { connection.close() })
    }

  /// Git, and a NATS server.
  package init() {}
}

extension Logger {
  /// Writes a line about an error, with its code and what can be done.
  func fail(_ message: StaticString, _ error: any Error) {
    guard let error = error as? any DiagnosticError, let first = error.diagnostics.first else {
      return self.error(message, metadata: ["error": .string("\(error)")])
    }
    self.error(
      message,
      metadata: [
        LogKey.errorCode: .string("\(first.code)"), "error": .string(first.message),
        "remedy": .string(first.remedy ?? ""),
      ])
  }
}
