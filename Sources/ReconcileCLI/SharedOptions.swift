import ConfigurationModel
import DesiredSources
import Diagnostics
import GitSource
import Glibc
import LatticeModel
import OptionParsing
import ReconcileLoop

/// Where to read and where to act.
///
/// Every command takes it, so that one set of options, such as that of an alias, goes with each.
struct TargetOptions: OptionGroup {
  var repository = RepositoryConfiguration()
  var lattice = LatticeConfiguration()

  /// The headings of what says where to read, for commands that read no repository.
  static let reading = ["Git", "Git over a network"]
  /// The headings of what says where to act, for commands that ask no lattice.
  static let reaching = ["Lattice", "Connection"]

  /// What every command takes.
  static let options = list(RepositoryOptions.common, LatticeOptions.common)
  /// What plans depend on.
  static let planning = list(RepositoryOptions.planning, LatticeOptions.planning)
  /// What the controller takes.
  static let all = list(RepositoryOptions.all, LatticeOptions.all)

  private static func list(
    _ repository: [OptionSpec<RepositoryConfiguration>],
    _ lattice: [OptionSpec<LatticeConfiguration>]
  ) -> [OptionSpec<Self>] {
    including(\.repository, repository, file: "repositories")
      + including(\.lattice, lattice, file: "lattices")
  }

  /// The lattice's name.
  ///
  /// - Throws: `LoopError.invalidLattice` where none can have it.
  var checkedLattice: LatticeName {
    get throws(LoopError) {
      guard lattice.name.isValid else { throw .invalidLattice(lattice.name.rawValue) }
      return lattice.name
    }
  }

  /// The lattice, with what a context of the NATS command line says of it.
  ///
  /// - Throws: `NATSError` where there is no such context, or it cannot be used.
  func reachedLattice(in context: CommandContext) throws -> LatticeConfiguration {
    var lattice = lattice
    let warning = try lattice.adoptContext(in: context.environment) { context.sources[$0] }
    if let warning { context.console.say(warning.description) }
    return lattice
  }

  /// The configuration of one pass, of a look, or of a change to the record.
  ///
  /// - Parameters:
  ///   - context: What the command line was read from.
  ///   - isForLattice: Whether the lattice is reached, so that what is given for that must hold.
  /// - Returns: The configuration.
  /// - Throws: `LoopError.invalidLattice`, and what `reachedLattice` throws.
  func configuration(
    in context: CommandContext, forLattice isForLattice: Bool = true
  ) throws -> PassConfiguration {
    _ = try checkedLattice
    let lattice = isForLattice ? try reachedLattice(in: context) : lattice
    var configuration = repository.pass(over: lattice)
    // What somebody writes here is meant from here; the default is of the repository.
    if context.sources[RepositoryOptions.path.name] != nil {
      configuration.source.standing = workingFolder()
    }
    if context.sources[RepositoryOptions.overlays.name] != nil {
      configuration.source.overlayStanding = workingFolder()
    }
    configuration.holder = processName()
    configuration.stateDirectory =
      lattice.stateDirectory ?? stateDirectory(in: context.environment)
    configuration.source.remote.folder = configuration.stateDirectory.map { "\($0)/git" }
    return configuration
  }
}

/// Whether what is on disk is read in place of a commit.
struct WorktreeOptions: OptionGroup {
  var isRead = false

  static let worktree = OptionSpec<Self>(
    \.isRead, "worktree", section: "Git", "Read the files on disk, committed or not")
  static let options = [worktree]
}

/// Which applications are meant; none means all.
struct SelectionOptions: OptionGroup {
  var applications: [String] = []

  static let app = OptionSpec<Self>(
    \.applications, "app", section: "Lattice", value: "name",
    "This application only; may be repeated")
  static let options = [app]
}

/// How a command ends that finds something to do.
struct ExitOptions: OptionGroup {
  var isZero = false

  static let zero = OptionSpec<Self>(\.isZero, "exit-zero", "Exit 0 in place of 2")
  static let options = [zero]

  /// The status to end with.
  func status(_ status: ExitStatus) -> ExitStatus {
    status == .changesPending && isZero ? .inSync : status
  }
}

/// How results are written.
enum OutputFormat: String, OptionWord {
  case text, json, ndjson
  /// What code scanning takes: SARIF 2.1.0, of findings only.
  case sarif
  /// What a GitHub workflow shows beside the lines that it is about, of findings only.
  case github
  /// What a comment on a pull request holds, of plans only.
  case markdown

  /// Whether only findings can be written in it.
  var isOfFindings: Bool { self == .sarif || self == .github }
}

/// How every command writes its results.
struct OutputOptions: OptionGroup {
  var format = OutputFormat.text
  var color = ColorChoice.auto

  static let options = [
    OptionSpec<Self>(
      \.format, "output", letter: "o",
      "How results are written; sarif and github are for 'validate', markdown for plans"),
    OptionSpec(\.color, "color", "Whether symbols are coloured; NO_COLOR turns auto off"),
  ]
}

/// The folder that the person stands in.
func workingFolder() -> String? {
  guard let path = getcwd(nil, 0) else { return nil }
  defer { free(path) }
  return String(cString: path)
}

/// The folder for records that no server keeps, where none is given.
func stateDirectory(in environment: [String: String]) -> String? {
  environment["XDG_STATE_HOME"].map { "\($0)/reconcile" }
    ?? environment["HOME"].map { "\($0)/.local/state/reconcile" }
}
