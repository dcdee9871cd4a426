public import ConfigurationModel
public import NATSTransport
public import RecordKeeping

extension PassConfiguration {
  /// Finds the record of the lattice, or makes a place for it.
  ///
  /// - Parameters:
  ///   - transport: The connection to the lattice.
  ///   - isWriter: Whether a place is made where there is none.
  /// - Returns: Where the record lies.
  /// - Throws: `RecordError` and `NATSError` where that cannot be told, or is not as it is asked for.
  public func recordHome(
    over transport: NATSConnection, isWriter: Bool
  ) async throws -> RecordHome {
    try await RecordHome(
      of: lattice, over: transport, folder: stateDirectory, settings: buckets, isWriter: isWriter)
  }
}
