import PlanExecution
public import ServiceRuntime

/// What people write for the whole process: which repositories bring which lattices into which
/// state, and how it behaves.
///
/// Each repository feeds one lattice. One that fails leaves the others alone.
public struct ProcessConfiguration: Hashable, Sendable {
  /// Where manifests come from.
  public var repositories = [RepositoryConfiguration()]
  /// Where commands go.
  public var lattices = [LatticeConfiguration()]
  /// Where health and metrics are served; `nil` where they are not.
  public var listen: ListenAddress?
  /// Who we are, for others who want the lease.
  public var holder = "reconcile"
  /// The least level of lines in the log.
  public var logLevel = Logger.Level.info
  /// The form of lines in the log.
  public var logFormat = LogFormat.auto
  /// How long a request to end waits for what is in flight, 1 s or more.
  public var shutdownGrace = Duration.seconds(30)

  /// Creates a configuration of defaults: one repository and one lattice.
  public init() {}

  /// Returns what a pass of a repository over its lattice is told.
  ///
  /// - Parameter repository: An entry, of this configuration or like one of it.
  /// - Returns: The configuration of a pass, or `nil` where the lattice is not there.
  public func pass(of repository: RepositoryConfiguration) -> PassConfiguration? {
    guard let lattice = lattices.first(where: { $0.name == repository.lattice }) else {
      return nil
    }
    var pass = repository.pass(over: lattice)
    pass.execution.inFlight = lattice.commandsInFlight
    pass.execution.perHost = lattice.perHost
    pass.holder = holder
    return pass
  }
}

extension ProcessConfiguration {
  /// What the controller of each repository is told; one whose lattice is not there has none.
  public var controllers: [ControllerSettings] {
    repositories.compactMap { repository in
      guard let lattice = lattices.first(where: { $0.name == repository.lattice }),
        let pass = pass(of: repository)
      else { return nil }
      var settings = ControllerSettings(
        repository: repository.name, pass: pass, lattice: lattice.name,
        interval: repository.pace, mode: lattice.mode, system: lattice.system,
        maxErrors: lattice.failureDetection.maxErrors)
      settings.staleAfter = repository.staleAfter
      settings.forge = repository.forge
      return settings
    }
  }
}

/// The form of lines in the log.
public enum LogFormat: String, CaseIterable, Hashable, Sendable {
  /// Text on a terminal, JSON elsewhere.
  case auto
  /// For people.
  case text
  /// For programs.
  case json

  /// The logger's word for it; `nil` lets it decide.
  public var format: Logger.Format? { Logger.Format(rawValue: rawValue) }
}
