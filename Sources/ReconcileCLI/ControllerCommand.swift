import ConfigurationModel
import Diagnostics
import Glibc
import HTTPServing
import LatticeModel
import OptionParsing
import ReconcileLoop
import ServiceRuntime

/// Keeps lattices at their commits until it is told to end.
///
/// `SIGHUP` reads the configuration again; one that is not valid is told and changes nothing. The
/// first `SIGTERM` or `SIGINT` finishes what is in flight and ends with 0.
struct ControllerCommand: Subcommand {
  let configuration = CommandConfiguration(
    "controller", "Keep the lattice at the commit until told to end",
    discussion: "Several repositories and lattices stand in a file that --config names; without "
      + "one, the options describe one of each. A flag wins over its environment variable, "
      + "which wins over the file, and holds for every entry there.",
    examples: [
      "reconcile controller --repo /srv/git/edge --lattice edge",
      "reconcile controller --config /etc/reconcile.yaml",
      "reconcile controller --config /etc/reconcile.yaml --print-config",
    ])
  var file: String?
  var printsConfiguration = false
  var target = TargetOptions()
  var process = ProcessOptions.standard
  var output = OutputOptions()

  static let options =
    [
      OptionSpec<Self>(
        \.file, "config", environment: "RECONCILE_CONFIG", value: "file",
        "The configuration file"),
      OptionSpec(
        \.printsConfiguration, "print-config", "Show every value with its source, and end"),
    ] + including(\.target, TargetOptions.all) + including(\.process, ProcessOptions.all)
    + including(\.output)

  func run(in context: CommandContext) async throws -> ExitStatus {
    let sourced = try SourcedConfiguration(
      self, sources: context.sources, environment: context.environment)
    for warning in sourced.warnings { context.console.say(warning.description) }
    if printsConfiguration {
      context.console.write(sourced.text)
      return .inSync
    }
    let configuration = sourced.configuration.withStateDirectories(in: context.environment)
    let (ends, changes) = (SignalStream(), SignalStream([SIGHUP]))
    let logger = Logger(
      level: configuration.logLevel, format: configuration.logFormat.format)
    logger.notice("Controller starts", metadata: ["version": .string(ReconcileCommand.version)])
    let registry = MetricRegistry()
    let metrics = ControllerMetrics(in: registry)
    metrics.build.set([ReconcileCommand.version], 1)
    let fleet = ControllerFleet(logger: logger, metrics: metrics)
    let webhooks = WebhookTable(for: fleet, metrics: metrics)
    var pages: (any Service)?
    if let address = configuration.listen {
      pages = try self.pages(
        of: fleet, registry, webhooks, on: address, logger,
        progressWithin: configuration.progressLimit)
    }
    let manager = ServiceNotifier(environment: context.environment, process: getpid())
    let following = Work {
      await follow(configuration, changes, fleet, webhooks, manager, in: context, logger)
    }
    let controllers = Work {
      await untilCancelled()
      manager?.tell(.stopping)
      logger.notice("Controller ends, workloads go on")
      // Not in this task, which is cancelled: what is in flight is finished.
      await Task { await fleet.end() }.value
    }
    // Pages go last, so that whoever looks sees how it ends.
    let services: KeyValuePairs<String, any Service> = [
      "pages": pages ?? Work { await untilCancelled() }, "controllers": controllers,
      "configuration": following,
    ]
    // Whoever does not end within the grace is left behind, since nothing is sent any more.
    try await ServiceGroup(services, deadline: configuration.shutdownGrace, logger: logger)
      .run(until: ends)
    return .inSync
  }

  /// Brings the fleet to the configuration, and to each valid one that is to be read again.
  private func follow(
    _ first: ProcessConfiguration, _ changes: SignalStream, _ fleet: ControllerFleet,
    _ webhooks: WebhookTable, _ manager: ServiceNotifier?, in context: CommandContext,
    _ logger: Logger
  ) async {
    var configuration = first
    await fleet.follow(configuration)
    await webhooks.follow(configuration, logger)
    manager?.tell(.ready)
    async let _: Void = report(on: fleet, to: manager)
    for await _ in changes {
      manager?.tell(.reloading)
      defer { manager?.tell(.ready) }
      guard let new = reload(in: context, logger) else { continue }
      tell(ConfigurationModel.changes(from: configuration, to: new), logger)
      configuration = new
      await fleet.follow(new)
      await webhooks.follow(new, logger)
    }
  }

  /// Tells a service manager that the process is alive and how the lattices stand, each second that it
  /// is told something new.
  private func report(on fleet: ControllerFleet, to manager: ServiceNotifier?) async {
    guard let manager else { return }
    let pause = min(.seconds(1), (manager.watchdog ?? .seconds(2)) / 2)
    var told = ""
    while !Task.isCancelled {
      if manager.watchdog != nil { manager.tell(.watchdog) }
      let summary = await fleet.summary(at: Timestamp(nanoseconds: WallClock.system.now))
      if summary != told { manager.tell(.status(summary)) }
      told = summary
      try? await Task.sleep(for: pause)
    }
  }

  private func reload(
    in context: CommandContext, _ logger: Logger
  ) -> ProcessConfiguration? {
    do throws(ConfigurationError) {
      return try SourcedConfiguration(
        self, sources: context.sources, environment: context.environment
      ).configuration.withStateDirectories(in: context.environment)
    } catch {
      for diagnostic in error.diagnostics {
        logger.error(
          "Configuration is not valid, the last one stands",
          metadata: [
            LogKey.errorCode: .string("\(diagnostic.code)"),
            "error": .string(diagnostic.description),
          ])
      }
      return nil
    }
  }

  private func tell(_ change: ConfigurationChange, _ logger: Logger) {
    let entries = [change.repositories, change.lattices]
    logger.notice(
      "Configuration is read again",
      metadata: [
        "added": .list(entries.flatMap(\.added)), "removed": .list(entries.flatMap(\.removed)),
        "changed": .list(entries.flatMap(\.changed)),
      ])
    guard !change.needRestart.isEmpty else { return }
    logger.warning(
      "Settings take effect at the next start", metadata: ["settings": .list(change.needRestart)])
  }
}

extension ProcessConfiguration {
  /// The configuration with the folder for records of servers without JetStream filled in.
  fileprivate func withStateDirectories(in environment: [String: String]) -> Self {
    var configuration = self
    for index in configuration.lattices.indices
    where configuration.lattices[index].stateDirectory == nil {
      let lattice = configuration.lattices[index]
      // One that shares its name with others keeps its record apart from theirs.
      configuration.lattices[index].stateDirectory = stateDirectory(in: environment).map {
        lattice.wireName == nil ? $0 : "\($0)/\(lattice.name)"
      }
    }
    return configuration
  }
}

/// A part of the program that is a function.
private struct Work: Service {
  let body: @Sendable () async -> Void

  init(_ body: @escaping @Sendable () async -> Void) { self.body = body }

  func run() async { await body() }
}
