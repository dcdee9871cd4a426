import LatticeDialects
import LatticeModel
import NATSTransport
import ServiceRuntime

/// Reads what hosts keep in JetStream, key by key, and asks a host where a bucket does not answer.
struct StoreReader: Sendable {
  let lattice: LatticeName
  let stores: any StoreDialect
  /// The JetStream domain that the buckets are in, where one is named.
  let domain: String?
  let transport: any MessageTransport
  /// Each bucket once: what it turned out to be like is found out once.
  private let buckets = Lock<[String: NATSKeyValue]>([:])

  init(
    lattice: LatticeName, stores: any StoreDialect, domain: String?,
    transport: any MessageTransport
  ) {
    (self.lattice, self.stores) = (lattice, stores)
    (self.domain, self.transport) = (domain, transport)
  }

  /// The stored links of one source, or `nil` where the bucket does not tell.
  private func storedLinks(of source: String) async throws -> [LinkDefinition]? {
    do {
      let value = try await value(at: stores.placeOfLinks(from: source, in: lattice))
      return try value.map(stores.readStoredLinks) ?? []
    } catch let error as NATSError where error.isAboutStore {
      return nil
    }
  }

  /// One config, or `nil` where it cannot be read.
  func config(_ name: ConfigName) async throws -> StoredConfig? {
    do {
      let value = try await value(at: stores.place(of: name, in: lattice))
      return try value.map { .values(try stores.readStoredConfig($0)) } ?? .absent
    } catch let error as NATSError where error.isAboutStore {
      return try await asking(stores.question(for: name, in: lattice), stores.readConfig)
    }
  }

  private func value(at place: StorePlace) async throws(NATSError) -> [UInt8]? {
    let bucket = buckets.withLock { buckets in
      let bucket =
        buckets[place.bucket]
        ?? NATSKeyValue(bucket: place.bucket, domain: domain, over: transport)
      buckets[place.bucket] = bucket
      return bucket
    }
    return try await bucket.get(place.key)?.value
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

  /// The links that some host knows, or `nil` where none answers.
  func askForLinks() async throws -> [LinkDefinition]? {
    try await asking(stores.linksQuestion(in: lattice), stores.readLinks)
  }

  private func asking<Answer>(
    _ question: ControlRequest, _ read: ([UInt8]) throws(WireError) -> Answer
  ) async throws -> Answer? {
    do {
      return try read(
        try await transport.request(
          question.payload, to: question.subject, timeout: .seconds(2)
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
      .refusedByFile, .sizeWanted:
      true
    case .unreachable, .unwelcome, .unauthorized, .insecure, .plain, .unusableFile, .noSeed,
      .noContext, .unusableContext,
      .disconnected, .tooLarge, .invalidSubject, .conflict, .cancelled, .other:
      false
    }
  }
}
