public import LatticeModel

/// Where requests go and events come from.
///
/// Hosts 1.x listen below `wasmbus.ctl.v1.{lattice}`, hosts before 1.0 below
/// `wasmbus.ctl.{lattice}`; both publish events below `wasmbus.evt.{lattice}`. Hosts may be told to
/// listen below something else than `wasmbus.ctl`; their events and providers stay where they are.
public enum ControlSubject {
  /// What hosts listen below that are told nothing else.
  public static let standardRoot = "wasmbus.ctl"

  private static func prefix(_ lattice: LatticeName, _ root: String) -> String {
    "\(root).v1.\(lattice)"
  }

  /// Every host 1.x answers it.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - root: What its hosts listen below.
  /// - Returns: The subject.
  public static func hostPing(
    _ lattice: LatticeName, below root: String = standardRoot
  ) -> String { "\(prefix(lattice, root)).host.ping" }

  /// Every host before 1.0 answers it.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - root: What its hosts listen below.
  /// - Returns: The subject.
  public static func oldHostPing(
    _ lattice: LatticeName, below root: String = standardRoot
  ) -> String {
    "\(root).\(lattice).ping.hosts"
  }

  /// One host answers with all it runs.
  ///
  /// - Parameters:
  ///   - host: The host.
  ///   - lattice: The lattice.
  ///   - root: What its hosts listen below.
  /// - Returns: The subject.
  public static func inventory(
    of host: HostID, in lattice: LatticeName, below root: String = standardRoot
  ) -> String {
    "\(prefix(lattice, root)).host.get.\(host)"
  }

  /// Some host answers with the links it knows.
  ///
  /// - Parameters:
  ///   - lattice: The lattice.
  ///   - root: What its hosts listen below.
  /// - Returns: The subject.
  public static func links(
    _ lattice: LatticeName, below root: String = standardRoot
  ) -> String { "\(prefix(lattice, root)).link.get" }

  /// Some host answers with a config.
  ///
  /// - Parameters:
  ///   - name: The config's name.
  ///   - lattice: The lattice.
  ///   - root: What its hosts listen below.
  /// - Returns: The subject.
  public static func config(
    _ name: ConfigName, in lattice: LatticeName, below root: String = standardRoot
  ) -> String {
    "\(prefix(lattice, root)).config.get.\(name)"
  }

  /// The events of all hosts by type, as those of 0.81 and later publish them.
  ///
  /// Hosts 0.81 and 0.82 publish every event on `wasmbus.evt.{lattice}` as well.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The subject.
  public static func events(_ lattice: LatticeName) -> String { "wasmbus.evt.\(lattice).*" }

  /// Each running process of a provider answers for its health, once it listens.
  ///
  /// - Parameters:
  ///   - provider: The provider.
  ///   - lattice: The lattice.
  /// - Returns: The subject.
  public static func health(of provider: ProviderID, in lattice: LatticeName) -> String {
    "wasmbus.rpc.\(lattice).\(provider).health"
  }

  /// Where the request for a part goes.
  static func request(for part: Intent, in lattice: LatticeName, below root: String) -> String {
    let prefix = prefix(lattice, root)
    return switch part {
    case .run(.actor, _, let host), .replace(_, .actor, _, let host), .end(.actor, let host):
      "\(prefix).component.scale.\(host)"
    case .run(.provider, _, let host), .replace(_, .provider, _, let host):
      "\(prefix).provider.start.\(host)"
    case .end(.provider, let host): "\(prefix).provider.stop.\(host)"
    case .connect: "\(prefix).link.put"
    case .disconnect: "\(prefix).link.del"
    case .keep(let name, _): "\(prefix).config.put.\(name)"
    case .drop(let name): "\(prefix).config.del.\(name)"
    }
  }
}

/// Where hosts keep what outlives them: JetStream buckets, created by the first host.
public enum LatticeStore {
  /// The bucket of links and claims.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The bucket's name.
  public static func components(_ lattice: LatticeName) -> String { "LATTICEDATA_\(lattice)" }

  /// The bucket of named configs; a config's key is its name.
  ///
  /// - Parameter lattice: The lattice.
  /// - Returns: The bucket's name.
  public static func configs(_ lattice: LatticeName) -> String { "CONFIGDATA_\(lattice)" }

  /// The key under which the links of a source stand.
  ///
  /// - Parameter source: The id of the actor or provider.
  /// - Returns: The key.
  public static func key(ofSource source: String) -> String { prefix + source }

  /// The source whose links stand under a key.
  ///
  /// - Parameter key: The key.
  /// - Returns: The id of the actor or provider, or `nil` for a key of something else.
  public static func source(ofKey key: String) -> String? {
    key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : nil
  }

  private static let prefix = "COMPONENT_"
}
