public import ConfigurationModel
package import DesiredSources
import Diagnostics
import Forges
import GitSource
import HTTPRequesting
import LatticeModel
package import NATSTransport
import RecordKeeping
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
  private let bell: TriggerBell
  private let statuses: StatusReporter?
  private let shares: Lock<LatticeShares>

  /// Prepares a controller.
  ///
  /// - Parameters:
  ///   - settings: What it is told.
  ///   - logger: Where it tells what it does.
  ///   - health: Where it keeps how it is, for whoever asks.
  ///   - metrics: Where it keeps its figures.
  ///   - clock: The time of day.
  ///   - bell: Rung by whoever hears of another commit.
  public init(
    _ settings: ControllerSettings, logger: Logger,
    health: ControllerHealth = ControllerHealth(),
    metrics: ControllerMetrics = ControllerMetrics(in: MetricRegistry()),
    clock: WallClock = .system, bell: TriggerBell = TriggerBell()
  ) {
    self.init(
      settings, in: ControllerSurroundings(), logger: logger, health: health, metrics: metrics,
      clock: clock, bell: bell)
  }

  /// Prepares a controller that finds other things around it than git and a server, or that is one of
  /// several of a process.
  package init(
    _ settings: ControllerSettings, in surroundings: ControllerSurroundings, logger: Logger,
    health: ControllerHealth = ControllerHealth(),
    metrics: ControllerMetrics = ControllerMetrics(in: MetricRegistry()),
    clock: WallClock = .system, bell: TriggerBell = TriggerBell(),
    shares: Lock<LatticeShares> = Lock(LatticeShares())
  ) {
    self.bell = bell
    self.shares = shares
    self.settings = settings
    self.surroundings = surroundings
    self.logger = logger.with([
      LogKey.lattice: .string(settings.lattice.rawValue),
      LogKey.repository: .string(settings.repository),
    ])
    self.health = health
    self.metrics = metrics
    self.clock = clock
    statuses = Self.statuses(settings, self.logger, metrics)
    health.note { $0.staleAfter = settings.staleAfter }
  }

  /// Who says on the forge how commits stand, where one is configured and we command.
  private static func statuses(
    _ settings: ControllerSettings, _ logger: Logger, _ metrics: ControllerMetrics
  ) -> StatusReporter? {
    let (configuration, name) = (settings.forge, settings.repository)
    guard let forge = configuration.forge, settings.mode == .reconcile else { return nil }
    var options = HTTPClientOptions()
    options.authority = configuration.authority
    return StatusReporter(
      to: forge, by: HTTPClient(options), token: { await configuration.lookUpToken() },
      logger: logger, count: { metrics.commitStatuses.add([name, $0.rawValue]) })
  }

  /// Works until the task is cancelled.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      if let statuses { group.addTask { await statuses.run() } }
      await command()
      group.cancelAll()
    }
  }

  private func command() async {
    var beginning = Beginning()
    while !Task.isCancelled {
      let start = ContinuousClock.now
      do {
        try await work(&beginning)
      } catch {
        guard !Task.isCancelled else { return }
        if case RecordError.recordMoves = error {
          logger.notice("Server has JetStream now, the record moves there")
          continue
        }
        health.fail(error)
        if error is GitError { health.noteSource(error.sentence) }
        // It may go on failing for the same reason for hours.
        let span = ContinuousClock.now - start
        if beginning.told != error.sentence || span > .seconds(10) {
          logger.fail("Controller cannot work, tries again", error)
        }
        let next = beginning.fail(
          error, after: span, at: .now, fraction: Double.random(in: 0...1))
        try? await Task.sleep(until: next, clock: .continuous)
      }
    }
  }

  private func work(_ beginning: inout Beginning) async throws {
    let pass = settings.pass
    guard pass.lattice.isValid else { throw LoopError.invalidLattice(pass.lattice.rawValue) }
    beginning.stage = .repository
    let source = DesiredSource(pass.source, from: try surroundings.repository(pass.source))
    beginning.stage = .server
    let (transport, close) = try await surroundings.connect(pass.nats)
    defer { close() }
    beginning.stage = .record
    let home = try await RecordHome(
      of: pass.lattice, over: transport, folder: pass.stateDirectory, settings: pass.buckets,
      isWriter: settings.mode == .reconcile, mustBeJetStream: beginning.hadJetStream)
    beginning.hadJetStream = home.file == nil
    tell(home)
    let session = try await ControllerSession(
      settings, source, over: transport, home, logger: logger, health: health, metrics: metrics,
      clock: clock, bell: bell, statuses: statuses, shares: shares)
    beginning.stage = .session
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

/// How far a controller has come with what it needs before it can work; pure.
///
/// What comes later is waited for anew once what comes before is there: a server that answers is used
/// within a second, however long the repository was not there.
struct Beginning: Sendable {
  /// What it needs, in turn.
  enum Stage: Int, Hashable, Sendable, CaseIterable {
    case repository, server, record, session
  }

  /// What is being tried.
  var stage = Stage.repository {
    didSet {
      for earlier in Stage.allCases where earlier.rawValue < stage.rawValue { end(earlier) }
    }
  }
  /// Whether the record was in JetStream before.
  var hadJetStream = false
  /// Why it last failed.
  private(set) var told: String?
  private var pauses: [Stage: RetryPause] = [:]

  /// Notes that it failed.
  ///
  /// - Parameters:
  ///   - error: Why.
  ///   - span: How long it had worked.
  ///   - now: The moment.
  ///   - fraction: A random number from 0 to 1.
  /// - Returns: When to try it again: within a second, or within ten where a person must act first.
  mutating func fail(
    _ error: any Error, after span: Duration, at now: ContinuousClock.Instant, fraction: Double
  ) -> ContinuousClock.Instant {
    if stage == .session, span > .seconds(60) { end(.session) }
    told = error.sentence
    let isStalled = (error as? any DiagnosticError)?.disposition == .stalled
    var pause = pauses[stage] ?? RetryPause(first: .milliseconds(250))
    pause.limit = isStalled && stage != .repository ? .seconds(10) : .seconds(1)
    defer { pauses[stage] = pause }
    return pause.fail(at: now, fraction: fraction)
  }

  private mutating func end(_ stage: Stage) { pauses[stage] = nil }
}

/// What a controller finds around it: where manifests and messages come from.
package struct ControllerSurroundings: Sendable {
  /// Opens the repository.
  package var repository: @Sendable (SourceOptions) throws -> any ManifestRepository = {
    try openRepository($0)
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
