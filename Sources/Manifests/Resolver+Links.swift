import Diagnostics
import LatticeModel
import TextForms

extension Resolver {
  /// Puts ids in place of the names at the ends of links.
  mutating func resolveLinks() {
    resolved.reserveCapacity(manifests.count)
    for owner in manifests.indices {
      var application = manifests[owner].application
      let links = manifests[owner].links
      application.links.reserveCapacity(links.count)
      application.configs.reserveCapacity(
        application.configs.count + links.count { !$0.values.isEmpty })
      for link in links {
        guard let spec = resolve(link, of: owner, &application.configs) else {
          freeze(application.name, application.origin)
          continue
        }
        application.links.append(spec)
      }
      application.links.sort { $0.key < $1.key }
      application.configs.sort { $0.name < $1.name }
      resolved.append(application)
    }
  }

  private struct End {
    var end: LinkEnd
    var isProvider: Bool
  }

  private mutating func resolve(
    _ link: LinkManifest, of owner: Int, _ configs: inout [ConfigSpec]
  ) -> LinkSpec? {
    let source = find(link.source, from: owner)
    let target = find(link.target, from: owner)
    guard let source, let target else { return nil }
    var resolved = LinkSpec(
      from: source.end, to: target.end, name: link.name, interface: link.interface,
      contract: link.contract, origin: link.origin)
    resolved.interface?.interfaces.sort()
    (resolved.sourceConfig, resolved.targetConfig) = (link.sourceConfig, link.targetConfig)
    resolved.isLeft = link.isLeft
    if !link.values.isEmpty {
      let config = LatticeNames.linkConfig(
        manifests[owner].application.name, source.end.name, target.end.name, link)
      var spec = ConfigSpec(
        name: config, values: link.values, user: .link(resolved.key), origin: link.origin)
      spec.isLeft = link.isLeft
      configs.append(spec)
      if target.isProvider || !source.isProvider {
        resolved.targetConfig.append(config)
      } else {
        resolved.sourceConfig.append(config)
      }
    }
    return resolved
  }

  private mutating func find(_ end: LinkManifest.End, from asking: Int) -> End? {
    guard let name = end.application else { return find(end, in: asking) }
    if let owner = positions[name] { return find(end, in: owner) }
    let asking = manifests[asking].application.name
    if isFrozen(name) {
      add(
        .unreadReference,
        "'\(name)' cannot be read, so nothing is known of its \(end.kind.rawValue) '\(end.name)'",
        remedy: "mend \(name); \(asking) stays as it is meanwhile", at: end.position)
    } else {
      addUnknown(name, to: asking, at: end.position)
    }
    return nil
  }

  mutating func addUnknown(
    _ application: ApplicationName, to asking: ApplicationName, at place: SourcePosition
  ) {
    let nearest = suggestion(for: application.rawValue, to: asking)
    add(
      .unknownReference, "there is no application '\(application)'",
      remedy: nearest.map { "write '\($0)'" } ?? "declare it in this repository", at: place)
  }

  /// A part by its name.
  private mutating func find(_ end: LinkManifest.End, in owner: Int) -> End? {
    let place = place(of: end.name, in: owner)
    if let actor = place.actor, end.kind != .provider {
      let id = manifests[owner].application.actors[actor].id.rawValue
      return End(end: LinkEnd(id: id, name: end.name), isProvider: false)
    }
    if let provider = place.provider, end.kind != .actor {
      let id = manifests[owner].application.providers[provider].id.rawValue
      return End(end: LinkEnd(id: id, name: end.name), isProvider: true)
    }
    addUnknown(end, in: manifests[owner].application)
    return nil
  }

  mutating func addUnknown(_ end: LinkManifest.End, in owner: ApplicationSpec) {
    let known =
      words.isSpent
      ? []
      : (end.kind == .provider ? [] : owner.actors.map(\.name))
        + (end.kind == .actor ? [] : owner.providers.map(\.name))
    let finding = end.unknown(
      in: owner.name, nearest: words.nearest(to: end.name, in: known))
    add(.unknownReference, finding.message, remedy: finding.remedy, at: end.position)
  }
}

extension Resolver {
  /// Where a part of an application stands; of many, an index is made once for all links.
  private mutating func place(of name: String, in owner: Int) -> PartPlace {
    let few = 16
    let (actors, providers) = (
      manifests[owner].application.actors, manifests[owner].application.providers
    )
    guard actors.count + providers.count > few else {
      return PartPlace(
        actor: actors.indices.first { actors[$0].name == name },
        provider: providers.indices.first { providers[$0].name == name })
    }
    if let known = partPlaces[owner] { return known[name] ?? PartPlace() }
    var places: [String: PartPlace] = [:]
    places.reserveCapacity(actors.count + providers.count)
    for index in actors.indices { places[actors[index].name, default: PartPlace()].actor = index }
    for index in providers.indices {
      places[providers[index].name, default: PartPlace()].provider = index
    }
    partPlaces[owner] = places
    return places[name] ?? PartPlace()
  }
}

extension LinkManifest.End {
  /// What is said where an application declares no such end.
  func unknown(
    in owner: ApplicationName, nearest: String?
  ) -> (message: String, remedy: String) {
    (
      "\(owner) has \(kind == .any ? "neither an actor nor a provider" : "no \(kind.rawValue)") "
        + "'\(excerpt(name))'",
      nearest.map { "write '\($0)'" }
        ?? "declare it, or link what is declared"
    )
  }
}
