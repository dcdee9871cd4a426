/// What a step wants of a unit, before a dialect lowers it to requests; safe to repeat.
///
/// Those that act on a host carry its id; links and configs go to the lattice as a whole.
public enum Intent: Hashable, Sendable {
  /// Brings what a host runs of an actor or provider to a number of instances, 1 or more, from
  /// nothing or from another number of the same.
  case run(Launch, instances: Int, on: HostID)
  /// Puts something else, 1 instance or more, in the place of what a host runs under the same id.
  indirect case replace(Launch, by: Launch, instances: Int, on: HostID)
  /// Ends what a host runs.
  case end(Launch, on: HostID)
  /// Stores a link, in the place of one of the same key and target.
  case connect(LinkDefinition)
  /// Takes a stored link away.
  case disconnect(LinkDefinition)
  /// Stores a config, all its entries.
  case keep(ConfigName, [String: String])
  /// Takes a stored config away.
  case drop(ConfigName)

  /// The host that carries it out, or `nil` where any host of the lattice may.
  public var host: HostID? {
    switch self {
    case .run(_, _, let host), .replace(_, _, _, let host), .end(_, let host): host
    case .connect, .disconnect, .keep, .drop: nil
    }
  }

  /// Whether it takes something away and puts nothing in its place.
  public var isRemoval: Bool {
    switch self {
    case .end, .disconnect, .drop: true
    case .run, .replace, .connect, .keep: false
    }
  }

  /// Whether it takes something away, if only for a moment.
  public var takesAway: Bool {
    if case .replace = self { true } else { isRemoval }
  }

  /// What is started by it, if anything is.
  public var launch: Launch? {
    switch self {
    case .run(let launch, _, _), .replace(_, let launch, _, _): launch
    case .end, .connect, .disconnect, .keep, .drop: nil
    }
  }

  /// What is wanted in the end: a replacement comes to what runs after it.
  public var outcome: Intent {
    guard case .replace(_, let launch, let instances, let host) = self else { return self }
    return .run(launch, instances: instances, on: host)
  }
}

/// What an actor or a provider is, or was, started with.
public enum Launch: Hashable, Sendable {
  /// An actor's instance set.
  case actor(ActorLaunch)
  /// A provider's process.
  case provider(ProviderLaunch)

  /// Its id in the lattice.
  public var id: String {
    switch self {
    case .actor(let launch): launch.id.rawValue
    case .provider(let launch): launch.id.rawValue
    }
  }

  /// What it runs.
  public var image: ImageReference {
    switch self {
    case .actor(let launch): launch.image
    case .provider(let launch): launch.image
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
