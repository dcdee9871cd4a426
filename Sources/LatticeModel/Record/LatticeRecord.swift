/// What is kept between passes: what is ours where the wire cannot say so, whom to expect, and
/// what was last carried out.
///
/// Links and configs carry no annotations on the wire, so the record alone tells whose they are.
/// It is written before the command that it describes, and what is read back is checked like any
/// other input.
public struct LatticeRecord: Hashable, Sendable {
  /// The links that are ours, by key.
  public var links: [LinkKey: OwnedLink]
  /// The configs that are ours, by name.
  public var configs: [ConfigName: OwnedConfig]
  /// The hosts that were seen, and what of ours they ran then.
  public var hosts: [HostID: RecordedHost]
  /// What is wrong with hosts that answer; the controller's judgement, for everybody who plans.
  public var troubles: [HostID: HostTrouble] = [:]
  /// What was last carried out, by application.
  public var applied: [ApplicationName: AppliedApplication]
  /// What hosts are starting still, and since when; for people.
  public var starting: [UnitKey: Timestamp] = [:]
  /// What others started and we took over, as long as it runs as it did then.
  public var adopted: [AdoptedSet] = []
  /// What was started on hosts that were lost soon after, by actor or provider without host.
  public var suspects: [UnitKey: Suspect] = [:]
  /// What people have approved of that; no pass writes it.
  public var approvals: [Approval] = []
  /// Which plans may be carried out although something speaks against them; no pass writes it.
  public var planApprovals: [PlanApproval] = []
  /// Why all commanding is stopped, or `nil` where it is not.
  public var halt: String?
  /// What is not to be commanded for a while.
  public var suspensions: [Suspension] = []
  /// Which applications stay in an earlier form; no pass writes it.
  public var pins: [Pin] = []

  /// What is doubted of it.
  public var doubt: RecordDoubt?

  /// Creates a record.
  ///
  /// - Parameters:
  ///   - links: The links that are ours, by key.
  ///   - configs: The configs that are ours, by name.
  ///   - hosts: The hosts that were seen.
  ///   - applied: What was last carried out, by application.
  ///   - halt: Why all commanding is stopped.
  public init(
    links: [LinkKey: OwnedLink] = [:], configs: [ConfigName: OwnedConfig] = [:],
    hosts: [HostID: RecordedHost] = [:], applied: [ApplicationName: AppliedApplication] = [:],
    halt: String? = nil
  ) {
    self.links = links
    self.configs = configs
    self.hosts = hosts
    self.applied = applied
    self.halt = halt
  }

  /// Returns what is wrong with a host still.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - now: The moment; whatever is on record holds where `nil`.
  /// - Returns: What is on record against it, unless that is over.
  public func trouble(of host: HostID, at now: Timestamp?) -> HostTrouble? {
    guard !troubles.isEmpty, let trouble = troubles[host] else { return nil }
    return now.map { $0 < trouble.until } ?? true ? trouble : nil
  }

  /// Returns whether a stored link is ours.
  ///
  /// - Parameter link: A link as a source's stored record holds it.
  /// - Returns: Whether we put a link of that key to that target.
  public func owns(_ link: LinkDefinition) -> Bool {
    links[link.key]?.targets.contains(link.target) ?? false
  }
}

/// A link that is ours.
public struct OwnedLink: Hashable, Sendable {
  /// The application that declares or declared it.
  public var application: ApplicationName
  /// The targets that we put under its key, sorted: one, or two while a target is changed.
  public var targets: [String]

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - application: The application that declares or declared it.
  ///   - targets: The targets that we put under its key.
  public init(application: ApplicationName, targets: [String]) {
    self.application = application
    self.targets = targets.sorted()
  }
}

/// A config that is ours.
public struct OwnedConfig: Hashable, Sendable {
  /// The application that declares or declared it.
  public var application: ApplicationName
  /// Whom it serves or served.
  public var user: ConfigUser

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - application: The application that declares or declared it.
  ///   - user: Whom it serves or served.
  public init(application: ApplicationName, user: ConfigUser) {
    self.application = application
    self.user = user
  }
}

/// A host that was seen, and what of ours it ran then.
public struct RecordedHost: Hashable, Sendable {
  /// What it ran of ours, and its labels.
  public var report: HostReport
  /// When it was last heard of; where nobody looked for a day after that, when it was first missed.
  public var lastSeen: Timestamp
  /// What was started there lately, by actor or provider without host: should the host be lost,
  /// whoever commands then knows of it.
  public var starts: [UnitKey: RecordedStart] = [:]

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - report: What it ran of ours, and its labels.
  ///   - lastSeen: When it was last heard of.
  public init(report: HostReport, lastSeen: Timestamp) {
    self.report = report
    self.lastSeen = lastSeen
  }
}

/// What was last carried out of an application.
public struct AppliedApplication: Hashable, Sendable {
  /// The commit that was carried out.
  public var revision: Revision
  /// The file that declared it in that commit.
  public var path: String
  /// How it followed git; a deleted application cannot say it any more.
  public var sync: SyncOptions
  /// What the reading that declared it had seen; not known of what an earlier program applied.
  public var scope: ReadingScope?
  /// The commit whose removals wait for proof still, where it is an earlier one than `revision`.
  public var base: Revision?
  /// The digest of the form that was carried out; not known of what an earlier program applied.
  public var form: String?
  /// The digest of the form that was last seen in sync, and is kept.
  public var good: String?

  /// Creates an entry.
  ///
  /// - Parameters:
  ///   - revision: The commit that was carried out.
  ///   - path: The file that declared it in that commit.
  ///   - sync: How it followed git.
  ///   - scope: What the reading that declared it had seen.
  ///   - base: The commit whose removals wait for proof still.
  public init(
    revision: Revision, path: String, sync: SyncOptions, scope: ReadingScope? = nil,
    base: Revision? = nil
  ) {
    self.revision = revision
    self.path = path
    self.sync = sync
    self.scope = scope
    self.base = base
  }
}

/// What a reading of git sees: one path of one repository.
public struct ReadingScope: Hashable, Sendable {
  /// What tells the repository from others: where it was cloned from, else its folder.
  public var repository: String
  /// The folder or file, from the root of the repository; empty for the root.
  public var path: String

  /// Creates a scope.
  ///
  /// - Parameters:
  ///   - repository: What tells the repository from others.
  ///   - path: The folder or file, from the root of the repository.
  public init(repository: String, path: String) {
    self.repository = repository
    self.path = path
  }

  /// Whether whatever lies under another path lies under this one too.
  ///
  /// - Parameter other: The other path, from the root of the same repository.
  /// - Returns: Whether this path is that one, or a folder above it.
  public func covers(_ other: String) -> Bool {
    path.isEmpty || other == path || other.hasPrefix("\(path)/")
  }
}

/// That something is not to be commanded for a while.
public struct Suspension: Hashable, Sendable {
  /// What is not to be commanded.
  public enum Scope: Hashable, Sendable {
    /// Whatever is declared for the lattice.
    case everything
    /// What a repository declares, by the name that the controller's configuration gives it.
    case repository(String)
    /// One application.
    case application(ApplicationName)
  }

  /// What is not to be commanded.
  public var scope: Scope
  /// Why.
  public var reason: String
  /// Who asked for it.
  public var by: String
  /// When it ends by itself; when it is resumed where `nil`.
  public var until: Timestamp?

  /// Creates a suspension.
  ///
  /// - Parameters:
  ///   - scope: What is not to be commanded.
  ///   - reason: Why.
  ///   - by: Who asked for it.
  ///   - until: When it ends by itself.
  public init(_ scope: Scope, reason: String, by: String, until: Timestamp? = nil) {
    self.scope = scope
    self.reason = reason
    self.by = by
    self.until = until
  }

  /// Whether it is not over at a moment.
  ///
  /// - Parameter now: The moment; where it is not known, nothing is over.
  /// - Returns: Whether it stands.
  public func stands(at now: Timestamp?) -> Bool {
    guard let until, let now else { return true }
    return now < until
  }
}
