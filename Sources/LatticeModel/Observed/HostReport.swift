/// A host's answer to a ping.
public struct HostAnswer: Hashable, Sendable {
  /// The host.
  public var host: HostID
  /// Whether hosts of its kind can be looked at and commanded; others are listed, never used.
  public var isSupported: Bool
  /// The name it gave itself at its start.
  public var friendlyName: String
  /// Its labels.
  public var labels: [String: String]
  /// Its version, for people only.
  public var version: String
  /// Whole seconds since its start.
  public var uptime: Int
  /// The JetStream domain that holds its stores, if it names one.
  public var jetStreamDomain: String?

  /// Creates an answer.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - isSupported: Whether hosts of its kind can be looked at and commanded.
  ///   - friendlyName: The name it gave itself at its start.
  ///   - labels: Its labels.
  ///   - version: Its version.
  ///   - uptime: Whole seconds since its start.
  ///   - jetStreamDomain: The JetStream domain that holds its stores.
  public init(
    host: HostID, isSupported: Bool, friendlyName: String = "", labels: [String: String] = [:],
    version: String = "", uptime: Int = 0, jetStreamDomain: String? = nil
  ) {
    self.host = host
    self.isSupported = isSupported
    self.friendlyName = friendlyName
    self.labels = labels
    self.version = version
    self.uptime = uptime
    self.jetStreamDomain = jetStreamDomain
  }
}

/// Returns whether a host has begun anew since it told how long it was up.
///
/// Answers cross each other on their way, so that one may be a second behind the last.
///
/// - Parameters:
///   - uptime: How long it says it is up now, in seconds.
///   - known: How long it said before.
/// - Returns: Whether it has.
package func hasBegunAnew(uptime: Int, after known: Int) -> Bool {
  uptime < known && uptime + 1 < known
}

/// What a host says it runs: its inventory, asked for or sent in a heartbeat.
public struct HostReport: Hashable, Sendable {
  /// The host.
  public var host: HostID
  /// The name it gave itself at its start.
  public var friendlyName: String
  /// Its labels.
  public var labels: [String: String]
  /// Its version, for people only.
  public var version: String
  /// Whole seconds since its start.
  public var uptime: Int
  /// Its instance sets, one an id.
  public var actors: [ReportedActor]
  /// Its providers, one an id.
  public var providers: [ReportedProvider]

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - friendlyName: The name it gave itself at its start.
  ///   - labels: Its labels.
  ///   - version: Its version.
  ///   - uptime: Whole seconds since its start.
  ///   - actors: Its instance sets.
  ///   - providers: Its providers.
  public init(
    host: HostID, friendlyName: String = "", labels: [String: String] = [:],
    version: String = "", uptime: Int = 0, actors: [ReportedActor] = [],
    providers: [ReportedProvider] = []
  ) {
    self.host = host
    self.friendlyName = friendlyName
    self.labels = labels
    self.version = version
    self.uptime = uptime
    self.actors = actors
    self.providers = providers
  }

  /// Whether another report tells of the same actors and providers.
  func runsSame(as other: HostReport) -> Bool {
    actors == other.actors && providers == other.providers
  }
}

/// One instance set in a report.
///
/// The image is what the host claims; after a rescale with another reference a 1.x host claims
/// the new one and runs the old code.
public struct ReportedActor: Hashable, Sendable {
  /// Its id in the lattice.
  public var id: ActorID
  /// The image that the host claims.
  public var image: ImageReference
  /// The annotations that it was started with.
  public var annotations: [String: String]
  /// The most calls that it serves at once; up to 4294967295, which stands for no bound.
  public var instances: Int

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - id: Its id in the lattice.
  ///   - image: The image that the host claims.
  ///   - annotations: The annotations that it was started with.
  ///   - instances: The most calls that it serves at once.
  public init(
    id: ActorID, image: ImageReference, annotations: [String: String] = [:], instances: Int
  ) {
    self.id = id
    self.image = image
    self.annotations = annotations
    self.instances = instances
  }
}

/// One provider in a report.
public struct ReportedProvider: Hashable, Sendable {
  /// Its id in the lattice.
  public var id: ProviderID
  /// The image that the host claims, without a scheme since 1.5.0.
  public var image: ImageReference
  /// The annotations that it was started with.
  public var annotations: [String: String]

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - id: Its id in the lattice.
  ///   - image: The image that the host claims.
  ///   - annotations: The annotations that it was started with.
  public init(id: ProviderID, image: ImageReference, annotations: [String: String] = [:]) {
    self.id = id
    self.image = image
    self.annotations = annotations
  }
}
