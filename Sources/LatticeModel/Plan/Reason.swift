/// Why a step is in a plan: a stable code and a sentence.
public enum Reason: Hashable, Sendable {
  /// Declared and not there.
  case missing
  /// There, but fewer or more instances than wanted on that host.
  case countChanged(from: Int, to: Int)
  /// Another image is declared than runs.
  case imageChanged(from: ImageReference, to: ImageReference)
  /// This of what it was started with is no longer as declared; `nil` where that cannot be told.
  case launchChanged(LaunchPart?)
  /// A link's interfaces or configs are no longer the declared ones.
  case linkChanged
  /// A link's target is no longer the declared one.
  case targetChanged(from: String, to: String)
  /// The entries of a config, or the values of a link, are no longer the declared ones: these keys
  /// differ; none where the whole config is missing.
  case valuesChanged(keys: [String])
  /// It runs where its rules no longer want it.
  case notWantedHere
  /// Its application no longer declares it.
  case notDeclared
  /// No manifest declares its application any more.
  case applicationRemoved
  /// Nothing that is declared uses it any more.
  case noLongerUsed
  /// An application is declared that is made for other hosts.
  case forOtherHosts

  /// The stable code, for programs.
  public var code: String {
    switch self {
    case .missing: "missing"
    case .countChanged: "count-changed"
    case .imageChanged: "image-changed"
    case .launchChanged: "launch-changed"
    case .linkChanged: "link-changed"
    case .targetChanged: "target-changed"
    case .valuesChanged: "values-changed"
    case .notWantedHere: "not-wanted-here"
    case .notDeclared: "not-declared"
    case .applicationRemoved: "application-removed"
    case .noLongerUsed: "no-longer-used"
    case .forOtherHosts: "for-other-hosts"
    }
  }

  /// The reason for a person, without a full stop.
  public var sentence: String {
    switch self {
    case .missing: "declared, not there"
    case .countChanged(let from, let to): "\(from) here, \(to) wanted"
    case .imageChanged(let from, let to): "image \(from) -> \(to)"
    case .launchChanged(let part?): "its \(part.rawValue) changed"
    case .launchChanged(nil): "hosts do not tell with which configs it was started"
    case .linkChanged: "its interfaces or configs changed"
    case .targetChanged(let from, let to): "target \(from) -> \(to)"
    case .valuesChanged(let keys):
      keys.isEmpty ? "its values are put anew" : "changed: \(keys.joined(separator: ", "))"
    case .notWantedHere: "its rules no longer want it on this host"
    case .notDeclared: "no longer declared by its application"
    case .applicationRemoved: "its application is no longer declared"
    case .noLongerUsed: "nothing declared uses it any more"
    case .forOtherHosts: "declared, for other hosts"
    }
  }
}

/// What of a start, beside its image, is another than before, as far as its digest tells.
public enum LaunchPart: String, Hashable, Sendable {
  case configs
  case memoryLimit = "memory limit"
  case configsOrLimits = "configs or limits"
  case configsOrSecrets = "configs or secrets"
  case any = "configs, secrets or limits"
}

/// The rule that holds a planned step back.
public enum GuardRule: String, Hashable, Sendable, CaseIterable {
  /// Not everyone expected has answered: nothing is removed.
  case incompleteView = "incomplete-view"
  /// What is on record may not be all that was: nothing is removed.
  case unprovenRecord = "unproven-record"
  /// Part of what git declares could not be read: nothing is removed.
  case incompleteRead = "incomplete-read"
  /// What is needed to tell was not read: a source's stored links or a config.
  case unknownStore = "unknown-store"
  /// The commit does not descend from the last applied one: nothing is removed.
  case history
  /// Something of others has our id, link key or config name and differs.
  case notOurs = "not-ours"
  /// The application is made for other hosts than those of the lattice.
  case otherHosts = "other-hosts"
  /// The link does not say what the lattice's hosts link by: nothing in its place is touched.
  case notLinkable = "not-linkable"
  /// A link's key matches several stored links, so a delete could take another's.
  case ambiguousLink = "ambiguous-link"
  /// The host of the unit is silent: it cannot be told to change.
  case silentHost = "silent-host"
  /// The host of the unit is unhealthy: what is stopped there may not start again.
  case unhealthyHost = "unhealthy-host"
  /// Its replacement cannot be placed: taking it away would leave fewer than there are.
  case noReplacement = "no-replacement"
  /// All commanding is stopped by the record's key `halt`.
  case halted
  /// Somebody suspended the application, or everything.
  case suspended
  /// It went back and forth too often.
  case flapping
  /// Hosts were lost right after it was started on them, one after the other.
  case takesHostsDown = "takes-hosts-down"
}
