import Digests
public import LatticeModel

/// The digests of all that decides how actors and providers start: image and limits, the configs that
/// they name with their values, and the links that name them with theirs.
///
/// What was held on suspicion is another thing once its digest changes. Costs a look at everything
/// that is declared, once, then about a microsecond each.
public struct StartForms: Sendable {
  private struct Declared: Sendable {
    var id: String
    var launch: String
    var configs: [ConfigName]
  }

  private var declared: [UnitKey: Declared] = [:]
  private var links: [String: [LinkDefinition]] = [:]
  private var values: [ConfigName: [String: String]] = [:]

  /// Reads what is declared.
  ///
  /// - Parameter desired: The desired state.
  public init(of desired: DesiredState) {
    for application in desired.applications {
      func unit(_ kind: UnitKind, _ name: String) -> UnitKey {
        UnitKey(application: application.name, kind: kind, name: name)
      }
      for actor in application.actors {
        declared[unit(.actor, actor.name)] = Declared(
          id: actor.id.rawValue, launch: actor.launchDigest, configs: actor.configs)
      }
      for provider in application.providers {
        declared[unit(.provider, provider.name)] = Declared(
          id: provider.id.rawValue, launch: provider.launchDigest, configs: provider.configs)
      }
      // One that has both counts by its interface.
      let links = application.links.compactMap {
        $0.definition(by: .interface) ?? $0.definition(by: .contract)
      }
      for link in links {
        for id in Set([link.key.source, link.target]) { self.links[id, default: []].append(link) }
      }
      for config in application.configs where values[config.name] == nil {
        values[config.name] = config.values
      }
    }
  }

  /// Returns the digest of an actor or provider.
  ///
  /// - Parameter unit: The actor or provider; its host does not count.
  /// - Returns: The first twelve hexadecimal digits of SHA-256, or `nil` where it is not declared.
  public func digest(of unit: UnitKey) -> String? {
    guard let declared = declared[unit.withoutHost] else { return nil }
    let links = (links[declared.id] ?? []).sorted { ($0.key, $0.target) < ($1.key, $1.target) }
    var text = "\(declared.launch)\n"
    for link in links { text += "\(link.canonicalText)\n" }
    for name in Set(declared.configs + links.flatMap(\.configs)).sorted() {
      text += "\(name.rawValue.debugDescription) \((values[name] ?? [:]).canonicalText)\n"
    }
    return SHA256Digest.of(Array(text.utf8)).prefixHex(12)
  }
}

extension LatticeRecord {
  /// What speaks against actors and providers as they are declared.
  func suspects(of desired: DesiredState) -> [UnitKey: Suspect] {
    guard !suspects.isEmpty else { return [:] }
    let forms = StartForms(of: desired)
    return suspects.filter { unit, _ in suspect(unit, form: forms.digest(of: unit)) != nil }
  }
}
