import LatticeDialects
public import LatticeModel
public import NATSTransport
import ServiceRuntime

/// Returns all links of a lattice: those that a host tells of, and those stored for what runs.
///
/// One host's memory may lag behind the store, so the store decides for every source that is known.
///
/// - Parameters:
///   - lattice: The lattice.
///   - running: The ids of what runs.
///   - transport: What carries the questions.
/// - Returns: The links, sorted.
/// - Throws: `ObservationError.noHosts` where nobody answers.
public func readLinks(
  of lattice: LatticeName, running: Set<String>, over transport: any MessageTransport
) async throws -> [LinkDefinition] {
  let reader = StoreReader(lattice: lattice, domain: nil, transport: transport)
  guard let told = try await reader.askForLinks() else { throw ObservationError.noHosts(lattice) }
  let sources = running.union(told.map(\.key.source)).sorted()
  return try await reader.links(of: sources, 64).flatMap(\.1).sorted {
    ($0.key, $0.target) < ($1.key, $1.target)
  }
}

/// Reads what hosts keep in JetStream, key by key, and asks a host where a bucket does not answer.
struct StoreReader: Sendable {
  private let lattice: LatticeName
  private let transport: any MessageTransport
  private let components: NATSKeyValue
  private let configs: NATSKeyValue

  init(lattice: LatticeName, domain: String?, transport: any MessageTransport) {
    self.lattice = lattice
    self.transport = transport
    components = NATSKeyValue(
      bucket: LatticeStore.components(lattice), domain: domain, over: transport)
    configs = NATSKeyValue(bucket: LatticeStore.configs(lattice), domain: domain, over: transport)
  }

  /// The stored links of one source, or `nil` where the bucket does not tell.
  private func storedLinks(of source: String) async throws -> [LinkDefinition]? {
    do {
      let entry = try await components.get(LatticeStore.key(ofSource: source))
      return try entry?.value.map(decodeStoredLinks) ?? []
    } catch let error as NATSError where error.isAboutStore {
      return nil
    }
  }

  /// One config, or `nil` where it cannot be read.
  func config(_ name: ConfigName) async throws -> StoredConfig? {
    do {
      let entry = try await configs.get(name.rawValue)
      return try entry?.value.map { .values(try decodeStoredConfig($0)) } ?? .absent
    } catch let error as NATSError where error.isAboutStore {
      return try await askForConfig(name)
    }
  }

  /// The links of many sources; those that cannot be read are absent.
  func links(of sources: [String], _ inFlight: Int) async throws -> [(String, [LinkDefinition])] {
    let answers = try await gather(sources, inFlight: inFlight) { try await storedLinks(of: $0) }
    let unread = zip(sources, answers).filter { $0.1 == nil }.map(\.0)
    let told = unread.isEmpty ? nil : try await askForLinks()
    return zip(sources, answers).compactMap { source, links in
      (links ?? told?.filter { $0.key.source == source }).map { (source, $0) }
    }
  }

  /// Many configs; those that cannot be read are absent.
  func configs(_ names: [ConfigName], _ inFlight: Int) async throws
    -> [(ConfigName, StoredConfig)]
  {
    let answers = try await gather(names, inFlight: inFlight) { try await config($0) }
    return zip(names, answers).compactMap { name, config in config.map { (name, $0) } }
  }

  fileprivate func askForLinks() async throws -> [LinkDefinition]? {
    do {
      return try decodeLinks(
        try await transport.request([], to: ControlSubject.links(lattice), timeout: .seconds(2))
          .payload)
    } catch let error as NATSError where error.isAboutStore {
      return nil
    }
  }

  private func askForConfig(_ name: ConfigName) async throws -> StoredConfig? {
    do {
      return try decodeConfig(
        try await transport.request(
          [], to: ControlSubject.config(name, in: lattice), timeout: .seconds(2)
        ).payload)
    } catch let error as NATSError where error.isAboutStore {
      return nil
    }
  }
}

extension NATSError {
  /// Whether only this store or subject failed, and not the connection as a whole.
  var isAboutStore: Bool {
    switch self {
    case .storeUnavailable, .noJetStreamForAccount, .storeAbsent, .storeUnreadable, .timeout,
      .noResponders, .permissionDenied, .refusedByStore,
      .refusedByFile:
      true
    case .unreachable, .unauthorized, .insecure, .unusableFile, .noSeed, .disconnected, .tooLarge,
      .invalidSubject, .conflict, .cancelled, .other:
      false
    }
  }
}
