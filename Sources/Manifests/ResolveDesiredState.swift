public import Diagnostics
public import LatticeModel
import TextForms

/// A desired state and every finding that led to it.
public struct ResolvedState: Sendable {
  /// What all manifests at one revision ask for.
  public var desired: DesiredState
  /// All findings of all files, sorted by place.
  public var diagnostics: [Diagnostic]
}

/// Holds the files of a revision against one another.
///
/// The result does not depend on the order of files or documents. One bad application degrades
/// itself only: it is frozen, and so is one that clashes with another.
///
/// - Parameters:
///   - files: The decoded files.
///   - revision: The commit that they come from.
///   - tree: The id of the commit's tree.
///   - unread: Places under the selected path that could not be read at all.
///   - lastGood: Earlier forms of applications that cannot be decoded now.
/// - Returns: The desired state and all findings.
public func resolve(
  _ files: [DecodedFile], revision: Revision, tree: String, unread: [SourcePosition] = [],
  lastGood: [ApplicationManifest] = []
) -> ResolvedState {
  var resolver = Resolver(files, lastGood: lastGood)
  resolver.rejectDuplicates()
  resolver.rejectClashingIDs()
  resolver.resolveLinks()
  resolver.rejectClashingNames()
  resolver.checkDependencies()
  let desired = DesiredState(
    revision: revision, tree: tree, applications: resolver.sound, frozen: resolver.frozen,
    unreadable: files.flatMap(\.unreadable) + unread)
  return ResolvedState(
    desired: desired,
    diagnostics: (files.flatMap(\.diagnostics) + resolver.diagnostics).sorted())
}

private struct Resolver {
  var manifests: [ApplicationManifest]
  var frozen: [FrozenApplication]
  var diagnostics: [Diagnostic] = []
  private var bad: Set<ApplicationName> = []
  private var resolved: [ApplicationName: ApplicationSpec] = [:]

  init(_ files: [DecodedFile], lastGood: [ApplicationManifest]) {
    let restored = Set(lastGood.map(\.application.name))
    manifests = (files.flatMap(\.applications) + lastGood).sorted {
      ($0.application.name, $0.application.origin) < ($1.application.name, $1.application.origin)
    }
    frozen = files.flatMap(\.frozen).filter { !restored.contains($0.name) }
  }

  /// The applications that nothing was found against.
  var sound: [ApplicationSpec] {
    resolved.values.filter { !bad.contains($0.name) }.sorted { $0.name < $1.name }
  }

  private mutating func add(
    _ code: ManifestCode, _ message: String, remedy: String, at place: SourcePosition
  ) {
    diagnostics.append(Diagnostic(code.code, .error, message, remedy: remedy, at: place))
  }

  private mutating func freeze(_ name: ApplicationName, _ origin: SourcePosition) {
    guard bad.insert(name).inserted else { return }
    frozen.append(FrozenApplication(name: name, origin: origin))
  }

  mutating func rejectDuplicates() {
    var first: [ApplicationName: SourcePosition] = [:]
    let declared =
      manifests.map { ($0.application.name, $0.application.origin) }
      + frozen.map { ($0.name, $0.origin) }
    for (name, origin) in declared.sorted(by: { ($0.0, $0.1) < ($1.0, $1.1) }) {
      guard let earlier = first[name] else {
        first[name] = origin
        continue
      }
      add(
        .declaredTwice, "application '\(safe(name.rawValue))' is declared twice",
        remedy: "give one of them another name; the other is at \(earlier)", at: origin)
      freeze(name, earlier)
    }
    let alreadyFrozen = Set(frozen.map(\.name))
    manifests.removeAll { alreadyFrozen.contains($0.application.name) }
    frozen = Array(
      Dictionary(frozen.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }).values)
  }

  mutating func rejectClashingIDs() {
    var first: [String: (name: ApplicationName, place: SourcePosition)] = [:]
    for manifest in manifests {
      let application = manifest.application
      let parts =
        application.actors.map { ($0.id.rawValue, $0.origin) }
        + application.providers.map { ($0.id.rawValue, $0.origin) }
      for (id, origin) in parts {
        guard let earlier = first.updateValue((application.name, origin), forKey: id) else {
          continue
        }
        add(
          .collision, "id '\(id)' is declared twice",
          remedy: "give one of them another name or id; the other is at \(earlier.place)",
          at: origin)
        freeze(earlier.name, earlier.place)
        freeze(application.name, application.origin)
      }
    }
  }

  // MARK: Links

  mutating func resolveLinks() {
    let shared = Dictionary(
      manifests.map { ($0.application.name, $0.application) },
      uniquingKeysWith: { first, _ in first }
    )
    for manifest in manifests {
      var application = manifest.application
      for link in manifest.links {
        guard let spec = resolve(link, in: &application, shared) else {
          freeze(application.name, application.origin)
          continue
        }
        application.links.append(spec)
      }
      resolved[application.name] = ApplicationSpec(
        name: application.name, origin: application.origin, actors: application.actors,
        providers: application.providers, links: application.links, configs: application.configs,
        dependsOn: application.dependsOn, sync: application.sync, heldAt: application.heldAt)
    }
  }

  private struct End {
    var id: String
    var name: String
    var isProvider: Bool
  }

  private mutating func end(
    _ name: String, of application: ApplicationSpec, at place: SourcePosition
  ) -> End? {
    if let actor = application.actors.first(where: { $0.name == name }) {
      return End(id: actor.id.rawValue, name: name, isProvider: false)
    }
    if let provider = application.providers.first(where: { $0.name == name }) {
      return End(id: provider.id.rawValue, name: name, isProvider: true)
    }
    let known = application.actors.map(\.name) + application.providers.map(\.name)
    let nearest = nearestWord(to: name, in: known)
    add(
      .unknownReference,
      "\(application.name) has neither an actor nor a provider '\(safe(name))'",
      remedy: nearest.map { "write '\($0)'" } ?? "declare it, or link what is declared", at: place)
    return nil
  }

  private mutating func resolve(
    _ link: LinkManifest, in application: inout ApplicationSpec,
    _ others: [ApplicationName: ApplicationSpec]
  ) -> LinkSpec? {
    let source = end(link.source, of: application, at: link.origin)
    let target: End?
    switch link.target {
    case .local(let name): target = end(name, of: application, at: link.targetPosition)
    case .shared(let name, let provider):
      guard let other = others[name] else {
        let nearest = nearestWord(to: name.rawValue, in: others.keys.map(\.rawValue).sorted())
        add(
          .unknownReference, "there is no application '\(safe(name.rawValue))'",
          remedy: nearest.map { "write '\($0)'" } ?? "declare it in this repository",
          at: link.targetPosition)
        return nil
      }
      target = end(provider, of: other, at: link.targetPosition)
    }
    guard let source, let target else { return nil }
    let key = LinkKey(
      source: source.id, name: link.name, namespace: link.namespace, package: link.package)
    var definition = LinkDefinition(key: key, target: target.id, interfaces: link.interfaces)
    if !link.values.isEmpty {
      let config = LatticeNames.linkConfig(application.name, source.name, target.name, link)
      application.configs.append(
        ConfigSpec(name: config, values: link.values, user: .link(key), origin: link.origin))
      if target.isProvider || !source.isProvider {
        definition.targetConfig = [config]
      } else {
        definition.sourceConfig = [config]
      }
    }
    return LinkSpec(
      definition: definition, sourceName: source.name, targetName: target.name, origin: link.origin)
  }

  // MARK: Names

  mutating func rejectClashingNames() {
    var configs: [ConfigName: (ApplicationName, SourcePosition)] = [:]
    var links: [LinkKey: (ApplicationName, SourcePosition)] = [:]
    for application in resolved.values.sorted(by: { $0.name < $1.name }) {
      for config in application.configs {
        let earlier = configs.updateValue((application.name, config.origin), forKey: config.name)
        clash(earlier, "config '\(config.name)'", application, config.origin)
      }
      for link in application.links {
        let key = link.definition.key
        let earlier = links.updateValue((application.name, link.origin), forKey: key)
        clash(
          earlier, "link '\(key.name)' of \(link.sourceName) for \(key.namespace):\(key.package)",
          application, link.origin)
      }
    }
  }

  private mutating func clash(
    _ earlier: (ApplicationName, SourcePosition)?, _ what: String, _ application: ApplicationSpec,
    _ place: SourcePosition
  ) {
    guard let (name, first) = earlier else { return }
    add(
      .collision, "\(what) is declared twice",
      remedy: "give one of them another name; the other is at \(first)", at: place)
    freeze(name, first)
    freeze(application.name, application.origin)
  }

  mutating func checkDependencies() {
    let known = Set(resolved.keys).union(frozen.map(\.name))
    for application in resolved.values.sorted(by: { $0.name < $1.name }) {
      for needed in application.dependsOn where !known.contains(needed) {
        let nearest = nearestWord(to: needed.rawValue, in: known.map(\.rawValue).sorted())
        add(
          .unknownReference,
          "\(application.name) depends on '\(safe(needed.rawValue))', which is "
            + "not declared", remedy: nearest.map { "write '\($0)'" } ?? "declare it, or remove it",
          at: application.origin)
        freeze(application.name, application.origin)
      }
      if isInCycle(application.name) {
        add(
          .dependencyCycle, "\(application.name) depends on itself, through others",
          remedy: "remove one of the dependencies", at: application.origin)
        freeze(application.name, application.origin)
      }
    }
  }

  private func isInCycle(_ start: ApplicationName) -> Bool {
    var open = resolved[start]?.dependsOn ?? []
    var seen: Set<ApplicationName> = []
    while let name = open.popLast() {
      if name == start { return true }
      if seen.insert(name).inserted { open += resolved[name]?.dependsOn ?? [] }
    }
    return false
  }
}
