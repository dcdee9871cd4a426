import LatticeClient
import LatticeModel
import NATSTransport
import OptionParsing
import ReconcileLoop

/// How results are written.
enum OutputFormat: String, OptionWord { case text, json, ndjson }

/// What the command line says, before it is a configuration.
struct CommandOptions: Sendable {
  var repository = "."
  var reference = "HEAD"
  var path = "manifests"
  var readsWorktree = false
  var lattice = "default"
  var servers = "nats://127.0.0.1:4222"
  var credentials: String?
  var nkey: String?
  var tlsAuthority: String?
  var tlsCertificate: String?
  var tlsKey: String?
  var applications: [String] = []
  var prune = false
  var expectHosts: Int?
  var forget: [String] = []
  var discoverTimeout = Duration.seconds(2)
  var timeout = Duration.seconds(300)
  var output = OutputFormat.text
  var color = ColorChoice.auto
  var exitZero = false
  var isDryRun = false
  var isYes = false
  var waits = true
  var stateDirectory: String?
  var isHelp = false
  var isVersion = false
  var hosts = 6
  var labels: [String] = []
  var ledger: String?

  static let passes: Set<String> = ["", "apply", "diff"]

  static let table = OptionTable<CommandOptions>(
    program: "reconcile",
    options: [
      OptionSpec(\.isDryRun, "dry-run", only: ["", "apply"], "Show the diff and send nothing"),
      OptionSpec(
        \.repository, "repo", environment: "RECONCILE_REPO", value: "folder",
        "The repository"),
      OptionSpec(
        \.reference, "ref", value: "name", "What to read: a branch, a tag, a commit or HEAD"),
      OptionSpec(\.path, "path", value: "path", "The folder or file of the manifests"),
      OptionSpec(\.readsWorktree, "worktree", "Read the files on disk, committed or not"),
      OptionSpec(
        \.lattice, "lattice", environment: "RECONCILE_LATTICE", value: "name", "The lattice"),
      OptionSpec(
        \.servers, "nats", environment: "RECONCILE_NATS", section: "Connection", value: "url",
        "The NATS server, or several with commas"),
      OptionSpec(
        \.credentials, "creds", section: "Connection", value: "file", "A credentials file"),
      OptionSpec(\.nkey, "nkey", section: "Connection", value: "file", "A file with an nkey seed"),
      OptionSpec(
        \.tlsAuthority, "tls-ca", section: "Connection", value: "file",
        "The authority's certificate"),
      OptionSpec(
        \.tlsCertificate, "tls-cert", section: "Connection", value: "file", "Our certificate"),
      OptionSpec(
        \.tlsKey, "tls-key", section: "Connection", value: "file", "Our certificate's key"),
      OptionSpec(
        \.applications, "app", value: "name", only: passes,
        "Touch this application only; may be repeated"),
      OptionSpec(\.prune, "prune", only: passes, "Remove what no manifest asks for"),
      OptionSpec(
        \.expectHosts, "expect-hosts", only: passes, range: "1 or more",
        where: { $0.map { $0 > 0 } ?? true }, "How many hosts must answer"),
      OptionSpec(\.forget, "forget-host", value: "id", only: passes, "This host is gone for good"),
      OptionSpec(
        \.discoverTimeout, "discover-timeout", "The longest wait for hosts to answer"),
      OptionSpec(\.timeout, "timeout", only: ["", "apply"], "How long to work on it"),
      OptionSpec(\.output, "output", letter: "o", "How results are written"),
      OptionSpec(\.color, "color", "Whether symbols are coloured; NO_COLOR turns auto off"),
      OptionSpec(\.isYes, "yes", letter: "y", only: ["", "apply"], "Remove without asking"),
      OptionSpec(
        \.waits, "wait", only: ["", "apply"],
        "Send the first stage only and do not wait for its effects"),
      OptionSpec(
        \.stateDirectory, "state-dir", environment: "RECONCILE_STATE_DIR", value: "folder",
        default: "$XDG_STATE_HOME/reconcile",
        "Where the record lies if the server has no JetStream"),
      OptionSpec(\.exitZero, "exit-zero", only: passes, "Exit 0 in place of 2"),
      OptionSpec(
        \.hosts, "hosts", only: ["simulate"], range: "1 to 1000", where: { (1...1_000) ~= $0 },
        "How many hosts"),
      OptionSpec(
        \.labels, "label", value: "key=value", only: ["simulate"], "A label of every host"),
      OptionSpec(
        \.ledger, "ledger", value: "file", only: ["simulate"], "Append every command's effect here"),
      OptionSpec(\.isHelp, "help", letter: "h", "Show this help"),
      OptionSpec(\.isVersion, "version", "Show the version"),
    ],
    commands: [
      CommandSpec(
        "", "Bring the lattice to the commit", examples: ["reconcile", "reconcile --dry-run"]),
      CommandSpec("apply", "The same, by name", examples: ["reconcile apply --app hello"]),
      CommandSpec("diff", "Show what would be done and send nothing", examples: ["reconcile diff"]),
      CommandSpec(
        "validate", "Check the manifests without a lattice", examples: ["reconcile validate"]),
      CommandSpec("get hosts", "List the hosts that answer", examples: ["reconcile get hosts"]),
      CommandSpec(
        "get actors", "List the actors that hosts run",
        examples: ["reconcile get actors -o json"]),
      CommandSpec(
        "get providers", "List the providers that hosts run",
        examples: ["reconcile get providers"]),
      CommandSpec("get links", "List the links of the lattice", examples: ["reconcile get links"]),
      CommandSpec(
        "simulate", "Run simulated hosts until interrupted",
        examples: ["reconcile simulate --hosts 6"]),
    ])

  /// The configuration of a pass.
  func configuration(holder: String, environment: [String: String] = [:]) -> Configuration {
    var configuration = Configuration()
    configuration.repository = repository
    configuration.reference = reference
    configuration.path = path
    configuration.readsWorktree = readsWorktree
    configuration.lattice = LatticeName(lattice)
    configuration.nats = natsOptions
    configuration.applications = applications
    configuration.prune = prune
    configuration.sweep.expectedHosts = expectHosts
    configuration.sweep.forgotten = Set(forget.map { HostID($0) })
    configuration.sweep.discoverTimeout = discoverTimeout
    configuration.timeout = timeout
    configuration.holder = holder
    configuration.execution.isFirstStageOnly = !waits
    configuration.stateDirectory =
      stateDirectory ?? environment["XDG_STATE_HOME"].map { "\($0)/reconcile" }
      ?? environment["HOME"].map { "\($0)/.local/state/reconcile" }
    return configuration
  }

  /// Where the server is and how to be let in.
  var natsOptions: NATSOptions {
    NATSOptions(
      servers: servers.split(separator: ",").map(String.init), credentialsFile: credentials,
      nkeyFile: nkey, tlsAuthority: tlsAuthority, tlsCertificate: tlsCertificate, tlsKey: tlsKey)
  }
}
