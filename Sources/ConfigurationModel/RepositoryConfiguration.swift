public import DesiredSources
public import GitSource
public import LatticeModel
import LatticeObservation
public import Signatures

/// One repository of manifests, and the lattice that it feeds.
public struct RepositoryConfiguration: Hashable, Sendable {
  /// Its name in the log, in subjects and in `suspend`: a DNS label.
  public var name = "default"
  /// Where it is: a path inside its work tree, or of a bare repository, or an address.
  public var url = "."
  /// What to read: a branch, a tag, a commit id, or `HEAD`.
  public var reference = "HEAD"
  /// The folder or file of the manifests, from the root of the repository.
  public var path = "manifests"
  /// The folders or files of what is laid over these manifests, the lowest first; as `path`.
  public var overlays: [String] = []
  /// The folder that `path` is relative to, where that is not the root of the repository; one
  /// outside of it counts for nothing.
  public var standing: String?
  /// The same for `overlays`.
  public var overlayStanding: String?
  /// How it is reached where it is on another machine.
  public var remote = RemoteOptions()
  /// The time between two looks for a new commit, where it is not the usual one: 100 ms or more, of one
  /// on another machine 5 s or more; each costs the reading of a reference, there a request.
  public var interval: Duration?
  /// How long it may be neither read nor followed before the controller is not ready, 0 or more.
  public var staleAfter = Duration.seconds(30)
  /// The lattice that the manifests are for, by its name among those configured.
  public var lattice: LatticeName = "default"
  /// Whether what no manifest asks for is removed, whatever the applications say.
  public var prune = false
  /// Whether a commit that does not descend from the last applied one is applied unasked.
  public var allowNonFastForward = false
  /// What of it must be signed, and by whom.
  public var verify = SignaturePolicy()
  /// What it may declare.
  public var grants = Grants()
  /// Whether a forge may announce pushes.
  public var webhook = WebhookConfiguration()
  /// The forge that hears how its commits stand.
  public var forge = ForgeConfiguration()

  /// The time between two looks for a new commit.
  public var pace: Duration { interval ?? (isRemote ? .seconds(30) : .seconds(1)) }
  /// Whether it is reached over a network.
  public var isRemote: Bool { isRemoteAddress(url) }

  /// Creates a repository of defaults.
  public init() {}

  /// Returns what a pass over a lattice is told; who we are is the caller's to fill in.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The configuration of a pass.
  public func pass(over lattice: LatticeConfiguration) -> PassConfiguration {
    var pass = PassConfiguration()
    pass.source = source
    pass.prune = prune
    pass.lattice = lattice.nameOnWire
    pass.nats = lattice.nats
    pass.controlPrefix = lattice.controlPrefix
    pass.buckets = lattice.buckets
    pass.observer = lattice.observer
    pass.stateDirectory = lattice.stateDirectory
    pass.source.remote.folder = lattice.stateDirectory.map { "\($0)/git" }
    return pass
  }

  private var source: SourceOptions {
    var source = SourceOptions()
    source.repository = url
    source.remote = remote
    source.reference = reference
    source.path = path
    source.overlays = overlays
    source.standing = standing
    source.overlayStanding = overlayStanding
    source.allowsNonFastForward = allowNonFastForward
    source.signatures = verify
    source.grants = grants
    return source
  }
}
