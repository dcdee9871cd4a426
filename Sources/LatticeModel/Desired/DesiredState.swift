public import Diagnostics

/// What all manifests at one revision ask of the lattice, validated, with defaults filled in.
public struct DesiredState: Hashable, Sendable {
  /// The commit that it came from.
  public var revision: Revision
  /// The id of the commit's tree, which alone decides the content.
  public var tree: String
  /// The applications, by name.
  public var applications: [ApplicationSpec]
  /// The policies, by name.
  public var policies: [PolicySpec]
  /// Applications that are declared but cannot be read; nothing of theirs is touched.
  public var frozen: [FrozenApplication]
  /// Paths that could not be read so far as to tell which applications they declare; while there
  /// is one, nothing at all is removed.
  public var unreadable: [SourcePosition]

  /// Creates a desired state.
  ///
  /// - Parameters:
  ///   - revision: The commit that it came from.
  ///   - tree: The id of the commit's tree.
  ///   - applications: The applications, in any order.
  ///   - policies: The policies, in any order.
  ///   - frozen: Applications that are declared but cannot be read.
  ///   - unreadable: Paths whose applications cannot even be named.
  public init(
    revision: Revision, tree: String = "", applications: [ApplicationSpec] = [],
    policies: [PolicySpec] = [], frozen: [FrozenApplication] = [],
    unreadable: [SourcePosition] = []
  ) {
    self.revision = revision
    self.tree = tree
    self.applications = applications.ordered { $0.name < $1.name }
    self.policies = policies.sorted { ($0.name, $0.origin) < ($1.name, $1.origin) }
    self.frozen = frozen.sorted { $0.name < $1.name }
    self.unreadable = unreadable.sorted()
  }
}

/// An application that is declared but whose document cannot be decoded.
public struct FrozenApplication: Hashable, Sendable {
  /// Its name.
  public var name: ApplicationName
  /// Where it is declared.
  public var origin: SourcePosition

  /// Creates a frozen application.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - origin: Where it is declared.
  public init(name: ApplicationName, origin: SourcePosition) {
    self.name = name
    self.origin = origin
  }
}

/// A named set of actors, providers, links and configs.
public struct ApplicationSpec: Hashable, Sendable {
  /// Its name, unique in the lattice.
  public var name: ApplicationName
  /// Where it is declared.
  public var origin: SourcePosition
  /// Its actors, by name.
  public var actors: [ActorSpec]
  /// Its providers, by name.
  public var providers: [ProviderSpec]
  /// Its links.
  public var links: [LinkSpec]
  /// The named configs that its parts use and that it declares.
  public var configs: [ConfigSpec]
  /// The applications that must stand before this one.
  public var dependsOn: [ApplicationName]
  /// How it follows git.
  public var sync: SyncOptions
  /// The earlier revision whose form this is, where the current document cannot be decoded or it is
  /// pinned.
  public var heldAt: Revision?
  /// Whether that form stands by a person's wish, whatever the current document says.
  public var isPinned = false
  /// Whether it is made for hosts before 1.0, as a manifest of wadm of that time: other hosts run
  /// nothing of it.
  public var isForHostsBefore1 = false

  /// Creates an application.
  ///
  /// - Parameters:
  ///   - name: Its name, unique in the lattice.
  ///   - origin: Where it is declared.
  ///   - actors: Its actors, in any order.
  ///   - providers: Its providers, in any order.
  ///   - links: Its links.
  ///   - configs: The named configs that it declares.
  ///   - dependsOn: The applications that must stand before this one.
  ///   - sync: How it follows git.
  ///   - heldAt: The earlier revision whose form this is, if it is not the current one.
  public init(
    name: ApplicationName, origin: SourcePosition, actors: [ActorSpec] = [],
    providers: [ProviderSpec] = [], links: [LinkSpec] = [], configs: [ConfigSpec] = [],
    dependsOn: [ApplicationName] = [], sync: SyncOptions = SyncOptions(),
    heldAt: Revision? = nil
  ) {
    self.name = name
    self.origin = origin
    self.actors = actors.ordered { $0.name < $1.name }
    self.providers = providers.ordered { $0.name < $1.name }
    self.links = links.ordered { $0.key < $1.key }
    self.configs = configs.ordered { $0.name < $1.name }
    self.dependsOn = dependsOn.ordered(by: <)
    self.sync = sync
    self.heldAt = heldAt
  }
}

/// How an application follows git.
public struct SyncOptions: Hashable, Sendable {
  /// Whether what is no longer declared is removed.
  public var prune: Bool

  /// Creates options.
  ///
  /// - Parameter prune: Whether what is no longer declared is removed.
  public init(prune: Bool = false) { self.prune = prune }
}

extension Array {
  /// The elements in order; the same array where they are already, as most are.
  func ordered(by precedes: (Element, Element) -> Bool) -> [Element] {
    let isOrdered = indices.dropFirst().allSatisfy { !precedes(self[$0], self[$0 - 1]) }
    return isOrdered ? self : sorted(by: precedes)
  }
}
