public import Diagnostics

/// A provider as declared: what runs and where it may.
///
/// At most one process of an id runs on a host, so `instances` counts hosts.
public struct ProviderSpec: Hashable, Sendable {
  /// Its name within the application.
  public var name: String
  /// Its id in the lattice.
  public var id: ProviderID
  /// What it runs.
  public var image: ImageReference
  /// How many hosts run it; 0 runs none.
  public var instances: Int
  /// Whether every eligible host runs it.
  public var perHost: Bool
  /// The rules that divide it over hosts; empty means any host.
  public var spread: [SpreadConstraint]
  /// The named configs it starts with, later names winning over earlier ones.
  public var configs: [ConfigName]
  /// Who is placed first: higher before lower, 0...255.
  public var priority: Int
  /// How a new image reaches the hosts.
  public var update: UpdatePolicy
  /// What it offers, as hosts before 1.0 name it, where declared.
  public var contract: Contract?
  /// The name of its links on hosts before 1.0, where it is another process under each.
  public var linkName = Self.linkName
  /// What hosts before 1.0 start it with, where declared: a value of JSON, its keys sorted.
  public var startConfig: String?
  /// What its references to secrets say, empty without any: another text means another start, since
  /// hosts fetch secrets then only.
  public var secretsMark = ""
  /// Where it is declared.
  public var origin: SourcePosition

  /// The name of links that are given none.
  public static let linkName = "default"

  /// Creates a provider.
  ///
  /// - Parameters:
  ///   - name: Its name within the application.
  ///   - id: Its id in the lattice.
  ///   - image: What it runs.
  ///   - instances: How many hosts run it.
  ///   - perHost: Whether every eligible host runs it.
  ///   - spread: The rules that divide it over hosts.
  ///   - configs: The named configs it starts with, in order.
  ///   - priority: Who is placed first.
  ///   - update: How a new image reaches the hosts.
  ///   - origin: Where it is declared.
  public init(
    name: String, id: ProviderID, image: ImageReference, instances: Int = 1,
    perHost: Bool = false, spread: [SpreadConstraint] = [], configs: [ConfigName] = [],
    priority: Int = 0, update: UpdatePolicy = UpdatePolicy(), origin: SourcePosition
  ) {
    self.name = name
    self.id = id
    self.image = image
    self.instances = instances
    self.perHost = perHost
    self.spread = spread
    self.configs = configs
    self.priority = priority
    self.update = update
    self.origin = origin
  }
}
