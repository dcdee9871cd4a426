public import LatticeModel
public import OptionParsing
public import ReconcileLoop
public import ServiceRuntime

private let passes: Set<String> = ["", "apply", "diff", "controller", "status"]
private let controller: Set<String> = ["controller"]

/// The options of one repository, which are the keys of an entry of `repositories:` too.
enum RepositoryOptions {
  /// Keys that only a file has.
  static let fileOnly = [
    OptionSpec<RepositoryConfiguration>(
      \.name, "name", file: "name", "Its name in the log, in subjects and in 'suspend'"),
    OptionSpec(
      \.lattice, "for-lattice", file: "lattice", default: "the only one",
      "The lattice that it feeds"),
  ]

  static let common = [
    OptionSpec<RepositoryConfiguration>(
      \.url, "repo", environment: "RECONCILE_REPO", file: "url", section: git, value: "folder",
      "The repository"),
    OptionSpec(
      \.reference, "ref", environment: "RECONCILE_REF", file: "ref", section: git, value: "name",
      "What to read: a branch, a tag, a commit or HEAD"),
    OptionSpec(
      \.path, "path", environment: "RECONCILE_PATH", file: "path", section: git, value: "path",
      "The folder or file of the manifests, from where you stand in the repository"),
    OptionSpec(
      \.prune, "prune", file: "prune", section: git, only: passes,
      "Remove what no manifest asks for; where there is no terminal to ask on, nothing is asked"),
    OptionSpec(
      \.interval, "interval", environment: "RECONCILE_INTERVAL", file: "interval", section: git,
      only: controller, range: "100ms or more", where: { $0 >= .milliseconds(100) },
      "The time between two looks for a commit"),
    OptionSpec(
      \.staleAfter, "stale-after", environment: "RECONCILE_STALE_AFTER", file: "staleAfter",
      section: git, only: controller, range: "0 or more", where: { $0 >= .zero },
      "How long git may be neither read nor followed before /readyz says so"),
    OptionSpec(
      \.allowNonFastForward, "allow-non-fast-forward", file: "allowNonFastForward", section: git,
      only: passes, "Apply a commit that does not descend from the last one too, removals included"),
  ]

  private static let git = "Git"
}

/// The options of one lattice, which are the keys of an entry of `lattices:` too.
enum LatticeOptions {
  private static let fileOnly = [
    OptionSpec<LatticeConfiguration>(
      \.wireName, "wire-name", file: "wireName", default: "its name",
      "The name that its hosts know it by")
  ]

  /// The keys of an entry of the file.
  static let ofFile = identity + fileOnly + rest
  static let all = identity + rest

  private static let rest = connection + watching + commanding
  private static let identity = [
    OptionSpec<LatticeConfiguration>(
      \.name, "lattice", environment: "RECONCILE_LATTICE", file: "name", section: "Lattice",
      value: "name", "The lattice")
  ]

  private static let connection = [
    option(\.servers, "nats", "nats", "url", "The NATS server, or several with commas"),
    option(\.credentials, "creds", "creds", "file", "A credentials file"),
    option(\.nkey, "nkey", "nkey", "file", "A file with an nkey seed"),
    option(\.tlsAuthority, "tls-ca", "tls.ca", "file", "The authority's certificate"),
    option(\.tlsCertificate, "tls-cert", "tls.cert", "file", "Our certificate"),
    option(\.tlsKey, "tls-key", "tls.key", "file", "Our certificate's key"),
    OptionSpec(
      \.systemServers, "system-nats", environment: "RECONCILE_SYSTEM_NATS", file: "systemNats",
      section: "Connection", value: "url", only: controller,
      "The NATS server's address for its system account, for news of lost hosts"),
    OptionSpec(
      \.systemCredentials, "system-creds", environment: "RECONCILE_SYSTEM_CREDS",
      file: "systemCreds", section: "Connection", value: "file", only: controller,
      "A credentials file of the server's system account, for news of lost hosts"),
  ]

  private static let watching = [
    OptionSpec<LatticeConfiguration>(
      \.expectedHosts, "expect-hosts", environment: "RECONCILE_EXPECT_HOSTS",
      file: "expectHosts", section: "Lattice", only: passes, range: "1 or more",
      where: { $0.map { $0 > 0 } ?? true }, "How many hosts must answer"),
    OptionSpec(
      \.discoverTimeout, "discover-timeout", environment: "RECONCILE_DISCOVER_TIMEOUT",
      file: "discoverTimeout", section: "Lattice", range: "more than 0", where: { $0 > .zero },
      "The longest wait for hosts to answer"),
    OptionSpec(
      \.failureDetection.probe, "probe", environment: "RECONCILE_PROBE",
      file: "failureDetection.probe", section: detection, only: controller,
      range: "0, or 100ms or more", where: { $0 == .zero || $0 >= .milliseconds(100) },
      "The time between two pings to all hosts; 0 for none"),
    OptionSpec(
      \.failureDetection.silence, "silence", environment: "RECONCILE_SILENCE",
      file: "failureDetection.silence", section: detection, only: controller,
      range: "1s or more", where: { $0 >= .seconds(1) },
      "How long a host is silent before it is lost, where nothing proves it earlier"),
    OptionSpec(
      \.failureDetection.heartbeatTimeout, "heartbeat-timeout",
      environment: "RECONCILE_HEARTBEAT_TIMEOUT", file: "failureDetection.heartbeatTimeout",
      section: detection, only: controller, range: "60s or more, two heartbeats",
      where: { $0 >= .seconds(60) }, "How long no heartbeat comes before a host is lost"),
    OptionSpec(
      \.failureDetection.maxErrors, "max-errors", environment: "RECONCILE_MAX_ERRORS",
      file: "failureDetection.maxErrors", section: detection, only: controller,
      range: "1 to 1000", where: { (1...1_000) ~= $0 },
      "How many recent errors, of two applications or more, make a host unhealthy"),
    OptionSpec(
      \.site, "site", environment: "RECONCILE_SITE", file: "site", section: detection,
      value: "label", only: controller, "The label that tells sites apart"),
    OptionSpec(
      \.reconnect, "reconnect", environment: "RECONCILE_RECONNECT", file: "reconnect",
      section: detection, only: controller, "What is done when a lost host returns"),
    OptionSpec(
      \.onUnreachable, "on-unreachable", environment: "RECONCILE_ON_UNREACHABLE",
      file: "onUnreachable", section: detection, only: controller,
      "What is done about a site that vanished as a whole"),
    OptionSpec(
      \.resync, "resync", environment: "RECONCILE_RESYNC", file: "resync", section: detection,
      only: controller, range: "1s or more", where: { $0 >= .seconds(1) },
      "The time between two looks at all inventories"),
  ]

  private static let commanding = [
    OptionSpec<LatticeConfiguration>(
      \.mode, "mode", environment: "RECONCILE_MODE", file: "mode", section: "Lattice",
      only: controller, "Whether commands are sent, or only told"),
    OptionSpec(
      \.commandsInFlight, "commands-in-flight", environment: "RECONCILE_COMMANDS_IN_FLIGHT",
      file: "commandsInFlight", section: "Lattice", only: controller, range: "1 to 10000",
      where: { (1...10_000) ~= $0 }, "How many commands are under way at once"),
    OptionSpec(
      \.perHost, "per-host", environment: "RECONCILE_PER_HOST", file: "perHost",
      section: "Lattice", only: controller, range: "1 to 1000", where: { (1...1_000) ~= $0 },
      "How many commands are under way on one host at once"),
    OptionSpec(
      \.stateDirectory, "state-dir", environment: "RECONCILE_STATE_DIR", file: "stateDir",
      section: "Lattice", value: "folder", default: "$XDG_STATE_HOME/reconcile",
      "Where the record lies if the server has no JetStream"),
  ]

  private static let detection = "Failure detection"

  private static func option<Value: OptionValue>(
    _ path: any WritableKeyPath<LatticeConfiguration, Value> & Sendable, _ name: String,
    _ key: String, _ value: String, _ sentence: String
  ) -> OptionSpec<LatticeConfiguration> {
    OptionSpec(
      path, name,
      environment: "RECONCILE_" + name.uppercased().replacing("-", with: "_"), file: key,
      section: "Connection", value: value, sentence)
  }
}

/// The options of the process, which are the keys of the file outside of its lists too.
enum ProcessOptions {
  static let all = [
    OptionSpec<ControllerConfiguration>(
      \.listen, "listen", environment: "RECONCILE_LISTEN", file: "listen", section: process,
      only: controller, "Serve health and metrics here"),
    OptionSpec(
      \.holder, "holder", environment: "RECONCILE_HOLDER", file: "holder", section: process,
      value: "name", default: "process and host", only: controller,
      "Who we are, for others who want the lease"),
    OptionSpec(
      \.logLevel, "log-level", environment: "RECONCILE_LOG_LEVEL", file: "logLevel",
      section: process, only: controller, "The least level in the log"),
    OptionSpec(
      \.logFormat, "log-format", environment: "RECONCILE_LOG_FORMAT", file: "logFormat",
      section: process, only: controller,
      "The form of the log; auto is text on a terminal and JSON elsewhere"),
    OptionSpec(
      \.shutdownGrace, "shutdown-grace", environment: "RECONCILE_SHUTDOWN_GRACE",
      file: "shutdownGrace", section: process, only: controller, range: "1s or more",
      where: { $0 >= .seconds(1) }, "How long SIGTERM waits for what is in flight"),
  ]

  private static let process = "Process"
}

extension LatticeName: OptionValue {
  /// The name of the type in help texts.
  public static var valueName: String? { "name" }
  /// Reads a name.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The name, checked with the whole configuration.
  public static func parse(_ text: String) -> LatticeName? { LatticeName(text) }
  /// The name itself.
  public var optionText: String? { rawValue }
}

extension ListenAddress: OptionValue {
  /// The name of the type in help texts.
  public static var valueName: String? { "host:port" }
  /// A host and a port.
  public static var expectation: String? { "an address such as 127.0.0.1:9090 or [::1]:9090" }
  /// Reads an address.
  ///
  /// - Parameter text: The text as given.
  /// - Returns: The address.
  public static func parse(_ text: String) -> ListenAddress? { ListenAddress(text) }
  /// The address itself.
  public var optionText: String? { description }
}

extension Logger.Level: OptionWord {}
extension LogFormat: OptionWord {}
extension ControllerMode: OptionWord {}
extension ReconnectPolicy: OptionWord {}
extension UnreachablePolicy: OptionWord {}
