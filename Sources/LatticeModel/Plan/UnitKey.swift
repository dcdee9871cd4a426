/// What kind of thing a unit is.
public enum UnitKind: String, Hashable, Sendable, CaseIterable {
  /// An application as a whole: only where it is held so.
  case application
  /// A named config of a lattice.
  case config
  /// A provider on a host.
  case provider
  /// A link of a source.
  case link
  /// An instance set of an actor on a host.
  case actor
}

/// The unit of difference: an actor or provider on one host, or a whole link or config.
public struct UnitKey: Hashable, Sendable {
  /// The application that declares or declared it.
  public var application: ApplicationName
  /// What kind of thing it is.
  public var kind: UnitKind
  /// The actor's or provider's name, `source -> target` of a link, or the config's or application's name.
  public var name: String
  /// The host, for actors and providers.
  public var host: HostID?

  /// Creates a key.
  ///
  /// - Parameters:
  ///   - application: The application that declares or declared it.
  ///   - kind: What kind of thing it is.
  ///   - name: The actor's or provider's name, `source -> target` of a link, or a config's name.
  ///   - host: The host, for actors and providers.
  public init(
    application: ApplicationName, kind: UnitKind, name: String, host: HostID? = nil
  ) {
    self.application = application
    self.kind = kind
    self.name = name
    self.host = host
  }
}

extension UnitKey {
  /// The actor or provider itself, wherever it runs.
  public var withoutHost: UnitKey { UnitKey(application: application, kind: kind, name: name) }
}

extension UnitKey: Comparable {
  /// Orders units by application, kind, name, then host.
  ///
  /// - Parameters:
  ///   - left: One unit.
  ///   - right: Another unit.
  /// - Returns: Whether `left` comes first.
  public static func < (left: UnitKey, right: UnitKey) -> Bool {
    if left.application != right.application { return left.application < right.application }
    if left.kind != right.kind { return left.kind.rank < right.kind.rank }
    if left.name != right.name { return left.name < right.name }
    return (left.host?.rawValue ?? "") < (right.host?.rawValue ?? "")
  }
}

extension UnitKind {
  /// The place in which kinds are listed and, where nothing else decides, brought up.
  package var rank: Int {
    switch self {
    case .application: -1
    case .config: 0
    case .link: 1
    case .provider: 2
    case .actor: 3
    }
  }
}
