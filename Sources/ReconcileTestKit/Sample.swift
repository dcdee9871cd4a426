public import Diagnostics
public import LatticeModel

/// One host with one actor and one provider, and what may be seen of them, in few words.
public enum Sample {
  /// The host.
  public static let host: HostID = "NHOST"
  /// What the actor is started with.
  public static let launch = ActorLaunch(id: "web", image: "img:1", annotations: ["a": "b"])
  /// What the provider is started with.
  public static let provider = ProviderLaunch(
    id: "kv", image: "oci://img:2", annotations: ["a": "b"])

  /// What is there: on the host, and in the stores.
  public static func observed(
    actor: ReportedActor? = nil, provider: ReportedProvider? = nil,
    links: [LinkDefinition]? = nil, config: StoredConfig? = nil
  ) -> ObservedState {
    var observed = ObservedState()
    observed.note(
      HostReport(
        host: host, actors: actor.map { [$0] } ?? [], providers: provider.map { [$0] } ?? []),
      at: Timestamp(nanoseconds: 1))
    if let links { observed.noteLinks(links, of: "shop-web") }
    if let config { observed.noteConfig(config, named: "conf") }
    return observed
  }

  /// The actor as a host lists it.
  public static func set(
    _ image: ImageReference = "img:1", _ annotations: [String: String] = ["a": "b"],
    _ instances: Int = 2
  ) -> ReportedActor {
    ReportedActor(id: "web", image: image, annotations: annotations, instances: instances)
  }

  /// The provider as a host lists it.
  public static func process(
    _ image: ImageReference = "img:2", _ annotations: [String: String] = ["a": "b"]
  ) -> ReportedProvider {
    ReportedProvider(id: "kv", image: image, annotations: annotations)
  }

  /// A link as it is stored.
  public static func link(
    _ name: String = "default", from source: String = "shop-web"
  ) -> LinkDefinition {
    LinkDefinition(
      key: LinkKey(source: source, name: name, contract: "wasi:keyvalue"),
      target: "store", interfaces: ["atomics", "store"])
  }
}

extension LinkSpec {
  /// A declared link that hosts since 1.0 keep as it is.
  public init(
    definition: LinkDefinition, sourceName: String, targetName: String, origin: SourcePosition
  ) {
    self.init(
      from: LinkEnd(id: definition.key.source, name: sourceName),
      to: LinkEnd(id: definition.target, name: targetName), name: definition.key.name,
      interface: LinkInterface(
        contract: definition.key.contract, interfaces: definition.interfaces), origin: origin)
    (sourceConfig, targetConfig) = (definition.sourceConfig, definition.targetConfig)
  }
}
