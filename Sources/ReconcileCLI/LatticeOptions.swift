public import ConfigurationModel
public import LatticeModel
public import NATSTransport
public import OptionParsing

/// The options of one lattice, which are the keys of an entry of `lattices:` too.
enum LatticeOptions {
  static let name = OptionSpec<LatticeConfiguration>(
    \.name, "lattice", environment: "RECONCILE_LATTICE", file: "name", section: lattice,
    value: "name", "The lattice")

  /// What every command takes.
  static let common = [name] + connection + [discoverTimeout, stateDirectory]
  /// What plans depend on.
  static let planning = [name] + connection + [expectedHosts, discoverTimeout, stateDirectory]
  /// What the controller takes.
  static let all = [name] + rest
  /// The keys of an entry of the file.
  static let ofFile = [name, wireName] + rest

  private static let rest =
    connection + systemAccount + [expectedHosts, discoverTimeout] + watching + commanding
    + [stateDirectory]

  private static let lattice = "Lattice"
  private static let detection = "Failure detection"

  private static let wireName = OptionSpec<LatticeConfiguration>(
    \.wireName, "wire-name", file: "wireName", default: "its name",
    "The name that its hosts know it by")
  private static let expectedHosts = OptionSpec<LatticeConfiguration>(
    \.expectedHosts, "expect-hosts", environment: "RECONCILE_EXPECT_HOSTS", file: "expectHosts",
    section: lattice, range: "1 or more", where: { $0.map { $0 > 0 } ?? true },
    "How many hosts must answer")
  private static let discoverTimeout = OptionSpec<LatticeConfiguration>(
    \.discoverTimeout, "discover-timeout", environment: "RECONCILE_DISCOVER_TIMEOUT",
    file: "discoverTimeout", section: lattice, range: "more than 0", where: { $0 > .zero },
    "The longest wait for hosts to answer")
  private static let stateDirectory = OptionSpec<LatticeConfiguration>(
    \.stateDirectory, "state-dir", environment: "RECONCILE_STATE_DIR", file: "stateDir",
    section: lattice, value: "folder", default: "$XDG_STATE_HOME/reconcile",
    "Where the journal of the record lies, and the record if the server has no JetStream")

  private static let connection = [
    option(
      \.servers, "nats", "nats", "url", shared: "NATS_URL",
      "The NATS server, or several with commas"),
    option(
      \.context, "nats-context", "natsContext", "name",
      "A context saved by the NATS command line, below all that is given here; - is the one selected"
    ),
    option(
      \.user, "nats-user", "natsUser", "name", "The user, where none stands in the address"),
    option(
      \.passwordFile, "nats-password-file", "natsPasswordFile", "file",
      "A file with the user's password"),
    option(\.tokenFile, "nats-token-file", "natsTokenFile", "file", "A file with a token"),
    option(\.credentials, "creds", "creds", "file", "A credentials file"),
    option(\.nkey, "nkey", "nkey", "file", "A file with an nkey seed"),
    option(\.tlsAuthority, "tls-ca", "tls.ca", "file", "The authority's certificate"),
    option(\.tlsCertificate, "tls-cert", "tls.cert", "file", "Our certificate"),
    option(\.tlsKey, "tls-key", "tls.key", "file", "Our certificate's key"),
    option(
      \.inboxPrefix, "inbox-prefix", "inboxPrefix", "subject",
      "What the subjects begin with on which answers come"),
    option(
      \.controlPrefix, "control-prefix", "controlPrefix", "subject",
      "What hosts listen below, as their own --ctl-topic-prefix says"),
    option(
      \.jetStreamDomain, "js-domain", "jsDomain", "name",
      "The JetStream domain of the record, the lease and the hosts' stores"),
    OptionSpec<LatticeConfiguration>(
      \.recordReplicas, "record-replicas", environment: "RECONCILE_RECORD_REPLICAS",
      file: "recordReplicas", section: "Connection",
      default: "what the cluster allows, 3 at most", range: "1 to 5",
      where: { $0.map { (1...5) ~= $0 } ?? true }, "How many servers have a copy of the record"),
    OptionSpec(
      \.recordMaxBytes, "record-max-bytes", environment: "RECONCILE_RECORD_MAX_BYTES",
      file: "recordMaxBytes", section: "Connection", value: "bytes", range: "1048576 or more",
      where: { $0.map { $0 >= 1 << 20 } ?? true },
      "How large the record may grow, for accounts that want to know"),
    OptionSpec(
      \.recordStorage, "record-storage", environment: "RECONCILE_RECORD_STORAGE",
      file: "recordStorage", section: "Connection", default: "file",
      "What the record lies in on the servers"),
  ]

  /// The options that say a part of what a context of the NATS command line says.
  static let contextParts: [LatticeConfiguration.ContextPart: [String]] = [
    .servers: ["nats"], .identity: ["nats-user", "nats-token-file", "creds", "nkey"],
    .authority: ["tls-ca"], .certificate: ["tls-cert", "tls-key"],
    .inboxPrefix: ["inbox-prefix"], .domain: ["js-domain"],
  ]

  private static let systemAccount = [
    option(
      \.systemServers, "system-nats", "systemNats", "url",
      "The NATS server's address for its system account, for news of lost hosts"),
    option(
      \.systemCredentials, "system-creds", "systemCreds", "file",
      "A credentials file of the server's system account, for news of lost hosts"),
  ]

  private static let watching = [
    OptionSpec<LatticeConfiguration>(
      \.failureDetection.probe, "probe", environment: "RECONCILE_PROBE",
      file: "failureDetection.probe", section: detection,
      range: "0, or 100ms or more", where: { $0 == .zero || $0 >= .milliseconds(100) },
      "The time between two pings to all hosts; 0 for none"),
    OptionSpec(
      \.failureDetection.silence, "silence", environment: "RECONCILE_SILENCE",
      file: "failureDetection.silence", section: detection,
      range: "1s or more", where: { $0 >= .seconds(1) },
      "How long a host is silent before it is lost, where nothing proves it earlier"),
    OptionSpec(
      \.failureDetection.heartbeatTimeout, "heartbeat-timeout",
      environment: "RECONCILE_HEARTBEAT_TIMEOUT", file: "failureDetection.heartbeatTimeout",
      section: detection, range: "60s or more, two heartbeats",
      where: { $0 >= .seconds(60) }, "How long no heartbeat comes before a host is lost"),
    OptionSpec(
      \.failureDetection.maxErrors, "max-errors", environment: "RECONCILE_MAX_ERRORS",
      file: "failureDetection.maxErrors", section: detection,
      range: "1 to 1000", where: { (1...1_000) ~= $0 },
      "How many recent errors, of two applications or more, make a host unhealthy"),
    OptionSpec(
      \.site, "site", environment: "RECONCILE_SITE", file: "site", section: detection,
      value: "label", "The label that tells sites apart"),
    OptionSpec(
      \.reconnect, "reconnect", environment: "RECONCILE_RECONNECT", file: "reconnect",
      section: detection, "What is done when a lost host returns"),
    OptionSpec(
      \.onUnreachable, "on-unreachable", environment: "RECONCILE_ON_UNREACHABLE",
      file: "onUnreachable", section: detection,
      "What is done about a site that vanished as a whole"),
    OptionSpec(
      \.resync, "resync", environment: "RECONCILE_RESYNC", file: "resync", section: detection,
      range: "1s or more", where: { $0 >= .seconds(1) },
      "The time between two looks at all inventories"),
  ]

  private static let commanding = [
    OptionSpec<LatticeConfiguration>(
      \.mode, "mode", environment: "RECONCILE_MODE", file: "mode", section: lattice,
      "Whether commands are sent, or only told"),
    OptionSpec(
      \.commandsInFlight, "commands-in-flight", environment: "RECONCILE_COMMANDS_IN_FLIGHT",
      file: "commandsInFlight", section: lattice, range: "1 to 10000",
      where: { (1...10_000) ~= $0 }, "How many commands are under way at once"),
    OptionSpec(
      \.perHost, "per-host", environment: "RECONCILE_PER_HOST", file: "perHost",
      section: lattice, range: "1 to 1000", where: { (1...1_000) ~= $0 },
      "How many commands are under way on one host at once"),
  ]

  private static func option<Value: OptionValue>(
    _ path: any WritableKeyPath<LatticeConfiguration, Value> & Sendable, _ name: String,
    _ key: String, _ value: String, shared: String? = nil, _ sentence: String
  ) -> OptionSpec<LatticeConfiguration> {
    OptionSpec(
      path, name,
      environment: "RECONCILE_" + name.uppercased().replacing("-", with: "_"), shared: shared,
      file: key, section: "Connection", value: value, sentence)
  }
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

extension ControllerMode: OptionWord {}
extension BucketSettings.Storage: OptionWord {}
extension ReconnectPolicy: OptionWord {}
extension UnreachablePolicy: OptionWord {}
