/// Whether everyone who is expected has answered.
public enum ViewCompleteness: Hashable, Sendable {
  /// Everyone expected answered.
  case complete
  /// Nobody is expected, as no pass is on record that says whom to: what is seen may not be all.
  case unproven
  /// These hosts are expected and did not answer, or fewer hosts answered than were asked for.
  case incomplete(silent: [HostID], expected: Int, answered: Int)
}

/// What a bucket holds under a named config.
public enum StoredConfig: Hashable, Sendable {
  /// There is no such config.
  case absent
  /// Its entries.
  case values([String: String])
}

/// The best knowledge of a lattice: what its hosts run and what its stores hold.
///
/// Built by pure functions from inventories, stored records and events. Names are interned, so
/// that a plan over a hundred thousand instances compares numbers.
public struct ObservedState: Sendable {
  /// Raised when something changed; an unchanged heartbeat does not count.
  public internal(set) var generation: UInt64 = 0
  /// Ids and images as numbers.
  public internal(set) var names = Interner()
  /// The distinct ownerships that annotations tell, pointed to by running things.
  public internal(set) var ownerships: [Ownership] = []
  /// The hosts, by id.
  public internal(set) var hosts: [HostState] = []
  /// The links that each source's stored record holds; a source that was not read is absent.
  public internal(set) var links: [String: [LinkDefinition]] = [:]
  /// The configs that were read.
  public internal(set) var configs: [ConfigName: StoredConfig] = [:]
  /// The providers that were started and have not answered for their health yet, and where; one that
  /// its host no longer lists does not count.
  public internal(set) var deaf: [ProviderID: Set<HostID>] = [:]
  /// Whether everyone who is expected has answered.
  public var view: ViewCompleteness = .unproven

  /// What hosts tell of the ownership of what was taken over.
  var told: [Int32: Int32] = [:]
  var positions: [HostID: Int] = [:]
  var ownershipPositions: [[String: String]: Int32] = [:]

  /// Creates a state in which nothing is known.
  public init() {}

  /// Returns a host by id.
  ///
  /// - Parameter id: The host's id.
  /// - Returns: The host, or `nil` if it has never been heard of.
  public func host(_ id: HostID) -> HostState? { positions[id].map { hosts[$0] } }

  /// The hosts that are expected to say what they run, and do not.
  public var silentHosts: [HostID] {
    hosts.filter { host in
      switch host.presence {
      case .silent, .late: true
      case .fresh, .lost, .unsupported: false
      }
    }.map(\.id)
  }

  /// Returns who owns a running thing.
  ///
  /// - Parameter index: The `ownership` of a running actor or provider of this state.
  /// - Returns: Whose it is.
  public func ownership(_ index: Int32) -> Ownership { ownerships[Int(index)] }

  /// Returns the instance set that a host runs of the image that an intent runs there, however many
  /// instances it has.
  ///
  /// - Parameter intent: What is, or was, to be brought about.
  /// - Returns: The set, or `nil` where there is none of that image, or the intent is of something else.
  public func set(of intent: Intent) -> ReportedActor? {
    guard case .run(.actor(let launch), _, let host) = intent,
      let set = actor(launch.id, on: host), set.image.names(sameImageAs: launch.image)
    else { return nil }
    return set
  }

  /// Returns what a host runs under an actor's id.
  ///
  /// - Parameters:
  ///   - actor: The actor's id.
  ///   - host: The host's id.
  /// - Returns: The instance set, or `nil` if there is none.
  public func actor(_ actor: ActorID, on host: HostID) -> ReportedActor? {
    positions[host].flatMap { position in
      hosts[position].report.actors.first { $0.id == actor }
    }
  }

  /// The providers that were started and do not listen yet, by host.
  public var deafProviders: [(provider: ProviderID, host: HostID)] {
    deaf.flatMap { provider, hosts in
      hosts.filter { isDeaf(provider, on: $0) }.map { (provider: provider, host: $0) }
    }.sorted { ($0.provider, $0.host) < ($1.provider, $1.host) }
  }

  /// Returns whether a provider was started on a host that lists it, and does not listen yet.
  ///
  /// - Parameters:
  ///   - provider: The provider.
  ///   - host: The host.
  /// - Returns: Whether it is not known to listen.
  public func isDeaf(_ provider: ProviderID, on host: HostID) -> Bool {
    deaf[provider]?.contains(host) == true && self.provider(provider, on: host) != nil
  }

  /// Returns what a host runs under a provider's id.
  ///
  /// - Parameters:
  ///   - provider: The provider's id.
  ///   - host: The host's id.
  /// - Returns: The provider, or `nil` if there is none.
  public func provider(_ provider: ProviderID, on host: HostID) -> ReportedProvider? {
    positions[host].flatMap { position in
      hosts[position].report.providers.first { $0.id == provider }
    }
  }

  /// Returns the usable hosts that list a provider, by position.
  ///
  /// - Parameter provider: The provider's id.
  /// - Returns: Where there is a process of it to answer.
  public func usableHosts(listing provider: ProviderID) -> [Int] {
    guard let id = names.symbol(of: provider.rawValue) else { return [] }
    return hosts.indices.filter { position in
      hosts[position].isUsable && hosts[position].providers.contains { $0.id == id }
    }
  }
}
