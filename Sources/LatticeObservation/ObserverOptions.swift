public import LatticeModel

/// How a lattice is watched.
public struct ObserverOptions: Hashable, Sendable {
  /// The longest time to wait for answers to the question who is there.
  public var discoverTimeout: Duration
  /// How many hosts must answer, where known.
  public var expectedHosts: Int?
  /// How long to wait for an inventory; a busy host takes seconds.
  public var inventoryTimeout: Duration
  /// How many questions are in flight at most.
  public var inFlight: Int
  /// How the loss of a host is found.
  public var detection: FailureDetection
  /// How often every inventory is read again, whatever happened, unless a heartbeat has told it.
  public var resync: Duration
  /// Whether a loss is believed from the first look on.
  ///
  /// Whoever comes for one pass takes the lattice as it stands; a controller may have been started by
  /// the outage that hosts are coming back from.
  public var believesAtOnce = false
  /// The JetStream domain of the hosts' stores; the one that hosts name where `nil`.
  public var jetStreamDomain: String?

  /// Creates options.
  ///
  /// - Parameters:
  ///   - discoverTimeout: The longest time to wait for answers to the question who is there.
  ///   - expectedHosts: How many hosts must answer, where known.
  ///   - inventoryTimeout: How long to wait for an inventory.
  ///   - inFlight: How many questions are in flight at most.
  ///   - detection: How the loss of a host is found.
  ///   - resync: How often every inventory is read again.
  public init(
    discoverTimeout: Duration = .seconds(2), expectedHosts: Int? = nil,
    inventoryTimeout: Duration = .seconds(5), inFlight: Int = 64,
    detection: FailureDetection = FailureDetection(), resync: Duration = .seconds(60)
  ) {
    self.discoverTimeout = discoverTimeout
    self.expectedHosts = expectedHosts
    self.inventoryTimeout = inventoryTimeout
    self.inFlight = max(1, inFlight)
    self.detection = detection
    self.resync = resync
  }
}

/// What a watcher of a lattice is told of.
public enum LatticeChange: Hashable, Sendable {
  /// Hosts came or were lost, or our own connection did.
  case hosts(lost: Set<HostID>)
  /// Something else is different.
  case contents
  /// A host says that something failed there.
  case failed(LatticeEvent)
  /// These processes run on without a host; none where that is over.
  case strays([StrayProvider])
  /// The server refuses to pass something on, in its words.
  case refused(String)
  /// The connection has ended for good: nothing more will be heard over it.
  case closed
}
