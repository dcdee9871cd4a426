public import Diagnostics

/// By which of its two names hosts know what a link calls.
public enum Linkage: Hashable, Sendable {
  /// Its interface: a namespace, a package and interfaces, as hosts since 1.0 have it.
  case interface
  /// Its contract, as hosts before 1.0 have it.
  case contract
}

/// What a link calls, as hosts since 1.0 name it.
public struct LinkInterface: Hashable, Sendable {
  /// Its namespace and package.
  public var contract: Contract
  /// Which interfaces of the package.
  public var interfaces: [String]

  /// Creates an interface.
  ///
  /// - Parameters:
  ///   - contract: Its namespace and package.
  ///   - interfaces: Which interfaces of the package.
  public init(contract: Contract, interfaces: [String]) {
    self.contract = contract
    self.interfaces = interfaces
  }
}

/// One end of a declared link: an actor or provider.
public struct LinkEnd: Hashable, Sendable {
  /// Its id in the lattice.
  public var id: String
  /// Its name within its application, for people.
  public var name: String

  /// Creates an end.
  ///
  /// - Parameters:
  ///   - id: Its id in the lattice.
  ///   - name: Its name within its application.
  public init(id: String, name: String) {
    self.id = id
    self.name = name
  }
}

/// A link as an application declares it, before it is known by what its hosts link.
public struct LinkSpec: Hashable, Sendable {
  /// Who calls.
  public var source: LinkEnd
  /// Who is called.
  public var target: LinkEnd
  /// The link's name, `default` unless given.
  public var name: String
  /// What is called, as hosts since 1.0 name it; `nil` where only a contract is declared.
  public var interface: LinkInterface?
  /// What is called, as hosts before 1.0 name it; `nil` where only an interface is declared.
  public var contract: Contract?
  /// The named configs given to the source, in order.
  public var sourceConfig: [ConfigName] = []
  /// The named configs given to the target, in order.
  public var targetConfig: [ConfigName] = []
  /// Whether what it is, once there is one, is somebody else's to say.
  public var isLeft = false
  /// Where it is declared.
  public var origin: SourcePosition

  /// Creates a declared link without configs.
  ///
  /// - Parameters:
  ///   - source: Who calls.
  ///   - target: Who is called.
  ///   - name: The link's name.
  ///   - interface: What is called, as hosts since 1.0 name it.
  ///   - contract: What is called, as hosts before 1.0 name it; one of the two is given at least.
  ///   - origin: Where it is declared.
  public init(
    from source: LinkEnd, to target: LinkEnd, name: String = "default",
    interface: LinkInterface? = nil, contract: Contract? = nil, origin: SourcePosition
  ) {
    self.source = source
    self.target = target
    self.name = name
    self.interface = interface
    self.contract = contract
    self.origin = origin
  }

  /// What tells it from other declared links: by its interface, or by its contract where it has none.
  public var key: LinkKey {
    LinkKey(source: source.id, name: name, contract: interface?.contract ?? contract ?? "")
  }

  /// Every key that hosts may keep it under.
  public var keys: [LinkKey] { [Linkage.interface, .contract].compactMap(key(by:)) }

  /// Returns the key that hosts keep it under.
  ///
  /// - Parameter linkage: By what they link.
  /// - Returns: The key; `nil` where the manifest does not say what they link by.
  public func key(by linkage: Linkage) -> LinkKey? {
    let called =
      switch linkage {
      case .interface: interface?.contract
      case .contract: contract
      }
    return called.map { LinkKey(source: source.id, name: name, contract: $0) }
  }

  /// The configs that it names, the source's first.
  public var configs: [ConfigName] { sourceConfig + targetConfig }

  /// Returns the link that hosts keep of it.
  ///
  /// - Parameter linkage: By what they link.
  /// - Returns: The link; `nil` where the manifest does not say what they link by. One by contract has
  ///   no interfaces.
  public func definition(by linkage: Linkage) -> LinkDefinition? {
    let called =
      switch linkage {
      case .interface: interface
      case .contract: contract.map { LinkInterface(contract: $0, interfaces: []) }
      }
    guard let called else { return nil }
    return LinkDefinition(
      key: LinkKey(source: source.id, name: name, contract: called.contract), target: target.id,
      interfaces: called.interfaces, sourceConfig: sourceConfig, targetConfig: targetConfig)
  }
}
