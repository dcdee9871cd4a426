public import Diagnostics
public import LatticeModel

/// What can go wrong when a lattice is looked at.
public enum ObservationError: DiagnosticError, Hashable {
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

  /// Hosts may come.
  public var disposition: Disposition { .transient }
}
