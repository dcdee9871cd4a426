public import Diagnostics
public import LatticeModel

/// What can go wrong between us and the hosts of a lattice, above single messages.
public enum ClientError: DiagnosticError, Hashable {
  /// Nobody answered, and nothing on record says that somebody should.
  case noHosts(LatticeName)

  /// The findings that make up the error.
  public var diagnostics: [Diagnostic] {
    switch self {
    case .noHosts(let lattice):
      [
        Diagnostic(
          DiagnosticCode("OBS", 1), .error, "no host of lattice '\(lattice)' answers",
          remedy: "see that hosts run and that --lattice and --nats name theirs")
      ]
    }
  }

  /// What the error means for whoever might try again.
  public var disposition: Disposition { .transient }
}
