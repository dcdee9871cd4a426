public import LatticeModel

/// Hosts 1.x keep links and configs in two buckets of JetStream.
extension V1: StoreDialect {
  /// They keep stores.
  public var stores: (any StoreDialect)? { self }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func placeOfLinks(from source: String, in lattice: LatticeName) -> StorePlace {
    StorePlace(bucket: LatticeStore.components(lattice), key: LatticeStore.key(ofSource: source))
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func readStoredLinks(_ value: [UInt8]) throws(WireError) -> [LinkDefinition] {
    try decodeStoredLinks(value)
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func place(of config: ConfigName, in lattice: LatticeName) -> StorePlace {
    StorePlace(bucket: LatticeStore.configs(lattice), key: config.rawValue)
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func readStoredConfig(_ value: [UInt8]) throws(WireError) -> [String: String] {
    try decodeStoredConfig(value)
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func linksQuestion(in lattice: LatticeName) -> ControlRequest {
    ControlRequest(subject: ControlSubject.links(lattice, below: root))
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func readLinks(_ payload: [UInt8]) throws(WireError) -> [LinkDefinition] {
    try decodeLinks(payload)
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func question(for config: ConfigName, in lattice: LatticeName) -> ControlRequest {
    ControlRequest(subject: ControlSubject.config(config, in: lattice, below: root))
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public func readConfig(_ payload: [UInt8]) throws(WireError) -> StoredConfig {
    try decodeConfig(payload)
  }
}
