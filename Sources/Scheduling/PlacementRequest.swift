public import LatticeModel

/// A question to the scheduler: where these instances may run.
public struct PlacementRequest: Hashable, Sendable {
  /// An instance set that is there already.
  public struct Running: Hashable, Sendable {
    /// The position of the host among the hosts of the scheduler.
    public var host: Int
    /// How many instances it has, at least 1.
    public var instances: Int
    /// Whether it stays as it is whatever is wanted: it is somebody else's, or its host is silent.
    public var isFixed: Bool
    /// Whether it is replaced wherever it is kept: it runs another image, configs or limits.
    public var isOutdated: Bool

    /// Creates an entry.
    ///
    /// - Parameters:
    ///   - host: The position of the host.
    ///   - instances: How many instances it has.
    ///   - isFixed: Whether it stays as it is whatever is wanted.
    ///   - isOutdated: Whether it is replaced wherever it is kept.
    public init(host: Int, instances: Int, isFixed: Bool = false, isOutdated: Bool = false) {
      self.host = host
      self.instances = instances
      self.isFixed = isFixed
      self.isOutdated = isOutdated
    }

    /// How many commands bring it to another number.
    func commands(to wanted: Int) -> Int {
      if wanted == 0 { return instances == 0 ? 0 : 1 }
      return isOutdated ? 2 : wanted == instances ? 0 : 1
    }
  }

  /// How many instances are wanted in all, or on each eligible host.
  public var wanted: Int
  /// Whether every eligible host runs `wanted`.
  public var perHost: Bool
  /// The rules; none means any host.
  public var rules: [SpreadConstraint]
  /// The most instances that one host takes, whatever the rules say; 1 for providers.
  public var limitPerHost: Int
  /// What one instance asks of a host.
  public var resources: ResourceRequest
  /// What is there already, one entry a host, by host.
  public var running: [Running]
  /// Whether it is a provider: where hosts are equal, kinds mix.
  public var isProvider = false
  /// The positions of the hosts that are to run one each, whatever else is asked, by host.
  public var beside: [Int]?
  /// The positions of hosts that take nothing new of it; what runs there stays as it is.
  public var avoided: Set<Int> = []

  /// Creates a question.
  ///
  /// - Parameters:
  ///   - wanted: How many instances are wanted in all, or on each eligible host.
  ///   - perHost: Whether every eligible host runs `wanted`.
  ///   - rules: The rules; none means any host.
  ///   - limitPerHost: The most instances that one host takes.
  ///   - resources: What one instance asks of a host.
  ///   - running: What is there already, one entry a host, by host.
  public init(
    wanted: Int, perHost: Bool = false, rules: [SpreadConstraint] = [],
    limitPerHost: Int = .max, resources: ResourceRequest = ResourceRequest(),
    running: [Running] = []
  ) {
    self.wanted = wanted
    self.perHost = perHost
    self.rules = rules
    self.limitPerHost = limitPerHost
    self.resources = resources
    self.running = running
  }
}

/// The answer: which host runs how many instances.
public struct Placement: Hashable, Sendable {
  /// A host's part.
  public struct Assignment: Hashable, Sendable {
    /// The position of the host among the hosts of the scheduler.
    public var host: Int
    /// How many instances it runs, at least 1.
    public var instances: Int
  }

  /// What one rule wants and no host can take.
  public struct Shortfall: Hashable, Sendable {
    /// The rule's name, or `nil` where there are no rules.
    public var rule: String?
    /// How many cannot be placed.
    public var missing: Int
    /// How many the rule wants.
    public var wanted: Int
    /// Why not, grouped.
    public var reasons: [String]
  }

  /// The hosts that run something, by position.
  public var assignments: [Assignment]
  /// What cannot be placed, in the order of the rules.
  public var shortfalls: [Shortfall]
  /// The hosts whose fixed instances are more than the rules ask for.
  public var unasked: [Int] = []
}
