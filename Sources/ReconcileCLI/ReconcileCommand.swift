import Diagnostics
import Glibc
import LatticeClient
import LatticeModel
import LatticeSimulator
import NATSTransport
import OptionParsing
import ReconcileLoop
import ServiceRuntime
import TextForms

/// The program: understands a command line, does what it says, and says how it ended.
public struct ReconcileCommand: Sendable {
  /// The program's version.
  public static let version = "0.1.0"

  private let arguments: [String]
  private let environment: [String: String]

  /// Takes a command line.
  ///
  /// - Parameters:
  ///   - arguments: The arguments, without the program's name.
  ///   - environment: The environment.
  public init(arguments: [String], environment: [String: String]) {
    self.arguments = arguments
    self.environment = environment
  }

  /// Does what the command line says; data goes to standard output, everything else to the error
  /// output.
  ///
  /// - Returns: How it ended.
  public func run() async -> ExitStatus {
    let parsed: ParsedCommand<CommandOptions>
    do throws(UsageError) {
      parsed = try CommandOptions.table.parse(
        arguments, environment: environment, standard: CommandOptions())
    } catch {
      say("Error: \(error)\nSee 'reconcile --help'.\n")
      return .usage
    }
    let options = parsed.values
    if options.isVersion {
      write("reconcile \(Self.version)\n")
      return .inSync
    }
    if options.isHelp {
      write(
        CommandOptions.table.help(
          for: parsed.command.isEmpty ? nil : parsed.command,
          about: "reconcile keeps a wasmCloud lattice in the state that a git repository declares.",
          standard: CommandOptions()))
      return .inSync
    }
    do {
      return try await run(parsed.command, options)
    } catch let error as any DiagnosticError {
      for diagnostic in error.diagnostics { report(diagnostic) }
      return error is ClientError ? status(of: error) : .failed
    } catch {
      say("error: \(error)\n")
      return .failed
    }
  }

  private func status(of error: any DiagnosticError) -> ExitStatus {
    guard case .leaseHeld? = error as? ClientError else { return .failed }
    return .held
  }

  private func run(_ command: String, _ options: CommandOptions) async throws -> ExitStatus {
    let reconciliation = Reconciliation(options.configuration(holder: "pid \(getpid())"))
    switch command {
    case "validate":
      let reading = try await reconciliation.validate()
      for diagnostic in reading.diagnostics { report(diagnostic) }
      write("\(counted(reading.desired.applications.count, "application")) valid\n")
      return reading.diagnostics.contains { $0.severity == .error } ? .failed : .inSync
    case "simulate": return try await simulate(options)
    case "get hosts": return try await listHosts(options)
    default:
      let isDryRun = command == "diff" || options.isDryRun
      return try await pass(reconciliation, options, isDryRun: isDryRun)
    }
  }

  private func pass(
    _ reconciliation: Reconciliation, _ options: CommandOptions, isDryRun: Bool
  ) async throws -> ExitStatus {
    let result =
      isDryRun
      ? try await reconciliation.dryRun()
      : try await reconciliation.apply(
        mayProceed: { _ in true }, shouldStop: { false }, watch: { event in note(event) })
    for diagnostic in result.source.diagnostics { report(diagnostic) }
    let status = ExitStatus(result, isDryRun: isDryRun)
    switch options.output {
    case .text: write(renderText(result))
    case .json: write(renderJSON(result, exit: status))
    }
    if !isDryRun, options.output == .text {
      write(result.isInSync ? "in sync\n" : "not in sync\n")
    }
    return status == .changesPending && options.exitZero ? .inSync : status
  }

  private func listHosts(_ options: CommandOptions) async throws -> ExitStatus {
    let transport = try await NATSConnection.connect(options.natsOptions)
    defer { transport.close() }
    let lattice = LatticeName(options.lattice)
    let feed = try await EventFeed(lattice, over: transport, clock: .system)
    let sighting = try await InventorySweep(
      lattice, over: transport, options: options.configuration(holder: "").sweep
    ).run(expecting: LatticeRecord(), feed: feed, sources: [], configs: [])
    for host in sighting.observed.hosts {
      let labels = host.labels.filter { !$0.key.hasPrefix("hostcore.") }
        .map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ",")
      write(
        escapingControlCharacters(
          "\(host.id)  \(host.report.version)  \(counted(host.actors.count, "actor"))  "
            + "\(counted(host.providers.count, "provider"))  \(labels)") + "\n")
    }
    return .inSync
  }

  /// Runs simulated hosts until the process is ended: zones a, b and c in turn, two tiers.
  private func simulate(_ options: CommandOptions) async throws -> ExitStatus {
    let transport = try await NATSConnection.connect(options.natsOptions)
    let ledger = options.ledger.map { open($0, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600) }
    let lattice = SimulatedLattice(
      LatticeName(options.lattice), over: transport,
      address: options.natsOptions.publicServers.first ?? ""
    ) { entry in
      guard let ledger else { return }
      writeAll(entry.line + [0x0A], to: ledger)
    }
    try await lattice.start()
    for index in 0..<options.hosts {
      var labels = [
        "zone": ["a", "b", "c"][index % 3], "tier": index % 2 == 0 ? "edge" : "cloud",
        "region": index % 4 == 0 ? "ap-east-1" : "eu-west-1",
      ]
      for label in options.labels {
        let parts = label.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2 { labels[parts[0]] = parts[1] }
      }
      try await lattice.addHost(labels: labels)
    }
    write("simulating \(counted(options.hosts, "host")) in lattice \(options.lattice)\n")
    while !Task.isCancelled { try await Task.sleep(for: .seconds(3_600)) }
    return .inSync
  }

  private func report(_ diagnostic: Diagnostic) {
    say(escapingControlCharacters(diagnostic.description) + "\n")
  }
}

private func note(_ event: ExecutionEvent) {
  switch event {
  case .stage(let title, let steps): say("\(title): \(counted(steps, "step"))\n")
  case .step(let step, let result) where result != .confirmed:
    say(escapingControlCharacters("\(name(step.unit)): \(result)") + "\n")
  case .retry(let step, let attempt, let reason):
    say(escapingControlCharacters("\(name(step.unit)): try \(attempt): \(reason)") + "\n")
  case .step: break
  }
}

private func write(_ text: String) { writeAll(Array(text.utf8), to: 1) }

private func say(_ text: String) { writeAll(Array(text.utf8), to: 2) }

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 || errno == EINTR else { return }
    rest = rest.dropFirst(max(0, count))
  }
}
