public import LatticeModel

extension SimulatedHost {
  /// A provider's process.
  ///
  /// It learns of links when it is started, and afterwards from its own host alone; what comes before
  /// it listens is lost, and of a link that it has it takes no other values.
  public struct ProviderProcess: Hashable, Sendable {
    /// The image as the inventory shows it, without scheme.
    public var image: String
    /// The annotations it was started with.
    public var annotations: [String: String]
    /// Whether it is built into the host, whose end is its own.
    public var isBuiltin = false
    /// The named configs it was started with.
    public var configs: [String] = []
    /// Whether it answers for its health and takes links.
    public var isListening = false
    /// The links in force, with their values.
    public var links: [LinkInForce] = []

    /// Takes a link that its host tells it of; one that it has stays as it is.
    mutating func take(_ link: LinkInForce) -> Bool {
      guard isListening, !links.contains(where: { $0.isSame(as: link.link) }) else { return false }
      links.append(link)
      return true
    }

    /// Drops a link.
    mutating func drop(_ link: LinkDefinition) -> LinkInForce? {
      links.firstIndex { $0.isSame(as: link) }.map { links.remove(at: $0) }
    }
  }
}

/// A link as a provider has it.
public struct LinkInForce: Hashable, Sendable {
  /// The link as it was when the provider took it.
  public var link: LinkDefinition
  /// The values for its source, as they were then.
  public var sourceValues: [String: String]
  /// The values for its target.
  public var targetValues: [String: String]

  /// Creates a link in force.
  ///
  /// - Parameters:
  ///   - link: The link.
  ///   - sourceValues: The values for its source.
  ///   - targetValues: The values for its target.
  public init(
    link: LinkDefinition, sourceValues: [String: String] = [:],
    targetValues: [String: String] = [:]
  ) {
    self.link = link
    self.sourceValues = sourceValues
    self.targetValues = targetValues
  }

  /// Whether a provider takes another link for this one.
  func isSame(as other: LinkDefinition) -> Bool {
    link.key == other.key && link.target == other.target
  }

  /// The address that a server is told to listen on, if it is.
  public var address: String? { sourceValues["address"] ?? targetValues["address"] }
}

/// A link that came into force at a provider, or that it dropped.
public struct ForceEntry: Hashable, Sendable {
  /// When, in nanoseconds since 1970.
  public var time: Int64
  /// The host that started the provider.
  public var host: String
  /// The provider's id.
  public var provider: String
  /// The link, with its values.
  public var link: LinkInForce
  /// Whether it is in force from now on.
  public var isInForce: Bool
}
