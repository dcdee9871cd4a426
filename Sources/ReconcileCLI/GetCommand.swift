import ConfigurationModel
import LatticeDialects
import LatticeModel
import LatticeObservation
import NATSTransport
import OptionParsing
import ReconcileLoop
import RecordKeeping
import ServiceRuntime

/// Lists what is there of one kind, whoever put it there.
struct GetCommand: Subcommand {
  let configuration: CommandConfiguration
  /// Looks, and makes rows of what is seen.
  private let listing:
    @Sendable (LatticeView, ListingOptions) async throws -> (ObservedState, Listing)
  var target = TargetOptions()
  var shown = ListingOptions()
  var output = OutputOptions()

  static let options = including(\.target) + including(\.shown) + including(\.output)

  static let hosts = GetCommand(
    CommandConfiguration(
      "get hosts", "List the hosts that answer",
      examples: ["reconcile get hosts", "reconcile get hosts --label zone=a --sort actors"],
      unused: TargetOptions.reading)
  ) { view, shown in
    async let record = view.record()
    let observed = try await view.observed()
    return (
      observed,
      Listing(
        hosts: observed, record: await record,
        at: Timestamp(nanoseconds: WallClock.system.now), shown)
    )
  }

  static let actors = GetCommand(
    CommandConfiguration(
      "get actors", "List the actors that hosts run",
      examples: ["reconcile get actors -o json", "reconcile get actors --app hello"],
      unused: TargetOptions.reading)
  ) { view, shown in
    let observed = try await view.observed()
    return (observed, Listing(actors: observed, shown))
  }

  static let providers = GetCommand(
    CommandConfiguration(
      "get providers", "List the providers that hosts run",
      examples: ["reconcile get providers"], unused: TargetOptions.reading)
  ) { view, shown in
    let observed = try await view.observed()
    return (observed, Listing(providers: observed, shown))
  }

  static let links = GetCommand(
    CommandConfiguration(
      "get links", "List the links of the lattice", examples: ["reconcile get links"],
      unused: TargetOptions.reading)
  ) { view, shown in
    if let option = shown.filters.first {
      throw UsageError.notForCommand(
        option: option, command: "get links", others: ["get hosts", "get actors", "get providers"])
    }
    let observed = try await view.observed()
    return (observed, Listing(links: try await view.observer.allLinks()))
  }

  private init(
    _ configuration: CommandConfiguration,
    listing:
      @escaping @Sendable (LatticeView, ListingOptions) async throws -> (
        ObservedState, Listing
      )
  ) {
    self.configuration = configuration
    self.listing = listing
  }

  func run(in context: CommandContext) async throws -> ExitStatus {
    let settings = try target.configuration(in: context)
    let transport = try await NATSConnection.connect(settings.nats)
    defer { transport.close() }
    let (observed, listing) = try await listing(
      LatticeView(settings: settings, over: transport), shown)
    let sorted = try shown.sort.map { try listing.sorted(by: $0) } ?? listing
    context.console.write(sorted.rendered(output.format))
    let isComplete = observed.hosts.allSatisfy { $0.isUsable || $0.presence == .unsupported }
    return isComplete ? .inSync : .incomplete
  }
}

/// A lattice to look at.
private struct LatticeView: Sendable {
  let settings: PassConfiguration
  let transport: NATSConnection
  let observer: LatticeObserver

  init(settings: PassConfiguration, over transport: NATSConnection) {
    self.settings = settings
    self.transport = transport
    observer = LatticeObserver(
      settings.lattice, in: commandedDialect(below: settings.controlPrefix), over: transport,
      options: settings.observer)
  }

  /// What hosts answer; waits for them as long as the settings say.
  func observed() async throws -> ObservedState {
    try await observer.open()
    try await observer.look(expecting: [:])
    return try await observer.sighting(sources: [], configs: [])
  }

  /// What is on record; nothing where it cannot be read, since a listing needs none.
  func record() async -> LatticeRecord {
    let home = try? await settings.recordHome(over: transport, isWriter: false)
    guard let home, !home.isAbsent else { return LatticeRecord() }
    return (try? await home.records.load().record) ?? LatticeRecord()
  }
}
