public import Diagnostics
public import LatticeModel

/// A file that may hold manifests.
public struct ManifestFile: Hashable, Sendable {
  /// Its path from the root of the repository.
  public var path: String
  /// Its bytes.
  public var bytes: [UInt8]

  /// Creates a file.
  ///
  /// - Parameters:
  ///   - path: Its path from the root of the repository.
  ///   - bytes: Its bytes.
  public init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }
}

/// What one file declares, before files are held against one another.
///
/// Depends on the file's bytes and path alone, so it can be kept by them.
public struct DecodedFile: Hashable, Sendable {
  /// The applications that were decoded without an error.
  public internal(set) var applications: [ApplicationManifest] = []
  /// The policies that were decoded without an error.
  public internal(set) var policies: [PolicySpec] = []
  /// Applications that are declared here but cannot be decoded.
  public internal(set) var frozen: [FrozenApplication] = []
  /// Places of documents that may declare an application but cannot even name it.
  public internal(set) var unreadable: [SourcePosition] = []
  /// All findings, in the order of the file.
  public internal(set) var diagnostics: [Diagnostic] = []
  /// Whether no document here is a manifest of any kind, as in a file that was emptied.
  public internal(set) var isEmpty = true
  /// The documents of other tools, which are passed over.
  var skipped = SkippedDocuments()
  /// Policies that are declared here but cannot be decoded.
  var unreadPolicies: [PolicyName] = []
  /// The streams that are declared here, as far as they can be held against others.
  var streams: [StreamManifest] = []
  /// The applications with an error, for what they refer to.
  var broken: [ApplicationManifest] = []
  /// What its documents call themselves, sound or not.
  var documents: [DocumentKey] = []
  /// The documents of its that others are laid over.
  public internal(set) var overlaid: [OverlaidDocument] = []
}

/// A document and what lies over it.
public struct OverlaidDocument: Hashable, Sendable {
  /// Its name.
  public var name: String
  /// Where it stands.
  public var origin: SourcePosition
  /// Where what lies over it stands, the lowest first.
  public var overlays: [SourcePosition]
}

/// An application as its document declares it; what it refers to is still names.
public struct ApplicationManifest: Hashable, Sendable {
  /// The application without its links and dependencies.
  public internal(set) var application: ApplicationSpec
  var links: [LinkManifest]
  var dependsOn: [Reference<ApplicationName>]
  var policies: [Reference<PolicyName>]
  /// The ends of links of which something else cannot be read.
  var looseEnds: [LinkManifest.End] = []

  /// Returns the application as the last good form of one that cannot be decoded now.
  ///
  /// - Parameter revision: The commit that this form comes from.
  /// - Returns: The same application, marked as held there.
  public func held(at revision: Revision) -> ApplicationManifest {
    var held = self
    held.application.heldAt = revision
    return held
  }

  /// Returns the application as a kept form that stands in place of what is declared now.
  ///
  /// The policies that it names may be gone; nothing is done by them.
  ///
  /// - Parameters:
  ///   - revision: The commit that this form comes from.
  ///   - isPinned: Whether a person wants it to stay in this form.
  /// - Returns: The same application, marked as such.
  public func kept(at revision: Revision, isPinned: Bool) -> ApplicationManifest {
    var kept = held(at: revision)
    kept.application.isPinned = isPinned
    kept.policies = []
    return kept
  }
}

/// A name of something that is declared elsewhere, with the place where it is used.
struct Reference<Name: Identifier>: Hashable, Sendable {
  var name: Name
  var position: SourcePosition
}

/// A link as its document declares it.
struct LinkManifest: Hashable, Sendable {
  /// One end: an actor or provider of the same application, or of another one.
  struct End: Hashable, Sendable {
    /// What it has to be.
    enum Kind: String {
      case any = "actor or provider"
      case actor, provider
    }

    var application: ApplicationName?
    var name: String
    var kind = Kind.any
    var position: SourcePosition
  }

  var source: End
  var target: End
  /// What is called, as hosts since 1.0 name it, in the order in which it is written.
  var interface: LinkInterface?
  /// What is called, as hosts before 1.0 name it; one of the two is there.
  var contract: Contract?
  var name: String
  var values: [String: String]
  var sourceConfig: [ConfigName] = []
  var targetConfig: [ConfigName] = []
  /// Whether it is left as others change it.
  var isLeft = false
  var origin: SourcePosition
}
