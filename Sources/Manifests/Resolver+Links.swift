import Diagnostics
import LatticeModel
import TextForms

extension Resolver {
  /// Puts ids in place of the names at the ends of links.
  mutating func resolveLinks() {
    resolved.reserveCapacity(manifests.count)
    for index in manifests.indices {
      var application = manifests[index].application
      application.links.reserveCapacity(manifests[index].links.count)
      for link in manifests[index].links {
        guard let spec = resolve(link, in: &application) else {
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
    _ link: LinkManifest, in application: inout ApplicationSpec
  ) -> LinkSpec? {
    let source = find(link.source, from: application)
    let target = find(link.target, from: application)
    guard let source, let target else { return nil }
    var resolved = LinkSpec(
      from: source.end, to: target.end, name: link.name, interface: link.interface,
      contract: link.contract, origin: link.origin)
    resolved.interface?.interfaces.sort()
    (resolved.sourceConfig, resolved.targetConfig) = (link.sourceConfig, link.targetConfig)
    resolved.isLeft = link.isLeft
    if !link.values.isEmpty {
      let config = LatticeNames.linkConfig(
        application.name, source.end.name, target.end.name, link)
      var spec = ConfigSpec(
        name: config, values: link.values, user: .link(resolved.key), origin: link.origin)
      spec.isLeft = link.isLeft
      application.configs.append(spec)
      if target.isProvider || !source.isProvider {
        resolved.targetConfig.append(config)
      } else {
        resolved.sourceConfig.append(config)
      }
    }
    return resolved
  }

  private mutating func find(
    _ end: LinkManifest.End, from application: ApplicationSpec
  ) -> End? {
    guard let name = end.application else { return find(end, in: application) }
    if let position = positions[name] { return find(end, in: manifests[position].application) }
    if isFrozen(name) {
      add(
        .unreadReference,
        "'\(name)' cannot be read, so nothing is known of its \(end.kind.rawValue) '\(end.name)'",
        remedy: "mend \(name); \(application.name) stays as it is meanwhile", at: end.position)
    } else {
      addUnknown(name, to: application.name, at: end.position)
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
  private mutating func find(_ end: LinkManifest.End, in owner: ApplicationSpec) -> End? {
    let place = parts(of: owner)[end.name]
    if let actor = place?.actor, end.kind != .provider {
      let id = owner.actors[actor].id.rawValue
      return End(end: LinkEnd(id: id, name: end.name), isProvider: false)
    }
    if let provider = place?.provider, end.kind != .actor {
      let id = owner.providers[provider].id.rawValue
      return End(end: LinkEnd(id: id, name: end.name), isProvider: true)
    }
    addUnknown(end, in: owner)
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
  /// Where the parts of an application stand, made once for all of its links.
  private mutating func parts(of owner: ApplicationSpec) -> [String: PartPlace] {
    if let known = partPlaces[owner.name] { return known }
    var places: [String: PartPlace] = [:]
    places.reserveCapacity(owner.actors.count + owner.providers.count)
    for (index, actor) in owner.actors.enumerated() {
      places[actor.name, default: PartPlace()].actor = index
    }
    for (index, provider) in owner.providers.enumerated() {
      places[provider.name, default: PartPlace()].provider = index
    }
    partPlaces[owner.name] = places
    return places
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
