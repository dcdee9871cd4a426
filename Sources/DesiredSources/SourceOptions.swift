public import GitSource
public import Signatures

/// Which manifests are read, and what of their history is followed.
public struct SourceOptions: Hashable, Sendable {
  /// A path inside the repository's work tree, or of a bare repository; or the address of one on
  /// another machine.
  public var repository = "."
  /// How a repository on another machine is reached.
  public var remote = RemoteOptions()
  /// A branch, a tag, a commit id, or `HEAD`.
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
  /// Whether the files on disk are read in place of a commit.
  public var readsWorktree = false
  /// Whether nothing waits for proof that the commit descends from the one last applied.
  public var allowsNonFastForward = false
  /// What of it must be signed, and by whom.
  public var signatures = SignaturePolicy()
  /// What it may declare.
  public var grants = Grants()

  /// Whether the commit that is checked out is read, so that files on disk may be said to differ.
  var isHead: Bool { reference == "HEAD" && !readsWorktree }

  /// Creates the defaults.
  public init() {}
}
