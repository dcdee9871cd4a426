import LatticeClient
public import ServiceRuntime

/// What the controller is told: which repositories bring which lattices into which state, and how
/// the process behaves.
///
/// Each repository feeds one lattice. One that fails leaves the others alone.
public struct ControllerConfiguration: Hashable, Sendable {
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
  /// How long a request to end waits for what is in flight.
  public var shutdownGrace = Duration.seconds(30)

  /// Creates a configuration of defaults: one repository and one lattice.
  public init() {}

  /// Returns what a pass of a repository over its lattice is told.
  ///
  /// - Parameter repository: One of the repositories.
  /// - Returns: The configuration of a pass, or `nil` where the lattice is not there.
  public func pass(of repository: RepositoryConfiguration) -> Configuration? {
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

/// An address that a server listens on.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// A name or number; without the brackets of IPv6.
  public var host: String
  /// The port; 0 takes a free one.
  public var port: UInt16

  /// Reads `HOST:PORT`; a number of IPv6 stands in brackets.
  ///
  /// - Parameter text: The text.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
    self.host = String(host)
    self.port = port
  }

  /// The form that is read back.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
