public import LatticeModel

/// Where a value lies that hosts keep.
public struct StorePlace: Hashable, Sendable {
  /// The bucket's name.
  public var bucket: String
  /// The key in it.
  public var key: String

  /// Creates a place.
  ///
  /// - Parameters:
  ///   - bucket: The bucket's name.
  ///   - key: The key in it.
  public init(bucket: String, key: String) {
    self.bucket = bucket
    self.key = key
  }
}

/// How links and configs are read of hosts that keep them: in buckets, and by asking a host where a
/// bucket does not answer.
public protocol StoreDialect: Sendable {
  /// Returns where the links of a source are stored.
  ///
  /// - Parameters:
  ///   - source: The id of the actor or provider.
  ///   - lattice: The lattice.
  /// - Returns: The place.
  func placeOfLinks(from source: String, in lattice: LatticeName) -> StorePlace

  /// Reads the links of a source as they are stored.
  ///
  /// - Parameter value: What lies there.
  /// - Returns: The links.
  /// - Throws: `WireError` if it is nothing of the kind.
  func readStoredLinks(_ value: [UInt8]) throws(WireError) -> [LinkDefinition]

  /// Returns where a config is stored.
  ///
  /// - Parameters:
  ///   - config: The config's name.
  ///   - lattice: The lattice.
  /// - Returns: The place.
  func place(of config: ConfigName, in lattice: LatticeName) -> StorePlace

  /// Reads a config as it is stored.
  ///
  /// - Parameter value: What lies there.
  /// - Returns: Its entries.
  /// - Throws: `WireError` if it is nothing of the kind.
  func readStoredConfig(_ value: [UInt8]) throws(WireError) -> [String: String]

  /// Returns the question that some host answers with all links it knows.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The question.
  func linksQuestion(in lattice: LatticeName) -> ControlRequest

  /// Reads the answer to that question.
  ///
  /// - Parameter payload: The answer.
  /// - Returns: The links.
  /// - Throws: `WireError` if it is no list of links.
  func readLinks(_ payload: [UInt8]) throws(WireError) -> [LinkDefinition]

  /// Returns the question that some host answers with a config.
  ///
  /// - Parameters:
  ///   - config: The config's name.
  ///   - lattice: The lattice.
  /// - Returns: The question.
  func question(for config: ConfigName, in lattice: LatticeName) -> ControlRequest

  /// Reads the answer to that question.
  ///
  /// - Parameter payload: The answer.
  /// - Returns: The config, or that there is none.
  /// - Throws: `WireError` if it is no config.
  func readConfig(_ payload: [UInt8]) throws(WireError) -> StoredConfig
}
