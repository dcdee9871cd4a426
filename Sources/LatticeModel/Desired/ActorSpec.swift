public import Diagnostics

/// An actor as declared: what runs, how often, and where it may.
public struct ActorSpec: Hashable, Sendable {
  /// Its name within the application.
  public var name: String
  /// Its id in the lattice.
  public var id: ActorID
  /// What it runs.
  public var image: ImageReference
  /// How many instances run in all, or on each host where `perHost` is set; 0 runs none.
  public var instances: Int
  /// Whether every eligible host runs `instances`.
  public var perHost: Bool
  /// The rules that divide the instances over hosts; empty means any host.
  public var spread: [SpreadConstraint]
  /// The named configs it starts with, later names winning over earlier ones.
  public var configs: [ConfigName]
  /// What one instance set may use of a host, where declared.
  public var resources: ResourceRequest
  /// Who is placed first: higher before lower, 0...255.
  public var priority: Int
  /// How a new image reaches the hosts.
  public var update: UpdatePolicy
  /// Whether how many run, while any does, is somebody else's to say.
  public var ignoresInstances = false
  /// What its references to secrets say, empty without any: another text means another start, since
  /// hosts fetch secrets then only.
  public var secretsMark = ""
  /// Where it is declared.
  public var origin: SourcePosition

  /// Creates an actor.
  ///
  /// - Parameters:
  ///   - name: Its name within the application.
  ///   - id: Its id in the lattice.
  ///   - image: What it runs.
  ///   - instances: How many instances run.
  ///   - perHost: Whether every eligible host runs `instances`.
  ///   - spread: The rules that divide the instances over hosts.
  ///   - configs: The named configs it starts with, in order.
  ///   - resources: What one instance set may use of a host.
  ///   - priority: Who is placed first.
  ///   - update: How a new image reaches the hosts.
  ///   - origin: Where it is declared.
  public init(
    name: String, id: ActorID, image: ImageReference, instances: Int = 1, perHost: Bool = false,
    spread: [SpreadConstraint] = [], configs: [ConfigName] = [],
    resources: ResourceRequest = ResourceRequest(), priority: Int = 0,
    update: UpdatePolicy = UpdatePolicy(), origin: SourcePosition
  ) {
    self.name = name
    self.id = id
    self.image = image
    self.instances = instances
    self.perHost = perHost
    self.spread = spread
    self.configs = configs
    self.resources = resources
    self.priority = priority
    self.update = update
    self.origin = origin
  }
}

/// What an actor asks of a host.
public struct ResourceRequest: Hashable, Sendable {
  /// Thousandths of a processor for one instance, or `nil` where not declared.
  public var cpu: Int?
  /// Bytes for one instance, or `nil` where not declared; on hosts since 1.9 also the limit.
  public var memory: Int?

  /// Creates a request.
  ///
  /// - Parameters:
  ///   - cpu: Thousandths of a processor for one instance.
  ///   - memory: Bytes for one instance.
  public init(cpu: Int? = nil, memory: Int? = nil) {
    self.cpu = cpu
    self.memory = memory
  }
}

/// How a new image reaches the hosts.
public struct UpdatePolicy: Hashable, Sendable {
  /// How many hosts' sets may be replaced at once, at least 1.
  public var maxUnavailable: Int
  /// How long a start that its host accepted is waited for before it is sent again.
  ///
  /// A host that has no image yet says nothing until it has fetched it; a second start meanwhile
  /// fetches it twice.
  public var startTimeout: Duration

  /// Creates a policy.
  ///
  /// - Parameters:
  ///   - maxUnavailable: How many hosts' sets may be replaced at once; below 1 counts as 1.
  ///   - startTimeout: How long an accepted start is waited for before it is sent again.
  public init(maxUnavailable: Int = 1, startTimeout: Duration = .seconds(600)) {
    self.maxUnavailable = max(1, maxUnavailable)
    self.startTimeout = startTimeout
  }
}
