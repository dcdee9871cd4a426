import Glibc
import LatticeClient
import LatticeModel
import OptionParsing
import ReconcileLoop

/// How results are written.
enum OutputFormat: String, OptionWord { case text, json, ndjson }

/// What the command line says, before it is a configuration.
struct CommandOptions: Sendable {
  var repository = RepositoryConfiguration()
  var lattice = LatticeConfiguration()
  var process = ControllerConfiguration()
  var configurationFile: String?
  var printsConfiguration = false
  var readsWorktree = false
  var applications: [String] = []
  var forget: [String] = []
  var repositoryNames: [String] = []
  var suspendsAll = false
  var reason: String?
  var suspendsUntil: SuspensionEnd?
  var timeout = Duration.seconds(300)
  var output = OutputFormat.text
  var color = ColorChoice.auto
  var exitZero = false
  var isDryRun = false
  var isYes = false
  var waits = true
  var isHelp = false
  var isVersion = false
  var hosts = 6
  var labels: [String] = []
  var ledger: String?

  private static let passes: Set<String> = ["", "apply", "diff"]
  private static let brakes: Set<String> = ["suspend", "resume"]

  static let table = OptionTable<CommandOptions>(
    program: "reconcile", options: options, commands: commands)

  private static let options =
    front
    + RepositoryOptions.common.map { OptionSpec($0, within: \.repository, file: "repositories") }
    + LatticeOptions.all.map { OptionSpec($0, within: \.lattice, file: "lattices") } + pass
    + ProcessOptions.all.map { OptionSpec($0, within: \.process) } + common

  private static let front: [OptionSpec<CommandOptions>] = [
    OptionSpec(\.isDryRun, "dry-run", only: ["", "apply"], "Show the diff and send nothing"),
    OptionSpec(
      \.configurationFile, "config", environment: "RECONCILE_CONFIG", value: "file",
      only: ["controller"], "The configuration file"),
    OptionSpec(
      \.printsConfiguration, "print-config", only: ["controller"],
      "Show every value with its source, and end"),
  ]

  private static let pass: [OptionSpec<CommandOptions>] = [
    OptionSpec(
      \.readsWorktree, "worktree", section: "Git", only: passes.union(["validate"]),
      "Read the files on disk, committed or not"),
    OptionSpec(
      \.applications, "app", section: "Lattice", value: "name", only: passes.union(brakes),
      "Touch this application only; may be repeated"),
    OptionSpec(
      \.repositoryNames, "repository-name", value: "name", only: brakes,
      "A controller's repository, by its name there"),
    OptionSpec(\.suspendsAll, "all", only: brakes, "Whatever is declared for the lattice"),
    OptionSpec(\.reason, "reason", value: "text", only: ["suspend"], "Why, for the others"),
    OptionSpec(
      \.suspendsUntil, "until", only: ["suspend"],
      "When it ends by itself, such as 12h or 2026-12-24T18:00:00Z"),
    OptionSpec(
      \.forget, "forget-host", section: "Lattice", value: "id", only: passes,
      "This host is gone for good"),
    OptionSpec(\.timeout, "timeout", only: ["", "apply"], "How long to work on it"),
    OptionSpec(
      \.isYes, "yes", letter: "y", only: ["", "apply"],
      "Remove without asking, as it is done where there is no terminal to ask on"),
    OptionSpec(
      \.waits, "wait", only: ["", "apply"],
      "Send the first stage only and do not wait for its effects"),
    OptionSpec(
      \.exitZero, "exit-zero", only: passes.union(["status"]), "Exit 0 in place of 2"),
  ]

  private static let common: [OptionSpec<CommandOptions>] = [
    OptionSpec(
      \.hosts, "hosts", only: ["simulate"], range: "1 to 1000", where: { (1...1_000) ~= $0 },
      "How many hosts"),
    OptionSpec(
      \.labels, "label", value: "key=value", only: ["simulate"], "A label of every host"),
    OptionSpec(
      \.ledger, "ledger", value: "file", only: ["simulate"],
      "Append every command's effect here"),
    OptionSpec(\.output, "output", letter: "o", "How results are written"),
    OptionSpec(\.color, "color", "Whether symbols are coloured; NO_COLOR turns auto off"),
    OptionSpec(\.isHelp, "help", letter: "h", "Show this help"),
    OptionSpec(\.isVersion, "version", "Show the version"),
  ]

  private static let commands = [
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
      "controller", "Keep the lattice at the commit until told to end",
      discussion: "Several repositories and lattices stand in a file that --config names; without "
        + "one, the options describe one of each. A flag wins over its environment variable, "
        + "which wins over the file, and holds for every entry there.",
      examples: [
        "reconcile controller --repo /srv/git/edge --lattice edge",
        "reconcile controller --config /etc/reconcile.yaml",
        "reconcile controller --config /etc/reconcile.yaml --print-config",
      ]),
    CommandSpec(
      "status", "Show how the lattice stands, and what is on record",
      examples: ["reconcile status", "reconcile status -o json"]),
    CommandSpec(
      "suspend", "Stop the commanding of something for a while",
      examples: ["reconcile suspend --app hello --until 2h --reason 'load test'"]),
    CommandSpec(
      "resume", "Let it be commanded again", examples: ["reconcile resume --app hello"]),
    CommandSpec(
      "simulate", "Run simulated hosts until interrupted",
      examples: ["reconcile simulate --hosts 6"]),
    CommandSpec(
      "help", operands: ["command..."], "Show this help, or that of a command",
      examples: ["reconcile help", "reconcile help get hosts"]),
  ]

  /// The values where nothing is given.
  ///
  /// `NATS_URL` is everybody's variable: it stands below our own and the file.
  static func standard(in environment: [String: String]) -> CommandOptions {
    var options = CommandOptions()
    options.process.holder = "pid \(getpid()) on \(hostName())"
    if let servers = environment["NATS_URL"].flatMap([String].parse) {
      options.lattice.servers = servers
    }
    return options
  }

  /// The configuration of a pass.
  func configuration(in environment: [String: String]) -> Configuration {
    var configuration = repository.pass(over: lattice)
    configuration.readsWorktree = readsWorktree
    configuration.applications = applications
    configuration.sweep.forgotten = Set(forget.map { HostID($0) })
    configuration.timeout = timeout
    configuration.holder = process.holder
    configuration.execution.isFirstStageOnly = !waits
    configuration.stateDirectory =
      lattice.stateDirectory ?? ReconcileCLI.stateDirectory(in: environment)
    return configuration
  }
}

/// The folder that the person stands in.
func workingFolder() -> String? {
  guard let path = getcwd(nil, 0) else { return nil }
  defer { free(path) }
  return String(cString: path)
}

private func hostName() -> String {
  var bytes = [CChar](repeating: 0, count: 256)
  guard gethostname(&bytes, bytes.count - 1) == 0 else { return "this machine" }
  return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
