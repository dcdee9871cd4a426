public import LatticeModel
import LatticeObservation
public import NATSTransport

/// One lattice: how it is reached, watched and commanded.
public struct LatticeConfiguration: Hashable, Sendable {
  /// Its name in the configuration, the log and the metrics, and on the wire unless `wireName` is
  /// given.
  public var name: LatticeName = "default"
  /// Its name on the wire, where lattices of one name on servers of their own are told apart.
  public var wireName: LatticeName?
  /// Addresses of NATS servers, tried in turn.
  public var servers = ["nats://127.0.0.1:4222"]
  /// A context of the NATS command line, whose settings stand below those that are given here.
  public var context: String?
  /// The user, where none stands in the addresses.
  public var user: String?
  /// The user's password, as a context has it.
  public var password: Secret?
  /// The path of a file that holds the user's password.
  public var passwordFile: String?
  /// A token, as a context has it.
  public var token: Secret?
  /// The path of a file that holds a token.
  public var tokenFile: String?
  /// What the subjects begin with on which answers come.
  public var inboxPrefix = "_INBOX"
  /// The JetStream domain of the record and of the hosts' stores; what hosts name, and the server's own
  /// for the record, where `nil`.
  public var jetStreamDomain: String?
  /// What hosts listen below for what they are told and asked.
  public var controlPrefix = "wasmbus.ctl"
  /// How many servers have a copy of the record, 1 to 5; as many as the cluster has, up to three, where
  /// `nil`.
  public var recordReplicas: Int?
  /// How large the record may grow, in bytes, 1 MiB or more.
  public var recordMaxBytes: Int?
  /// What the record lies in.
  public var recordStorage: BucketSettings.Storage?
  /// The path of a credentials file.
  public var credentials: String?
  /// The path of a file that holds an nkey seed.
  public var nkey: String?
  /// The path of the authority's certificate.
  public var tlsAuthority: String?
  /// The path of our certificate.
  public var tlsCertificate: String?
  /// The path of our certificate's key.
  public var tlsKey: String?
  /// Addresses under which the server's system account lets us in; those of the lattice where there
  /// are none.
  public var systemServers: [String] = []
  /// The path of a credentials file of the server's system account, whose events tell of lost
  /// connections at once.
  public var systemCredentials: String?
  /// How many hosts must answer before the view is complete, 1 or more, where known.
  public var expectedHosts: Int?
  /// The longest time to wait for answers to the first ping, more than 0.
  public var discoverTimeout = Duration.seconds(2)
  /// When a host counts as lost.
  public var failureDetection = LossSettings()
  /// The key of the label that tells sites apart; empty where they are not told apart.
  public var site = "region"
  /// What is done when a lost host returns with its instances.
  public var reconnect = ReconnectPolicy.keepReplacement
  /// What is done about a site that vanished as a whole.
  public var onUnreachable = UnreachablePolicy.wait
  /// The time between two questions to all hosts for their inventories, 1 s or more.
  public var resync = Duration.seconds(60)
  /// Whether commands are sent.
  public var mode = ControllerMode.reconcile
  /// How many commands are under way at once, 1 to 10,000.
  public var commandsInFlight = 64
  /// How many commands are under way on one host at once, 1 to 1,000.
  public var perHost = 4
  /// The folder of the record if the server has no JetStream.
  public var stateDirectory: String?

  /// Creates a lattice of defaults.
  public init() {}

  /// How it is looked at, or watched.
  var observer: ObserverOptions {
    var options = ObserverOptions(
      discoverTimeout: discoverTimeout, expectedHosts: expectedHosts, resync: resync)
    options.jetStreamDomain = jetStreamDomain
    options.detection = FailureDetection(
      probe: failureDetection.probe, silence: failureDetection.silence,
      heartbeatTimeout: failureDetection.heartbeatTimeout, site: site.isEmpty ? nil : site)
    return options
  }

  /// The name that its hosts know it by.
  public var nameOnWire: LatticeName { wireName ?? name }

  /// Where the server is and how to be let in.
  public var nats: NATSOptions {
    var options = NATSOptions(
      servers: servers, credentialsFile: credentials, nkeyFile: nkey, tlsAuthority: tlsAuthority,
      tlsCertificate: tlsCertificate, tlsKey: tlsKey)
    (options.user, options.password, options.passwordFile) = (user, password, passwordFile)
    (options.token, options.tokenFile, options.inboxPrefix) = (token, tokenFile, inboxPrefix)
    return options
  }

  /// How the record and the lease lie in JetStream.
  public var buckets: BucketSettings {
    var settings = BucketSettings()
    (settings.domain, settings.replicas) = (jetStreamDomain, recordReplicas)
    (settings.maxBytes, settings.storage) = (recordMaxBytes, recordStorage)
    return settings
  }

  /// The connection as the system account, where an address or credentials are given for it.
  var system: NATSOptions? {
    guard systemCredentials != nil || !systemServers.isEmpty else { return nil }
    var options = nats
    if !systemServers.isEmpty { options.servers = systemServers }
    options.credentialsFile = systemCredentials
    options.nkeyFile = nil
    (options.user, options.password, options.passwordFile) = (nil, nil, nil)
    (options.token, options.tokenFile, options.inboxPrefix) = (nil, nil, "_INBOX")
    return options
  }
}

/// When a host counts as lost.
public struct LossSettings: Hashable, Sendable {
  /// The time between two pings to all hosts, 100 ms or more; 0 for none.
  public var probe = Duration.seconds(1)
  /// How long a host is silent before it is lost where nothing confirms it earlier, 1 s or more and
  /// three probes at least.
  public var silence = Duration.seconds(30)
  /// How long no heartbeat comes before a host is lost, where there are no pings; 60 s or more, which
  /// is two heartbeats.
  public var heartbeatTimeout = Duration.seconds(70)
  /// How many recent errors, of two applications or more, make a host unhealthy, 1 to 1,000.
  public var maxErrors = 5

  /// Creates the defaults.
  public init() {}
}

/// Whether commands are sent.
public enum ControllerMode: String, CaseIterable, Hashable, Sendable {
  /// The lattice is brought to the commit.
  case reconcile
  /// Plans are made and told, nothing is sent.
  case observe
}

/// What is done when a lost host returns with its instances.
public enum ReconnectPolicy: String, CaseIterable, Hashable, Sendable {
  /// What was started elsewhere stays there.
  case keepReplacement
  /// The instances move back. Not there yet.
  case preferOriginal
}

/// What is done about a site that vanished as a whole.
public enum UnreachablePolicy: String, CaseIterable, Hashable, Sendable {
  /// Nothing is started elsewhere.
  case wait
}
