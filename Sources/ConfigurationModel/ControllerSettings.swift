public import LatticeModel
public import LatticeObservation
public import NATSTransport
import PlanExecution

/// What a controller of one repository and one lattice is told.
public struct ControllerSettings: Hashable, Sendable {
  /// The repository's name, for requests, suspensions and logs.
  public var repository: String
  /// Where to read, where to act, and how far; what concerns one pass only is not used.
  public var pass: PassConfiguration
  /// The lattice's name in the configuration, for logs and figures; the one on the wire is the
  /// pass's.
  public var lattice: LatticeName
  /// The time between two readings of the reference.
  public var interval: Duration
  /// How long git may be neither read nor followed before that counts as not ready.
  public var staleAfter = Duration.seconds(30)
  /// The forge that hears how commits stand.
  public var forge = ForgeConfiguration()
  /// How the lattice is watched.
  public var observer: ObserverOptions {
    get { pass.observer }
    set { pass.observer = newValue }
  }
  /// Whether commands are sent.
  public var mode: ControllerMode
  /// How to be let in as the system account, whose server tells of every lost connection at once.
  public var system: NATSOptions?
  /// How many recent errors make a host unhealthy.
  public var maxErrors: Int

  /// Creates settings; a pass waits for an effect for 5 s, then leaves it under way to the next one.
  ///
  /// - Parameters:
  ///   - repository: The repository's name.
  ///   - pass: Where to read, where to act, and how far.
  ///   - lattice: The lattice's name in the configuration; the one on the wire where `nil`.
  ///   - interval: The time between two readings of the reference.
  ///   - observer: How the lattice is watched; as the pass says where `nil`.
  ///   - mode: Whether commands are sent.
  ///   - system: How to be let in as the system account.
  ///   - maxErrors: How many recent errors make a host unhealthy.
  public init(
    repository: String, pass: PassConfiguration, lattice: LatticeName? = nil,
    interval: Duration = .seconds(1), observer: ObserverOptions? = nil,
    mode: ControllerMode = .reconcile, system: NATSOptions? = nil,
    maxErrors: Int = LossSettings().maxErrors
  ) {
    self.repository = repository
    self.pass = pass
    self.lattice = lattice ?? pass.lattice
    self.interval = interval
    self.mode = mode
    self.system = system
    self.maxErrors = maxErrors
    if let observer { self.pass.observer = observer }
    self.pass.execution.confirmTimeout = .seconds(5)
    self.pass.execution.leavesUnderWay = true
  }
}
