public import DesiredSources
public import LatticeModel
public import LatticeObservation
public import NATSTransport
public import PlanExecution

/// What one pass is told: where to read, where to act, and how far it may go.
///
/// It is taken as it is: what must hold between values is checked where people write them
/// (`ProcessConfiguration.validate`).
public struct PassConfiguration: Hashable, Sendable {
  /// Which manifests are read.
  public var source = SourceOptions()
  /// The lattice that the manifests are for.
  public var lattice: LatticeName = "default"
  /// Where the NATS server is and how to be let in.
  public var nats = NATSOptions(servers: ["nats://127.0.0.1:4222"])
  /// What hosts listen below for what they are told and asked.
  public var controlPrefix = "wasmbus.ctl"
  /// How the record and the lease lie in JetStream.
  public var buckets = BucketSettings()
  /// The applications that commands may touch; none means all.
  public var applications: [String] = []
  /// Whether what no manifest asks for is removed, whatever the applications say.
  public var prune = false
  /// How the lattice is looked at, or watched.
  public var observer = ObserverOptions()
  /// Hosts on record that are gone for good.
  public var forgotten: Set<HostID> = []
  /// How plans are carried out.
  public var execution = ExecutionOptions()
  /// How long a pass may take to bring the lattice in sync; of a controller, how long one plan may.
  public var timeout = Duration.seconds(300)
  /// Who we are, for others who want the lease.
  public var holder = "reconcile"
  /// The folder of the record if the server has no JetStream.
  public var stateDirectory: String?

  /// Creates a configuration of defaults.
  public init() {}
}
