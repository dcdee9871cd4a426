public import Diagnostics

/// Whom a named config serves, which decides whether it goes with a change or only by prune.
public enum ConfigUser: Hashable, Sendable {
  /// The application as a whole: declared by name, used by whoever names it.
  case application
  /// The actor of this name, whose inline config it is.
  case actor(String)
  /// The provider of this name, whose inline config it is.
  case provider(String)
  /// The link of this key, whose values it holds.
  indirect case link(LinkKey)
}

/// A named config as an application declares it.
public struct ConfigSpec: Hashable, Sendable {
  /// Its name in the lattice.
  public var name: ConfigName
  /// Its entries, all of them.
  public var values: [String: String]
  /// Whom it serves.
  public var user: ConfigUser
  /// Whether its entries, once it is there, are somebody else's to say.
  public var isLeft = false
  /// Where it is declared.
  public var origin: SourcePosition

  /// Creates a declared config.
  ///
  /// - Parameters:
  ///   - name: Its name in the lattice.
  ///   - values: Its entries, all of them.
  ///   - user: Whom it serves.
  ///   - origin: Where it is declared.
  public init(
    name: ConfigName, values: [String: String], user: ConfigUser = .application,
    origin: SourcePosition
  ) {
    self.name = name
    self.values = values
    self.user = user
    self.origin = origin
  }
}
