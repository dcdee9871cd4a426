public import LatticeModel

/// What a plan found that is as declared and not ours, ready to be put on record as ours.
public struct Adoption: Sendable {
  /// What hosts run.
  public private(set) var sets: [AdoptedSet] = []
  /// The links that are stored.
  public private(set) var links: [(link: LinkDefinition, unit: UnitKey)] = []
  /// The configs that are stored.
  public private(set) var configs: [(config: ConfigSpec, unit: UnitKey)] = []
  /// What is taken over, by unit.
  public private(set) var units: [UnitKey] = []
  /// What has a declared id, key or name, and differs: it stays whose it is.
  public private(set) var different: [UnownedUnit] = []
  /// Of which applications the record is doubted no longer, since all that is known of them is as
  /// declared.
  public private(set) var settled: [ApplicationName] = []
  /// Of which it stays doubted, since something of them differs, would be removed or is not seen.
  public private(set) var doubted: [ApplicationName] = []

  /// Takes what a plan lists as not ours.
  ///
  /// - Parameters:
  ///   - plan: The plan, for all of the lattice.
  ///   - names: The applications of which things are taken over; all where `nil`.
  ///   - observed: What the plan was made from.
  ///   - desired: What it is to bring about.
  ///   - abilities: What the lattice's hosts can do.
  ///   - doubt: What is doubted of the record.
  public init(
    of plan: Plan, _ names: Set<ApplicationName>?, _ observed: ObservedState,
    _ desired: DesiredState, _ abilities: HostAbilities, _ doubt: RecordDoubt? = nil
  ) {
    let declared = Dictionary(
      desired.applications.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for unowned in plan.unowned where names?.contains(unowned.unit.application) ?? true {
      guard unowned.isEqual, let application = declared[unowned.unit.application] else {
        different.append(unowned)
        continue
      }
      if take(unowned.unit, of: application, observed, abilities) { units.append(unowned.unit) }
    }
    if let doubt { settle(doubt, plan, declared.keys.filter { names?.contains($0) ?? true }) }
  }

  private mutating func settle(
    _ doubt: RecordDoubt, _ plan: Plan, _ names: [ApplicationName]
  ) {
    let pruned = (plan.steps + plan.waiting + plan.held.map(\.step)).filter(\.isPruning)
    let isSeen = plan.view.silent.isEmpty && plan.view.missing == nil
    let odd = Set(
      different.map(\.unit.application) + pruned.map(\.unit.application)
        + plan.left.map(\.unit.application))
    for name in names.sorted() where !doubt.settled.contains(name) {
      if isSeen, !odd.contains(name) { settled.append(name) } else { doubted.append(name) }
    }
  }

  private mutating func take(
    _ unit: UnitKey, of application: ApplicationSpec, _ observed: ObservedState,
    _ abilities: HostAbilities
  ) -> Bool {
    switch unit.kind {
    case .config:
      guard let config = application.configs.first(where: { $0.name.rawValue == unit.name }) else {
        return false
      }
      configs.append((config, unit))
    case .link:
      let link = application.links.first { $0.unitName == unit.name }
      guard let link = link?.definition(by: abilities.linkage) else { return false }
      links.append((link, unit))
    case .actor:
      guard let actor = application.actors.first(where: { $0.name == unit.name }),
        let host = unit.host, let set = observed.actor(actor.id, on: host)
      else { return false }
      sets.append(
        AdoptedSet(
          unit, id: actor.id.rawValue, annotations: set.annotations, spec: actor.launchDigest))
    case .provider:
      guard let provider = application.providers.first(where: { $0.name == unit.name }),
        let host = unit.host, let process = observed.provider(provider.id, on: host)
      else { return false }
      sets.append(
        AdoptedSet(
          unit, id: provider.id.rawValue, annotations: process.annotations,
          spec: provider.launchDigest))
    case .application: return false
    }
    return true
  }

  /// Puts it on record; nothing is sent for it.
  ///
  /// - Parameter record: What is on record.
  /// - Returns: The record to write.
  public func noted(on record: LatticeRecord) -> LatticeRecord {
    var record = record
    for (link, unit) in links {
      let targets = record.links[link.key]?.targets ?? []
      record.links[link.key] = OwnedLink(
        application: unit.application, targets: Array(Set(targets + [link.target])))
    }
    for (config, unit) in configs {
      record.configs[config.name] = OwnedConfig(application: unit.application, user: config.user)
    }
    for set in sets {
      record.adopted.removeAll { $0.id == set.id && $0.unit.host == set.unit.host }
      record.adopted.append(set)
    }
    record.doubt?.settled.formUnion(settled)
    return record
  }
}
