/// One request to the lattice, safe to repeat.
///
/// Commands that act on a host carry its id; links and configs go to the lattice as a whole.
public enum Command: Hashable, Sendable {
  /// Brings the instance set of an actor on a host to a number; 0 stops it.
  case scaleActor(ActorLaunch, instances: Int, on: HostID)
  /// Starts a provider on a host.
  case startProvider(ProviderLaunch, on: HostID)
  /// Stops a provider on a host.
  case stopProvider(ProviderID, on: HostID)
  /// Puts a link, replacing one of the same key and target.
  case putLink(LinkDefinition)
  /// Deletes a link; the wire names only the key, so the whole link is what must be found there.
  case deleteLink(LinkDefinition)
  /// Puts a named config, replacing all its entries.
  case putConfig(ConfigName, [String: String])
  /// Deletes a named config.
  case deleteConfig(ConfigName)

  /// The host that carries it out, or `nil` where any host of the lattice may.
  public var host: HostID? {
    switch self {
    case .scaleActor(_, _, let host), .startProvider(_, let host), .stopProvider(_, let host): host
    case .putLink, .deleteLink, .putConfig, .deleteConfig: nil
    }
  }

  /// Whether it takes something away.
  public var isRemoval: Bool {
    switch self {
    case .scaleActor(_, let instances, _): instances == 0
    case .stopProvider, .deleteLink, .deleteConfig: true
    case .startProvider, .putLink, .putConfig: false
    }
  }
}

/// What an actor's instance set is started with.
public struct ActorLaunch: Hashable, Sendable {
  /// Its id in the lattice.
  public var id: ActorID
  /// What it runs.
  public var image: ImageReference
  /// The annotations that mark it as ours, the digest included.
  public var annotations: [String: String]
  /// The named configs it starts with, in order.
  public var configs: [ConfigName]
  /// The most bytes one instance may use, where limited.
  public var memoryLimit: Int?

  /// Creates a launch.
  ///
  /// - Parameters:
  ///   - id: Its id in the lattice.
  ///   - image: What it runs.
  ///   - annotations: The annotations that mark it as ours.
  ///   - configs: The named configs it starts with, in order.
  ///   - memoryLimit: The most bytes one instance may use.
  public init(
    id: ActorID, image: ImageReference, annotations: [String: String] = [:],
    configs: [ConfigName] = [], memoryLimit: Int? = nil
  ) {
    self.id = id
    self.image = image
    self.annotations = annotations
    self.configs = configs
    self.memoryLimit = memoryLimit
  }
}

/// What a provider is started with.
public struct ProviderLaunch: Hashable, Sendable {
  /// Its id in the lattice.
  public var id: ProviderID
  /// What it runs.
  public var image: ImageReference
  /// The annotations that mark it as ours, the digest included.
  public var annotations: [String: String]
  /// The named configs it starts with, in order.
  public var configs: [ConfigName]

  /// Creates a launch.
  ///
  /// - Parameters:
  ///   - id: Its id in the lattice.
  ///   - image: What it runs.
  ///   - annotations: The annotations that mark it as ours.
  ///   - configs: The named configs it starts with, in order.
  public init(
    id: ProviderID, image: ImageReference, annotations: [String: String] = [:],
    configs: [ConfigName] = []
  ) {
    self.id = id
    self.image = image
    self.annotations = annotations
    self.configs = configs
  }
}
